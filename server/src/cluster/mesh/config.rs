//! What the mesh configuration says of traffic beside the six fields.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What the mesh configuration of a revision says, as far as lints look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshConfig {
    /// `defaultConfig.interceptionMode`.
    pub interception_mode: Option<String>,
    /// `defaultConfig.statusPort`: where the agent listens.
    pub status_port: Option<u16>,
    /// `ISTIO_META_DNS_CAPTURE` of `defaultConfig.proxyMetadata`.
    pub dns_capture: Option<bool>,
    /// `enableAutoMtls`; on unless it says otherwise.
    pub auto_mtls: bool,
    /// `sidecarInjectorWebhook.rewriteAppHTTPProbe` of the install values; on unless they say otherwise.
    pub probes_rewritten: bool,
}

impl Default for MeshConfig {
    fn default() -> Self {
        Self {
            interception_mode: None,
            status_port: None,
            dns_capture: None,
            auto_mtls: true,
            probes_rewritten: true,
        }
    }
}

impl MeshConfig {
    /// Reads it from the text of the mesh configuration and the install values. What cannot be read says nothing.
    pub(super) fn read(mesh: Option<&str>, values: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Mesh {
            enable_auto_mtls: Option<bool>,
            default_config: Option<DefaultConfig>,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct DefaultConfig {
            interception_mode: Option<String>,
            status_port: Option<u16>,
            proxy_metadata: Option<BTreeMap<String, serde_json::Value>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Values {
            sidecar_injector_webhook: Option<Injector>,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Injector {
            #[serde(rename = "rewriteAppHTTPProbe")]
            rewrite_app_http_probe: Option<bool>,
        }
        let mesh: Mesh = mesh
            .and_then(|text| serde_saphyr::from_str(text).ok())
            .unwrap_or_default();
        let config = mesh.default_config.unwrap_or_default();
        let values: Values = serde_json::from_str(values).unwrap_or_default();
        let injector = values.sidecar_injector_webhook.unwrap_or_default();
        let capture = config
            .proxy_metadata
            .unwrap_or_default()
            .remove("ISTIO_META_DNS_CAPTURE");
        Self {
            interception_mode: config.interception_mode,
            status_port: config.status_port,
            dns_capture: capture.and_then(|value| match value {
                serde_json::Value::Bool(on) => Some(on),
                serde_json::Value::String(text) => text.parse().ok(),
                _ => None,
            }),
            auto_mtls: mesh.enable_auto_mtls.unwrap_or(true),
            probes_rewritten: injector.rewrite_app_http_probe.unwrap_or(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_mesh_configuration_says_of_traffic_is_read_and_what_is_odd_says_nothing() {
        let mesh = "enableAutoMtls: false\ndefaultConfig:\n  interceptionMode: TPROXY\n  statusPort: 15999\n  proxyMetadata:\n    \
                    ISTIO_META_DNS_CAPTURE: \"true\"\n";
        let values = r#"{"sidecarInjectorWebhook":{"rewriteAppHTTPProbe":false}}"#;
        assert_eq!(
            MeshConfig::read(Some(mesh), values),
            MeshConfig {
                interception_mode: Some("TPROXY".to_owned()),
                status_port: Some(15999),
                dns_capture: Some(true),
                auto_mtls: false,
                probes_rewritten: false,
            }
        );
        for odd in [None, Some(""), Some("- 1"), Some("defaultConfig: 7"), Some(": :")] {
            assert_eq!(MeshConfig::read(odd, "[]"), MeshConfig::default(), "{odd:?}");
        }
    }
}
