//! `sidestep trace`: what happens to a packet, and why.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
    net::IpAddr,
};

use anyhow::{Context, Result};
use domain::{
    TrafficArgs,
    iptables::{Config, Host, Rule, Rules},
    trace::{Packet, trace},
};
use serde::{Deserialize, Serialize};

/// A question of `--jsonl`: a pod by the arguments and the environment of its `istio-init`, and a packet.
#[derive(Deserialize)]
struct Question {
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// The pod's annotations: with CNI the plugin reads them, and an empty `-i` means what they say.
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    dns_servers: Vec<IpAddr>,
    /// Whether the pod has rules for IPv6.
    #[serde(default)]
    ipv6: Option<bool>,
    packet: Packet,
    /// Anything else.
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

/// Its answer.
#[derive(Serialize)]
struct Answer {
    verdict: &'static str,
    /// The rule that decided, as arguments of iptables; null where no rule matched.
    rule: Option<String>,
    /// The setting behind it; null where it is Istio's own.
    setting: Option<&'static str>,
    shadowed: Vec<Shadowed>,
    sentence: String,
    /// What makes the answer uncertain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncertain: Vec<String>,
}

/// A rule that would have matched, too.
#[derive(Serialize)]
struct Shadowed {
    rule: String,
    setting: Option<&'static str>,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

/// Answers the questions of standard input, a line each. A bad line is answered with what is wrong with it.
pub(super) fn lines() -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().split(b'\n') {
        let line = line.context("standard input cannot be read")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let written = match answer(&line) {
            Ok(answer) => serde_json::to_writer(&mut out, &answer),
            Err(error) => serde_json::to_writer(&mut out, &Refused { error }),
        };
        let written = written.map_err(io::Error::from);
        // A question at a time: who waits for the answer before asking again must get it.
        let written = written
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("the answer cannot be written")?,
        }
    }
    Ok(())
}

fn answer(line: &[u8]) -> Result<Answer, String> {
    let question: Question = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let packet = &question.packet;
    packet.check().map_err(|error| error.to_string())?;
    let host = Host {
        ipv6: question.ipv6.unwrap_or_default(),
        dns_servers: question.dns_servers,
        ..Host::default()
    };
    let mut args = TrafficArgs::parse(&question.args);
    let plugin_decides = args.traffic.cni && args.traffic.include_outbound_ip_ranges.is_empty();
    if let Some(annotations) = &question.annotations {
        args = args.seen_with(annotations);
    }
    let rules = Config::read(&args, &question.env, &host)
        .and_then(Rules::of)
        .map_err(|error| error.to_string())?;
    let traced = trace(&rules, packet);
    let mut uncertain = traced.uncertain.to_vec();
    let others = question.others.keys();
    uncertain.extend(others.map(|name| format!("`{name}` is no part of a question that is known here")));
    if plugin_decides && question.annotations.is_none() {
        uncertain.push(
            "with CNI an empty `-i` means nothing if an annotation says so, and everything if not; `annotations` are not told"
                .to_owned(),
        );
    }
    if packet.destination.is_ipv6() && question.ipv6.is_none() {
        uncertain.push(
            "`ipv6` does not say whether the pod has rules for IPv6: this answer is of one without"
                .to_owned(),
        );
    }
    Ok(Answer {
        verdict: traced.verdict.as_str(),
        rule: traced.rule.map(Rule::arguments),
        setting: traced.reason.setting(),
        shadowed: traced
            .shadowed
            .iter()
            .map(|rule| Shadowed {
                rule: rule.arguments(),
                setting: rule.origin.setting(),
            })
            .collect(),
        sentence: traced.sentence(packet),
        uncertain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARGS: &str = r#"["-p","15001","-z","15006","-u","1337","-m","REDIRECT","-i","*","-x","47.100.20.144/32","-b","*","-d","15090,15021,15020"]"#;

    #[test]
    fn a_question_is_answered_with_the_rule_and_the_setting() {
        let line = format!(
            r#"{{"args":{ARGS},"env":{{}},"packet":{{"direction":"outbound","protocol":"tcp","source":"10.0.0.5",
               "destination":"47.100.20.144","port":80,"uid":1000,"gid":1000,"interface":"eth0"}}}}"#
        );
        let answer = serde_json::to_value(answer(line.as_bytes()).unwrap()).unwrap();
        assert_eq!(answer["verdict"], "bypass");
        assert_eq!(
            answer["rule"],
            "-t nat -A ISTIO_OUTPUT -d 47.100.20.144/32 -j RETURN"
        );
        assert_eq!(answer["setting"], "excludeOutboundIPRanges");
        assert_eq!(answer["shadowed"][0]["setting"], "includeOutboundIPRanges");
        assert!(answer.get("uncertain").is_none());
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        let packet = r#"{"direction":"outbound","protocol":"tcp","destination":"10.0.0.9","port":80}"#;
        let of = |args: &str, more: &str| {
            let line = format!(r#"{{"args":{args},"packet":{packet}{more}}}"#);
            answer(line.as_bytes()).unwrap()
        };
        let plugin = r#"["-i","","--skip-rule-apply"]"#;
        assert!(of(plugin, "").uncertain[0].contains("annotations"));
        let told = of(plugin, r#","annotations":{}"#);
        assert_eq!((told.verdict, told.uncertain.len()), ("outbound-proxy", 0));
        let empty = of(
            plugin,
            r#","annotations":{"traffic.sidecar.istio.io/includeOutboundIPRanges":""}"#,
        );
        assert_eq!((empty.verdict, empty.uncertain.len()), ("bypass", 0));
        assert!(of(ARGS, r#","dnsServers":[]"#).uncertain[0].contains("`dnsServers`"));
        assert!(answer(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let packet = |packet: &str| format!(r#"{{"args":{ARGS},"packet":{packet}}}"#);
        for (line, word) in [
            ("nonsense".to_owned(), "line 1"),
            (r#"{"args":["-i","*"]}"#.to_owned(), "packet"),
            (packet(r#"{"direction":"sideways","protocol":"tcp","destination":"10.0.0.1","port":80}"#), "sideways"),
            (packet(r#"{"direction":"outbound","protocol":"icmp","destination":"10.0.0.1","port":80}"#), "icmp"),
            (packet(r#"{"direction":"outbound","protocol":"tcp","destination":"host","port":80}"#), "IP address"),
            (packet(r#"{"direction":"outbound","protocol":"tcp","destination":"10.0.0.1","port":70000}"#), "70000"),
            (packet(r#"{"direction":"outbound","protocol":"tcp","destination":"10.0.0.1","port":80,"source":"::1"}"#), "families"),
            (packet(r#"{"direction":"outbound","protocol":"tcp","destination":"10.0.0.1","port":80,"dport":1}"#), "dport"),
            (r#"{"args":["-x","*"],"packet":{"direction":"outbound","protocol":"tcp","destination":"10.0.0.1","port":80}}"#.to_owned(), "istio-init"),
        ] {
            let error = answer(line.as_bytes()).map(|_| ()).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
