//! Writes the status of our settings with the console's own account: whether each is valid, whether it is delivered,
//! how many pods it is for.

use std::time::Duration;

use api::mesh::DeliveryState;
use jiff::Timestamp;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{
    Cluster,
    resource::{Condition, SettingStatus, SidecarSetting},
};
use crate::{clock::Clock, install::FIELD_MANAGER};

/// A burst of changes is answered once.
const SETTLE: Duration = Duration::from_millis(500);
/// How often delivery is looked at without a change in the cluster.
const EVERY: Duration = Duration::from_secs(10);

/// Keeps every status up to date for as long as the process lives.
pub async fn run(cluster: Cluster, clock: Clock) {
    let mut changes = cluster.stores.changes();
    loop {
        let _ = tokio::time::timeout(EVERY, changes.changed()).await;
        tokio::time::sleep(SETTLE).await;
        if cluster.missing().is_some() {
            continue;
        }
        for setting in cluster.stores.settings.state() {
            let wanted = status(&cluster, &setting, clock.now()).await;
            if setting.status.as_ref() != Some(&wanted)
                && let Err(error) = write(&cluster, &setting, &wanted).await
            {
                tracing::debug!("the status of a setting was not written: {error}");
            }
        }
    }
}

async fn write(cluster: &Cluster, setting: &SidecarSetting, status: &SettingStatus) -> kube::Result<()> {
    let namespace = setting.namespace().unwrap_or_default();
    let api: Api<SidecarSetting> = Api::namespaced(cluster.console.clone(), &namespace);
    // The uid keeps the status of a deleted setting off one of the same name.
    let patch = json!({ "metadata": { "uid": setting.uid() }, "status": status });
    api.patch_status(
        &setting.name_any(),
        &PatchParams::apply(FIELD_MANAGER),
        &Patch::Merge(patch),
    )
    .await?;
    Ok(())
}

async fn status(cluster: &Cluster, setting: &SidecarSetting, now: Timestamp) -> SettingStatus {
    let generation = setting.metadata.generation;
    let read = setting.spec.read();
    let namespace = setting.namespace().unwrap_or_default();
    let root = cluster.mesh().root_namespace.clone().unwrap_or_default();
    let level = domain::Level::of(
        &root,
        &namespace,
        &setting.name_any(),
        setting.spec.selector.is_some(),
    );
    let accepted = match (&level, read.errors.first()) {
        (Err(error), _) => ("False", "WrongPlace", error.to_string()),
        (Ok(_), Some(first)) => (
            "False",
            "InvalidFields",
            format!(
                "{}: {} (it counts as inherit; {} invalid)",
                first.path,
                first.message,
                read.errors.len()
            ),
        ),
        (Ok(_), None) => ("True", "Valid", "every field is valid".to_owned()),
    };
    let delivery = match &level {
        Ok(domain::Level::Global) | Err(_) => cluster.delivery.now(),
        Ok(_) => cluster.delivery.to(&namespace),
    };
    let delivered = match delivery.state {
        DeliveryState::Ready => ("True", "Ready", delivery.message),
        DeliveryState::Unknown => ("Unknown", "Unknown", delivery.message),
        other => ("False", reason(other), delivery.message),
    };
    let selector = read.setting.selector.as_ref();
    let matched = match &level {
        Ok(level) => cluster.pods_of(level, selector, |_| true).await.injected,
        Err(_) => 0,
    };
    let conditions = [("Accepted", accepted), ("Delivered", delivered)]
        .into_iter()
        .map(|(kind, (status, reason, message))| {
            let before = setting
                .status
                .iter()
                .flat_map(|s| &s.conditions)
                .find(|c| c.kind == kind);
            Condition {
                kind: kind.to_owned(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                message,
                last_transition_time: before.filter(|condition| condition.status == status).map_or_else(
                    || format!("{now:.0}"),
                    |condition| condition.last_transition_time.clone(),
                ),
                observed_generation: generation,
            }
        })
        .collect();
    SettingStatus {
        observed_generation: generation,
        conditions,
        pods_matched: Some(i32::try_from(matched).unwrap_or(i32::MAX)),
    }
}

fn reason(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Ready => "Ready",
        DeliveryState::Unknown => "Unknown",
        DeliveryState::WebhookAbsent => "WebhookAbsent",
        DeliveryState::WrongOrder => "WrongOrder",
        DeliveryState::BadCertificate => "BadCertificate",
        DeliveryState::Unreachable => "Unreachable",
        DeliveryState::WrongRules => "WrongRules",
        DeliveryState::NamespaceLeftOut => "NamespaceLeftOut",
        DeliveryState::NoInjector => "NoInjector",
    }
}
