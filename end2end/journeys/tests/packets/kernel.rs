//! Verdicts against the kernel: real rules, real TCP and UDP between two network namespaces.

use std::{collections::BTreeMap, net::IpAddr};

use domain::{
    TrafficArgs,
    iptables::{Config, Family, Host, Rules},
    trace::{Direction, Packet, Protocol, Verdict, trace},
};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::ask;

const PODS: u64 = 160;
const PROBES_EACH: usize = 40;

/// A pod's rules and what is sent, as `sidestep-sandbox kernel` is asked.
#[derive(Debug, Serialize)]
struct Question {
    ipv4: String,
    ipv6: String,
    probes: Vec<Probe>,
}

#[derive(Clone, Debug, Serialize)]
struct Probe {
    direction: Direction,
    protocol: Protocol,
    source: IpAddr,
    destination: IpAddr,
    port: u16,
    uid: u32,
    gid: u32,
    #[serde(skip)]
    interface: &'static str,
}

#[derive(Debug, Deserialize)]
struct Answer {
    received: Option<Vec<String>>,
    #[serde(default)]
    error: String,
}

/// Ports on which application and peer listen (`probe_linux.go`).
const PORTS: [u16; 11] = [53, 80, 443, 3306, 7001, 8080, 9000, 15008, 15020, 15021, 15090];
const IDS: [u32; 4] = [1000, 1337, 1338, 2000];
/// The pod's own addresses, by interface (`lab_linux.go`).
const POD: [(&str, [&str; 2]); 3] = [
    ("eth0", ["10.250.0.5", "2001:db8:250::5"]),
    ("eth1", ["10.251.0.5", "2001:db8:251::5"]),
    ("virt0", ["10.252.0.5", "2001:db8:252::5"]),
];
const PEER: [[&str; 2]; 3] = [
    ["10.250.0.1", "2001:db8:250::1"],
    ["10.251.0.1", "2001:db8:251::1"],
    ["10.252.0.1", "2001:db8:252::1"],
];
const ELSEWHERE: [&[&str]; 2] = [
    &["10.1.2.3", "47.100.20.144", "10.96.0.10", "198.51.100.10"],
    &["2001:db8:1::3", "2001:db8::53"],
];
const BEHIND_ETH1: [&str; 2] = ["10.60.0.7", "2001:db8:60::7"];
const RANGES: [&str; 16] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "47.100.20.144/32",
    "127.0.0.1/32",
    "127.0.0.0/8",
    "10.96.0.10/32",
    "10.250.0.5/32",
    "10.60.0.9/16",
    "::/0",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "2001:db8:250::5/128",
    "::1/128",
    "2001:db8:60::/48",
    "fd00::/8",
];

fn one<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    *rng.choice(all).expect("there are some")
}

fn one_in(rng: &mut Rng, number: u8) -> bool {
    rng.u8(0..number) == 0
}

/// At most so many of these, comma separated.
fn some<T: Copy + ToString>(rng: &mut Rng, all: &[T], most: usize) -> String {
    let picked: Vec<String> = (0..rng.usize(0..=most))
        .map(|_| one(rng, all).to_string())
        .collect();
    picked.join(",")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("this is an address")
}

/// Rules that chance made: every mode, both families, DNS, groups, users, interfaces.
fn rules(rng: &mut Rng) -> Rules {
    let mut args = Vec::new();
    let mut pass = |flag: &str, value: String| args.extend([flag.to_owned(), value]);
    let tproxy = one_in(rng, 3);
    pass("-m", if tproxy { "TPROXY" } else { "REDIRECT" }.to_owned());
    pass("-u", one(rng, &["1337", "1337", "1337,1338"]).to_owned());
    if one_in(rng, 3) {
        pass("-g", one(rng, &["1337", "1338", "2000"]).to_owned());
    }
    let inbound = some(rng, &PORTS, 4);
    pass("-b", if one_in(rng, 3) { inbound } else { "*".to_owned() });
    pass("-d", some(rng, &PORTS, 4));
    let ranges = some(rng, &RANGES, 4);
    pass("-i", if one_in(rng, 2) { ranges } else { "*".to_owned() });
    pass("-x", some(rng, &RANGES, 3));
    pass("-q", some(rng, &PORTS, 3));
    pass("-o", some(rng, &PORTS, 3));
    if one_in(rng, 4) {
        pass("-c", one(rng, &["eth1", "eth0", "lo", "eth+"]).to_owned());
    }
    if !tproxy && one_in(rng, 4) {
        pass("-k", "virt0".to_owned());
    }
    if one_in(rng, 3) {
        args.push("--redirect-dns".to_owned());
        if one_in(rng, 3) {
            args.push("--capture-all-dns".to_owned());
        }
    }
    if one_in(rng, 4) {
        args.push("--drop-invalid".to_owned());
    }
    let mut environment = BTreeMap::new();
    for (name, values) in [
        ("ISTIO_OUTBOUND_OWNER_GROUPS", &["1000", "1000,2000", ""][..]),
        ("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", &["2000", "1000"]),
        ("ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR", &["127.0.0.0/8"]),
    ] {
        if one_in(rng, 5) {
            environment.insert(name.to_owned(), one(rng, values).to_owned());
        }
    }
    let host = Host {
        ipv6: !one_in(rng, 4),
        dns_servers: vec![address("10.96.0.10"), address("2001:db8::53")],
        ..Host::default()
    };
    let config = Config::read(&TrafficArgs::parse(&args), &environment, &host);
    config.and_then(Rules::of).expect("chance makes good arguments")
}

/// A packet whose interface follows from its destination.
fn probe(rng: &mut Rng) -> Probe {
    let family = usize::from(one_in(rng, 3));
    let protocol = if one_in(rng, 3) {
        Protocol::Udp
    } else {
        Protocol::Tcp
    };
    let port = one(rng, &PORTS);
    if one_in(rng, 3) {
        let wire = rng.usize(0..3);
        return Probe {
            direction: Direction::Inbound,
            protocol,
            source: address(PEER[wire][family]),
            destination: address(POD[wire].1[family]),
            port,
            uid: 0,
            gid: 0,
            interface: POD[wire].0,
        };
    }
    let own = |wire: usize| address(POD[wire].1[family]);
    let loopback = ["127.0.0.1", "::1"][family];
    let from_proxy = ["127.0.0.6", "::6"][family];
    let (source, destination, interface) = match rng.u8(0..8) {
        0 => (address(loopback), address(loopback), "lo"),
        1 if family == 0 => (address(loopback), address("127.1.1.1"), "lo"),
        1 | 2 => (own(0), own(0), "lo"),
        3 => (address(from_proxy), own(0), "lo"),
        4 => (own(1), address(BEHIND_ETH1[family]), "eth1"),
        _ => (own(0), address(one(rng, ELSEWHERE[family])), "eth0"),
    };
    Probe {
        direction: Direction::Outbound,
        protocol,
        source,
        destination,
        port,
        uid: one(rng, &IDS),
        gid: one(rng, &IDS),
        interface,
    }
}

impl Probe {
    fn packet(&self) -> Packet {
        let sender = self.direction == Direction::Outbound;
        Packet {
            direction: self.direction,
            protocol: self.protocol,
            source: Some(self.source),
            destination: self.destination,
            port: self.port,
            uid: sender.then_some(self.uid),
            gid: sender.then_some(self.gid),
            interface: Some(self.interface.to_owned()),
        }
    }
}

fn verdict(received: &str) -> Option<Verdict> {
    match received {
        "app" | "peer" => Some(Verdict::Bypass),
        "15001" => Some(Verdict::OutboundProxy),
        "15006" => Some(Verdict::InboundProxy),
        "15053" => Some(Verdict::DnsProxy),
        _ => None,
    }
}

#[test]
fn the_kernel_does_with_packets_what_the_trace_says() {
    let pods: Vec<Rules> = (0..PODS)
        .map(|seed| rules(&mut Rng::with_seed(70_000 + seed)))
        .collect();
    let questions: Vec<Question> = pods
        .iter()
        .enumerate()
        .map(|(seed, rules)| {
            let mut rng = Rng::with_seed(80_000 + seed as u64);
            Question {
                ipv4: rules.restore(Family::V4),
                ipv6: rules.restore(Family::V6),
                probes: (0..PROBES_EACH).map(|_| probe(&mut rng)).collect(),
            }
        })
        .collect();
    let answers: Vec<Answer> = ask("kernel", &questions);
    assert_eq!(answers.len(), questions.len());
    let (mut compared, mut mistakes) = (0, Vec::new());
    let mut seen = BTreeMap::<&str, usize>::new();
    for ((rules, question), answer) in pods.iter().zip(&questions).zip(&answers) {
        assert_eq!(answer.error, "", "{question:?}");
        let received = answer.received.as_deref().expect("every probe is answered");
        for (probe, received) in question.probes.iter().zip(received) {
            let said = trace(rules, &probe.packet());
            compared += 1;
            *seen.entry(said.verdict.as_str()).or_default() += 1;
            if verdict(received) != Some(said.verdict) {
                let rule = said.rule.map(ToString::to_string);
                mistakes.push(format!(
                    "{probe:?} came to {received:?}, said {} by {rule:?}",
                    said.verdict
                ));
            }
        }
    }
    assert!(
        mistakes.is_empty(),
        "{} of {compared}: {:#?}",
        mistakes.len(),
        &mistakes[..mistakes.len().min(12)]
    );
    assert!(compared >= 5000, "{compared} probes");
    assert!(
        seen.values().all(|times| *times >= 20) && seen.len() == 4,
        "{seen:?}"
    );
}
