//! Asking the cluster for one restart, with a record of it.

use std::sync::Arc;

use api::{
    audit::{Action, Target},
    restart::WorkloadName,
};
use domain::restart::Event;

use super::{
    super::{
        store::{Fixed, Stored},
        template::{self, Restart},
    },
    TICK,
};
use crate::{change::record, error::Error, history::Intent, state::State};

/// One restart to ask for. It needs nothing of the run but what is fixed, so that several are asked for side by side.
pub(super) struct Ask {
    state: State,
    plan: String,
    fixed: Arc<Fixed>,
    approver: String,
    /// Its place in the plan.
    pub(super) item: usize,
}

/// What came of it.
pub(super) struct Answer {
    /// The workload's place in the plan.
    pub(super) item: usize,
    /// What has happened; `None`: it is to be asked for again.
    pub(super) event: Option<Event>,
}

impl Ask {
    /// The restart of a workload of this run.
    pub(super) fn of(state: &State, stored: &Stored, item: usize) -> Self {
        let approver = stored.run.approver.as_ref();
        Self {
            state: state.clone(),
            plan: stored.id.clone(),
            fixed: stored.fixed.clone(),
            approver: approver.map(|approver| approver.user.clone()).unwrap_or_default(),
            item,
        }
    }

    /// Asks the cluster for the restart.
    pub(super) async fn carry_out(self) -> Answer {
        let item = self.item;
        let event = match self.restart().await {
            Ok(change) => Some(Event::Asked { item, change }),
            // Where the cluster does not answer, or the history takes no record, it is asked again.
            Err(error) if error.leaves_the_outcome_open() || matches!(error, Error::HistoryUnwritable(_)) => {
                tracing::warn!(restart = self.plan, "a workload is asked for again: {error}");
                tokio::time::sleep(TICK).await;
                None
            }
            // What the cluster refuses has failed.
            Err(error) => Some(Event::Failed {
                item,
                why: error.problem().detail,
            }),
        };
        Answer { item, event }
    }

    /// Writes the restart into the template, with a record of it, unless it is there already; the id of the change.
    async fn restart(&self) -> Result<Option<String>, Error> {
        let planned = &self.fixed.plan.workloads[self.item];
        let workload = planned.workload.clone();
        let console = self.state.cluster.console.clone();
        let before = template::now(&console, &workload)
            .await?
            .ok_or_else(|| Error::NotFound(template::words(&workload)))?;
        if template::is_restarted(&before, &self.plan) {
            // A process before this one has asked, and was killed before it could say so.
            return Ok(self.recorded(&workload).await);
        }
        let intent = Intent {
            actor: self.approver.clone(),
            action: Action::RestartWorkload,
            target: target(&workload),
            reason: self.fixed.plan.reason.clone(),
            before: Some(serde_json::json!({
                "restartedAt": template::restarted_at(&before),
                "stalePods": planned.stale_pods,
                "staleFields": planned.stale_fields,
            })),
            after: Some(serde_json::json!({ "restartedAt": self.fixed.restarted_at, "plan": self.plan })),
            based_on: None,
            outside: None,
            reverts: None,
        };
        let (plan, at) = (self.plan.clone(), self.fixed.restarted_at.clone());
        let written = record(&self.state.history, intent, |()| None, async move {
            let restart = Restart {
                workload: &workload,
                plan: &plan,
                at: &at,
            };
            template::restart(&console, &restart, before).await
        });
        written.await.map(|(change, ())| Some(change))
    }

    /// The change that a process before this one recorded.
    async fn recorded(&self, workload: &WorkloadName) -> Option<String> {
        let found = self.state.history.restart(&target(workload), &self.plan).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(
                restart = self.plan,
                "the change of a restart cannot be found: {error}"
            );
            None
        })
    }
}

fn target(workload: &WorkloadName) -> Target {
    Target {
        kind: workload.kind.clone(),
        namespace: workload.namespace.clone(),
        name: workload.name.clone(),
    }
}
