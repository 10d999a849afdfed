//! Pods and packets that chance makes, few enough to meet.

use std::{collections::BTreeSet, net::IpAddr};

use domain::Cidr;
use proptest::{collection, option, prelude::*, sample};

use super::oracle::{Cfg, Dns, Groups, Pkt, Ports, Ranges};

pub(super) const PORTS: [u16; 9] = [53, 80, 443, 3306, 7001, 15008, 15020, 15021, 9000];
pub(super) const IDS: [u32; 5] = [0, 1000, 1337, 1338, 2000];
pub(super) const INTERFACES: [&str; 4] = ["lo", "eth0", "eth1", "virt0"];
pub(super) const ADDRESSES: [&str; 7] = [
    "10.0.0.5",
    "10.1.2.3",
    "47.100.20.144",
    "127.0.0.1",
    "127.0.0.6",
    "127.1.1.1",
    "10.96.0.10",
];
pub(super) const ADDRESSES_6: [&str; 6] = [
    "2001:db8::5",
    "2001:db8:1::3",
    "::1",
    "::6",
    "2001:db8::53",
    "fd00::1",
];
pub(super) const RANGES: [&str; 12] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "47.100.20.144/32",
    "127.0.0.1/32",
    "127.0.0.0/8",
    "10.96.0.10/32",
    "::/0",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "::1/128",
    "fd00::/8",
];

pub(super) fn set<T: Clone + Ord + std::fmt::Debug + 'static>(
    all: &'static [T],
    most: usize,
) -> impl Strategy<Value = BTreeSet<T>> {
    collection::btree_set(sample::select(all), 0..=most)
}

pub(super) fn ranges() -> impl Strategy<Value = Vec<Cidr>> {
    collection::vec(sample::select(&RANGES[..]), 0..=3).prop_map(|texts| {
        texts
            .into_iter()
            .map(|text| text.parse().expect("these are ranges"))
            .collect()
    })
}

pub(super) fn cfg() -> impl Strategy<Value = Cfg> {
    let in_inc = prop_oneof![
        3 => Just(Ports::All),
        1 => Just(Ports::Empty),
        2 => set(&PORTS, 3).prop_filter("not empty", |ports| !ports.is_empty()).prop_map(Ports::List),
    ];
    let out_inc = prop_oneof![2 => Just(Ranges::Wild), 3 => ranges().prop_map(Ranges::List)];
    let og = prop_oneof![
        3 => Just(Groups::All { exc: BTreeSet::new() }),
        1 => set(&IDS, 2).prop_map(|exc| Groups::All { exc }),
        1 => set(&IDS, 3).prop_map(|inc| Groups::Only { inc }),
    ];
    let servers = collection::vec(
        sample::select(&["10.96.0.10", "2001:db8::53", "127.0.0.1"][..]),
        0..=2,
    );
    let dns = prop_oneof![
        3 => Just(Dns::Off),
        1 => Just(Dns::AllPort53),
        2 => servers.prop_map(|all| Dns::Servers(all.into_iter().map(|text| text.parse().expect("addresses")).collect())),
    ];
    let ids = || set(&[1337, 1338], 2).prop_filter("somebody runs the sidecar", |ids| !ids.is_empty());
    let l4 = sample::select(&["127.0.0.1/32", "127.0.0.0/8", "127.0.0.0/16"][..]);
    let inbound = (in_inc, set(&PORTS, 4));
    let outbound = (out_inc, ranges(), set(&PORTS, 3), set(&PORTS, 3));
    let interfaces = (set(&INTERFACES[..3], 1), option::weighted(0.2, Just("virt0")));
    let others = (ids(), ids(), og, dns, l4);
    (
        any::<bool>(),
        any::<bool>(),
        inbound,
        outbound,
        interfaces,
        others,
    )
        .prop_map(
            |(tproxy, v6, inbound, outbound, (exc_if, virt_if), (uids, gids, og, dns, l4))| Cfg {
                // Two mechanisms that get in each other's way: nobody says what comes of them.
                tproxy: tproxy && virt_if.is_none(),
                v6,
                in_inc: inbound.0,
                in_exc: inbound.1,
                out_inc: outbound.0,
                out_exc: outbound.1,
                out_pinc: outbound.2,
                out_pexc: outbound.3,
                exc_if,
                virt_if: virt_if.into_iter().collect(),
                uids,
                gids,
                og,
                dns,
                l4: l4.parse().expect("these are ranges"),
            },
        )
}

pub(super) fn pkt() -> impl Strategy<Value = Pkt> {
    let addresses = |all: &'static [&'static str]| {
        let address =
            || sample::select(all).prop_map(|text| text.parse::<IpAddr>().expect("these are addresses"));
        (address(), address())
    };
    let addresses = prop_oneof![2 => addresses(&ADDRESSES), 1 => addresses(&ADDRESSES_6)];
    let ids = (sample::select(&IDS[..]), sample::select(&IDS[..]));
    (
        any::<bool>(),
        addresses,
        sample::select(&PORTS[..]),
        ids,
        sample::select(&INTERFACES[..]),
    )
        .prop_map(|(tcp, (src, dst), port, (uid, gid), interface)| Pkt {
            tcp,
            src,
            dst,
            port,
            uid,
            gid,
            interface,
        })
}
