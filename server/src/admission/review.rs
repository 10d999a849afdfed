//! What our webhook answers. Pure: the levels and the request in, the answer out.

use std::collections::BTreeMap;

use domain::{InstallValues, is_left_to_ambient, plan};
use json_patch::{
    AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf,
};
use kube::core::{
    DynamicObject,
    admission::{AdmissionRequest, AdmissionResponse},
};

use crate::cluster::settings::SettingIndex;

static NOTHING: BTreeMap<String, String> = BTreeMap::new();

/// Adds the annotations that the levels ask for. A pod is never refused here: Istio decides what it can inject.
#[must_use]
pub fn review(
    settings: &SettingIndex,
    namespace_labels: &BTreeMap<String, String>,
    request: &AdmissionRequest<DynamicObject>,
) -> AdmissionResponse {
    let mut response = AdmissionResponse::from(request);
    let (Some(pod), Some(namespace)) = (&request.object, &request.namespace) else {
        return response;
    };
    let annotations = pod.metadata.annotations.as_ref().unwrap_or(&NOTHING);
    let labels = pod.metadata.labels.as_ref().unwrap_or(&NOTHING);
    if is_left_to_ambient(namespace_labels, labels) {
        return response;
    }
    // What Istio's install values say, Istio reads itself: they are not for us to write.
    let install = InstallValues::default();
    let patch = plan(
        annotations,
        &settings.levels(namespace, labels, annotations, &install),
    );
    if let Some(warning) = &patch.warning {
        response.warnings = Some(vec![warning.clone()]);
    }
    if patch.is_empty() {
        return response;
    }
    let operations = operations(&patch, pod.metadata.annotations.as_ref());
    match response.clone().with_patch(Patch(operations)) {
        Ok(patched) => patched,
        Err(error) => {
            tracing::error!("the patch of a pod could not be written as JSON: {error}");
            response
        }
    }
}

fn operations(patch: &domain::Patch, present: Option<&BTreeMap<String, String>>) -> Vec<PatchOperation> {
    let at = |key: &str| PointerBuf::from_tokens(["metadata", "annotations", key]);
    let mut operations = Vec::new();
    if present.is_none() {
        let annotations = PointerBuf::from_tokens(["metadata", "annotations"]);
        let empty = serde_json::json!({});
        operations.push(PatchOperation::Add(AddOperation {
            path: annotations,
            value: empty,
        }));
    }
    for (key, text) in &patch.set {
        let value = text.clone().into();
        let is_there = present.is_some_and(|annotations| annotations.contains_key(key));
        operations.push(if is_there {
            PatchOperation::Replace(ReplaceOperation { path: at(key), value })
        } else {
            PatchOperation::Add(AddOperation { path: at(key), value })
        });
    }
    for key in &patch.remove {
        operations.push(PatchOperation::Remove(RemoveOperation { path: at(key) }));
    }
    operations
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::annotation;
    use kube::core::admission::AdmissionReview;
    use serde_json::{Value, json};

    use super::*;
    use crate::cluster::resource::{SidecarSetting, SidecarSettingSpec};

    fn setting(namespace: &str, name: &str, spec: Value) -> Arc<SidecarSetting> {
        let spec: SidecarSettingSpec = serde_json::from_value(spec).expect("a spec");
        let mut setting = SidecarSetting::new(name, spec);
        setting.metadata.namespace = Some(namespace.into());
        Arc::new(setting)
    }

    fn settings() -> SettingIndex {
        SettingIndex::of(
            &[
                setting(
                    "istio-system",
                    "default",
                    json!({ "traffic": { "excludeOutboundPorts": ["3306"], "excludeInboundPorts": ["9"] } }),
                ),
                setting(
                    "shop",
                    "default",
                    json!({ "traffic": { "excludeInboundPorts": ["7001-7003"] } }),
                ),
                setting(
                    "shop",
                    "cart",
                    json!({
                        "selector": { "matchLabels": { "app": "cart" } },
                        "traffic": { "excludeInboundPorts": [] },
                    }),
                ),
            ],
            Some("istio-system"),
        )
    }

    /// The pod as it comes out of the webhook, and the warnings.
    fn admit(namespace: &str, metadata: &Value) -> (Value, Vec<String>) {
        let review: AdmissionReview<DynamicObject> = serde_json::from_value(json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "1", "operation": "CREATE", "namespace": namespace, "name": "", "userInfo": {},
                "kind": { "group": "", "version": "v1", "kind": "Pod" },
                "resource": { "group": "", "version": "v1", "resource": "pods" },
                "object": { "apiVersion": "v1", "kind": "Pod", "metadata": metadata.clone(), "spec": {} },
            },
        }))
        .expect("a review");
        let response = review_of(review);
        assert!(response.allowed, "a pod is never refused");
        let mut pod = json!({ "metadata": metadata });
        if let Some(patch) = &response.patch {
            let patch: Patch = serde_json::from_slice(patch).expect("a patch");
            json_patch::patch(&mut pod, &patch).expect("the patch applies");
        }
        (
            pod["metadata"]["annotations"].clone(),
            response.warnings.unwrap_or_default(),
        )
    }

    fn review_of(review: AdmissionReview<DynamicObject>) -> AdmissionResponse {
        super::review(
            &settings(),
            &BTreeMap::new(),
            &review.try_into().expect("a request"),
        )
    }

    const INBOUND: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
    const OUTBOUND: &str = "traffic.sidecar.istio.io/excludeOutboundPorts";

    #[test]
    fn a_pod_without_annotations_gets_those_of_its_levels() {
        let (annotations, warnings) = admit("shop", &json!({ "labels": { "app": "web" } }));
        assert_eq!(annotations[INBOUND], "7001,7002,7003");
        assert_eq!(annotations[OUTBOUND], "3306");
        assert!(
            annotations[annotation::APPLIED]
                .as_str()
                .is_some_and(|m| m.contains("excludeInboundPorts=namespace"))
        );
        assert!(warnings.is_empty());
    }

    #[test]
    fn explicitly_empty_is_written_and_present_keys_stay() {
        let (annotations, _) = admit(
            "shop",
            &json!({ "labels": { "app": "cart" }, "annotations": { OUTBOUND: "1, 2" } }),
        );
        assert_eq!(annotations[INBOUND], "");
        assert_eq!(annotations[OUTBOUND], "1, 2");
    }

    #[test]
    fn a_copied_pod_gets_what_its_new_namespace_says() {
        let (copied, _) = admit("shop", &json!({ "labels": { "app": "web" } }));
        let (annotations, _) = admit(
            "payments",
            &json!({ "labels": { "app": "web" }, "annotations": copied }),
        );
        assert_eq!(annotations[INBOUND], "9");
    }

    #[test]
    fn a_pod_that_istio_has_seen_is_left_alone_with_a_warning() {
        let metadata = json!({ "annotations": { "sidecar.istio.io/status": "{}" } });
        let (annotations, warnings) = admit("shop", &metadata);
        assert_eq!(annotations, json!({ "sidecar.istio.io/status": "{}" }));
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn keys_with_slashes_are_escaped_in_the_patch() {
        let mut patch = domain::Patch::default();
        patch.set.insert("a/b~c".into(), "x".into());
        let text = serde_json::to_string(&Patch(operations(&patch, Some(&BTreeMap::new())))).expect("JSON");
        assert!(text.contains("/metadata/annotations/a~1b~0c"), "{text}");
    }
}
