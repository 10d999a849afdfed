//! The pages, and the chunks of WebAssembly that they are loaded in.
//!
//! A chunk holds the pages between which one goes back and forth. Finer, and what they share would lie in one more file for
//! each way to share it: a hundred.

use api::workload::WorkloadKind;
use leptos_router::ChooseView;

use crate::prelude::*;

mod annotations;
mod audit;
mod lints;
mod manifest;
mod mesh;
pub(crate) mod not_found;
mod pods;
mod restarts;
mod sidecar;
mod verify;
mod workloads;

/// A page as the router wants it; one type, so that the router's part is compiled once.
#[derive(Clone, Copy)]
pub(crate) enum Page {
    Mesh,
    Global,
    Namespaces,
    Namespace,
    Workloads,
    WorkloadSettings,
    NewWorkloadSetting,
    WorkloadSetting,
    Lints,
    Deployments,
    Deployment,
    StatefulSets,
    StatefulSet,
    DaemonSets,
    DaemonSet,
    Pods,
    Pod,
    Verify,
    Manifest,
    Verification,
    Verifications,
    Restarts,
    Restart,
    History,
    Change,
    Annotations,
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        match self {
            Self::Mesh => service_mesh(self).await,
            Self::Global
            | Self::Namespaces
            | Self::Namespace
            | Self::Workloads
            | Self::WorkloadSettings
            | Self::NewWorkloadSetting
            | Self::WorkloadSetting
            | Self::Lints => data_plane(self).await,
            Self::Deployments
            | Self::Deployment
            | Self::Pods
            | Self::Pod
            | Self::Verify
            | Self::Verification
            | Self::Verifications
            | Self::StatefulSets
            | Self::StatefulSet
            | Self::DaemonSets
            | Self::DaemonSet => workloads(self).await,
            Self::Manifest => manifests(self).await,
            Self::Restarts | Self::Restart | Self::History | Self::Change | Self::Annotations => {
                records(self).await
            }
        }
    }

    async fn preload(&self) {}
}

/// Service Mesh.
#[lazy]
fn service_mesh(_: Page) -> AnyView {
    mesh::mesh_page()
}

/// Data Plane Component Management.
#[lazy]
fn data_plane(page: Page) -> AnyView {
    match page {
        Page::Namespaces => sidecar::namespaces_page(),
        Page::Namespace => sidecar::namespace_page(),
        Page::Workloads => sidecar::workloads_page(),
        Page::WorkloadSettings => sidecar::workload_settings_page(),
        Page::NewWorkloadSetting => sidecar::new_workload_setting_page(),
        Page::WorkloadSetting => sidecar::workload_setting_page(),
        Page::Lints => lints::lints_page(),
        _ => sidecar::global_page(),
    }
}

/// Workloads.
#[lazy]
fn workloads(page: Page) -> AnyView {
    match page {
        Page::Deployments => workloads::list_page(WorkloadKind::Deployment),
        Page::Deployment => workloads::page(WorkloadKind::Deployment),
        Page::StatefulSets => workloads::list_page(WorkloadKind::StatefulSet),
        Page::StatefulSet => workloads::page(WorkloadKind::StatefulSet),
        Page::DaemonSets => workloads::list_page(WorkloadKind::DaemonSet),
        Page::DaemonSet => workloads::page(WorkloadKind::DaemonSet),
        Page::Pod => pods::pod_page(),
        Page::Verify => verify::verify_page(),
        Page::Verification => verify::verification_page(),
        Page::Verifications => verify::verifications_page(),
        _ => pods::pods_page(),
    }
}

/// Manifests: who edits one has come for that.
#[lazy]
fn manifests(_: Page) -> AnyView {
    manifest::manifest_page()
}

/// Records, and restarts, which are records once they are over.
#[lazy]
fn records(page: Page) -> AnyView {
    match page {
        Page::Restarts => restarts::restarts_page(),
        Page::Restart => restarts::restart_page(),
        Page::Change => audit::change_page(),
        Page::Annotations => annotations::annotations_page(),
        _ => audit::history_page(),
    }
}
