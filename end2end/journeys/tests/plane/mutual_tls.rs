//! What the lint about mutual TLS warns of.

use journeys::{
    Namespace, World, eventually,
    plane::{self, Head},
    pods,
};
use kube::{
    Api,
    api::{DynamicObject, PostParams},
};
use serde_json::json;

use crate::verify::{answers, replaced, save};

#[tokio::test]
async fn a_port_excluded_inbound_fails_clients_in_the_mesh_until_a_destination_rule_switches_tls_off() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "mtls").await;
    let _undo = world.removing(&namespace.level()).await;
    let server = plane::pod().with(|pod| {
        pod["spec"]["containers"][0]["ports"] = json!([{ "containerPort": 9080 }, { "containerPort": 9081 }]);
    });
    pods::deploy(&world.admin, &namespace.name, "server", &server).await;
    service(&world, &namespace.name).await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let client = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "server", &[]).await;
    let fine = Head {
        status: 200,
        by_envoy: true,
    };
    answers(&world, &client, "http://server:9081/", fine).await;

    save(&world, &namespace, "excludeInboundPorts", "9081").await;
    replaced(&world, &old).await;
    let failed = Head {
        status: 503,
        by_envoy: true,
    };
    answers(&world, &client, "http://server:9081/", failed).await;
    answers(&world, &client, "http://server:9080/", fine).await;

    destination_rule(&world, &namespace.name).await;
    answers(&world, &client, "http://server:9081/", fine).await;
}

async fn service(world: &World, namespace: &str) {
    let services = Api::<k8s_openapi::api::core::v1::Service>::namespaced(world.admin.clone(), namespace);
    let service = json!({
        "metadata": { "name": "server" },
        "spec": {
            "selector": { "app": "server" },
            "ports": [{ "name": "http", "port": 9080 }, { "name": "http-admin", "port": 9081 }],
        },
    });
    let service = serde_json::from_value(service).expect("this is a Service");
    let made = services.create(&PostParams::default(), &service).await;
    made.expect("the cluster makes the Service");
}

async fn destination_rule(world: &World, namespace: &str) {
    let rules = plane::networking(&world.admin, namespace, "v1", "DestinationRule");
    let rule = json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": { "name": "plain" },
        "spec": {
            "host": format!("server.{namespace}.svc.cluster.local"),
            "trafficPolicy": { "portLevelSettings": [{ "port": { "number": 9081 }, "tls": { "mode": "DISABLE" } }] },
        },
    });
    let rule: DynamicObject = serde_json::from_value(rule).expect("this is an object");
    eventually("the DestinationRule to be taken", || async {
        rules.create(&PostParams::default(), &rule).await
    })
    .await;
}
