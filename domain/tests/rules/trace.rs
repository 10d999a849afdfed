//! What happens to packets: our walk through the rules against the decision procedure of spec/istio.md §3.5, written down a
//! second time in `oracle`, and cases with their reasons.

use std::{collections::BTreeMap, net::Ipv4Addr};

use domain::{
    TrafficArgs,
    iptables::{Config, Host, Rules},
    trace::{Direction, Outcome, Packet, Protocol, trace},
};
use proptest::{collection, prelude::*, sample};

use self::chance::{cfg, pkt};

mod cases;
mod chance;
mod oracle;

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
