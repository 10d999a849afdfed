//! What happens to packets: our walk through the rules against the decision procedure of spec/istio.md §3.5, written down a
//! second time below, and cases with their reasons.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use domain::{
    Cidr, TrafficArgs,
    iptables::{Config, Host, RuleError, Rules},
    trace::{Direction, Outcome, Packet, Protocol, Verdict, trace},
};
use proptest::{collection, option, prelude::*, sample};

mod cases;

/// `Cfg` of the procedure.
#[derive(Clone, Debug)]
struct Cfg {
    tproxy: bool,
    v6: bool,
    in_inc: Ports,
    in_exc: BTreeSet<u16>,
    out_inc: Ranges,
    out_exc: Vec<Cidr>,
    out_pinc: BTreeSet<u16>,
    out_pexc: BTreeSet<u16>,
    exc_if: BTreeSet<&'static str>,
    virt_if: BTreeSet<&'static str>,
    uids: BTreeSet<u32>,
    gids: BTreeSet<u32>,
    og: Groups,
    dns: Dns,
    l4: Cidr,
}

#[derive(Clone, Debug)]
enum Ports {
    All,
    List(BTreeSet<u16>),
    Empty,
}

#[derive(Clone, Debug)]
enum Ranges {
    Wild,
    List(Vec<Cidr>),
}

#[derive(Clone, Debug)]
enum Groups {
    All { exc: BTreeSet<u32> },
    Only { inc: BTreeSet<u32> },
}

#[derive(Clone, Debug)]
enum Dns {
    Off,
    Servers(Vec<IpAddr>),
    AllPort53,
}

const BYPASS: Verdict = Verdict::Bypass;
const ENVOY_IN: Verdict = Verdict::InboundProxy;
const ENVOY_OUT: Verdict = Verdict::OutboundProxy;

impl Cfg {
    fn in_match(&self, port: u16) -> bool {
        match &self.in_inc {
            Ports::All => !self.in_exc.contains(&port),
            Ports::List(list) => list.contains(&port),
            Ports::Empty => false,
        }
    }

    fn is_l(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => self.l4.contains(address),
            IpAddr::V6(address) => address == Ipv6Addr::LOCALHOST,
        }
    }

    fn included(&self, address: IpAddr) -> bool {
        match &self.out_inc {
            Ranges::Wild => true,
            Ranges::List(ranges) => ranges.iter().any(|range| range.contains(address)),
        }
    }

    /// Our ranges have no host bits, so their address is as it is written.
    fn loop_inc(&self) -> bool {
        match &self.out_inc {
            Ranges::Wild => false,
            Ranges::List(ranges) => ranges.iter().any(|range| range.net().addr().is_loopback()),
        }
    }

    fn outbound(&self, pkt: &Pkt) -> Verdict {
        if pkt.dst.is_ipv6() && !self.v6 {
            return BYPASS;
        }
        let nat = self.nat_out(pkt);
        if nat == BYPASS && self.tproxy && self.tproxy_self(pkt) {
            ENVOY_IN
        } else {
            nat
        }
    }

    fn nat_out(&self, pkt: &Pkt) -> Verdict {
        let (lo, loop_inc) = (pkt.interface == "lo", self.loop_inc());
        let dns_on = match &self.dns {
            Dns::Off => false,
            Dns::Servers(servers) => !servers.is_empty(),
            Dns::AllPort53 => true,
        };
        if self.exc_if.contains(pkt.interface) || self.out_pexc.contains(&pkt.port) || (lo && from_6(pkt.src))
        {
            return BYPASS;
        }
        let uids = self.uids.iter().map(|uid| (pkt.uid == *uid, true));
        let gids = self.gids.iter().map(|gid| (pkt.gid == *gid, false));
        for (is, by_user) in uids.chain(gids) {
            if is {
                let exempt = pkt.port == 15008 || (pkt.port == 53 && dns_on && by_user);
                if lo && pkt.tcp && !self.is_l(pkt.dst) && !exempt {
                    return ENVOY_IN;
                }
                return BYPASS;
            } else if lo && !loop_inc && (!dns_on || (pkt.tcp && pkt.port != 53)) {
                return BYPASS;
            }
        }
        let by_group = match &self.og {
            Groups::All { exc } => exc.contains(&pkt.gid),
            Groups::Only { inc } => !inc.contains(&pkt.gid),
        };
        if by_group {
            return BYPASS;
        }
        let to_agent = match &self.dns {
            Dns::Off => false,
            Dns::Servers(servers) => servers.contains(&pkt.dst),
            Dns::AllPort53 => true,
        };
        if pkt.port == 53 && to_agent {
            return Verdict::DnsProxy;
        }
        if self.is_l(pkt.dst) || self.out_exc.iter().any(|range| range.contains(pkt.dst)) || !pkt.tcp {
            return BYPASS;
        }
        if self.out_pinc.contains(&pkt.port) || self.included(pkt.dst) {
            return ENVOY_OUT;
        }
        BYPASS
    }

    fn tproxy_self(&self, pkt: &Pkt) -> bool {
        pkt.tcp
            && pkt.interface == "lo"
            && !self.exc_if.contains("lo")
            && !from_6(pkt.src)
            && !self.is_l(pkt.dst)
            && (self.uids.contains(&pkt.uid) || self.gids.contains(&pkt.gid))
            && self.in_match(pkt.port)
    }

    fn inbound(&self, pkt: &Pkt) -> Verdict {
        if pkt.dst.is_ipv6() && !self.v6 {
            return BYPASS;
        }
        if self.virt_if.contains(pkt.interface) {
            return if pkt.tcp && self.included(pkt.dst) {
                ENVOY_OUT
            } else {
                BYPASS
            };
        }
        if self.exc_if.contains(pkt.interface) || !pkt.tcp {
            return BYPASS;
        }
        if !self.tproxy && pkt.port == 15008 && !matches!(self.in_inc, Ports::Empty) {
            return BYPASS;
        }
        if self.in_match(pkt.port) { ENVOY_IN } else { BYPASS }
    }

    /// The same as arguments and environment.
    fn rules(&self) -> Result<Rules, RuleError> {
        let ports = |ports: &BTreeSet<u16>| list(ports.iter());
        let mut args = vec![
            "-p",
            "15001",
            "-z",
            "15006",
            "-m",
            if self.tproxy { "TPROXY" } else { "REDIRECT" },
        ]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
        for (flag, value) in [
            (
                "-b",
                match &self.in_inc {
                    Ports::All => "*".to_owned(),
                    Ports::List(list) => ports(list),
                    Ports::Empty => String::new(),
                },
            ),
            ("-d", ports(&self.in_exc)),
            (
                "-i",
                match &self.out_inc {
                    Ranges::Wild => "*".to_owned(),
                    Ranges::List(ranges) => list(ranges.iter()),
                },
            ),
            ("-x", list(self.out_exc.iter())),
            ("-q", ports(&self.out_pinc)),
            ("-o", ports(&self.out_pexc)),
            ("-c", list(self.exc_if.iter())),
            ("-k", list(self.virt_if.iter())),
            ("-u", list(self.uids.iter())),
            ("-g", list(self.gids.iter())),
        ] {
            args.extend([flag.to_owned(), value]);
        }
        let mut environment = BTreeMap::from([(
            "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR".to_owned(),
            self.l4.to_string(),
        )]);
        let (name, groups) = match &self.og {
            Groups::All { exc } => ("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", exc),
            Groups::Only { inc } => ("ISTIO_OUTBOUND_OWNER_GROUPS", inc),
        };
        environment.insert(name.to_owned(), list(groups.iter()));
        let mut host = Host {
            ipv6: self.v6,
            ..Host::default()
        };
        match &self.dns {
            Dns::Off => {}
            Dns::Servers(servers) => {
                args.push("--redirect-dns".to_owned());
                host.dns_servers.clone_from(servers);
            }
            Dns::AllPort53 => args.extend(["--redirect-dns".to_owned(), "--capture-all-dns".to_owned()]),
        }
        Rules::of(Config::read(&TrafficArgs::parse(&args), &environment, &host)?)
    }
}

fn list<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn from_6(source: IpAddr) -> bool {
    source == IpAddr::from([127, 0, 0, 6]) || source == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 6])
}

#[derive(Clone, Debug)]
struct Pkt {
    tcp: bool,
    src: IpAddr,
    dst: IpAddr,
    port: u16,
    uid: u32,
    gid: u32,
    interface: &'static str,
}

impl Pkt {
    fn packet(&self, direction: Direction) -> Packet {
        Packet {
            direction,
            protocol: if self.tcp { Protocol::Tcp } else { Protocol::Udp },
            source: Some(self.src),
            destination: self.dst,
            port: self.port,
            uid: Some(self.uid),
            gid: Some(self.gid),
            interface: Some(self.interface.to_owned()),
        }
    }
}

const PORTS: [u16; 9] = [53, 80, 443, 3306, 7001, 15008, 15020, 15021, 9000];
const IDS: [u32; 5] = [0, 1000, 1337, 1338, 2000];
const INTERFACES: [&str; 4] = ["lo", "eth0", "eth1", "virt0"];
const ADDRESSES: [&str; 7] = [
    "10.0.0.5",
    "10.1.2.3",
    "47.100.20.144",
    "127.0.0.1",
    "127.0.0.6",
    "127.1.1.1",
    "10.96.0.10",
];
const ADDRESSES_6: [&str; 6] = [
    "2001:db8::5",
    "2001:db8:1::3",
    "::1",
    "::6",
    "2001:db8::53",
    "fd00::1",
];
const RANGES: [&str; 12] = [
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

fn set<T: Clone + Ord + std::fmt::Debug + 'static>(
    all: &'static [T],
    most: usize,
) -> impl Strategy<Value = BTreeSet<T>> {
    collection::btree_set(sample::select(all), 0..=most)
}

fn ranges() -> impl Strategy<Value = Vec<Cidr>> {
    collection::vec(sample::select(&RANGES[..]), 0..=3).prop_map(|texts| {
        texts
            .into_iter()
            .map(|text| text.parse().expect("these are ranges"))
            .collect()
    })
}

fn cfg() -> impl Strategy<Value = Cfg> {
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

fn pkt() -> impl Strategy<Value = Pkt> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_walk_through_the_rules_ends_as_the_procedure_says(cfg in cfg(), pkts in collection::vec(pkt(), 8)) {
        let rules = cfg.rules().expect("these are good");
        for pkt in pkts {
            let outbound = trace(&rules, &pkt.packet(Direction::Outbound));
            prop_assert_eq!(outbound.verdict, cfg.outbound(&pkt), "outbound {:?}: {:?}", &pkt, &outbound);
            // Nothing from outside is for a loopback address.
            if pkt.interface != "lo" && !cfg.is_l(pkt.dst) {
                let inbound = trace(&rules, &pkt.packet(Direction::Inbound));
                prop_assert_eq!(inbound.verdict, cfg.inbound(&pkt), "inbound {:?}: {:?}", &pkt, &inbound);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_arguments_are_there_is_an_answer_or_a_reason(
        args in collection::vec(prop_oneof![
            3 => sample::select(&["-i", "-x", "-b", "-d", "-q", "-o", "-c", "-k", "-u", "-g", "-m", "-p", "-z", "-e", "-t",
                "--redirect-dns", "--capture-all-dns=1", "--skip-rule-apply", "TPROXY", "NONE", "*", "1337", ""][..])
                .prop_map(str::to_owned),
            2 => crate::strategy::almost(),
            1 => any::<String>(),
        ], 0..24),
        environment in collection::btree_map(
            sample::select(&["ISTIO_META_DNS_CAPTURE", "ISTIO_OUTBOUND_OWNER_GROUPS", "PROXY_UID", "ISTIO_OUTBOUND_PORTS"][..])
                .prop_map(str::to_owned),
            crate::strategy::almost(),
            0..3,
        ),
        pkt in pkt(),
    ) {
        let host = Host { ipv6: true, dns_servers: vec![pkt.dst], ..Host::default() };
        match Config::read(&TrafficArgs::parse(&args), &environment, &host).and_then(Rules::of) {
            Ok(rules) => for direction in [Direction::Outbound, Direction::Inbound] {
                let packet = pkt.packet(direction);
                let answer = trace(&rules, &packet);
                prop_assert!(!answer.sentence(&packet).is_empty());
                prop_assert_eq!(answer.rule.is_some(), answer.steps(&rules, &packet).iter().any(|step| step.outcome == Outcome::Decided));
            },
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

/// The rules of a pod with these arguments.
fn rules(args: &[&str]) -> Rules {
    let config = Config::read(&TrafficArgs::parse(args), &BTreeMap::new(), &Host::default());
    Rules::of(config.expect("these arguments are good")).expect("these arguments are good")
}

/// What the application's TCP to an address and port comes to.
fn to(address: [u8; 4], port: u16) -> Packet {
    Packet::outbound(Protocol::Tcp, Ipv4Addr::from(address).into(), port)
}
