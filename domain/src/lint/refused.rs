//! Values that we would refuse and somebody else has set: what Istio makes of them (spec/istio.md §2).

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Code, Lint};
use crate::{
    effective::{InForce, Origin},
    field::{Field, Kind},
    iptables::{PortSpan, RuleError},
    text::quote,
};

/// What becomes of a pod whose settings hold a text that we would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Istio's injector refuses the pod: it is never made (`pkg/kube/inject/validate.go`).
    PodRefused,
    /// The pod is made and its rules cannot be written: it never starts.
    NeverStarts,
    /// The pod runs, with rules for something else than what was written.
    ReadDifferently,
    /// The pod runs as if the text were put right.
    Harmless,
}

/// Says what Istio does with a text of a field at the level Pod (`in_annotation`) or in the install values, which nobody
/// validates. With the CNI plugin, includeOutboundPorts is validated too, by the plugin.
#[must_use]
pub fn outcome(field: Field, text: &str, in_annotation: bool, cni: bool) -> Outcome {
    let is_validated = in_annotation && field != Field::IncludeOutboundPorts;
    if is_validated && !is_accepted(field, text) {
        return Outcome::PodRefused;
    }
    if cni && !is_accepted(field, text) {
        return Outcome::NeverStarts;
    }
    let parts = text.split(',').filter(|part| !part.is_empty());
    let worst = parts.map(|part| match field.kind() {
        Kind::Cidrs => rule_of_range(part),
        Kind::Ports => rule_of_port(field, part),
    });
    worst
        .min_by_key(|outcome| *outcome as u8)
        .unwrap_or(Outcome::Harmless)
}

/// Whether the injector's validators take the text.
fn is_accepted(field: Field, text: &str) -> bool {
    if text.is_empty() || (text == "*" && field.takes_wildcard()) {
        return true;
    }
    match field.kind() {
        // Blanks are not trimmed here.
        Kind::Cidrs => text.split(',').all(is_prefix),
        Kind::Ports => {
            let text = text.trim();
            text.is_empty() || text.split(',').all(|part| number(part.trim()).is_some())
        }
    }
}

/// Whether Go's `netip.ParsePrefix` takes the text: an address without leading zeros or a zone, and a plain mask.
fn is_prefix(part: &str) -> bool {
    let Some((address, mask)) = part.split_once('/') else {
        return false;
    };
    let is_plain = mask == "0" || !mask.starts_with('0');
    let longest = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    is_plain && number(mask).is_some_and(|mask| mask <= longest)
}

/// A port as Go's `ParseUint` reads it: digits alone.
fn number(part: &str) -> Option<u16> {
    let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| part.parse().ok()).flatten()
}

fn rule_of_range(part: &str) -> Outcome {
    match part.trim().parse::<IpNet>() {
        _ if !is_prefix(part) => Outcome::NeverStarts,
        // An IPv4 address in IPv6 form goes to the IPv6 rules, where it matches nothing.
        Ok(IpNet::V6(range)) if range.addr().to_ipv4_mapped().is_some() => Outcome::ReadDifferently,
        _ => Outcome::Harmless,
    }
}

/// What `iptables` makes of a port: it reads a leading zero as octal, a colon as a range, and names of services.
fn rule_of_port(field: Field, part: &str) -> Outcome {
    // The injector trims these; of the others `iptables` splits at plain blanks and no others.
    let part = if field == Field::ExcludeInboundPorts {
        part.trim()
    } else {
        part
    };
    if part.trim().is_empty() {
        // The status port is always beside it, so that a rule of `-d` never lacks a port.
        return if field == Field::ExcludeInboundPorts {
            Outcome::Harmless
        } else {
            Outcome::NeverStarts
        };
    }
    let written = part.trim();
    let written = number(written.strip_prefix('+').unwrap_or(written));
    match PortSpan::parse("--dport", part) {
        Ok(read) if written.is_some_and(|port| read.contains(port)) => Outcome::Harmless,
        Ok(_) => Outcome::ReadDifferently,
        // Names are looked up in a file that only the image has: these are in every one.
        Err(RuleError::PortName { text, .. })
            if matches!(
                text.as_str(),
                "http" | "https" | "ssh" | "domain" | "smtp" | "mysql" | "postgresql"
            ) =>
        {
            Outcome::ReadDifferently
        }
        Err(_) => Outcome::NeverStarts,
    }
}

/// The remark on a field whose text we would refuse.
pub(super) fn refused(in_force: &InForce, cni: bool) -> Option<Lint> {
    let why = in_force.refused.as_ref()?;
    let in_annotation = in_force.origin.is_annotation();
    let consequence = match outcome(in_force.field, &in_force.text, in_annotation, cni) {
        Outcome::PodRefused => "Istio's injector refuses every new pod with it",
        Outcome::NeverStarts => "no new pod with it starts",
        Outcome::ReadDifferently => "Istio takes it, and its rules say something else than was written",
        Outcome::Harmless => return None,
    };
    let (whose, where_to) = match in_force.origin {
        Origin::Pod => (
            "The annotation",
            format!("correct `{}` on the pod template", in_force.field.annotation()),
        ),
        _ => (
            "The install values",
            format!(
                "correct `global.proxy.{}` where Istio was installed, or set the field at the level Global",
                in_force.field.install_key()
            ),
        ),
    };
    let sentence = format!("{whose} say {}: {why}; {consequence}.", quote(&in_force.text));
    let sentence = if in_force.origin == Origin::Pod {
        sentence.replacen(" say ", " says ", 1)
    } else {
        sentence
    };
    Some(Lint::of(Code::RefusedValue, in_force.field, sentence, where_to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_become_what_the_tables_of_the_spec_say() {
        use Field::{
            ExcludeInboundPorts, ExcludeOutboundIPRanges, ExcludeOutboundPorts, IncludeInboundPorts,
            IncludeOutboundPorts,
        };
        use Outcome::{Harmless, NeverStarts, PodRefused, ReadDifferently};
        for (field, text, expected) in [
            (ExcludeInboundPorts, "80,", PodRefused),
            (ExcludeInboundPorts, ",80", PodRefused),
            (ExcludeInboundPorts, "80,,443", PodRefused),
            (ExcludeInboundPorts, "80, 443", Harmless),
            (ExcludeInboundPorts, " ", Harmless),
            (ExcludeInboundPorts, "80,\u{a0}443", Harmless),
            (ExcludeOutboundPorts, " ", NeverStarts),
            (IncludeInboundPorts, " ", NeverStarts),
            (ExcludeInboundPorts, "0", Harmless),
            (ExcludeInboundPorts, "65536", PodRefused),
            (ExcludeInboundPorts, "+80", PodRefused),
            (ExcludeInboundPorts, "80-90", PodRefused),
            (ExcludeInboundPorts, "http", PodRefused),
            (ExcludeInboundPorts, "*", PodRefused),
            (ExcludeOutboundPorts, "0070", ReadDifferently),
            (ExcludeOutboundPorts, "080", NeverStarts),
            (IncludeOutboundPorts, "80:90", ReadDifferently),
            (IncludeOutboundPorts, "http", ReadDifferently),
            (IncludeOutboundPorts, "+80", Harmless),
            (IncludeOutboundPorts, "90:80", NeverStarts),
            (IncludeOutboundPorts, "80:0090", NeverStarts),
            (IncludeOutboundPorts, "80:65536", NeverStarts),
            (IncludeOutboundPorts, ":90", ReadDifferently),
            (IncludeOutboundPorts, "80:", ReadDifferently),
            (IncludeOutboundPorts, "070:90", ReadDifferently),
            (IncludeOutboundPorts, "0x50", ReadDifferently),
            (IncludeOutboundPorts, "80,\u{a0}443", NeverStarts),
            (IncludeOutboundPorts, "gopher-2", NeverStarts),
            (IncludeOutboundPorts, "80-90", NeverStarts),
            (IncludeOutboundPorts, "65536", NeverStarts),
            (IncludeOutboundPorts, "*", NeverStarts),
            (ExcludeOutboundIPRanges, "10.0.0.1", PodRefused),
            (ExcludeOutboundIPRanges, "10.0.0.0/8, 11.0.0.0/8", PodRefused),
            (ExcludeOutboundIPRanges, "10.0.0.0/33", PodRefused),
            (ExcludeOutboundIPRanges, "10.0.0.0/08", PodRefused),
            (ExcludeOutboundIPRanges, "010.0.0.0/8", PodRefused),
            (ExcludeOutboundIPRanges, "10.0.0.5/8", Harmless),
            (ExcludeOutboundIPRanges, "::ffff:10.0.0.0/104", ReadDifferently),
        ] {
            assert_eq!(outcome(field, text, true, false), expected, "{field} {text:?}");
        }
    }

    #[test]
    fn install_values_are_validated_by_nobody() {
        for (field, text) in [
            (Field::ExcludeOutboundIPRanges, "*"),
            (Field::ExcludeOutboundIPRanges, "10.0.0.1"),
            (Field::IncludeOutboundIPRanges, "<nil>"),
            (Field::ExcludeOutboundPorts, "80-90"),
        ] {
            assert_eq!(
                outcome(field, text, false, false),
                Outcome::NeverStarts,
                "{field} {text:?}"
            );
        }
    }

    #[test]
    fn the_plugin_validates_what_the_injector_does_not() {
        let http = |cni| outcome(Field::IncludeOutboundPorts, "http", true, cni);
        assert_eq!(
            (http(false), http(true)),
            (Outcome::ReadDifferently, Outcome::NeverStarts)
        );
    }
}
