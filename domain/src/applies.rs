//! Whether settings have any effect on a pod.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What has to be known about a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are facts of a pod, independent of each other"
)]
pub struct PodFacts {
    /// `spec.hostNetwork`.
    pub host_network: bool,
    /// `status.phase` is Succeeded or Failed.
    pub finished: bool,
    /// The pod, or else its namespace, has the label `istio.io/dataplane-mode=ambient`.
    pub ambient: bool,
    /// It has a container `istio-proxy`, among the init containers too (native sidecar).
    pub has_proxy: bool,
    /// It has an init container `istio-init` or `istio-validation`.
    pub has_init: bool,
    /// The annotation `sidecar.istio.io/interceptionMode`.
    pub interception_mode: Option<String>,
}

/// Whether settings have an effect on a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "applies", content = "reason")]
pub enum Applies {
    /// They have.
    Yes,
    /// They have not.
    No(Reason),
}

/// Why settings have no effect on a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// It has run to its end.
    Finished,
    /// It shares the node's network.
    HostNetwork,
    /// It is in ambient mode, without a sidecar.
    Ambient,
    /// It has no sidecar.
    NotInjected,
    /// Its interception mode is NONE.
    InterceptionNone,
    /// It has a proxy but nothing that redirects traffic to it.
    Gateway,
}

impl Applies {
    /// Decides by the first reason that holds, in the order of [`Reason`].
    #[must_use]
    pub fn to(pod: &PodFacts) -> Self {
        let none = pod.interception_mode.as_deref() == Some("NONE");
        let reasons = [
            (pod.finished, Reason::Finished),
            (pod.host_network, Reason::HostNetwork),
            (pod.ambient && !pod.has_proxy, Reason::Ambient),
            (!pod.has_proxy, Reason::NotInjected),
            (none, Reason::InterceptionNone),
            (!pod.has_init, Reason::Gateway),
        ];
        reasons
            .into_iter()
            .find(|(holds, _)| *holds)
            .map_or(Self::Yes, |(_, reason)| Self::No(reason))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Finished => "the pod has run to its end",
            Self::HostNetwork => "the pod shares the node's network, which Istio leaves alone",
            Self::Ambient => "the pod is in ambient mode and has no sidecar to go round",
            Self::NotInjected => "the pod has no sidecar",
            Self::InterceptionNone => "the pod's interception mode is NONE, so no traffic is redirected",
            Self::Gateway => "the pod is a gateway: it has a proxy, but no traffic is redirected to it",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected() -> PodFacts {
        PodFacts {
            has_proxy: true,
            has_init: true,
            ..PodFacts::default()
        }
    }

    #[test]
    fn settings_apply_to_injected_pods_only() {
        let mode = |mode: &str| Some(mode.to_owned());
        for (pod, expected) in [
            (injected(), Applies::Yes),
            (
                PodFacts {
                    interception_mode: mode("TPROXY"),
                    ..injected()
                },
                Applies::Yes,
            ),
            (
                PodFacts {
                    ambient: true,
                    ..injected()
                },
                Applies::Yes,
            ),
            (
                PodFacts {
                    finished: true,
                    ..injected()
                },
                Applies::No(Reason::Finished),
            ),
            (
                PodFacts {
                    host_network: true,
                    ..PodFacts::default()
                },
                Applies::No(Reason::HostNetwork),
            ),
            (
                PodFacts {
                    ambient: true,
                    ..PodFacts::default()
                },
                Applies::No(Reason::Ambient),
            ),
            (PodFacts::default(), Applies::No(Reason::NotInjected)),
            (
                PodFacts {
                    has_init: false,
                    interception_mode: mode("NONE"),
                    ..injected()
                },
                Applies::No(Reason::InterceptionNone),
            ),
            (
                PodFacts {
                    has_init: false,
                    ..injected()
                },
                Applies::No(Reason::Gateway),
            ),
        ] {
            assert_eq!(Applies::to(&pod), expected, "{pod:?}");
        }
    }
}
