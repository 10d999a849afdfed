//! What one pod costs. The budget of the effective config is 10 µs for a usual pod (ARCHITECTURE.md, "Where time goes");
//! the last group shows what the largest settings that are accepted cost.

use std::collections::BTreeMap;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::{
    Field, InstallValues, Levels, Traffic, TrafficArgs, Value, WorkloadLayer, difference, plan, resolve,
};

/// The settings of three levels and a pod's annotations.
struct Mesh {
    install: InstallValues,
    global: Traffic,
    namespace: Traffic,
    workload: Traffic,
    annotations: BTreeMap<String, String>,
}

fn traffic(fields: &[(Field, &str)]) -> Traffic {
    let mut traffic = Traffic::default();
    for (field, text) in fields {
        let value = Value::parse_text(*field, text).expect("the benchmark's values are good");
        traffic
            .set(*field, value)
            .expect("the benchmark's values fit their fields");
    }
    traffic
}

impl Mesh {
    fn usual() -> Self {
        Self {
            install: InstallValues::default(),
            global: traffic(&[
                (Field::ExcludeOutboundPorts, "3306,5432"),
                (Field::ExcludeOutboundIPRanges, "10.0.0.0/8"),
            ]),
            namespace: traffic(&[
                (Field::ExcludeInboundPorts, "7001,7002,7005"),
                (Field::ExcludeOutboundPorts, ""),
            ]),
            workload: traffic(&[(Field::IncludeOutboundPorts, "7001,7002,7005")]),
            annotations: BTreeMap::from([(
                Field::IncludeInboundPorts.annotation().to_owned(),
                "*".to_owned(),
            )]),
        }
    }

    fn largest() -> Self {
        let every_second_port: Vec<String> = (0..256).map(|n| (2 * n + 1).to_string()).collect();
        let list = every_second_port.join(",");
        let full = traffic(&[
            (Field::ExcludeInboundPorts, &list),
            (Field::ExcludeOutboundPorts, &list),
            (Field::IncludeOutboundPorts, &list),
        ]);
        Self {
            global: full.clone(),
            namespace: full,
            workload: Traffic::default(),
            ..Self::usual()
        }
    }

    fn levels(&self) -> Levels<'_> {
        Levels {
            install: &self.install,
            global: Some(&self.global),
            namespace: Some(&self.namespace),
            workloads: vec![WorkloadLayer {
                name: "cart",
                priority: 0,
                traffic: &self.workload,
            }],
            pod: &self.annotations,
        }
    }
}

fn pods(criterion: &mut Criterion) {
    for (name, mesh) in [("usual", Mesh::usual()), ("largest", Mesh::largest())] {
        let mut group = criterion.benchmark_group(name);
        let effective = resolve(&mesh.levels());
        let expected = TrafficArgs::expected(&effective, &mesh.install, &mesh.annotations);
        let running = TrafficArgs::parse(&TrafficArgs::default().to_args()).traffic;
        group.bench_function("effective config", |b| b.iter(|| resolve(&mesh.levels())));
        group.bench_function("expected arguments", |b| {
            b.iter(|| TrafficArgs::expected(&effective, &mesh.install, &mesh.annotations));
        });
        group.bench_function("difference to the running pod", |b| {
            b.iter(|| difference(&expected, &running));
        });
        group.bench_function("annotations at admission", |b| {
            b.iter(|| plan(&mesh.annotations, &mesh.levels()));
        });
    }
}

criterion_group!(benches, pods);
criterion_main!(benches);
