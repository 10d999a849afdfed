//! What is known of a workload, from the console's own view of the cluster and, for what it does not watch, from the API
//! server.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::{
    pod::{PodRow, PodState},
    restart::WorkloadName,
    setting::FieldName,
};
use domain::restart::{Amount, Autoscaler, Budget, Facts, Kind, Owner, Rollout, at_a_time, rolling};
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        autoscaling::v2::HorizontalPodAutoscaler,
        core::v1::{PodSpec, PodTemplateSpec},
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use kube::{Api, Client, ResourceExt, api::ListParams};

use crate::{
    budgets,
    cluster::{pods::Judge, watch::Stores},
    error::{Error, from_kube},
};

type Labels = BTreeMap<String, String>;

/// The pods of a workload that run an old setting.
#[derive(Clone, Debug, Default)]
pub(super) struct Stale {
    pub(super) pods: u32,
    pub(super) fields: BTreeSet<FieldName>,
}

/// The workloads of these pods that have stale ones.
pub(super) fn stale(pods: &[PodRow]) -> HashMap<WorkloadName, Stale> {
    let mut stale: HashMap<WorkloadName, Stale> = HashMap::new();
    for pod in pods {
        if let PodState::Stale { fields } = &pod.state
            && !pod.ends
        {
            let of = stale.entry(workload_of(pod)).or_default();
            of.pods += 1;
            of.fields.extend(fields.iter().cloned());
        }
    }
    stale
}

/// Whose a pod is; where it is nobody's, its own.
pub(super) fn workload_of(pod: &PodRow) -> WorkloadName {
    let (kind, name) = match &pod.owner {
        Some(owner) => (owner.kind.clone(), owner.name.clone()),
        None => ("Pod".to_owned(), pod.name.clone()),
    };
    WorkloadName {
        kind,
        namespace: pod.namespace.clone(),
        name,
    }
}

/// What the console does not watch, read when it is needed.
#[derive(Default)]
pub(super) struct Beside {
    /// `None`: the console's account may not read them.
    budgets: Option<Vec<PodDisruptionBudget>>,
    autoscalers: Vec<HorizontalPodAutoscaler>,
}

impl Beside {
    /// Reads it with the console's own account; in one namespace, or everywhere. A cluster that does not say which budgets
    /// there are is no cluster without budgets.
    pub(super) async fn read(client: &Client, namespace: Option<&str>) -> Result<Self, Error> {
        let everything = ListParams::default();
        let (budgets, autoscalers): (Api<PodDisruptionBudget>, Api<HorizontalPodAutoscaler>) = match namespace
        {
            Some(namespace) => (
                Api::namespaced(client.clone(), namespace),
                Api::namespaced(client.clone(), namespace),
            ),
            None => (Api::all(client.clone()), Api::all(client.clone())),
        };
        let (budgets, autoscalers) = tokio::join!(budgets.list(&everything), autoscalers.list(&everything));
        let budgets = match budgets {
            Ok(list) => Some(list.items),
            Err(kube::Error::Api(status)) if status.is_forbidden() => {
                tracing::warn!("PodDisruptionBudgets may not be read: {}", status.message);
                None
            }
            Err(error) => return Err(from_kube(error, "list PodDisruptionBudgets")),
        };
        Ok(Self {
            budgets,
            autoscalers: autoscalers.map(|list| list.items).unwrap_or_default(),
        })
    }

    fn budgets(&self, namespace: &str, labels: &Labels) -> Option<Vec<Budget>> {
        Some(budgets::selecting(self.budgets.as_ref()?, namespace, labels))
    }

    fn autoscaler(&self, workload: &WorkloadName) -> Option<Autoscaler> {
        let scales = |scaler: &&HorizontalPodAutoscaler| {
            let target = scaler.spec.as_ref().map(|spec| &spec.scale_target_ref);
            scaler.namespace().as_deref() == Some(workload.namespace.as_str())
                && target.is_some_and(|target| target.kind == workload.kind && target.name == workload.name)
        };
        self.autoscalers.iter().find(scales).map(|scaler| Autoscaler {
            name: scaler.name_any(),
        })
    }
}

/// A workload, and the labels of its template.
pub(super) struct Known {
    pub(super) facts: Facts,
    pub(super) labels: Labels,
}

/// The pods of a workload that are there, as far as its restart is concerned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Running {
    /// Those that run an old setting.
    pub(super) stale: u32,
    /// Whether one has a sidecar.
    pub(super) has_sidecar: bool,
}

/// What is known of a workload; `None`: there is no such thing.
pub(super) fn facts(
    judge: &Judge<'_>,
    beside: &Beside,
    workload: &WorkloadName,
    running: Running,
) -> Option<Known> {
    let stores = judge.stores;
    let WorkloadName {
        kind,
        namespace,
        name,
    } = workload;
    let (metadata, template, kind, shape) = match kind.as_str() {
        "Deployment" => {
            let it = stores.deployments.get(namespace, name)?;
            let shape = of_deployment(&it);
            (
                it.metadata.clone(),
                it.spec.as_ref().map(|spec| spec.template.clone()),
                Kind::Deployment,
                shape,
            )
        }
        "StatefulSet" => {
            let it = stores.stateful_sets.get(namespace, name)?;
            let shape = of_stateful_set(&it);
            (
                it.metadata.clone(),
                it.spec.as_ref().map(|spec| spec.template.clone()),
                Kind::StatefulSet,
                shape,
            )
        }
        "DaemonSet" => {
            let it = stores.daemon_sets.get(namespace, name)?;
            let shape = of_daemon_set(&it);
            (
                it.metadata.clone(),
                it.spec.as_ref().map(|spec| spec.template.clone()),
                Kind::DaemonSet,
                shape,
            )
        }
        "Pod" => {
            let it = stores.pods.get(namespace, name)?;
            (it.metadata.clone(), None, Kind::Pod, Shape::one())
        }
        "Job" => {
            let it = stores.jobs.get(namespace, name)?;
            (it.metadata.clone(), None, Kind::Job, Shape::one())
        }
        other => {
            let owner = foreign_owner(stores, namespace, other, name);
            (ObjectMeta::default(), None, Kind::Other(owner), Shape::one())
        }
    };
    let loses_sidecar = template
        .as_ref()
        .filter(|_| running.has_sidecar)
        .and_then(|template| judge.next_pod(namespace, template.into()).not_applicable);
    let labels = template
        .as_ref()
        .and_then(|template| template.metadata.as_ref())
        .and_then(|metadata| metadata.labels.clone())
        .unwrap_or_default();
    Some(Known {
        facts: Facts {
            kind,
            replicas: shape.replicas,
            ready: shape.ready,
            rollout: shape.rollout,
            paused: shape.paused,
            has_readiness_probe: template.as_ref().is_some_and(has_readiness_probe),
            budgets: beside.budgets(namespace, &labels),
            autoscaler: beside.autoscaler(workload),
            owner: owner(&metadata),
            stale_pods: running.stale,
            loses_sidecar,
        },
        labels,
    })
}

/// The owner of a ReplicaSet that is no Deployment, such as an Argo `Rollout`, by kind and name.
fn foreign_owner(stores: &Stores, namespace: &str, kind: &str, name: &str) -> String {
    let set = stores
        .replica_sets
        .get(namespace, name)
        .filter(|_| kind == "ReplicaSet");
    let owner = set.and_then(|set| {
        let owner = set
            .owner_references()
            .iter()
            .find(|owner| owner.controller == Some(true));
        owner.map(|owner| format!("{} {}", owner.kind, owner.name))
    });
    owner.unwrap_or_else(|| kind.to_owned())
}

struct Shape {
    replicas: u32,
    ready: u32,
    rollout: Rollout,
    paused: bool,
}

impl Shape {
    const fn one() -> Self {
        Self {
            replicas: 1,
            ready: 1,
            rollout: Rollout::OnDelete,
            paused: false,
        }
    }
}

fn of_deployment(deployment: &Deployment) -> Shape {
    let spec = deployment.spec.as_ref();
    let status = deployment.status.as_ref();
    let replicas = pods(spec.and_then(|spec| spec.replicas).unwrap_or(1));
    let strategy = spec.and_then(|spec| spec.strategy.as_ref());
    let rolling_update = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let quarter = Amount::Percent(25);
    Shape {
        replicas,
        ready: pods(
            status
                .and_then(|status| status.ready_replicas)
                .unwrap_or_default(),
        ),
        rollout: if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate") {
            Rollout::Recreate
        } else {
            let surge = rolling_update.and_then(|update| update.max_surge.as_ref());
            let missing = rolling_update.and_then(|update| update.max_unavailable.as_ref());
            rolling(amount(surge, quarter), amount(missing, quarter), replicas)
        },
        paused: spec.and_then(|spec| spec.paused).unwrap_or_default(),
    }
}

fn of_stateful_set(set: &StatefulSet) -> Shape {
    let (spec, status) = (set.spec.as_ref(), set.status.as_ref());
    let strategy = spec.and_then(|spec| spec.update_strategy.as_ref());
    let update = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let replicas = pods(spec.and_then(|spec| spec.replicas).unwrap_or(1));
    Shape {
        replicas,
        ready: pods(
            status
                .and_then(|status| status.ready_replicas)
                .unwrap_or_default(),
        ),
        rollout: if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
            Rollout::OnDelete
        } else {
            let partition = update.and_then(|update| update.partition).unwrap_or_default();
            let missing = update.and_then(|update| update.max_unavailable.as_ref());
            Rollout::Partition {
                from: pods(partition),
                takes_down: at_a_time(amount(missing, Amount::Pods(1)), replicas),
            }
        },
        paused: false,
    }
}

fn of_daemon_set(set: &DaemonSet) -> Shape {
    let (spec, status) = (set.spec.as_ref(), set.status.as_ref());
    let strategy = spec.and_then(|spec| spec.update_strategy.as_ref());
    let update = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let replicas = pods(
        status
            .map(|status| status.desired_number_scheduled)
            .unwrap_or_default(),
    );
    Shape {
        replicas,
        ready: pods(status.map(|status| status.number_ready).unwrap_or_default()),
        rollout: if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
            Rollout::OnDelete
        } else {
            let missing = update.and_then(|update| update.max_unavailable.as_ref());
            // A DaemonSet rounds what may be missing up (`pkg/controller/daemon/util`).
            Rollout::Rolling {
                takes_down: amount(missing, Amount::Pods(1)).up(replicas).min(replicas),
            }
        },
        paused: false,
    }
}

fn amount(value: Option<&IntOrString>, default: Amount) -> Amount {
    match value {
        Some(IntOrString::Int(count)) => Amount::Pods(pods(*count)),
        Some(IntOrString::String(text)) => text.parse().unwrap_or(default),
        None => default,
    }
}

fn pods(count: i32) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

/// Whether every container of the template says when it is ready. The sidecar, which a template may name to change it, has a
/// probe of its own.
fn has_readiness_probe(template: &PodTemplateSpec) -> bool {
    let says = |spec: &PodSpec| {
        let mut own = spec
            .containers
            .iter()
            .filter(|one| one.name != "istio-proxy")
            .peekable();
        own.peek().is_some() && own.all(|one| one.readiness_probe.is_some())
    };
    template.spec.as_ref().is_some_and(says)
}

/// The Git-ops tool that keeps an object as it is, by the marks that it leaves.
fn owner(metadata: &ObjectMeta) -> Option<Owner> {
    let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key));
    let annotation = |key: &str| metadata.annotations.as_ref().and_then(|all| all.get(key));
    let owned = |tool, name: &String, reverts| {
        Some(Owner {
            tool,
            name: name.clone(),
            reverts,
        })
    };
    if let Some(id) = annotation("argocd.argoproj.io/tracking-id") {
        let application = id.split(':').next().unwrap_or(id).to_owned();
        owned("Argo CD", &application, true)
    } else if let Some(name) = label("argocd.argoproj.io/instance") {
        owned("Argo CD", name, true)
    } else if let Some(name) =
        label("kustomize.toolkit.fluxcd.io/name").or_else(|| label("helm.toolkit.fluxcd.io/name"))
    {
        owned("Flux", name, true)
    } else {
        annotation("meta.helm.sh/release-name").and_then(|name| owned("Helm", name, false))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_template_says_when_its_pods_are_ready_where_every_container_of_it_does() {
        let says = |containers: Value| {
            let template = json!({ "spec": { "containers": containers } });
            has_readiness_probe(&serde_json::from_value(template).expect("a template"))
        };
        let probed = json!({ "name": "app", "readinessProbe": { "tcpSocket": { "port": 80 } } });
        let silent = json!({ "name": "log" });
        let sidecar = json!({ "name": "istio-proxy", "image": "auto" });
        assert!(says(json!([probed])) && says(json!([probed, sidecar])));
        assert!(!says(json!([probed, silent])) && !says(json!([silent, probed])));
        assert!(!says(json!([silent])) && !says(json!([silent, sidecar])) && !says(json!([])));
    }

    #[test]
    fn a_stateful_set_is_judged_by_what_it_lets_be_missing() {
        let rollout = |update: Value| {
            let set = json!({
                "metadata": {},
                "spec": {
                    "replicas": 4, "selector": {}, "serviceName": "", "template": {},
                    "updateStrategy": { "rollingUpdate": update },
                },
            });
            of_stateful_set(&serde_json::from_value(set).expect("a StatefulSet")).rollout
        };
        let ordered = |from, takes_down| Rollout::Partition { from, takes_down };
        assert_eq!(rollout(json!({})), ordered(0, 1));
        assert_eq!(rollout(json!({ "partition": 2 })), ordered(2, 1));
        assert_eq!(rollout(json!({ "maxUnavailable": 3 })), ordered(0, 3));
        assert_eq!(rollout(json!({ "maxUnavailable": "60%" })), ordered(0, 2));
    }
}
