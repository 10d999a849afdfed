//! Which type a scalar has for Istio: YAML 1.1 as `go.yaml.in/yaml/v2` reads it (`resolve.go`).

use granit_parser::{ScalarStyle, Tag};

/// A scalar by type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Text(String),
    Number(f64),
    /// A boolean, or an infinity.
    Other,
}

impl Scalar {
    pub(super) fn of(value: &str, style: ScalarStyle, tag: Option<&Tag>) -> Self {
        match tag.map(Tag::core_suffix) {
            None if style == ScalarStyle::Plain => Self::plain(value),
            // A tag of somebody's own says nothing to that parser.
            None | Some(None | Some("str")) => Self::Text(value.to_owned()),
            Some(Some("int" | "float" | "null" | "bool")) => Self::plain(value),
            Some(Some(_)) => Self::Other,
        }
    }

    fn plain(value: &str) -> Self {
        match value {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "n" | "N"
            | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Self::Other,
            _ => match value.trim_start_matches(['+', '-']) {
                ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" => Self::Other,
                _ => number(value).map_or_else(|| Self::Text(value.to_owned()), Self::Number),
            },
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "modes are small; what is large is none either way"
)]
fn number(value: &str) -> Option<f64> {
    if !value.starts_with(['+', '-', '.']) && !value.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = value.replace('_', "");
    let (sign, bare) = match digits.strip_prefix(['+', '-']) {
        Some(bare) if digits.starts_with('-') => (-1.0, bare),
        Some(bare) => (1.0, bare),
        None => (1.0, digits.as_str()),
    };
    let lower = bare.to_ascii_lowercase();
    let whole = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)]
        .into_iter()
        .find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, base)))
        .and_then(|(rest, base)| {
            u64::from_str_radix(rest, base)
                .ok()
                .filter(|_| !rest.starts_with('+'))
        });
    if let Some(whole) = whole {
        return Some(sign * whole as f64);
    }
    let decimal = !bare.starts_with(['+', '-']) && bare.contains(|c: char| c.is_ascii_digit());
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    (decimal && bare.chars().all(allowed))
        .then(|| bare.parse::<f64>().ok())?
        .map(|value| sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_yaml_1_1() {
        for (text, value) in [
            ("0", 0.0),
            ("1", 1.0),
            ("+1", 1.0),
            ("-1", -1.0),
            ("01", 1.0),
            ("0x1", 1.0),
            ("0b11", 3.0),
            ("0o3", 3.0),
            ("1_0", 10.0),
            ("1.0", 1.0),
            ("1.", 1.0),
            (".0", 0.0),
            ("1e0", 1.0),
            ("08", 8.0),
        ] {
            assert_eq!(
                Scalar::of(text, ScalarStyle::Plain, None),
                Scalar::Number(value),
                "{text}"
            );
        }
        for text in [
            "ALLOW_ANY",
            "1 2",
            "2001-12-14",
            "+inf",
            "0xg",
            "--1",
            "1.2.3",
            "-",
            ".",
            "e1",
        ] {
            assert_eq!(
                Scalar::of(text, ScalarStyle::Plain, None),
                Scalar::Text(text.to_owned())
            );
        }
        assert_eq!(
            Scalar::of("1", ScalarStyle::DoubleQuoted, None),
            Scalar::Text("1".to_owned())
        );
    }
}
