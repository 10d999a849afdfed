//! Deployments, StatefulSets, DaemonSets.

use api::{
    Page, Problem,
    lint::About,
    mesh::PodCounts,
    page::Order,
    workload::{WorkloadColumn, WorkloadDetail, WorkloadKind, WorkloadQuery, WorkloadRow},
};
use axum::extract::State as Shared;

use super::paging::{self, Asked, Key, Value};
use crate::{
    caller::{Caller, Readable},
    cluster::pods::in_force,
    error::Error,
    extract::{Json, Path, Query},
    remarks,
    state::State,
};

mod live;

use self::live::Live;

/// List Deployments
///
/// Each with how many of its pods have a sidecar and how many of those run an old setting, where the caller may list pods.
#[utoipa::path(get, path = api::path::DEPLOYMENTS, tag = "workloads", operation_id = "listDeployments", params(WorkloadQuery), responses(
    (status = 200, body = Page<WorkloadRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list Deployments there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list_deployments(
    state: Shared<State>,
    caller: Caller,
    Query(query): Query<WorkloadQuery>,
) -> Result<Json<Page<WorkloadRow>>, Error> {
    list(&state, &caller, WorkloadKind::Deployment, query).await
}

/// Get a Deployment
///
/// What Kubernetes says of it, and the values in force for the next pod that its template makes.
#[utoipa::path(get, path = api::path::DEPLOYMENT, tag = "workloads", operation_id = "getDeployment",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = WorkloadDetail),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such Deployment"),
    )
)]
pub(super) async fn get_deployment(
    state: Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<WorkloadDetail>, Error> {
    get(&state, &caller, WorkloadKind::Deployment, &namespace, &name).await
}

/// List StatefulSets
///
/// Each with how many of its pods have a sidecar and how many of those run an old setting, where the caller may list pods.
#[utoipa::path(get, path = api::path::STATEFUL_SETS, tag = "workloads", operation_id = "listStatefulSets", params(WorkloadQuery), responses(
    (status = 200, body = Page<WorkloadRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list StatefulSets there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list_stateful_sets(
    state: Shared<State>,
    caller: Caller,
    Query(query): Query<WorkloadQuery>,
) -> Result<Json<Page<WorkloadRow>>, Error> {
    list(&state, &caller, WorkloadKind::StatefulSet, query).await
}

/// Get a StatefulSet
///
/// What Kubernetes says of it, and the values in force for the next pod that its template makes.
#[utoipa::path(get, path = api::path::STATEFUL_SET, tag = "workloads", operation_id = "getStatefulSet",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = WorkloadDetail),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such StatefulSet"),
    )
)]
pub(super) async fn get_stateful_set(
    state: Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<WorkloadDetail>, Error> {
    get(&state, &caller, WorkloadKind::StatefulSet, &namespace, &name).await
}

/// List DaemonSets
///
/// Each with how many of its pods have a sidecar and how many of those run an old setting, where the caller may list pods.
#[utoipa::path(get, path = api::path::DAEMON_SETS, tag = "workloads", operation_id = "listDaemonSets", params(WorkloadQuery), responses(
    (status = 200, body = Page<WorkloadRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list DaemonSets there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list_daemon_sets(
    state: Shared<State>,
    caller: Caller,
    Query(query): Query<WorkloadQuery>,
) -> Result<Json<Page<WorkloadRow>>, Error> {
    list(&state, &caller, WorkloadKind::DaemonSet, query).await
}

/// Get a DaemonSet
///
/// What Kubernetes says of it, and the values in force for the next pod that its template makes.
#[utoipa::path(get, path = api::path::DAEMON_SET, tag = "workloads", operation_id = "getDaemonSet",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = WorkloadDetail),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such DaemonSet"),
    )
)]
pub(super) async fn get_daemon_set(
    state: Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<WorkloadDetail>, Error> {
    get(&state, &caller, WorkloadKind::DaemonSet, &namespace, &name).await
}

fn readable(kind: WorkloadKind) -> Readable {
    match kind {
        WorkloadKind::Deployment => Readable::Deployments,
        WorkloadKind::StatefulSet => Readable::StatefulSets,
        WorkloadKind::DaemonSet => Readable::DaemonSets,
    }
}

async fn list(
    state: &State,
    caller: &Caller,
    kind: WorkloadKind,
    query: WorkloadQuery,
) -> Result<Json<Page<WorkloadRow>>, Error> {
    let order = query.sort.unwrap_or(Order {
        by: WorkloadColumn::Namespace,
        descending: false,
    });
    let asked = Asked::of(kind.names(), order, query.limit, query.cursor.as_deref())?;
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot().await;
    let names = snapshot.namespace_names();
    let visible = caller
        .shown(readable(kind), query.namespace.as_deref(), &names)
        .await?;
    let pods = caller.may_read(Readable::Pods, &names).await?;
    // What may not be counted must not be found out by filtering or sorting either.
    let counts = |row: &WorkloadRow| {
        if pods.includes(&row.namespace) {
            row.pods
        } else {
            PodCounts::default()
        }
    };
    let is_searched = paging::search(query.q.as_deref());
    let rows = snapshot
        .workloads(kind)
        .iter()
        .filter(|row| visible.includes(&row.namespace) && is_searched(&row.name))
        .filter(|row| query.stale.is_none_or(|stale| (counts(row).stale > 0) == stale));
    let mut page = asked.page(rows.collect(), |row| Key {
        column: match order.by {
            WorkloadColumn::Name => Value::text(&row.name),
            WorkloadColumn::Namespace => Value::Nothing,
            WorkloadColumn::Ready => Value::Number(row.ready.into()),
            WorkloadColumn::Stale => Value::Number(counts(row).stale.try_into().unwrap_or(i64::MAX)),
            WorkloadColumn::Created => Value::text(row.created.as_deref().unwrap_or_default()),
        },
        namespace: &row.namespace,
        name: &row.name,
    });
    for row in &mut page.items {
        row.pods = counts(row);
    }
    Ok(Json(page))
}

async fn get(
    state: &State,
    caller: &Caller,
    kind: WorkloadKind,
    namespace: &str,
    name: &str,
) -> Result<Json<WorkloadDetail>, Error> {
    let cluster = &state.cluster;
    cluster.ready()?;
    // Boxed, as what follows: the futures of the Kubernetes client are large.
    let Live {
        mut row,
        template,
        strategy,
        paused,
        conditions,
    } = Box::pin(Live::read(cluster, caller, kind, namespace, name)).await?;
    match caller.must_read(Readable::Pods, namespace).await {
        Ok(()) => row.pods = cluster.snapshot().await.counts_of(kind, namespace, name),
        Err(Error::Forbidden(_)) => {}
        Err(error) => return Err(error),
    }
    let next = cluster.judging(|judge| judge.next_pod(namespace, (&template).into()));
    let thing = About {
        kind: kind.name().to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let (lints, events) = futures::join!(
        remarks::about(state, caller, &thing),
        Box::pin(live::events(caller, kind, namespace, name))
    );
    Ok(Json(WorkloadDetail {
        row,
        in_root_namespace: cluster.is_root(namespace),
        strategy,
        paused,
        conditions,
        events,
        desired: in_force(&next.effective),
        not_applicable: next.not_applicable,
        workload_settings: next.workload_settings,
        lints,
    }))
}
