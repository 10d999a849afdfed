//! The annotation `proxy.istio.io/config` of a pod template: YAML that Istio's injector reads as a `ProxyConfig`, over the one
//! of the mesh configuration. One that it cannot read it refuses, with the pod.

use std::collections::BTreeMap;

use domain::annotation::PROXY_CONFIG;
use serde_json::{Map, Value};

/// The interception modes by their numbers, which Istio takes too.
const MODES: [&str; 3] = ["REDIRECT", "TPROXY", "NONE"];

/// Returns the interception mode that the annotation says, if any.
///
/// # Errors
/// Why Istio would not take the annotation. What of it has no say in traffic is not looked at.
pub(crate) fn interception_mode(annotations: &BTreeMap<String, String>) -> Result<Option<String>, String> {
    let Some(text) = annotations.get(PROXY_CONFIG) else {
        return Ok(None);
    };
    let fields = match read(text)? {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err("this is no proxy configuration: write fields, as in `concurrency: 2`".to_owned()),
    };
    for (name, other) in [
        ("proxyMetadata", "proxy_metadata"),
        ("runtimeValues", "runtime_values"),
    ] {
        texts(name, field(&fields, name, other))?;
    }
    for (name, other) in [
        ("statusPort", "status_port"),
        ("proxyAdminPort", "proxy_admin_port"),
    ] {
        port(name, field(&fields, name, other))?;
    }
    match field(&fields, "interceptionMode", "interception_mode") {
        Value::Null => Ok(None),
        Value::String(mode) => Ok(Some(mode.clone())),
        other => {
            let known = other.as_u64().and_then(|number| usize::try_from(number).ok());
            let known = known.and_then(|number| MODES.get(number));
            Ok(Some(known.map_or_else(|| other.to_string(), ToString::to_string)))
        }
    }
}

/// Reads as Istio does: of a key that is there twice the last counts.
fn read(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        legacy_octal_numbers: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let words = error.without_snippet().to_string();
        format!(
            "the proxy configuration is not valid YAML: {}",
            words.lines().next().unwrap_or_default()
        )
    })
}

/// A field by its name in JSON, else by that in Istio's own definition.
fn field<'a>(fields: &'a Map<String, Value>, name: &str, other: &str) -> &'a Value {
    let field = fields.get(name).or_else(|| fields.get(other));
    field.unwrap_or(&Value::Null)
}

/// Environment variables and the like: every value is a text.
fn texts(name: &str, value: &Value) -> Result<(), String> {
    let is_text = |value: &Value| value.is_string() || value.is_null();
    match value {
        Value::Null => Ok(()),
        Value::Object(values) => match values.iter().find(|(_, value)| !is_text(value)) {
            None => Ok(()),
            Some((key, value)) => Err(format!(
                "`{name}.{key}` is a text: put quotes around it, as in `\"{value}\"`"
            )),
        },
        _ => Err(format!("`{name}` holds fields, each with a text")),
    }
}

fn port(name: &str, value: &Value) -> Result<(), String> {
    let number = match value {
        Value::Null => return Ok(()),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    match number {
        Some(1..=65535) => Ok(()),
        _ => Err(format!("`{name}` is a port: write a number from 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Result<Option<String>, String> {
        interception_mode(&BTreeMap::from([(PROXY_CONFIG.to_owned(), text.to_owned())]))
    }

    #[test]
    fn the_interception_mode_is_read_as_istio_reads_it() {
        assert_eq!(interception_mode(&BTreeMap::new()), Ok(None));
        for (text, expected) in [
            ("", None),
            ("concurrency: 2", None),
            ("interceptionMode: NONE", Some("NONE")),
            ("interception_mode: TPROXY", Some("TPROXY")),
            (
                r#"{"interceptionMode": "TPROXY", "other": {"a": [1]}}"#,
                Some("TPROXY"),
            ),
            ("interceptionMode: 2", Some("NONE")),
            ("interceptionMode: REDIRECT\ninterceptionMode: NONE", Some("NONE")),
            // Whether it is one, the validators of annotations say.
            ("interceptionMode: none", Some("none")),
            ("proxyMetadata:\n  A: \"1\"\n  B:\nstatusPort: \"15020\"", None),
        ] {
            assert_eq!(mode(text), Ok(expected.map(str::to_owned)), "{text:?}");
        }
    }

    #[test]
    fn what_istio_cannot_read_is_told() {
        for (text, word) in [
            ("concurrency: [", "not valid YAML"),
            ("NONE", "write fields"),
            ("- interceptionMode: NONE", "write fields"),
            (
                "proxyMetadata:\n  ISTIO_META_DNS_CAPTURE: true",
                "put quotes around it",
            ),
            ("proxyMetadata: x", "each with a text"),
            ("statusPort: 0", "from 1 to 65535"),
            ("statusPort: x", "from 1 to 65535"),
        ] {
            let why = mode(text).expect_err(text);
            assert!(why.contains(word), "{text:?}: {why}");
        }
    }
}
