//! What facts prove. The texts are what Envoy 1.40 wrote in the sandbox; the metrics are as Istio documents them.

use domain::{
    trace,
    verify::{Answer, Counters, Destination, Failure, Movement, Reason, Target, Verdict, decide},
};

fn answered(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Answer::Answered {
        status,
        headers: headers.collect(),
    }
}

fn by_envoy(status: u16) -> Answer {
    answered(
        status,
        &[("server", "envoy"), ("x-envoy-upstream-service-time", "1")],
    )
}

fn plain(status: u16) -> Answer {
    answered(status, &[("server", "BaseHTTP/0.6")])
}

/// `198.51.100.10:80`
fn external() -> Destination {
    Destination {
        address: "198.51.100.10".parse().ok(),
        port: 80,
        names: Vec::new(),
    }
}

const QUIET: &str = "\
xds-grpc::./etc/istio/proxy/XDS::rq_total::1
agent::127.0.0.1:15020::rq_total::382
outbound|9080||reviews.bookinfo.svc.cluster.local::default_priority::max_connections::4294967295
outbound|9080||reviews.bookinfo.svc.cluster.local::10.250.1.3:9080::cx_total::4
outbound|9080||reviews.bookinfo.svc.cluster.local::10.250.1.3:9080::rq_total::4
";
const PASSED: &str =
    "PassthroughCluster::198.51.100.10:80::cx_total::1\nPassthroughCluster::198.51.100.10:80::rq_total::1\n";
const OTHER: &str = "PassthroughCluster::198.51.100.11:80::cx_total::1\n";
const ALIVE: &str = "xds-grpc::./etc/istio/proxy/XDS::rq_total::9\nagent::127.0.0.1:15020::rq_total::400\n";

/// What moved, by texts before and after of `clusters` (beside what is always there) and `stats`.
fn moved(clusters: [&str; 2], stats: [&str; 2]) -> Movement {
    let [before, after] = [0, 1].map(|at| {
        let clusters = format!("{QUIET}{}", clusters[at]);
        Counters::read(&clusters, stats[at], "").expect("these are Envoy's words")
    });
    after.since(&before, &external())
}

const LISTENERS: [&str; 3] = [
    "listener.0.0.0.0_15001.downstream_cx_total: 2\nlistener.0.0.0.0_15001.worker_1.downstream_cx_total: 2\n\
     listener.0.0.0.0_15021.downstream_cx_total: 12\nlistener.admin.downstream_cx_total: 15\n",
    "listener.0.0.0.0_15001.downstream_cx_total: 2\nlistener.0.0.0.0_15001.worker_1.downstream_cx_total: 2\n\
     listener.0.0.0.0_15021.downstream_cx_total: 13\nlistener.admin.downstream_cx_total: 18\n",
    "listener.0.0.0.0_15001.downstream_cx_total: 3\nlistener.0.0.0.0_15001.worker_1.downstream_cx_total: 3\n\
     listener.0.0.0.0_15021.downstream_cx_total: 13\nlistener.admin.downstream_cx_total: 18\n",
];
const REFUSED: &str =
    "tcp.BlackHoleCluster.downstream_cx_total: 1\ncluster.BlackHoleCluster;.upstream_cx_none_healthy: 1\n";
const OWN: &str = "http.outbound_0.0.0.0_80;.rq_direct_response: 1\n";

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn the_facts_decide() {
    use Reason as R;
    use Verdict::{Blocked, NotProven, ThroughEnvoy, WentRound};
    let listening = |extra: &str| format!("{}{extra}", LISTENERS[2]);
    let among = |extra: &str| {
        listening(extra).replace("15001.downstream_cx_total: 3", "15001.downstream_cx_total: 4")
    };
    let two = |extra: &str| among(extra).replace(": 1\n", ": 2\n");
    let none = ["", ""];
    let unseen = [LISTENERS[0], LISTENERS[1]];
    let seen = [LISTENERS[0], LISTENERS[2]];
    let table: [(&str, Answer, Movement, Verdict, R); 26] = [
        (
            "forwarded",
            by_envoy(200),
            moved(["", PASSED], none),
            ThroughEnvoy,
            R::DestinationCounted,
        ),
        (
            "raw TCP, no header",
            plain(200),
            moved(["", PASSED], none),
            ThroughEnvoy,
            R::DestinationCounted,
        ),
        (
            "forwarded, nobody there",
            by_envoy(503),
            moved(["", PASSED], seen),
            ThroughEnvoy,
            R::DestinationCounted,
        ),
        (
            "forwarded, no answer",
            Answer::Failed(Failure::TimedOut),
            moved(["", PASSED], none),
            ThroughEnvoy,
            R::DestinationCounted,
        ),
        (
            "counted, but no connection",
            by_envoy(200),
            moved(["", PASSED], unseen),
            NotProven,
            R::Contradiction,
        ),
        (
            "header alone",
            by_envoy(200),
            moved(none, none),
            NotProven,
            R::UncountedAnswer,
        ),
        (
            "header, no connection",
            by_envoy(200),
            moved(none, unseen),
            NotProven,
            R::Contradiction,
        ),
        (
            "header, another destination",
            by_envoy(200),
            moved(["", OTHER], none),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "502 alone",
            by_envoy(502),
            moved(none, none),
            NotProven,
            R::UncountedAnswer,
        ),
        (
            "502 of its own",
            by_envoy(502),
            moved(none, [LISTENERS[0], &listening(OWN)]),
            Blocked,
            R::RefusalCounted,
        ),
        (
            "404 of its own",
            by_envoy(404),
            moved(none, [LISTENERS[0], &listening(OWN)]),
            ThroughEnvoy,
            R::OwnResponseCounted,
        ),
        (
            "closed and refused",
            Answer::Failed(Failure::Closed),
            moved(none, [LISTENERS[0], &listening(REFUSED)]),
            Blocked,
            R::RefusalCounted,
        ),
        // Somebody else's request may be refused meanwhile, and its own go round.
        (
            "closed, and a refusal among connections that nobody counts",
            Answer::Failed(Failure::Closed),
            moved(none, ["", REFUSED]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "closed, and more than one refusal",
            Answer::Failed(Failure::Closed),
            moved(none, [LISTENERS[0], &two(REFUSED)]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "closed, and a refusal among other connections",
            Answer::Failed(Failure::Closed),
            moved(none, [LISTENERS[0], &among(REFUSED)]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "502, and a response of its own among connections that nobody counts",
            by_envoy(502),
            moved(none, ["", OWN]),
            NotProven,
            R::UncountedAnswer,
        ),
        (
            "502, and more than one response of its own",
            by_envoy(502),
            moved(none, [LISTENERS[0], &two(OWN)]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "404, and a response of its own among other connections",
            by_envoy(404),
            moved(none, [LISTENERS[0], &among(OWN)]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "200, and a response of its own",
            by_envoy(200),
            moved(none, [LISTENERS[0], &listening(OWN)]),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "closed",
            Answer::Failed(Failure::Closed),
            moved(none, none),
            NotProven,
            R::NoAnswer,
        ),
        (
            "timed out",
            Answer::Failed(Failure::TimedOut),
            moved(none, unseen),
            NotProven,
            R::NoAnswer,
        ),
        (
            "round, listeners counted",
            plain(404),
            moved(none, unseen),
            WentRound,
            R::NoConnectionTaken,
        ),
        (
            "round, hosts counted",
            plain(200),
            moved(none, none),
            WentRound,
            R::NothingForwarded,
        ),
        (
            "round, an error",
            plain(502),
            moved(none, none),
            NotProven,
            R::ErrorAnswer,
        ),
        (
            "round, busy pod",
            plain(200),
            moved(["", OTHER], seen),
            NotProven,
            R::OtherTraffic,
        ),
        (
            "redirected",
            Answer::Redirected { status: 301 },
            moved(none, none),
            NotProven,
            R::Redirected,
        ),
    ];
    for (name, answer, movement, verdict, reason) in table {
        let decision = decide(&answer, Some(&movement), false);
        assert_eq!(
            (decision.verdict, decision.reason),
            (verdict, reason),
            "{name}: {movement:?}"
        );
    }
}

#[test]
fn without_counters_or_with_late_ones_nothing_is_proven() {
    let decision = decide(&plain(200), None, false);
    assert_eq!(
        (decision.verdict, decision.reason),
        (Verdict::NotProven, Reason::NoCounters)
    );
    let decision = decide(&plain(200), Some(&moved(["", ""], ["", ""])), true);
    assert_eq!(
        (decision.verdict, decision.reason),
        (Verdict::NotProven, Reason::ReadLate)
    );
    // Listeners keep their counters: with them it is never too late.
    let decision = decide(
        &plain(200),
        Some(&moved(["", ""], [LISTENERS[0], LISTENERS[1]])),
        true,
    );
    assert_eq!(decision.verdict, Verdict::WentRound);
}

#[test]
fn whatever_came_back_success_needs_an_answer_and_unmoved_counters() {
    // Nothing with a counter of the destination, or without an answer, is ever "went round".
    let answers = [
        by_envoy(200),
        by_envoy(502),
        Answer::Failed(Failure::Closed),
        Answer::Failed(Failure::Other),
    ];
    for answer in answers {
        for movement in [
            moved(["", PASSED], ["", ""]),
            moved(["", OTHER], ["", ""]),
            moved(["", ""], ["", ""]),
        ] {
            assert_ne!(
                decide(&answer, Some(&movement), false).verdict,
                Verdict::WentRound,
                "{answer:?} {movement:?}"
            );
        }
    }
    assert_ne!(
        decide(&plain(200), Some(&moved(["", PASSED], ["", ""])), false).verdict,
        Verdict::WentRound
    );
}

#[test]
fn what_was_answered_before_and_is_refused_since_is_blocked() {
    use domain::verify::decide_confined;
    let nothing = moved(["", ""], ["", ""]);
    let decision = |before: &Answer, answer: &Answer, movement: &Movement| {
        let decision = decide_confined(before, answer, Some(movement), false);
        (decision.verdict, decision.reason)
    };
    let since = (Verdict::Blocked, Reason::RefusedSince);
    assert_eq!(decision(&by_envoy(200), &by_envoy(502), &nothing), since);
    assert_eq!(
        decision(&plain(200), &Answer::Failed(Failure::Closed), &nothing),
        since
    );
    let refused = moved(["", ""], ["", REFUSED]);
    assert_eq!(
        decision(&plain(200), &Answer::Failed(Failure::Closed), &refused),
        since
    );
    // Without an answer before there is nothing that changed.
    let refused_before = decision(&by_envoy(502), &by_envoy(502), &nothing);
    assert_eq!(refused_before, (Verdict::NotProven, Reason::UncountedAnswer));
    let silent = decision(
        &Answer::Failed(Failure::TimedOut),
        &Answer::Failed(Failure::Closed),
        &nothing,
    );
    assert_eq!(silent, (Verdict::NotProven, Reason::NoAnswer));
    // What took no connection refused nothing; what is not Envoy's 502 is another's.
    let none = moved(["", ""], [LISTENERS[0], LISTENERS[1]]);
    assert_eq!(
        decision(&by_envoy(200), &by_envoy(502), &none).1,
        Reason::Contradiction
    );
    assert_ne!(decision(&plain(200), &plain(502), &nothing).0, Verdict::Blocked);
    assert_eq!(
        decision(&by_envoy(200), &plain(200), &nothing),
        (Verdict::WentRound, Reason::NothingForwarded)
    );
    let timed_out = decision(&by_envoy(200), &Answer::Failed(Failure::TimedOut), &nothing);
    assert_eq!(timed_out, (Verdict::NotProven, Reason::NoAnswer));
}

#[test]
fn a_selector_is_for_one_workload_alone_or_there_is_none() {
    use domain::verify::confine::{NotAlone, exactly};
    let labels = |text: &str| -> std::collections::BTreeMap<String, String> {
        let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    let (one, two) = (
        labels("app=cart version=v1 pod-template-hash=a"),
        labels("app=cart version=v2 pod-template-hash=b"),
    );
    let (web, canary) = (labels("app=web"), labels("app=cart version=v3"));
    assert_eq!(exactly([&one, &two], [("web", &web)]), Ok(labels("app=cart")));
    assert_eq!(
        exactly([&one], [("canary", &canary)]),
        Ok(labels("app=cart version=v1"))
    );
    assert_eq!(
        exactly([&one, &two], [("canary", &canary)]),
        Err(NotAlone::Shared("canary".to_owned()))
    );
    assert_eq!(
        exactly([&labels("pod-template-hash=a")], []),
        Err(NotAlone::NoLabels)
    );
}

#[test]
fn a_listener_that_is_gone_with_its_count_is_no_proof_that_no_connection_was_taken() {
    let read = |stats: &str| Counters::read(QUIET, stats, "").expect("these are Envoy's words");
    let (first, second) = (
        "listener.0.0.0.0_15001.downstream_cx_total: 5\n",
        "listener.10.0.0.1_80.downstream_cx_total: 90\n",
    );
    let before = read(&format!("{first}{second}"));
    let since = |stats: &str| read(stats).since(&before, &Destination::default()).accepted;
    let same = since(&format!("{first}{second}")).expect("they are counted");
    assert!(!same.is_up());
    assert_eq!(since("listener.0.0.0.0_15001.downstream_cx_total: 6\n"), None);
    assert_eq!(
        since(&format!("{first}listener.10.0.0.1_80.downstream_cx_total: 1\n")),
        None
    );
}

#[test]
fn a_destination_is_known_by_its_address_or_by_the_name_of_its_cluster() {
    let read = |clusters: &str| Counters::read(clusters, "", "").expect("these are Envoy's words");
    let before = read(QUIET);
    let line = |cluster: &str| format!("{QUIET}{cluster}::10.250.1.9:9080::rq_total::1\n");
    let service = Destination {
        address: "10.96.154.240".parse().ok(),
        port: 9080,
        names: vec!["reviews.bookinfo.svc.".to_owned(), "api.example.com".to_owned()],
    };
    for (cluster, is_its_own) in [
        ("outbound|9080||reviews.bookinfo.svc.cluster.local", true),
        ("outbound|9080|v2|reviews.bookinfo.svc.cluster.local", true),
        // It may have several addresses, of which only some go round.
        ("outbound|9080||api.example.com", false),
        ("outbound|9081||reviews.bookinfo.svc.cluster.local", false),
        ("outbound|9080||reviews.shop.svc.cluster.local", false),
        ("outbound|9080||api.example.com.evil", false),
        ("inbound|9080||", false),
    ] {
        let movement = read(&line(cluster)).since(&before, &service);
        assert_eq!(!movement.destination.is_empty(), is_its_own, "{cluster}");
    }
    let ipv6 = Destination {
        address: "2001:db8::9".parse().ok(),
        port: 80,
        names: Vec::new(),
    };
    let movement = read(&format!(
        "{QUIET}PassthroughCluster::[2001:db8::9]:80::cx_total::1\n"
    ))
    .since(&before, &ipv6);
    assert_eq!(movement.destination.len(), 1);
}

#[test]
fn what_envoy_does_for_itself_is_no_traffic_and_a_host_made_anew_starts_at_nothing() {
    let read = |clusters: &str| Counters::read(clusters, "", "").expect("these are Envoy's words");
    assert_eq!(
        read(&format!("{QUIET}{ALIVE}")).since(&read(QUIET), &external()),
        Movement::default()
    );
    let many = "PassthroughCluster::198.51.100.10:80::cx_total::7\n";
    let movement = read(&format!("{QUIET}{PASSED}")).since(&read(&format!("{QUIET}{many}")), &external());
    assert_eq!(
        (movement.destination[0].before, movement.destination[0].after),
        (0, 2)
    );
    assert_eq!(Counters::read("not found\n", "", ""), None);
}

#[test]
fn istios_metrics_tell_of_refusals_too() {
    let metric = |count: u8| {
        format!(
            "# TYPE istio_requests_total counter\n\
             istio_requests_total{{reporter=\"source\",response_code=\"502\",destination_service_name=\"BlackHoleCluster\"}} {count}\n\
             istio_requests_total{{reporter=\"destination\",destination_service_name=\"BlackHoleCluster\"}} 9{count}\n"
        )
    };
    let read =
        |stats: &str, metric: &str| Counters::read(QUIET, stats, metric).expect("these are Envoy's words");
    let decided = |before: Counters, after: Counters| {
        let movement = after.since(&before, &external());
        assert_eq!(movement.refused.len(), 1, "{movement:?}");
        decide(&by_envoy(502), Some(&movement), false).verdict
    };
    let (before, after) = (metric(1), metric(2));
    assert_eq!(
        decided(read(LISTENERS[0], &before), read(LISTENERS[2], &after)),
        Verdict::Blocked
    );
    // Istio's metrics are of all destinations.
    assert_eq!(decided(read("", &before), read("", &after)), Verdict::NotProven);
}

#[test]
fn a_verdict_agrees_with_the_rules_or_not() {
    assert_eq!(Verdict::WentRound.agrees_with(trace::Verdict::Bypass), Some(true));
    assert_eq!(
        Verdict::WentRound.agrees_with(trace::Verdict::OutboundProxy),
        Some(false)
    );
    assert_eq!(
        Verdict::Blocked.agrees_with(trace::Verdict::OutboundProxy),
        Some(true)
    );
    assert_eq!(Verdict::NotProven.agrees_with(trace::Verdict::Bypass), None);
}

#[test]
fn a_url_is_read_as_every_tool_reads_it_and_written_back_the_same() {
    for (text, written, host, port) in [
        (
            "http://198.51.100.10/productpage",
            "http://198.51.100.10/productpage",
            "198.51.100.10",
            80,
        ),
        (
            "HTTPS://Api.Example.com",
            "https://api.example.com/",
            "api.example.com",
            443,
        ),
        (
            "http://reviews.bookinfo:9080?a=b&c=%20",
            "http://reviews.bookinfo:9080/?a=b&c=%20",
            "reviews.bookinfo",
            9080,
        ),
        (
            "http://[2001:DB8::9]:8080/x",
            "http://[2001:db8::9]:8080/x",
            "2001:db8::9",
            8080,
        ),
        ("http://my_service/", "http://my_service/", "my_service", 80),
    ] {
        let target: Target = text.parse().expect(text);
        assert_eq!(
            (target.to_string().as_str(), target.host.as_str(), target.port),
            (written, host, port)
        );
        assert_eq!(written.parse::<Target>().as_ref(), Ok(&target));
    }
}

#[test]
fn what_could_be_something_else_to_a_tool_is_no_url() {
    for text in [
        "198.51.100.10/productpage",
        "ftp://host/",
        "file:///etc/passwd",
        "--output=/tmp/x",
        "http://",
        "http:///path",
        "http://-host/",
        "http://user:secret@host/",
        "http://host:0/",
        "http://host:65536/",
        "http://host:+80/",
        "http://ho st/",
        "http://host/a b",
        "http://host/\r\nX: y",
        "http://host/{a,b}",
        "http://host/'$(id)'",
        "http://host/`id`",
        "http://host/#part",
        "http://hôte/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://10.1/",
        "http://47.XX.XX.144/productpage",
        "http://[::1",
        "http://[not]/",
        "http://a..b/",
    ] {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
    assert!(
        format!("http://host/{}", "a".repeat(3000))
            .parse::<Target>()
            .is_err()
    );
}
