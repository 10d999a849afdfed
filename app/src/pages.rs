//! The pages, and the chunks of WebAssembly that they are loaded in.
//!
//! A chunk holds the pages between which one goes back and forth. Finer, and what they share would lie in one more file for
//! each way to share it: a hundred.

use leptos::prelude::*;
use leptos_router::LazyRoute;

mod annotations;
mod audit;
mod deployments;
mod lints;
mod mesh;
pub(crate) mod not_found;
mod pods;
mod sidecar;
mod verify;

/// A page as the router wants it: its chunk, and which of the chunk's pages it is.
macro_rules! pages {
    ($($page:ident = $chunk:ident($which:ident);)*) => {
        $(
            pub(crate) struct $page;

            impl LazyRoute for $page {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    $chunk(Which::$which).await
                }
            }
        )*
    };
}

pages! {
    MeshPage = service_mesh(Mesh);
    GlobalPage = data_plane(Global);
    NamespacesPage = data_plane(Namespaces);
    NamespacePage = data_plane(Namespace);
    WorkloadsPage = data_plane(Workloads);
    WorkloadSettingsPage = data_plane(WorkloadSettings);
    NewWorkloadSettingPage = data_plane(NewWorkloadSetting);
    WorkloadSettingPage = data_plane(WorkloadSetting);
    LintsPage = data_plane(Lints);
    DeploymentsPage = workloads(Deployments);
    DeploymentPage = workloads(Deployment);
    PodsPage = workloads(Pods);
    PodPage = workloads(Pod);
    VerifyPage = workloads(Verify);
    HistoryPage = records(History);
    ChangePage = records(Change);
    AnnotationsPage = records(Annotations);
}

#[derive(Clone, Copy)]
enum Which {
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
    Pods,
    Pod,
    Verify,
    History,
    Change,
    Annotations,
}

/// Service Mesh.
#[lazy]
fn service_mesh(_: Which) -> AnyView {
    mesh::mesh_page()
}

/// Data Plane Component Management.
#[lazy]
fn data_plane(page: Which) -> AnyView {
    match page {
        Which::Namespaces => sidecar::namespaces_page(),
        Which::Namespace => sidecar::namespace_page(),
        Which::Workloads => sidecar::workloads_page(),
        Which::WorkloadSettings => sidecar::workload_settings_page(),
        Which::NewWorkloadSetting => sidecar::new_workload_setting_page(),
        Which::WorkloadSetting => sidecar::workload_setting_page(),
        Which::Lints => lints::lints_page(),
        _ => sidecar::global_page(),
    }
}

/// Workloads.
#[lazy]
fn workloads(page: Which) -> AnyView {
    match page {
        Which::Deployments => deployments::deployments_page(),
        Which::Deployment => deployments::deployment_page(),
        Which::Pod => pods::pod_page(),
        Which::Verify => verify::verify_page(),
        _ => pods::pods_page(),
    }
}

/// Records.
#[lazy]
fn records(page: Which) -> AnyView {
    match page {
        Which::Change => audit::change_page(),
        Which::Annotations => annotations::annotations_page(),
        _ => audit::history_page(),
    }
}
