//! Everything that makes pods: Deployments and their like, and pods that nobody owns.

use std::collections::BTreeMap;

use domain::{Field, user_annotations};
use k8s_openapi::{
    api::core::v1::{Pod, PodSpec, PodTemplateSpec},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt;

use super::{
    pods::{CNI_CONTAINER, redirecting_container},
    watch::Stores,
};

type Texts = BTreeMap<String, String>;

static NONE: Texts = BTreeMap::new();

/// What the next pod is made from.
#[derive(Clone, Copy)]
pub struct Template<'a> {
    /// Its labels.
    pub labels: &'a Texts,
    /// Its annotations, verbatim.
    pub annotations: &'a Texts,
    /// Its containers and whose network they have.
    pub spec: Option<&'a PodSpec>,
    /// It is a pod whose six annotations Istio's injector wrote, for the CNI plugin (spec/istio.md §1.6).
    pub overwritten: bool,
}

/// Something that makes pods, or a pod that nobody owns, which is its own template.
#[derive(Clone, Copy)]
pub struct Workload<'a> {
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `Job`, `Pod`.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The annotations that it carries itself, beside those of its template.
    pub own_annotations: &'a Texts,
    /// What its next pod is made from.
    pub template: Template<'a>,
}

impl<'a> From<&'a PodTemplateSpec> for Template<'a> {
    fn from(template: &'a PodTemplateSpec) -> Self {
        Self {
            spec: template.spec.as_ref(),
            ..template.metadata.as_ref().map_or_else(Self::empty, Self::of)
        }
    }
}

impl<'a> From<&'a Pod> for Template<'a> {
    fn from(pod: &'a Pod) -> Self {
        let redirecting = redirecting_container(pod);
        Self {
            spec: pod.spec.as_ref(),
            overwritten: redirecting.is_some_and(|container| container.name == CNI_CONTAINER),
            ..Self::of(&pod.metadata)
        }
    }
}

impl<'a> Template<'a> {
    fn of(metadata: &'a ObjectMeta) -> Self {
        Self {
            labels: metadata.labels.as_ref().unwrap_or(&NONE),
            annotations: metadata.annotations.as_ref().unwrap_or(&NONE),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            labels: &NONE,
            annotations: &NONE,
            spec: None,
            overwritten: false,
        }
    }

    /// The annotations that people, or other tools, chose: without what our webhook wrote and, where Istio's injector has
    /// written over all six, without these. Whatever they say, the settings may be the reason.
    #[must_use]
    pub fn chosen(&self) -> Texts {
        let mut chosen = user_annotations(self.annotations);
        if self.overwritten {
            for field in Field::ALL {
                chosen.remove(field.annotation());
            }
        }
        chosen
    }
}

/// Visits every workload, in no order. A Job that has ended makes no more pods.
pub fn each(stores: &Stores, mut visit: impl FnMut(Workload<'_>)) {
    let mut one = |kind, metadata: &ObjectMeta, template: Option<Template<'_>>| {
        if let (Some(namespace), Some(name), Some(template)) = (&metadata.namespace, &metadata.name, template)
        {
            visit(Workload {
                kind,
                namespace,
                name,
                own_annotations: metadata.annotations.as_ref().unwrap_or(&NONE),
                template,
            });
        }
    };
    for it in stores.deployments.state() {
        one(
            "Deployment",
            &it.metadata,
            it.spec.as_ref().map(|spec| (&spec.template).into()),
        );
    }
    for it in stores.stateful_sets.state() {
        one(
            "StatefulSet",
            &it.metadata,
            it.spec.as_ref().map(|spec| (&spec.template).into()),
        );
    }
    for it in stores.daemon_sets.state() {
        one(
            "DaemonSet",
            &it.metadata,
            it.spec.as_ref().map(|spec| (&spec.template).into()),
        );
    }
    for it in stores.jobs.state() {
        let ended = it.status.as_ref().is_some_and(|status| {
            let conditions = status.conditions.iter().flatten();
            let mut over = conditions.filter(|c| matches!(c.type_.as_str(), "Complete" | "Failed"));
            over.any(|condition| condition.status == "True")
        });
        if !ended {
            one(
                "Job",
                &it.metadata,
                it.spec.as_ref().map(|spec| (&spec.template).into()),
            );
        }
    }
    for pod in stores.pods.state() {
        if !pod
            .owner_references()
            .iter()
            .any(|owner| owner.controller == Some(true))
        {
            one("Pod", &pod.metadata, Some((&*pod).into()));
        }
    }
}
