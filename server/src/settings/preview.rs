//! What would come of a setting, were it saved: whom it is for, what is in force then, and what is remarkable about it.

use std::sync::Arc;

use api::{
    mesh::PodCounts,
    preview::{MatchedWorkload, Preview},
    setting::SaveSetting,
};
use domain::{Level, Selector, SidecarSetting as Setting};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use super::{check, view::in_force_at};
use crate::{
    caller::{Caller, Readable, Visible},
    cluster::{
        Cluster,
        pods::{Judge, in_force},
        resource::{SidecarSetting, SidecarSettingSpec},
        settings::SettingIndex,
        workloads,
    },
    error::Error,
    state::State,
};

/// How many workloads are told one by one.
const TOLD: usize = 50;

/// Judges `body` at `level` as if it were stored there. Nothing is written.
pub async fn preview(
    state: &State,
    caller: &Caller,
    level: Level,
    body: &SaveSetting,
) -> Result<Preview, Error> {
    let setting = check::body(&level, body)?;
    let cluster = &state.cluster;
    cluster.ready()?;
    let root = cluster.mesh().root_namespace.clone().unwrap_or_default();
    let (stored_in, name) = level.stored_as(&root);
    // A workload setting may still have no name.
    let name = Some(name).filter(|name| !name.is_empty()).unwrap_or("preview");
    Level::of(&root, stored_in, name, matches!(level, Level::Workload { .. }))
        .map_err(|error| Error::field("level", error.to_string()))?;
    if cluster.stores.namespaces.get_cluster_scoped(stored_in).is_none() {
        return Err(Error::NotFound(format!("namespace `{stored_in}`")));
    }
    // What is inherited is told too: it is for those who may see settings.
    caller.must_read(Readable::Settings, stored_in).await?;
    let namespaces = match &level {
        Level::Global => cluster.snapshot().await.namespace_names(),
        Level::Namespace(namespace) | Level::Workload { namespace, .. } => vec![namespace.clone()],
    };
    let visible = caller.may_read(Readable::Pods, &namespaces).await?;
    let selector = setting.selector.clone();
    let pods = cluster
        .pods_of(&level, selector.as_ref(), |namespace| visible.includes(namespace))
        .await;
    let cluster = cluster.clone();
    // Thousands of workloads take a moment: beside the async workers.
    let judged =
        tokio::task::spawn_blocking(move || judge(&cluster, &root, &level, &setting, &visible, pods));
    Ok(judged
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
}

fn judge(
    cluster: &Cluster,
    root: &str,
    level: &Level,
    setting: &Setting,
    visible: &Visible,
    pods: PodCounts,
) -> Preview {
    let (namespace, name) = level.stored_as(root);
    let mut settings = cluster.stores.settings.state();
    settings.retain(|s| s.namespace().as_deref() != Some(namespace) || s.name_any() != name);
    settings.push(Arc::new(stored(namespace, name, setting)));
    let index = SettingIndex::of(&settings, Some(root));
    let mesh = cluster.mesh();
    let judge = Judge {
        stores: &cluster.stores,
        settings: &index,
        revisions: &mesh.revisions,
    };
    let mut matched = Vec::new();
    workloads::each(&cluster.stores, |workload| {
        let is_for = match level {
            Level::Global => workload.namespace != root,
            Level::Namespace(own) | Level::Workload { namespace: own, .. } => workload.namespace == own,
        };
        let is_selected = |selector: &Selector| selector.matches(workload.template.labels);
        if is_for && visible.includes(workload.namespace) && setting.selector.as_ref().is_none_or(is_selected)
        {
            let next = judge.next_pod(workload.namespace, workload.template);
            matched.push(MatchedWorkload {
                kind: workload.kind.to_owned(),
                namespace: workload.namespace.to_owned(),
                name: workload.name.to_owned(),
                settings: next.workload_settings,
                not_applicable: next.not_applicable,
            });
        }
    });
    matched.sort_unstable_by(|a, b| (&a.namespace, &a.name, &a.kind).cmp(&(&b.namespace, &b.name, &b.kind)));
    let total = matched.len();
    matched.truncate(TOLD);
    Preview {
        in_force: in_force(&in_force_at(cluster, &index, level, setting.selector.as_ref())),
        workloads: matched,
        workloads_total: total,
        pods,
        lints: Vec::new(),
    }
}

/// The setting as it would be stored.
fn stored(namespace: &str, name: &str, setting: &Setting) -> SidecarSetting {
    let new = SidecarSetting::new(name, SidecarSettingSpec::of(setting));
    SidecarSetting {
        metadata: ObjectMeta {
            namespace: Some(namespace.to_owned()),
            ..new.metadata
        },
        ..new
    }
}
