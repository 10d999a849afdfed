//! The rules that `domain` makes against the text that the real `istio-iptables` writes.

use std::{collections::BTreeMap, net::IpAddr};

use domain::{
    Field, TrafficArgs,
    iptables::{Config, Family, Host, Rules},
};
use fastrand::Rng;
use journeys::random;
use serde::{Deserialize, Serialize};

use crate::ask;

const QUESTIONS: u64 = 3000;

/// A pod, as `sidestep-sandbox rules` is asked about it.
#[derive(Debug, Serialize)]
struct Question {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    ipv6: bool,
    dns_servers: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    ipv4: String,
    ipv6: String,
    #[serde(default)]
    error: String,
}

fn one_in(rng: &mut Rng, number: u8) -> bool {
    rng.u8(0..number) == 0
}

/// One of these.
fn one(rng: &mut Rng, texts: &[&str]) -> String {
    (*rng.choice(texts).expect("there are some")).to_owned()
}

/// A field's text as annotations and install values have it: good values, blanks between ports, duplicates, nonsense.
fn text(rng: &mut Rng, field: Field) -> String {
    if one_in(rng, 40) {
        return one(
            rng,
            &[
                "x",
                "10.0.0.1",
                "*,80",
                "0.0.0.0/33",
                "127.0.0.1/24",
                "::1/128",
                "::ffff:10.0.0.0/104",
            ],
        );
    }
    let items: Vec<String> = random::items(rng, field)
        .into_iter()
        .map(|item| item.trim().to_owned())
        .filter(|item| field.kind() == domain::Kind::Cidrs || !item.contains('-'))
        .map(|item| match field.kind() {
            // Host bits stay, a missing mask does not.
            domain::Kind::Cidrs if item != "*" && !item.contains('/') => format!("{item}/32"),
            _ => item,
        })
        .collect();
    items.join(if one_in(rng, 8) && field.kind() == domain::Kind::Ports {
        ", "
    } else {
        ","
    })
}

impl Question {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let rng = &mut rng;
        let mut args: Vec<String> = ["-p", "15001", "-z", "15006"].map(str::to_owned).into();
        let mut pass = |flag: &str, value: String| args.extend([flag.to_owned(), value]);
        pass("-u", one(rng, &["1337", "1337", "1000,1337", ""]));
        pass("-m", one(rng, &["REDIRECT", "REDIRECT", "TPROXY", ""]));
        for field in Field::ALL {
            if !one_in(rng, 5) {
                pass(field.flag(), text(rng, field));
            }
        }
        for (flag, odds, values) in [
            ("-g", 4, &["1337", "1338", "1337,2000"][..]),
            ("-c", 4, &["eth1", "eth1,net+", ""]),
            ("-k", 6, &["virt0", "virt0,virt1"]),
            ("-e", 9, &["15008", "16000"]),
            ("-t", 9, &["1337", "77"]),
        ] {
            if one_in(rng, odds) {
                pass(flag, one(rng, values));
            }
        }
        for switch in [
            "redirect-dns",
            "capture-all-dns",
            "drop-invalid",
            "dual-stack",
            "force-apply",
        ] {
            if one_in(rng, 4) {
                args.push(format!("--{switch}{}", one(rng, &["", "", "=true", "=false"])));
            }
        }
        let mut env = BTreeMap::new();
        for (name, odds, values) in [
            ("ISTIO_META_DNS_CAPTURE", 5, &["true", "false", "1", "maybe"][..]),
            ("REDIRECT_DNS", 8, &["true", "false"]),
            ("CAPTURE_ALL_DNS", 8, &["true", "false"]),
            ("INVALID_DROP", 8, &["true", "no"]),
            ("DROP_INVALID", 8, &["true", "false"]),
            ("ISTIO_OUTBOUND_PORTS", 5, &["7000", "7000,7001", ""]),
            ("ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE", 5, &["3306", ""]),
            ("ISTIO_EXCLUDE_INTERFACES", 6, &["eth9", ""]),
            ("KUBE_VIRT_INTERFACES", 9, &["virt9"]),
            ("PROXY_GID", 6, &["4000", ""]),
            ("PROXY_UID", 9, &["4001"]),
            ("INBOUND_TUNNEL_PORT", 9, &["15999"]),
            ("ISTIO_SERVICE_CIDR", 9, &["10.0.0.0/8"]),
            ("ENVOY_PORT", 9, &["15111"]),
            ("ISTIO_OUTBOUND_OWNER_GROUPS", 5, &["*", "1000", "1000,2000", ""]),
            (
                "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE",
                5,
                &["3000", "3000,4000", ""],
            ),
            (
                "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR",
                6,
                &["127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8"],
            ),
        ] {
            if one_in(rng, odds) {
                env.insert(name.to_owned(), one(rng, values));
            }
        }
        let dns_servers = ["10.96.0.10", "2001:db8::53", "169.254.20.10"];
        Self {
            args,
            env,
            ipv6: rng.bool(),
            dns_servers: dns_servers
                .into_iter()
                .filter(|_| rng.bool())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// What `domain` says.
    fn ours(&self) -> Answer {
        let host = Host {
            ipv6: self.ipv6,
            dns_servers: self
                .dns_servers
                .iter()
                .map(|server| server.parse::<IpAddr>().expect("these are addresses"))
                .collect(),
            ..Host::default()
        };
        let made = Config::read(&TrafficArgs::parse(&self.args), &self.env, &host).and_then(Rules::of);
        match made {
            Ok(rules) => Answer {
                ipv4: rules.restore(Family::V4),
                ipv6: rules.restore(Family::V6),
                error: String::new(),
            },
            Err(error) => Answer {
                ipv4: String::new(),
                ipv6: String::new(),
                error: error.to_string(),
            },
        }
    }
}

/// The first line in which two texts differ says more than both.
fn same(question: &Question, ours: &str, theirs: &str) {
    let (mut of_ours, mut of_theirs) = (ours.lines(), theirs.lines());
    loop {
        let lines = (of_ours.next(), of_theirs.next());
        assert_eq!(lines.0, lines.1, "ours (left), Istio's (right): {question:?}");
        if lines == (None, None) {
            return;
        }
    }
}

#[test]
fn the_rules_are_those_that_istio_iptables_writes() {
    let questions: Vec<Question> = (0..QUESTIONS).map(|seed| Question::new(90_000 + seed)).collect();
    let answers = ask::<_, Answer>("rules", &questions);
    assert_eq!(answers.len(), questions.len());
    let (mut with_rules, mut refused) = (0, 0);
    for (question, theirs) in questions.iter().zip(answers) {
        let ours = question.ours();
        if theirs.error.is_empty() && ours.error.is_empty() {
            with_rules += 1;
            same(question, &ours.ipv4, &theirs.ipv4);
            same(question, &ours.ipv6, &theirs.ipv6);
        } else if ours.error.is_empty() {
            panic!(
                "istio-iptables ends with {:?}, and we say nothing: {question:?}",
                theirs.error
            );
        } else {
            // What iptables-restore refuses, istio-iptables hands to it all the same: ports only, of what is asked here.
            assert!(
                !theirs.error.is_empty() || ours.error.contains(" a port"),
                "{} where istio-iptables has rules: {question:?}",
                ours.error
            );
            refused += 1;
        }
    }
    assert!(with_rules >= 2000, "{with_rules} compared, {refused} refused");
}
