//! The outbound traffic policy of the mesh: what Envoy does with a destination that nothing in the mesh declares.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// `outboundTrafficPolicy.mode` of the mesh configuration (`mesh/v1alpha1/config.proto`), as Istio writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum OutboundTrafficPolicyMode {
    /// Unknown destinations are passed through. The default.
    AllowAny,
    /// Unknown destinations are refused.
    RegistryOnly,
    /// What this version does not know, as it is written: `ALLOW_ANY_DYNAMIC_DNS`, or a number without a name.
    Other(String),
}

impl OutboundTrafficPolicyMode {
    /// Returns the name that Istio has for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AllowAny => "ALLOW_ANY",
            Self::RegistryOnly => "REGISTRY_ONLY",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for OutboundTrafficPolicyMode {
    fn from(name: String) -> Self {
        match name.as_str() {
            "ALLOW_ANY" => Self::AllowAny,
            "REGISTRY_ONLY" => Self::RegistryOnly,
            _ => Self::Other(name),
        }
    }
}

impl FromStr for OutboundTrafficPolicyMode {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(name.to_owned().into())
    }
}

impl From<OutboundTrafficPolicyMode> for String {
    fn from(mode: OutboundTrafficPolicyMode) -> Self {
        mode.as_str().to_owned()
    }
}

impl fmt::Display for OutboundTrafficPolicyMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_written_as_istio_writes_it_and_an_unknown_one_is_kept() {
        for name in ["ALLOW_ANY", "REGISTRY_ONLY", "ALLOW_ANY_DYNAMIC_DNS", "2"] {
            let mode: OutboundTrafficPolicyMode = serde_json::from_value(name.into()).unwrap();
            assert_eq!(mode.to_string(), name);
            assert_eq!(serde_json::to_value(&mode).unwrap(), name);
            assert_eq!(
                matches!(mode, OutboundTrafficPolicyMode::Other(_)),
                name.contains("DNS") || name == "2"
            );
        }
    }
}
