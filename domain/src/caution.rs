//! Values that are valid and take (nearly) all traffic of a kind from the sidecar: worth a question before they are saved.

use ipnet::IpNet;

use crate::{cidr::Cidr, field::Field, traffic::Traffic, value::Value};

/// A value that somebody may not have meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The field that has it.
    pub field: Field,
    /// What it does, in a sentence.
    pub sentence: &'static str,
}

/// Lists what a level says that should be asked about first, in the order of [`Field::ALL`] (the rules of
/// istio-iptables, `capture/run.go`).
#[must_use]
pub fn caution(traffic: &Traffic) -> Vec<Caution> {
    traffic
        .iter()
        .filter_map(|(field, value)| sentence(field, value).map(|sentence| Caution { field, sentence }))
        .collect()
}

fn sentence(field: Field, value: &Value) -> Option<&'static str> {
    match (field, value) {
        (Field::IncludeInboundPorts, value) if value.is_empty() => Some(
            "All inbound traffic goes straight to the application: it has neither mTLS nor authorization policies, and \
             no metrics of the sidecar. Clients that speak mTLS to it can fail.",
        ),
        (Field::IncludeOutboundIPRanges, value) if value.is_empty() => Some(
            "All outbound traffic goes straight out, but for the ports of includeOutboundPorts: it has neither mTLS nor \
             routing, retries and load balancing of the mesh.",
        ),
        (Field::ExcludeOutboundIPRanges, Value::Cidrs(ranges)) => {
            match everything(&ranges.iter().map(Cidr::net).collect()) {
                (false, false) => None,
                (true, false) => Some(
                    "Every IPv4 address is excluded: all outbound IPv4 traffic goes straight out, whatever the include \
                     fields say.",
                ),
                (false, true) => Some(
                    "Every IPv6 address is excluded: all outbound IPv6 traffic goes straight out, whatever the include \
                     fields say.",
                ),
                (true, true) => Some(
                    "Every address is excluded: all outbound traffic goes straight out, whatever the include fields say.",
                ),
            }
        }
        _ => None,
    }
}

/// Says whether the ranges together are all IPv4 addresses, and all IPv6 addresses: two halves are a whole.
pub(crate) fn everything(ranges: &Vec<IpNet>) -> (bool, bool) {
    let whole = IpNet::aggregate(ranges);
    let of = |v4| {
        whole
            .iter()
            .any(|range| range.prefix_len() == 0 && range.addr().is_ipv4() == v4)
    };
    (of(true), of(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::RawTraffic;

    fn cautions(field: Field, items: &[&str]) -> Vec<Field> {
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        let raw = RawTraffic::from([(field.name().to_owned(), items)]);
        let traffic = Traffic::parse(&raw).expect("valid");
        caution(&traffic)
            .into_iter()
            .map(|caution| caution.field)
            .collect()
    }

    #[test]
    fn an_include_that_is_empty_on_purpose_is_asked_about() {
        for field in Field::ALL {
            let expected: Vec<Field> = field.takes_wildcard().then_some(field).into_iter().collect();
            assert_eq!(cautions(field, &[]), expected);
            assert_eq!(cautions(field, &[]).is_empty(), field.built_in().is_empty());
        }
        assert!(cautions(Field::IncludeInboundPorts, &["*"]).is_empty());
        assert!(cautions(Field::IncludeInboundPorts, &["80"]).is_empty());
        assert!(cautions(Field::IncludeOutboundIPRanges, &["10.0.0.0/8"]).is_empty());
        assert!(caution(&Traffic::default()).is_empty());
    }

    #[test]
    fn excluding_every_address_is_asked_about_however_it_is_written() {
        let asks = |items: &[&str]| !cautions(Field::ExcludeOutboundIPRanges, items).is_empty();
        assert!(asks(&["0.0.0.0/0"]));
        assert!(asks(&["::/0"]));
        assert!(asks(&["10.0.0.0/8", "0.0.0.0/0"]));
        assert!(asks(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(!asks(&["0.0.0.0/1"]));
        assert!(!asks(&["10.0.0.0/8", "2001:db8::/32"]));
    }

    #[test]
    fn the_sentence_names_the_family() {
        let said = |items: &[&str]| {
            let items = items.iter().map(|item| (*item).to_owned()).collect();
            let raw = RawTraffic::from([(Field::ExcludeOutboundIPRanges.name().to_owned(), items)]);
            caution(&Traffic::parse(&raw).expect("valid"))[0].sentence
        };
        assert!(said(&["0.0.0.0/0"]).starts_with("Every IPv4 address"));
        assert!(said(&["::/0"]).starts_with("Every IPv6 address"));
        assert!(said(&["::/0", "0.0.0.0/0"]).starts_with("Every address"));
    }
}
