//! Restarts without an outcome: the workload's template tells, and whoever has found the restart in it.

use api::{
    audit::{Action, OutcomeState},
    restart::WorkloadName,
};

use super::{NotYet, found, judge, next};
use crate::{
    cluster::Cluster,
    history::{History, Intent, Pending, Recorded},
    restarts::template,
};

/// The template says whether the plan, whose id is in the intent, has restarted the workload, unless somebody has written
/// over it since: another plan, which says what it found there first, or who puts an older template back.
pub(super) async fn settled(
    history: &History,
    cluster: &Cluster,
    pending: &Pending,
) -> Result<Recorded, NotYet> {
    let intent = &pending.intent;
    let target = &intent.target;
    let workload = WorkloadName {
        kind: target.kind.clone(),
        namespace: target.namespace.clone(),
        name: target.name.clone(),
    };
    let plan = plan(intent).unwrap_or_default();
    if history.has_gone_on(plan, &pending.change).await? {
        return Ok(found(OutcomeState::Succeeded, "its run found the restart there"));
    }
    let before = restarted_at(intent.before.as_ref());
    let later = next(history, pending, Some(Action::RestartWorkload)).await?;
    // The same plan asks again where it got no answer: what it found may have been there before the first was carried out.
    if let Some(later) = later.filter(|later| self::plan(later) != Some(plan)) {
        let then = restarted_at(later.before.as_ref());
        let wanted = restarted_at(intent.after.as_ref());
        return Ok(judge(then == before, then.is_some() && then == wanted, None));
    }
    let now = template::now(&cluster.console, &workload)
        .await
        .map_err(NotYet::Asked)?;
    Ok(match now {
        None => found(OutcomeState::Unknown, "the workload is gone"),
        Some(now) => {
            let is_restarted = template::is_restarted(&now, plan);
            let is_before = !is_restarted && template::restarted_at(&now) == before;
            judge(is_before, is_restarted, None)
        }
    })
}

/// The plan of a restart.
fn plan(intent: &Intent) -> Option<&str> {
    intent.after.as_ref().and_then(|after| after["plan"].as_str())
}

/// The time of a workload's last restart, as changes record it.
fn restarted_at(state: Option<&serde_json::Value>) -> Option<&str> {
    state.and_then(|state| state["restartedAt"].as_str())
}
