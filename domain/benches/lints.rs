//! What the remarks on a mesh of 10,000 workloads cost, each with settings, a Service and clients, among 100 policies. The
//! budget is 100 ms (ARCHITECTURE.md, "Where time goes").

use std::collections::BTreeMap;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::{
    Effective, Field, InstallValues, Levels, Traffic, Value,
    lint::{
        AuthorizationPolicy, Context, DestinationRule, Mtls, MtlsMode, PeerAuthentication, Policies,
        Protocol, Service, ServicePort, TargetPort, Workload, WorkloadPort, in_order, mtls, values, workload,
    },
    resolve,
};

const WORKLOADS: usize = 10_000;
const NAMESPACES: usize = 100;

struct One {
    namespace: String,
    labels: BTreeMap<String, String>,
    effective: Effective,
    service: Service,
}

fn one(number: usize) -> One {
    let mut traffic = Traffic::default();
    let ports = [
        (
            Field::ExcludeInboundPorts,
            format!("{},15020", 8000 + number % 10),
        ),
        (Field::IncludeOutboundPorts, "7001,7002,7005".to_owned()),
        (Field::ExcludeOutboundIPRanges, "10.0.0.0/8".to_owned()),
    ];
    for (field, text) in ports {
        let value = Value::parse_text(field, &text).expect("the benchmark's values are good");
        traffic.set(field, value).expect("they fit");
    }
    let install = InstallValues::default();
    let effective = resolve(&Levels {
        namespace: Some(&traffic),
        ..Levels::installed(&install)
    });
    One {
        namespace: format!("ns-{}", number % NAMESPACES),
        labels: BTreeMap::from([("app".to_owned(), format!("app-{number}"))]),
        effective,
        service: Service {
            name: format!("app-{number}"),
            ports: vec![ServicePort {
                port: 80,
                target: TargetPort::Number(8001),
                protocol: Protocol::Tcp,
            }],
        },
    }
}

fn policies() -> Policies {
    let of = |number: usize| format!("ns-{number}");
    let peers = (0..NAMESPACES).map(|number| PeerAuthentication {
        namespace: of(number),
        name: "default".to_owned(),
        created: String::new(),
        selector: None,
        mode: MtlsMode::Strict,
        ports: BTreeMap::new(),
    });
    let guards = (0..NAMESPACES).map(|number| AuthorizationPolicy {
        namespace: of(number),
        name: "guard".to_owned(),
        selector: None,
        ports: None,
    });
    let rules = (0..NAMESPACES).map(|number| DestinationRule {
        namespace: of(number),
        host: "other".to_owned(),
        tls: None,
        ports: BTreeMap::new(),
    });
    Policies::new("istio-system", peers.collect(), guards.collect(), rules.collect())
}

fn remarks(all: &[One], policies: &Policies, clients: &[String]) -> usize {
    let (install, none) = (InstallValues::default(), BTreeMap::new());
    let context = Context {
        install: &install,
        annotations: &none,
        proxy_interception_mode: None,
        mesh_interception_mode: None,
        mesh_status_port: None,
        dns_capture: None,
    };
    let mut count = 0;
    for one in all {
        let facts = Workload {
            effective: &one.effective,
            annotations: &none,
            own_annotations: &none,
            ports: vec![WorkloadPort {
                name: None,
                number: 8001,
                protocol: Protocol::Tcp,
            }],
            probes: Vec::new(),
            probes_rewritten: true,
            services: vec![one.service.clone()],
            not_injected: None,
            namespace_injects: true,
        };
        let mut lints = values(&one.effective, &context);
        lints.extend(workload(&facts));
        lints.extend(mtls(&Mtls {
            namespace: &one.namespace,
            labels: &one.labels,
            workload: &facts,
            policies,
            clients,
            auto_mtls: true,
        }));
        count += in_order(lints).len();
    }
    count
}

fn benchmark(criterion: &mut Criterion) {
    let all: Vec<One> = (0..WORKLOADS).map(one).collect();
    let policies = policies();
    let clients: Vec<String> = (0..NAMESPACES).map(|number| format!("ns-{number}")).collect();
    let mut group = criterion.benchmark_group("a mesh of 10,000 workloads");
    group.sample_size(20);
    group.bench_function("remarks", |bencher| {
        bencher.iter(|| remarks(&all, &policies, &clients));
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
