//! What Istio's injector says of annotations beside the six and the interception mode: the rest of `AnnotationValidation` in
//! its `pkg/kube/inject/validate.go` (spec/istio.md §2).

use crate::{
    annotation::{EXCLUDE_INTERFACES, KUBEVIRT_INTERFACES, REROUTE_VIRTUAL_INTERFACES, STATUS_PORT},
    text::{is_digits, quote},
};

/// Says what is wrong with a text.
type Validator = fn(&str) -> Result<(), String>;

/// The longest name that Linux gives an interface.
const LONGEST: usize = 15;

/// By key.
pub(super) const OTHERS: [(&str, Validator); 12] = [
    (EXCLUDE_INTERFACES, interfaces),
    (KUBEVIRT_INTERFACES, interfaces),
    (REROUTE_VIRTUAL_INTERFACES, interfaces),
    (STATUS_PORT, port),
    ("readiness.status.sidecar.istio.io/initialDelaySeconds", whole),
    ("readiness.status.sidecar.istio.io/periodSeconds", whole),
    ("readiness.status.sidecar.istio.io/failureThreshold", whole),
    ("prometheus.istio.io/merge-metrics", boolean),
    ("sidecar.istio.io/proxyCPU", quantity),
    ("sidecar.istio.io/proxyMemory", quantity),
    ("sidecar.istio.io/proxyCPULimit", quantity),
    ("sidecar.istio.io/proxyMemoryLimit", quantity),
];

/// Istio checks these since 1.30.
fn interfaces(text: &str) -> Result<(), String> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    if text.is_empty() {
        return Ok(());
    }
    for name in text.split(',').map(str::trim) {
        if name.is_empty() {
            return Err("an item is blank: write an interface or remove the item".to_owned());
        }
        if name.len() > LONGEST {
            return Err(format!(
                "{} is no interface: names of interfaces have {LONGEST} characters at most",
                quote(name)
            ));
        }
        if !is_name(name) {
            return Err(format!(
                "{} is no interface: write a letter, then letters, digits, `_`, `.` or `-`",
                quote(name)
            ));
        }
    }
    Ok(())
}

fn port(text: &str) -> Result<(), String> {
    let text = text.trim();
    let is_port = is_digits(text) && text.parse::<u16>().is_ok();
    said(is_port, "write one port, or `0` for none")
}

fn whole(text: &str) -> Result<(), String> {
    said(
        is_digits(text) && text.parse::<u32>().is_ok(),
        "write a whole number, not below 0",
    )
}

/// As Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Result<(), String> {
    let known = [
        "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
    ];
    said(known.contains(&text), "write `true` or `false`")
}

/// As Kubernetes' `resource.ParseQuantity`: a number and a unit or an exponent.
fn quantity(text: &str) -> Result<(), String> {
    const UNITS: [&str; 16] = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let rest = &rest[digits(rest)..];
    let rest = rest.strip_prefix('.').map_or(rest, |rest| &rest[digits(rest)..]);
    let is_exponent = rest.strip_prefix(['e', 'E']).is_some_and(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        is_digits(exponent)
    });
    said(
        !text.is_empty() && (is_exponent || UNITS.contains(&rest)),
        "write a quantity, as in `100m` or `128Mi`",
    )
}

fn said(is_right: bool, otherwise: &str) -> Result<(), String> {
    if is_right {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `TestValidateInterfaceNames` of Istio's `pkg/util/net/ip_test.go`.
    #[test]
    fn interfaces_are_named_as_istio_wants_them() {
        for (text, is_right) in [
            ("", true),
            ("eth0", true),
            ("eth0,eth1,lo", true),
            ("eth_0", true),
            ("eth-0", true),
            ("eth0.1", true),
            ("0eth", false),
            ("_eth0", false),
            ("veth123abc,br-docker0,bond0.100", true),
            ("a23456789012345", true),
            ("a234567890123456", false),
            ("eth0 -d 10.0.0.50", false),
            ("eth0;echo", false),
            ("eth0|cat", false),
            ("eth0`id`", false),
            ("eth0$PATH", false),
            ("eth0,,eth1", false),
            ("eth0,", false),
            (" ", false),
            ("*", false),
            (" eth0", true),
            ("eth0 ", true),
            ("eth0 , eth1", true),
            ("eth0/1", false),
            ("eth0:1", false),
            ("veth@if123", false),
        ] {
            assert_eq!(interfaces(text).is_ok(), is_right, "{text:?}");
        }
    }

    #[test]
    fn the_status_port_is_one_number() {
        for (text, is_right) in [
            ("15020", true),
            ("0", true),
            (" 80 ", true),
            ("0080", true),
            ("65535", true),
            ("65536", false),
            ("", false),
            (" ", false),
            ("x", false),
            ("+80", false),
            ("-1", false),
            ("80,81", false),
        ] {
            assert_eq!(port(text).is_ok(), is_right, "{text:?}");
        }
    }

    #[test]
    fn numbers_booleans_and_quantities_are_read_as_go_reads_them() {
        let checks: [(Validator, &[&str], &[&str]); 3] = [
            (
                whole,
                &["0", "007", "4294967295"],
                &["", "-1", "1.5", " 1", "4294967296"],
            ),
            (
                boolean,
                &["true", "T", "0", "False"],
                &["", "yes", "tRUE", " true"],
            ),
            (
                quantity,
                &[
                    "0", "2", "100m", "128Mi", "1.5Gi", "-1", "1e3", "2E", "1E-3", ".5",
                ],
                &["", "invalid", "100m\r", "1 Gi", "100mi", "1e", "1e3k", "1Gi\0"],
            ),
        ];
        for (validate, right, wrong) in checks {
            for text in right {
                assert_eq!(validate(text), Ok(()), "{text:?}");
            }
            for text in wrong {
                assert!(validate(text).is_err(), "{text:?}");
            }
        }
    }
}
