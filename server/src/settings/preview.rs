//! What would come of a setting, were it saved: whom it is for, what is in force then, and what is remarkable about it.

use std::sync::Arc;

use api::{
    mesh::PodCounts,
    preview::{MatchedWorkload, Preview},
    setting::SaveSetting,
};
use domain::{Level, Selector, SidecarSetting as Setting, trace::Packet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use super::check;
use crate::{
    caller::{Caller, Readable, Visible},
    cluster::{
        Cluster,
        lints::{self, Collected, Linter},
        packets,
        pods::{Judge, in_force, install_values},
        resource::{SidecarSetting, SidecarSettingSpec},
        settings::SettingIndex,
        snapshot::Snapshot,
        workloads,
    },
    error::Error,
    remarks::Sight,
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
    packet: Option<Packet>,
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
    let sight = Sight::of(caller, &namespaces).await?;
    let selector = setting.selector.clone();
    let pods = cluster
        .pods_of(&level, selector.as_ref(), |namespace| visible.includes(namespace))
        .await;
    let (cluster, snapshot) = (cluster.clone(), cluster.snapshot().await);
    let asked = Asked {
        root,
        level,
        setting,
        visible,
        sight,
        pods,
        packet,
    };
    // Thousands of workloads take a moment: beside the async workers.
    let judged = tokio::task::spawn_blocking(move || judge(&cluster, &snapshot, &asked));
    Ok(judged
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
}

/// What is previewed, and who asks.
struct Asked {
    root: String,
    level: Level,
    setting: Setting,
    visible: Visible,
    sight: Sight,
    pods: PodCounts,
    packet: Option<Packet>,
}

fn judge(cluster: &Cluster, snapshot: &Snapshot, asked: &Asked) -> Preview {
    let Asked {
        root,
        level,
        setting,
        visible,
        sight,
        pods,
        packet,
    } = asked;
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
    let linter = Linter::new(&judge, root, snapshot);
    let (effective, revision) = judge.level(level, setting.selector.as_ref());
    let trace = packet
        .as_ref()
        .map(|packet| packets::foreseen(&effective, install_values(revision), packet));
    let (trace, trace_note) = match trace {
        Some(Err(why)) => (None, Some(why)),
        trace => (trace.and_then(Result::ok), None),
    };
    let mut remarks = Collected::default();
    let own = lints::about_level(level, namespace, name);
    remarks.add(linter.level(&effective, revision), &own, true);
    let origin = lints::origin(level);
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
            let (effective, mut lints) = linter.workload(&workload);
            // Only what this level is the reason of.
            lints.retain(|lint| {
                lint.field
                    .is_none_or(|field| effective.get(field).origin == origin)
            });
            remarks.add(lints, &lints::about(&workload), false);
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
    let remarks = remarks.in_order();
    let lints = remarks.iter().filter_map(|remark| sight.view(remark, |_| true));
    Preview {
        in_force: in_force(&effective),
        workloads: matched,
        workloads_total: total,
        pods: *pods,
        lints: lints.take(TOLD).collect(),
        trace,
        trace_note,
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
