//! What happens to packets.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use server::cluster::watch::Store;

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::deploy,
};

/// The address of the cart's pod.
const POD: &str = "10.1.2.3";
/// The address of the cluster's DNS.
const DNS: &str = "10.96.0.10";

/// A cart with DNS capture, whose pod has these members of its `spec` too.
fn capturing(spec: &Value) -> FakeCluster {
    let fake = FakeCluster::default();
    add_capturing(&fake, "cart", spec);
    fake
}

fn add_capturing(fake: &FakeCluster, name: &str, spec: &Value) {
    deploy(fake, "shop", name);
    let mut pod = fake
        .object("pods", "shop", &format!("{name}-1-a"))
        .expect("it was deployed");
    pod["status"]["podIP"] = json!(POD);
    pod["spec"]["initContainers"][0]["env"] = json!([{ "name": "ISTIO_META_DNS_CAPTURE", "value": "true" }]);
    for (key, value) in spec.as_object().into_iter().flatten() {
        pod["spec"][key] = value.clone();
    }
    fake.hold("pods", pod);
}

/// Only what the pod itself says is in its `resolv.conf`.
fn named_by_the_pod() -> Value {
    json!({ "dnsPolicy": "None", "dnsConfig": { "nameservers": [DNS] } })
}

async fn trace(server: &TestServer, query: &str) -> Value {
    let answer = server.get(&format!("/api/v1/trace?namespace=shop&{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn all_pods_of_a_deployment_are_asked_with_the_environment_that_each_of_them_has() {
    let fake = capturing(&named_by_the_pod());
    add_capturing(&fake, "web", &named_by_the_pod());
    let server = TestServer::with(fake, &database()).await;
    let packet = format!("protocol=udp&address={DNS}&port=53");
    let one = trace(&server, &format!("pod=cart-1-a&{packet}")).await;
    assert_eq!(one["running"]["verdict"], "dns-proxy", "{one}");
    let all = trace(&server, &format!("deployment=cart&{packet}")).await;
    assert_eq!(
        all["pods"],
        json!([{ "name": "cart-1-a", "verdict": "dns-proxy", "differs": false }])
    );
    assert_eq!(all["desired"]["verdict"], "dns-proxy", "{all}");
    assert_eq!(all["note"], Value::Null);
}

#[tokio::test]
async fn what_goes_to_the_pods_own_address_does_not_leave_it() {
    let server = TestServer::with(capturing(&named_by_the_pod()), &database()).await;
    for (packet, verdict) in [
        (format!("address={POD}&port=8080"), "bypass"),
        ("address=127.0.0.1&port=8080".to_owned(), "bypass"),
        ("address=10.1.2.4&port=8080".to_owned(), "outbound-proxy"),
        (
            format!("address={POD}&port=8080&interface=eth0"),
            "outbound-proxy",
        ),
        (format!("address={POD}&port=8080&uid=1337"), "inbound-proxy"),
        (
            format!("address={POD}&port=8080&direction=inbound"),
            "inbound-proxy",
        ),
    ] {
        let answer = trace(&server, &format!("pod=cart-1-a&{packet}")).await;
        assert_eq!(answer["running"]["verdict"], verdict, "{packet}: {answer}");
    }
}

#[tokio::test]
async fn where_only_the_node_knows_the_name_servers_the_answer_says_so() {
    const LOCAL: &str = "169.254.20.10";
    let usual = json!({});
    let of_node = json!({ "dnsPolicy": "Default", "dnsConfig": { "nameservers": ["10.0.0.2"] } });
    for (spec, to, verdict, is_uncertain) in [
        (&usual, (DNS, 53), "dns-proxy", true),
        (&usual, (LOCAL, 53), "bypass", true),
        (&usual, (LOCAL, 123), "bypass", false),
        (&of_node, (LOCAL, 53), "bypass", true),
        (&of_node, ("10.0.0.2", 53), "dns-proxy", false),
        (&named_by_the_pod(), (LOCAL, 53), "bypass", false),
    ] {
        let fake = capturing(spec);
        fake.hold(
            "services",
            json!({ "metadata": { "namespace": "kube-system", "name": "kube-dns" }, "spec": { "clusterIP": DNS } }),
        );
        let server = TestServer::with(fake, &database()).await;
        let services = &server.state.cluster.stores.services;
        let listed = services.wait_until(Duration::from_secs(5), Store::is_ready).await;
        assert!(listed, "the fake has one Service");
        let packet = format!("protocol=udp&address={}&port={}", to.0, to.1);
        let answer = trace(&server, &format!("pod=cart-1-a&{packet}")).await;
        for which in ["running", "desired"] {
            let answer = &answer[which];
            assert_eq!(answer["verdict"], verdict, "{spec} {packet}: {answer}");
            let said = answer["uncertain"][0].as_str();
            assert_eq!(
                said.is_some_and(|said| said.contains("only the pod's node knows")),
                is_uncertain,
                "{spec} {packet}: {answer}"
            );
        }
    }
}
