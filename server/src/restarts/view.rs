//! Runs as the wire has them.

use std::collections::BTreeSet;

use api::restart::{RestartCounts, RestartRow, RestartRun, RestartWorkload, Scope};
use domain::restart::ItemState;
use jiff::Timestamp;

use super::store::Stored;
use crate::{
    caller::{Caller, Readable},
    error::Error,
};

/// A run with its workloads.
#[must_use]
pub fn run(stored: &Stored) -> RestartRun {
    let plan = &stored.fixed.plan;
    RestartRun {
        row: row(stored),
        options: plan.options.clone(),
        restarted_at: stored.fixed.restarted_at.clone(),
        workloads: (0..plan.workloads.len())
            .map(|item| workload(stored, item))
            .collect(),
        blocked: plan.blocked.clone(),
        notices: plan.notices.clone(),
        refused: None,
    }
}

/// One of its workloads.
#[must_use]
pub fn workload(stored: &Stored, index: usize) -> RestartWorkload {
    let item = &stored.run.items[index];
    RestartWorkload {
        planned: stored.fixed.plan.workloads[index].clone(),
        state: item.state,
        detail: item.detail.clone(),
        began: item.began.map(time),
        ended: item.ended.map(time),
        change: item.change.clone(),
    }
}

/// A run in a list.
#[must_use]
pub fn row(stored: &Stored) -> RestartRow {
    let (plan, run) = (&stored.fixed.plan, &stored.run);
    RestartRow {
        id: stored.id.clone(),
        state: run.state,
        scope: plan.scope.clone(),
        reason: plan.reason.clone(),
        created: time(stored.created),
        created_by: stored.created_by.clone(),
        approved_by: run.approver.as_ref().map(|approver| approver.user.clone()),
        started: run.started.map(time),
        ended: run.ended.map(time),
        counts: RestartCounts {
            total: run.items.len(),
            waiting: run.count(ItemState::Waiting),
            restarting: run.count(ItemState::Restarting),
            done: run.count(ItemState::Done),
            failed: run.count(ItemState::Failed),
            skipped: run.count(ItemState::Skipped) + run.count(ItemState::Left),
        },
        waves: plan.workloads.last().map_or(0, |planned| planned.wave + 1),
        remaining_seconds: run.remaining_seconds(plan.options.max_in_flight),
        stopping: run.stopping.clone(),
        detail: run.detail.clone(),
    }
}

/// Whether the caller may list pods in each namespace that the run names. What one may not see cannot be shown in part:
/// the counts would tell. A run that names none is its maker's.
pub async fn is_visible(caller: &Caller, stored: &Stored) -> Result<bool, Error> {
    let plan = &stored.fixed.plan;
    let restarted = plan.workloads.iter().map(|planned| &planned.workload);
    let blocked = plan.blocked.iter().map(|blocked| &blocked.workload);
    let asked_for: Vec<&str> = match &plan.scope {
        Scope::Namespace { namespace } => vec![namespace],
        Scope::Workloads { workloads } => workloads.iter().map(|w| w.namespace.as_str()).collect(),
        Scope::Stale | Scope::Change { .. } => Vec::new(),
    };
    let namespaces: BTreeSet<&str> = restarted
        .chain(blocked)
        .map(|workload| workload.namespace.as_str())
        .chain(asked_for)
        .collect();
    if namespaces.is_empty() {
        return Ok(*stored.created_by == *caller.actor);
    }
    for namespace in namespaces {
        match caller.must_read(Readable::Pods, namespace).await {
            Ok(()) => {}
            Err(Error::Forbidden(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
