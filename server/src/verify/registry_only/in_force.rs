//! Which `Sidecar` is in force for a pod. Of several levels the nearest one counts alone: nothing is merged.

use std::collections::BTreeMap;

use domain::verify::confine::selects;
use kube::ResourceExt;

use crate::cluster::istio::Sidecar;

type Labels = BTreeMap<String, String>;

/// A `Sidecar` in words.
pub(super) fn words(sidecar: &Sidecar) -> String {
    format!(
        "Sidecar `{}/{}`",
        sidecar.namespace().unwrap_or_default(),
        sidecar.name_any()
    )
}

/// The pods that it is for; nothing: all of its namespace, and in the root namespace all of the mesh.
pub(super) fn selector(sidecar: &Sidecar) -> Option<Labels> {
    let labels = sidecar.spec["workloadSelector"]["labels"].as_object()?;
    let labels = labels
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
    Some(labels.collect::<Labels>()).filter(|labels| !labels.is_empty())
}

/// Those of the nearest level that has one, for a pod with these labels, of the pod's namespace and of the root namespace.
/// Which of several is in force is not defined.
pub(super) fn nearest<'a>(here: &'a [Sidecar], in_root: &'a [Sidecar], pod: &Labels) -> Vec<&'a Sidecar> {
    let own = here
        .iter()
        .filter(|sidecar| selector(sidecar).is_some_and(|labels| selects(&labels, pod)));
    let own: Vec<&Sidecar> = own.collect();
    let everyones = |list: &'a [Sidecar]| -> Vec<&'a Sidecar> {
        let all = list.iter().filter(|sidecar| selector(sidecar).is_none());
        all.collect()
    };
    [own, everyones(here), everyones(in_root)]
        .into_iter()
        .find(|level| !level.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use serde_json::{Value, json};

    use super::*;

    fn sidecar(namespace: &str, name: &str, spec: Value) -> Sidecar {
        Sidecar {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some(namespace.to_owned()),
                ..ObjectMeta::default()
            },
            spec,
        }
    }

    #[test]
    fn the_nearest_level_counts_alone() {
        let root = [sidecar("istio-system", "mesh", json!({}))];
        let everyone = sidecar("shop", "default", json!({ "workloadSelector": { "labels": {} } }));
        let selecting = |app: &str| {
            sidecar(
                "shop",
                app,
                json!({ "workloadSelector": { "labels": { "app": app } } }),
            )
        };
        let cart = Labels::from([("app".to_owned(), "cart".to_owned())]);
        let names = |here: &[Sidecar]| -> Vec<String> {
            nearest(here, &root, &cart).iter().map(|one| words(one)).collect()
        };
        assert_eq!(names(&[]), ["Sidecar `istio-system/mesh`"]);
        assert_eq!(names(&[selecting("web")]), ["Sidecar `istio-system/mesh`"]);
        assert_eq!(names(std::slice::from_ref(&everyone)), ["Sidecar `shop/default`"]);
        assert_eq!(names(&[everyone, selecting("cart")]), ["Sidecar `shop/cart`"]);
    }
}
