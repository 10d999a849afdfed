//! A pod with its three answers: what the next one would get, what this one has, and the difference.
//!
//! What it has is read from its injected container's arguments. What the next one would get is resolved from the
//! annotations of its owner's template (those of a live pod can be edited, and with the CNI plugin Istio writes there
//! itself); only where no template is known, from the pod's own, less what our webhook and Istio's injector wrote.

use std::{collections::BTreeMap, sync::LazyLock};

use api::{
    pod::{FieldDifference, FieldText, Owner, PodDetail, PodRow, PodState, Running as RunningView, Sidecar},
    setting::{FieldInForce, OverriddenValue},
};
use domain::{
    Applies, Difference, Effective, Field, InForce, InstallValues, Levels, Origin, ParsedArgs, PodFacts,
    Running, TrafficArgs, annotation, difference, resolve, user_annotations,
};
use k8s_openapi::api::core::v1::{Container, Pod};
use kube::ResourceExt;

use super::{mesh::Revisions, settings::SettingIndex, watch::Stores, workloads::Template};

mod overwritten;
mod printed;

use printed::Printed;

/// What judging a pod needs beside the pod.
pub struct Judge<'a> {
    /// Owners and namespaces.
    pub stores: &'a Stores,
    /// The levels.
    pub settings: &'a SettingIndex,
    /// The install values.
    pub revisions: &'a Revisions,
}

/// A pod, judged.
pub struct Judged {
    /// As in the list.
    pub row: PodRow,
    /// What is in force for the next pod in its place.
    pub effective: Effective,
    /// What the running pod was given, where its injected container tells.
    pub running: Option<(String, Vec<String>, ParsedArgs)>,
    /// Where they differ.
    pub differences: Vec<Difference>,
    /// The arguments that the next pod would get, its environment taken to be this one's.
    pub expected: TrafficArgs,
    /// The interception mode that the next pod asks for.
    pub mode: Option<String>,
}

type Annotations = BTreeMap<String, String>;

impl Judge<'_> {
    /// Judges one pod.
    #[must_use]
    pub fn judge(&self, pod: &Pod) -> Judged {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let owner = owner(self.stores, pod);
        let template = owner.as_ref().and_then(|owner| self.template(namespace, owner));
        let itself = Template::from(pod);
        // A template may be a copy of a pod that our webhook has seen: what it wrote there is nobody's choice.
        let annotations = template
            .as_ref()
            .map_or_else(|| itself.chosen(), user_annotations);
        let revision = self.revision(namespace, pod.labels());
        let install = install_values(revision);
        let levels = self
            .settings
            .levels(namespace, pod.labels(), &annotations, install);
        let effective = resolve(&levels);

        let facts = self.facts(pod, namespace);
        let running = redirecting_container(pod).map(|container| {
            let args = container.args.clone().unwrap_or_default();
            let mut parsed = TrafficArgs::parse(&args);
            parsed.traffic = parsed
                .traffic
                .seen_with(pod.annotations())
                .with_environment(&environment(container));
            (container.name.clone(), args, parsed)
        });
        // The next pod's environment is not known. It is taken to be this one's: only a proven difference counts.
        let environment = redirecting_container(pod).map(environment).unwrap_or_default();
        let expected =
            TrafficArgs::expected(&effective, install, &annotations).with_environment(&environment);
        let mut differences = match &running {
            Some((_, _, parsed)) => difference(&expected, &parsed.traffic),
            None => Vec::new(),
        };
        let mut unclear = Vec::new();
        if let Some((_, _, parsed)) = &running
            && template.is_none()
            && itself.overwritten
            && !differences.is_empty()
        {
            let installed = resolve(&Levels::installed(install));
            let installed = TrafficArgs {
                // That the mesh has left the plugin meanwhile is nobody's choice on the pod.
                cni: parsed.traffic.cni,
                ..TrafficArgs::expected(&installed, install, &annotations)
            };
            (unclear, differences) = overwritten::parted(differences, pod, &installed, &parsed.traffic);
        }
        let state = match Applies::to(&facts) {
            Applies::No(reason) => PodState::NotApplicable {
                reason: reason.to_string(),
            },
            Applies::Yes if revision.is_none() => PodState::Unknown {
                reason: "no revision's install values were found for this pod".to_owned(),
            },
            // A pod may replace the injected arguments by its own (spec/istio.md §1.7): these say nothing we can judge.
            Applies::Yes
                if running
                    .as_ref()
                    .is_some_and(|(_, _, parsed)| parsed.words != ["istio-iptables"]) =>
            {
                PodState::Unknown {
                    reason: "the pod replaces the arguments that Istio injects".to_owned(),
                }
            }
            Applies::Yes if differences.is_empty() && !unclear.is_empty() => PodState::Unknown {
                reason: overwritten::why(&unclear),
            },
            Applies::Yes if differences.is_empty() => PodState::Current,
            Applies::Yes => PodState::Stale {
                fields: differences.iter().map(|d| d.field.name().to_owned()).collect(),
            },
        };
        let differences = if state.applies() { differences } else { Vec::new() };
        Judged {
            row: row(pod, owner, state),
            effective,
            running,
            differences,
            expected,
            mode: annotations.get(annotation::INTERCEPTION_MODE).cloned(),
        }
    }

    /// The revision that would inject a pod with these labels: the one that they name, else its namespace's.
    pub(crate) fn revision(
        &self,
        namespace: &str,
        pod: &BTreeMap<String, String>,
    ) -> Option<&super::mesh::Revision> {
        let labels = self
            .stores
            .namespaces
            .get_cluster_scoped(namespace)
            .map(|n| n.labels().clone());
        match (labels, pod.get(annotation::REVISION)) {
            (Some(labels), Some(own)) if !labels.contains_key(annotation::INJECTION) => {
                if labels.contains_key(annotation::REVISION) {
                    self.revisions.of_namespace(&labels)
                } else {
                    self.revisions.named(own)
                }
            }
            (Some(labels), _) => self.revisions.of_namespace(&labels),
            (None, _) => self.revisions.default(),
        }
    }

    fn facts(&self, pod: &Pod, namespace: &str) -> PodFacts {
        let spec = pod.spec.as_ref();
        PodFacts {
            host_network: spec.and_then(|spec| spec.host_network).unwrap_or_default(),
            finished: is_finished(pod),
            ambient: self.is_ambient(namespace, pod.labels()),
            has_proxy: sidecar(pod) != Sidecar::None,
            has_init: redirecting_container(pod).is_some(),
            interception_mode: pod.annotations().get(annotation::INTERCEPTION_MODE).cloned(),
        }
    }

    /// Whether a pod with these labels is in ambient mode: its own label says, else its namespace's.
    pub(super) fn is_ambient(&self, namespace: &str, pod: &BTreeMap<String, String>) -> bool {
        let mode = pod.get(annotation::DATAPLANE_MODE).cloned().or_else(|| {
            let namespace = self.stores.namespaces.get_cluster_scoped(namespace)?;
            namespace.labels().get(annotation::DATAPLANE_MODE).cloned()
        });
        mode.as_deref() == Some("ambient")
    }

    /// The annotations that an owner's next pod starts with.
    fn template(&self, namespace: &str, owner: &Owner) -> Option<Annotations> {
        let (stores, name) = (self.stores, owner.name.as_str());
        match owner.kind.as_str() {
            "Deployment" => {
                let deployment = stores.deployments.get(namespace, name)?;
                deployment.spec.as_ref().map(|s| annotations_of(&s.template))
            }
            "StatefulSet" => {
                let set = stores.stateful_sets.get(namespace, name)?;
                set.spec.as_ref().map(|s| annotations_of(&s.template))
            }
            "DaemonSet" => {
                let set = stores.daemon_sets.get(namespace, name)?;
                set.spec.as_ref().map(|s| annotations_of(&s.template))
            }
            "Job" => {
                let job = stores.jobs.get(namespace, name)?;
                job.spec.as_ref().map(|s| annotations_of(&s.template))
            }
            _ => None,
        }
    }
}

/// Who would make the next pod in this one's place: of a ReplicaSet its Deployment.
pub(crate) fn owner(stores: &Stores, pod: &Pod) -> Option<Owner> {
    let mut owners = pod.owner_references().iter();
    let controller = owners.find(|owner| owner.controller == Some(true))?;
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let deployment = (controller.kind == "ReplicaSet")
        .then(|| stores.replica_sets.get(namespace, &controller.name))
        .flatten()
        .and_then(|set| {
            let mut owners = set.owner_references().iter();
            let deployment = owners.find(|owner| owner.kind == "Deployment")?;
            Some(deployment.name.clone())
        });
    Some(match deployment {
        Some(name) => Owner {
            kind: "Deployment".to_owned(),
            name,
        },
        None => Owner {
            kind: controller.kind.clone(),
            name: controller.name.clone(),
        },
    })
}

/// The install values of a revision; Istio's own where none is known.
#[must_use]
pub fn install_values(revision: Option<&super::mesh::Revision>) -> &InstallValues {
    static BUILT_IN: LazyLock<InstallValues> = LazyLock::new(InstallValues::default);
    revision.map_or(&*BUILT_IN, |revision| &revision.install)
}

fn annotations_of(template: &k8s_openapi::api::core::v1::PodTemplateSpec) -> Annotations {
    template
        .metadata
        .as_ref()
        .and_then(|m| m.annotations.clone())
        .unwrap_or_default()
}

fn row(pod: &Pod, owner: Option<Owner>, state: PodState) -> PodRow {
    let printed = Printed::of(pod);
    PodRow {
        namespace: pod.namespace().unwrap_or_default(),
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
        status: printed.status,
        ends: pod.metadata.deletion_timestamp.is_some(),
        finished: is_finished(pod),
        ready: printed.ready,
        containers: printed.containers,
        restarts: printed.restarts,
        last_restart: printed.last_restart,
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        created: pod.creation_timestamp().map(|time| time.0.to_string()),
        owner,
        sidecar: sidecar(pod),
        state,
    }
}

fn is_finished(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn sidecar(pod: &Pod) -> Sidecar {
    let Some(spec) = &pod.spec else {
        return Sidecar::None;
    };
    let is_proxy = |container: &Container| container.name == "istio-proxy";
    if spec.init_containers.iter().flatten().any(is_proxy) {
        Sidecar::Native
    } else if spec.containers.iter().any(is_proxy) {
        Sidecar::Classic
    } else {
        Sidecar::None
    }
}

/// The environment of a container, as far as it is written out.
pub(super) fn environment(container: &Container) -> BTreeMap<String, String> {
    let variables = container.env.iter().flatten();
    variables
        .filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .collect()
}

/// The injected container where the CNI plugin writes the rules: it only tries them.
pub(super) const CNI_CONTAINER: &str = "istio-validation";

/// The injected container whose arguments say what is redirected.
pub(crate) fn redirecting_container(pod: &Pod) -> Option<&Container> {
    let containers = pod.spec.as_ref()?.init_containers.as_ref()?;
    containers
        .iter()
        .find(|container| matches!(container.name.as_str(), "istio-init" | CNI_CONTAINER))
}

impl Judged {
    /// The pod with its three answers, for the wire.
    #[must_use]
    pub fn detail(self, applied: Option<String>) -> PodDetail {
        PodDetail {
            row: self.row,
            in_root_namespace: false,
            desired: in_force(&self.effective),
            running: self.running.map(|(container, args, parsed)| {
                let settings = Running {
                    args: parsed.traffic.clone(),
                    status_port: None,
                }
                .settings();
                RunningView {
                    container,
                    args,
                    values: Field::ALL
                        .iter()
                        .map(|field| FieldText {
                            field: field.name().to_owned(),
                            text: settings.get(*field).to_string(),
                        })
                        .collect(),
                    unknown_args: parsed.unknown().map(str::to_owned).collect(),
                }
            }),
            differences: self
                .differences
                .into_iter()
                .map(|d| FieldDifference {
                    field: d.field.name().to_owned(),
                    desired: d.desired,
                    running: d.running,
                })
                .collect(),
            applied,
            budgets: None,
            lints: Vec::new(),
        }
    }
}

/// The fields with the value in force of each, for the wire.
#[must_use]
pub fn in_force(effective: &Effective) -> Vec<FieldInForce> {
    effective
        .iter()
        .map(
            |InForce {
                 field,
                 text,
                 refused,
                 origin,
                 overrode,
                 ..
             }| FieldInForce {
                field: field.name().to_owned(),
                label: field.label().to_owned(),
                text: text.clone(),
                origin: origin_word(origin),
                overrode: overrode
                    .iter()
                    .map(|o| OverriddenValue {
                        origin: origin_word(&o.origin),
                        text: o.text.clone(),
                    })
                    .collect(),
                invalid: refused.clone(),
            },
        )
        .collect()
}

pub(crate) fn origin_word(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn => "builtIn".to_owned(),
        Origin::Install => "install".to_owned(),
        Origin::Global => "global".to_owned(),
        Origin::Namespace => "namespace".to_owned(),
        Origin::Workload(name) => format!("workload/{name}"),
        Origin::Pod => "pod".to_owned(),
    }
}
