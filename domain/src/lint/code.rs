//! Which remarks there are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How bad something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Pods do not start, or traffic breaks.
    Error,
    /// It does not do what it seems to do, or protects less than it seems to.
    Warning,
    /// Worth knowing.
    Info,
}

/// A word that is no remark's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no remark's code: `GET /api/v1/lints` lists those that there are now")]
pub struct UnknownCode(pub String);

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $word:literal, $severity:ident, $title:literal;)*) => {
        /// A remark's kind. On the wire its word, as in `dns-port-excluded`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// All of them, the worst first within what belongs together.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Returns its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word),* }
            }

            /// Returns how bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),* }
            }

            /// Returns its name for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title),* }
            }
        }
    };
}

codes! {
    /// A text that Istio refuses or stumbles over; what it then does to the pod is told (spec/istio.md §2).
    RefusedValue = "refused-value", Error, "Istio stumbles over this value";
    /// Clients with a sidecar send mTLS to a port where the application itself answers (spec/asm.md §0.7, spec/istio.md §3.7, 8).
    AutoMtlsBreaks = "auto-mtls-breaks", Error, "Clients speak mTLS to a port that bypasses the sidecar";
    /// The plugin refuses the mode NONE (spec/istio.md §1.6, 7).
    InterceptionNoneUnderCni = "interception-none-under-cni", Error, "The pod never starts";
    /// The agent listens where its exclusion does not point (spec/istio.md §1.3).
    StatusPortMismatch = "status-port-mismatch", Error, "Health checks run into the sidecar";
    /// STRICT is not enforced where the sidecar is bypassed (spec/istio.md §3.7, 8).
    StrictNotEnforced = "strict-not-enforced", Warning, "STRICT mTLS is not enforced here";
    /// The sidecar enforces these policies, so a bypassed port has none.
    AuthorizationPolicyNotEnforced = "authorization-policy-not-enforced", Warning, "Authorization is not enforced here";
    /// Everything of an address family is excluded (spec/asm.md §1.4).
    EverythingExcluded = "everything-excluded", Warning, "Every address is excluded";
    /// An include list that is empty: nothing is captured (spec/istio.md §1.2).
    CaptureOff = "capture-off", Warning, "Nothing is captured";
    /// One loopback address is enough for what stays inside of the pod to be redirected too (spec/istio.md §3.3).
    LoopbackIncluded = "loopback-included", Warning, "Traffic inside the pod is redirected too";
    /// Only looked at while everything inbound is included (spec/istio.md fact 4).
    ExcludeInboundPortsIgnored = "exclude-inbound-ports-ignored", Warning, "This list is ignored";
    /// Only adds to the included ranges (spec/istio.md fact 3).
    IncludeOutboundPortsWithoutEffect = "include-outbound-ports-without-effect", Warning, "This list changes nothing";
    /// Every exclude beats every include (spec/istio.md fact 2).
    ExcludeBeatsInclude = "exclude-beats-include", Warning, "An exclude wins over an include";
    /// One of Istio's own ports (spec/istio.md §1.3).
    SystemPort = "system-port", Warning, "A port of Istio's own";
    /// The exclusion comes before the redirection of DNS (spec/istio.md §3.6).
    DnsPortExcluded = "dns-port-excluded", Warning, "DNS capture is switched off";
    /// With the plugin an empty text at the install level means everything (spec/istio.md §1.6, 2).
    EmptyRangesUnderCni = "empty-ranges-under-cni", Warning, "Empty means everything here";
    /// The port is the Service's, not the container's (spec/asm.md §1.5).
    ServicePortNotContainerPort = "service-port-not-container-port", Warning, "A port of the Service, not of the container";
    /// Only TCP is redirected (spec/istio.md §3.2).
    UdpNeverRedirected = "udp-never-redirected", Warning, "UDP never goes to the sidecar";
    /// Nobody reads it there (IST0107).
    MisplacedAnnotation = "misplaced-annotation", Warning, "An annotation that nobody reads";
    /// Nobody reads it (IST0108, spec/asm.md §5.1).
    MisspeltAnnotation = "misspelt-annotation", Warning, "An annotation that is no one's";
    /// Two workload settings want different values.
    WorkloadSettingsClash = "workload-settings-clash", Warning, "Two workload settings disagree";
    /// Something is set for pods without a sidecar (spec/istio.md §1.8).
    NotInjected = "not-injected", Warning, "Set for pods without a sidecar";
    /// Probes need no exclusion (spec/istio.md §1.7).
    ProbePortExcluded = "probe-port-excluded", Info, "Probes need no exclusion";
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        let found = Self::ALL.iter().find(|code| code.as_str() == word);
        found.copied().ok_or_else(|| UnknownCode(word.to_owned()))
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

impl TryFrom<String> for Code {
    type Error = UnknownCode;

    fn try_from(word: String) -> Result<Self, UnknownCode> {
        word.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_from_its_word() {
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(
                code.as_str()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            );
        }
        assert!("other".parse::<Code>().is_err());
    }

    #[test]
    fn codes_are_listed_the_worst_first() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.severity()));
    }
}
