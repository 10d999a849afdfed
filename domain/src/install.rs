//! The install values of a revision: the level below ours, read-only.

use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::field::Field;

/// What the config map `istio-sidecar-injector[-revision]`, key `values`, says about traffic. The default is the chart's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallValues {
    /// The six strings of `global.proxy`, verbatim; nothing where the key is missing or not a string.
    texts: [Option<String>; 6],
    /// `global.proxy.statusPort`: the port of the agent, excluded from inbound interception. 15020 if not given.
    pub status_port: u32,
    /// `pilot.cni.enabled`: the CNI plugin writes the rules instead of `istio-init`.
    pub cni_enabled: bool,
}

/// The port of Istio's agent unless the install values say otherwise.
pub const DEFAULT_STATUS_PORT: u32 = 15020;

impl InstallValues {
    /// Returns the text of `global.proxy.*` for a field, verbatim, or nothing where the key is missing.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.texts[field.index()].as_deref()
    }

    /// Replaces the text of a field; nothing removes the key.
    pub fn set(&mut self, field: Field, text: Option<String>) {
        self.texts[field.index()] = text;
    }
}

impl Default for InstallValues {
    fn default() -> Self {
        Self {
            texts: Field::ALL.map(|field| Some(field.built_in().to_owned())),
            status_port: DEFAULT_STATUS_PORT,
            cni_enabled: false,
        }
    }
}

/// Something of the wanted type, or anything else: the values belong to the installer, and one odd member must not hide
/// the others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose<T> {
    Wanted(T),
    Other(IgnoredAny),
}

fn loose<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Wanted(value) => Some(value),
        Loose::Other(IgnoredAny) => None,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawValues {
    #[serde(deserialize_with = "loose")]
    global: Option<RawGlobal>,
    #[serde(deserialize_with = "loose")]
    pilot: Option<RawPilot>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawGlobal {
    #[serde(deserialize_with = "loose")]
    proxy: Option<RawProxy>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawPilot {
    #[serde(deserialize_with = "loose")]
    cni: Option<RawCni>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCni {
    #[serde(deserialize_with = "loose")]
    enabled: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawProxy {
    #[serde(rename = "includeIPRanges", deserialize_with = "loose")]
    include_ip_ranges: Option<String>,
    #[serde(rename = "excludeIPRanges", deserialize_with = "loose")]
    exclude_ip_ranges: Option<String>,
    #[serde(deserialize_with = "loose")]
    include_inbound_ports: Option<String>,
    #[serde(deserialize_with = "loose")]
    include_outbound_ports: Option<String>,
    #[serde(deserialize_with = "loose")]
    exclude_inbound_ports: Option<String>,
    #[serde(deserialize_with = "loose")]
    exclude_outbound_ports: Option<String>,
    #[serde(deserialize_with = "loose")]
    status_port: Option<u32>,
}

impl<'de> Deserialize<'de> for InstallValues {
    /// Reads the JSON of the config map and ignores everything that is not ours.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawValues::deserialize(deserializer)?;
        let proxy = raw.global.and_then(|global| global.proxy).unwrap_or_default();
        Ok(Self {
            texts: [
                proxy.include_ip_ranges,
                proxy.exclude_ip_ranges,
                proxy.include_inbound_ports,
                proxy.include_outbound_ports,
                proxy.exclude_inbound_ports,
                proxy.exclude_outbound_ports,
            ],
            status_port: proxy.status_port.unwrap_or(DEFAULT_STATUS_PORT),
            cni_enabled: raw
                .pilot
                .and_then(|pilot| pilot.cni)
                .and_then(|cni| cni.enabled)
                .unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_config_map() {
        let json = r#"{"global":{"hub":"docker.io","proxy":{"includeIPRanges":"10.0.0.0/8, x","excludeIPRanges":"",
            "includeInboundPorts":"*","includeOutboundPorts":"80","excludeInboundPorts":"1","excludeOutboundPorts":"2",
            "statusPort":15021,"image":"proxyv2"}},"pilot":{"cni":{"enabled":true,"provider":"default"},"env":{}}}"#;
        let values: InstallValues = serde_json::from_str(json).unwrap();
        let texts = Field::ALL.map(|field| values.get(field).unwrap());
        assert_eq!(texts, ["10.0.0.0/8, x", "", "*", "80", "1", "2"]);
        assert_eq!((values.status_port, values.cni_enabled), (15021, true));
    }

    #[test]
    fn a_missing_key_is_not_a_default() {
        let values: InstallValues =
            serde_json::from_str(r#"{"global":{"proxy":{"includeIPRanges":null}}}"#).unwrap();
        assert!(Field::ALL.into_iter().all(|field| values.get(field).is_none()));
        assert_eq!((values.status_port, values.cni_enabled), (15020, false));
    }

    #[test]
    fn odd_members_do_not_hide_the_others() {
        let json = r#"{"global":{"proxy":{"excludeInboundPorts":80,"excludeOutboundPorts":"81","statusPort":"x"}},
            "pilot":[1]}"#;
        let values: InstallValues = serde_json::from_str(json).unwrap();
        assert_eq!(values.get(Field::ExcludeInboundPorts), None);
        assert_eq!(values.get(Field::ExcludeOutboundPorts), Some("81"));
        assert_eq!(values.status_port, 15020);
    }

    #[test]
    fn the_default_is_the_charts() {
        let values = InstallValues::default();
        assert_eq!(
            Field::ALL.map(|field| values.get(field).unwrap()),
            ["*", "", "*", "", "", ""]
        );
    }
}
