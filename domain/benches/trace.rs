//! What a trace costs: reading the arguments (20 µs), then one packet (5 µs; ARCHITECTURE.md, "Where time goes"). The last
//! group is the largest settings that are accepted.

use std::{collections::BTreeMap, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use domain::{
    TrafficArgs,
    iptables::{Config, Host, Rules},
    trace::{Packet, Protocol, trace},
};

fn args(excluded_ports: &str, excluded_ranges: &str) -> Vec<String> {
    [
        "istio-iptables",
        "-p",
        "15001",
        "-z",
        "15006",
        "-u",
        "1337",
        "-m",
        "REDIRECT",
        "-i",
        "*",
        "-x",
        excluded_ranges,
        "-b",
        "*",
        "-d",
        "15090,15021,7001,7002,7005,15020",
        "-o",
        excluded_ports,
        "--log_output_level=default:info",
    ]
    .map(str::to_owned)
    .into()
}

fn rules(args: &[String]) -> Rules {
    let config = Config::read(&TrafficArgs::parse(args), &BTreeMap::new(), &Host::default());
    config
        .and_then(Rules::of)
        .expect("the benchmark's arguments are good")
}

fn of(criterion: &mut Criterion, name: &str, args: &[String]) {
    let mut group = criterion.benchmark_group(name);
    group.bench_function("arguments", |b| b.iter(|| TrafficArgs::parse(black_box(args))));
    group.bench_function("arguments to rules", |b| b.iter(|| rules(black_box(args))));
    let rules = rules(args);
    let packet = Packet::outbound(Protocol::Tcp, [203, 0, 113, 9].into(), 443);
    group.bench_function("one packet", |b| {
        b.iter(|| trace(black_box(&rules), black_box(&packet)));
    });
    group.finish();
}

fn traces(criterion: &mut Criterion) {
    of(
        criterion,
        "usual trace",
        &args("3306,5432", "47.100.20.144/32,10.0.0.0/8"),
    );
    let ports: Vec<String> = (1000..1256).map(|port| port.to_string()).collect();
    let ranges: Vec<String> = (0..256).map(|third| format!("10.1.{third}.0/24")).collect();
    of(
        criterion,
        "largest trace",
        &args(&ports.join(","), &ranges.join(",")),
    );
}

criterion_group!(benches, traces);
criterion_main!(benches);
