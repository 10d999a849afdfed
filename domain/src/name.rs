//! Kubernetes' rules for names and labels (`apimachinery/pkg/util/validation`).

use thiserror::Error;

use crate::text::quote;

/// Why a text is not a name or a label of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// No text at all.
    #[error("a name is missing")]
    Missing,
    /// Longer than allowed.
    #[error("{} is too long: at most {max} characters", quote(.input))]
    TooLong {
        /// What was written.
        input: String,
        /// The most characters allowed.
        max: usize,
    },
    /// Not a DNS-1123 label.
    #[error("{} is not a name: use lower-case letters, digits and `-`, with a letter or digit at both ends", quote(.0))]
    NotALabel(String),
    /// Not a DNS-1123 subdomain.
    #[error("{} is not a name: use lower-case letters, digits, `-` and `.`, with a letter or digit around each `.` and at both ends", quote(.0))]
    NotASubdomain(String),
    /// Not the key of a label.
    #[error("{} is not a label key: use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, after an optional DNS prefix and `/`", quote(.0))]
    NotALabelKey(String),
    /// Not the value of a label.
    #[error("{} is not a label value: use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends", quote(.0))]
    NotALabelValue(String),
}

/// Checks a DNS-1123 label of at most 63 characters: the name of a namespace.
pub fn check_namespace(name: &str) -> Result<(), NameError> {
    check_length(name, 63)?;
    if is_dns_label(name) {
        Ok(())
    } else {
        Err(NameError::NotALabel(name.to_owned()))
    }
}

/// Checks a DNS-1123 subdomain of at most 253 characters: the name of most objects, a `SidecarSetting`'s too.
pub fn check_object(name: &str) -> Result<(), NameError> {
    check_length(name, 253)?;
    if is_subdomain(name) {
        Ok(())
    } else {
        Err(NameError::NotASubdomain(name.to_owned()))
    }
}

/// Checks the key of a label: `app`, `example.com/tier`.
pub fn check_label_key(key: &str) -> Result<(), NameError> {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    check_length(name, 63)?;
    if let Some(prefix) = prefix {
        check_length(prefix, 253)?;
    }
    let valid = is_qualified(name) && prefix.is_none_or(is_subdomain);
    if valid {
        Ok(())
    } else {
        Err(NameError::NotALabelKey(key.to_owned()))
    }
}

/// Checks the value of a label; empty is allowed.
pub fn check_label_value(value: &str) -> Result<(), NameError> {
    if value.is_empty() {
        return Ok(());
    }
    check_length(value, 63)?;
    if is_qualified(value) {
        Ok(())
    } else {
        Err(NameError::NotALabelValue(value.to_owned()))
    }
}

fn check_length(text: &str, max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Missing);
    }
    if text.len() > max {
        return Err(NameError::TooLong {
            input: text.to_owned(),
            max,
        });
    }
    Ok(())
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    framed(text, inner, |byte| inner(byte) || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_qualified(text: &str) -> bool {
    framed(
        text,
        |byte| byte.is_ascii_alphanumeric(),
        |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
    )
}

/// Says whether both ends satisfy one rule and everything satisfies the other.
fn framed(text: &str, end: impl Fn(u8) -> bool, any: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| end(*byte))
        && bytes.last().is_some_and(|byte| end(*byte))
        && bytes.iter().all(|byte| any(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_dns_labels() {
        for name in ["shop", "a", "0", "a-b", "x".repeat(63).as_str()] {
            assert_eq!(check_namespace(name), Ok(()), "{name}");
        }
        for name in ["", "Shop", "-a", "a-", "a.b", "a_b", "é", "x".repeat(64).as_str()] {
            assert!(check_namespace(name).is_err(), "{name}");
        }
    }

    #[test]
    fn objects_may_have_dots_between_labels() {
        for name in ["cart", "cart.v1", "x".repeat(253).as_str()] {
            assert_eq!(check_object(name), Ok(()), "{name}");
        }
        for name in [
            "",
            ".a",
            "a.",
            "a..b",
            "a.-b",
            "a,b",
            "a=b",
            "x".repeat(254).as_str(),
        ] {
            assert!(check_object(name).is_err(), "{name}");
        }
    }

    #[test]
    fn labels_follow_kubernetes() {
        for key in ["app", "App_1.x", "app.kubernetes.io/name", "a/b"] {
            assert_eq!(check_label_key(key), Ok(()), "{key}");
        }
        for key in [
            "",
            "/a",
            "a/",
            "a/b/c",
            "_a",
            "A.io/x",
            "a b",
            "x".repeat(64).as_str(),
        ] {
            assert!(check_label_key(key).is_err(), "{key}");
        }
        for value in ["", "cart", "v1.2_b", "X"] {
            assert_eq!(check_label_value(value), Ok(()), "{value}");
        }
        for value in ["-a", "a-", "a/b", "a b", "x".repeat(64).as_str()] {
            assert!(check_label_value(value).is_err(), "{value}");
        }
    }
}
