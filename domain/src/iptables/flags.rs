//! The flags of `istio-iptables` and their environment (`tools/istio-iptables/pkg/cmd/root.go`, `pkg/flag`).

use std::collections::BTreeMap;

use super::config::RuleError;
use crate::args::ParsedArgs;

/// Flags that a second variable sets, stronger than the one of their name.
const ALSO: [(&str, &str); 2] = [
    ("redirect-dns", "ISTIO_META_DNS_CAPTURE"),
    ("drop-invalid", "INVALID_DROP"),
];
/// The one flag that no variable sets.
const ENVOY_PORT: &str = "envoy-port";

/// Where the value of a flag is looked up: the command line, then the environment, then the built-in value.
pub(super) struct Flags<'a> {
    pub(super) args: &'a ParsedArgs,
    pub(super) environment: &'a BTreeMap<String, String>,
}

impl Flags<'_> {
    /// The text of a flag, by its long name.
    pub(super) fn text(&self, name: &str, built_in: &str) -> String {
        if let Some(text) = self.args.flag(name) {
            return text.to_owned();
        }
        if name == ENVOY_PORT {
            return built_in.to_owned();
        }
        self.variable(&variable_of(name), built_in)
    }

    /// The text of a setting that only the environment has.
    pub(super) fn variable(&self, name: &str, built_in: &str) -> String {
        // Go's `env.Register` takes an empty variable for set.
        self.environment
            .get(name)
            .map_or_else(|| built_in.to_owned(), Clone::clone)
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    /// A word on the command line that is neither true nor false: the program ends.
    pub(super) fn switch(&self, name: &'static str) -> Result<bool, RuleError> {
        if let Some(word) = self.args.flag(name) {
            return boolean(word).ok_or_else(|| RuleError::Switch {
                name,
                word: word.to_owned(),
            });
        }
        let also = ALSO.iter().find(|(flag, _)| *flag == name);
        let also = also.and_then(|(_, variable)| self.environment.get(*variable));
        let own = || self.environment.get(&variable_of(name));
        // A word that is neither is an error that nobody looks at, and switches off.
        Ok(also.or_else(own).and_then(|word| boolean(word)).unwrap_or(false))
    }
}

/// The variable that sets a flag: `proxy-uid` is `PROXY_UID`.
fn variable_of(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// As Go's `strconv.ParseBool`.
pub(super) fn boolean(word: &str) -> Option<bool> {
    match word {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
