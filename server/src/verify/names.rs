//! The names under which Envoy knows a destination.

use std::net::IpAddr;

use domain::verify::Target;
use kube::ResourceExt;

use crate::cluster::watch::Stores;

/// The names of `target` as clusters have them, asked from `namespace` and answered by `remote`; with a dot at the end what
/// such a name begins with, as the domain of the cluster is not known.
pub(super) fn of(stores: &Stores, target: &Target, namespace: &str, remote: Option<IpAddr>) -> Vec<String> {
    let mut names = match target.address() {
        Some(_) => Vec::new(),
        None => of_host(&target.host, namespace),
    };
    if let Some(address) = remote.or(target.address()) {
        names.extend(of_address(stores, address));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// What a host in a URL may be: a Service by one of its short names, or a host that is declared, perhaps by a wildcard.
fn of_host(host: &str, namespace: &str) -> Vec<String> {
    let host = host.trim_end_matches('.');
    let mut names = vec![host.to_owned()];
    match host.split('.').collect::<Vec<_>>().as_slice() {
        [name] => names.push(format!("{name}.{namespace}.svc.")),
        [name, namespace] | [name, namespace, "svc"] => names.push(format!("{name}.{namespace}.svc.")),
        _ => {}
    }
    let parents = host.match_indices('.').map(|(at, _)| format!("*{}", &host[at..]));
    names.extend(parents);
    names
}

fn of_address(stores: &Stores, address: IpAddr) -> Vec<String> {
    let is = |text: &str| text.parse() == Ok(address);
    let services = stores.services.state();
    let services = services.iter().filter(|service| {
        let spec = service.spec.as_ref();
        let all = spec
            .into_iter()
            .flat_map(|spec| spec.cluster_ip.iter().chain(spec.cluster_ips.iter().flatten()));
        all.into_iter().any(|text| is(text))
    });
    let mut names: Vec<String> = services
        .map(|service| {
            format!(
                "{}.{}.svc.",
                service.name_any(),
                service.namespace().unwrap_or_default()
            )
        })
        .collect();
    let contains = |text: &str| {
        is(text)
            || text
                .parse::<domain::Cidr>()
                .is_ok_and(|range| range.contains(address))
    };
    for entry in stores.service_entries.state() {
        let addresses = entry.spec["addresses"].as_array().into_iter().flatten();
        if addresses.filter_map(|text| text.as_str()).any(contains) {
            let hosts = entry.spec["hosts"].as_array().into_iter().flatten();
            names.extend(hosts.filter_map(|host| host.as_str()).map(str::to_owned));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_one_of_the_pods_namespace() {
        assert_eq!(
            of_host("reviews", "bookinfo"),
            ["reviews", "reviews.bookinfo.svc."]
        );
        assert_eq!(
            of_host("reviews.shop.svc", "bookinfo")[..2],
            ["reviews.shop.svc", "reviews.shop.svc."]
        );
        assert_eq!(
            of_host("api.eu.example.com.", "bookinfo"),
            ["api.eu.example.com", "*.eu.example.com", "*.example.com", "*.com"]
        );
    }
}
