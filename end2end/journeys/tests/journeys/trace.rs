//! What happens to a packet, over REST and by the command: before a setting, after it, and after a new pod.

use api::trace::{TraceQuery, TraceView};
use journeys::{Namespace, World, eventually, pods};
use kube::{Api, api::DeleteParams};
use tokio::process::Command;

use crate::setting::{put, traffic};

fn question(namespace: &Namespace, pod: &str, address: Option<&str>, port: &str) -> TraceQuery {
    TraceQuery {
        namespace: namespace.name.clone(),
        pod: pod.to_owned(),
        address: address.map(str::to_owned),
        port: port.to_owned(),
        ..TraceQuery::default()
    }
}

/// What this pod does, and the next one.
fn verdicts(view: &TraceView) -> [&str; 2] {
    [&view.running, &view.desired]
        .map(|answer| answer.as_ref().map_or("none", |answer| answer.verdict.as_str()))
}

#[tokio::test]
async fn a_packet_is_traced_in_the_pod_that_runs_and_in_the_next_one() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "trace").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    let (name, uid) = (
        old.metadata.name.clone().expect("a pod has a name"),
        old.metadata.uid.clone().expect("a pod has a uid"),
    );
    let api = world.console.api();
    let ask = question(&namespace, &name, Some("47.100.20.144"), "80");
    let before = api.trace(&ask).await.expect("the console answers");
    assert_eq!(verdicts(&before), ["outbound-proxy", "outbound-proxy"]);
    assert!(!before.differs);

    let setting = traffic(&[("excludeOutboundIPRanges", &["47.100.20.144/32"])]);
    put(&world.console, &namespace.level(), &setting)
        .await
        .expect("the setting is good");
    let after = api.trace(&ask).await.expect("the console answers");
    assert_eq!(verdicts(&after), ["outbound-proxy", "bypass"], "{after:?}");
    assert!(after.differs);
    let desired = after.desired.expect("the next pod has rules");
    assert_eq!(desired.setting.as_deref(), Some("excludeOutboundIPRanges"));
    assert_eq!(desired.origin.as_deref(), Some("namespace"));
    assert_eq!(
        desired.rule.as_deref(),
        Some("-t nat -A ISTIO_OUTPUT -d 47.100.20.144/32 -j RETURN")
    );
    assert!(
        desired
            .steps
            .iter()
            .any(|step| step.outcome == "decided" && step.about == "excludeOutboundIPRanges")
    );

    let of_all = TraceQuery {
        pod: String::new(),
        deployment: Some("web".to_owned()),
        ..ask.clone()
    };
    let all = api.trace(&of_all).await.expect("the console answers");
    assert_eq!(verdicts(&all), ["none", "bypass"]);
    assert_eq!(all.pods.len(), 1);
    assert_eq!(all.pods[0].verdict.as_deref(), Some("outbound-proxy"));
    assert!(all.pods[0].differs && all.differs);

    let printed = Command::new(&world.sandbox.binary)
        .args([
            "trace",
            "--server",
            &world.sandbox.url,
            "--to",
            "47.100.20.144:80",
        ])
        .args(["--pod", &format!("{}/{name}", namespace.name)])
        .output()
        .await
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&printed.stdout);
    for words in [&desired.sentence, "from Namespace", "They differ", "decides"] {
        assert!(
            text.contains(words),
            "no {words:?} in {text}{}",
            String::from_utf8_lossy(&printed.stderr)
        );
    }

    Api::<k8s_openapi::api::core::v1::Pod>::namespaced(world.admin.clone(), &namespace.name)
        .delete(&name, &DeleteParams::default())
        .await
        .expect("an administrator may delete it");
    let new = pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    let new = new.metadata.name.expect("a pod has a name");
    let fresh = api
        .trace(&question(&namespace, &new, Some("47.100.20.144"), "80"))
        .await;
    assert_eq!(
        verdicts(&fresh.expect("the console answers")),
        ["bypass", "bypass"]
    );
    // Inbound the pod's own address need not be said.
    let inbound = TraceQuery {
        direction: Some("inbound".to_owned()),
        ..question(&namespace, &new, None, "15021")
    };
    let inbound = eventually("the pod to have an address", || api.trace(&inbound)).await;
    assert_eq!(verdicts(&inbound)[0], "bypass");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_at_its_parameter() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "trace").await;
    let api = world.console.api();
    for (address, port, path) in [
        (Some("host.example"), "80", "address"),
        (None, "80", "address"),
        (Some("10.0.0.9"), "0", "port"),
        (Some("10.0.0.9"), "http", "port"),
    ] {
        let problem = api
            .trace(&question(&namespace, "none", address, port))
            .await
            .expect_err("it makes no sense");
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors[0].path, path, "{problem:?}");
    }
    let gone = api
        .trace(&question(&namespace, "none", Some("10.0.0.9"), "80"))
        .await
        .expect_err("no such pod");
    assert_eq!(gone.status, 404);
}
