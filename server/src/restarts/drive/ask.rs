//! Asking the cluster for one restart, with a record of it.

use api::{
    audit::{Action, Target},
    restart::WorkloadName,
};
use domain::restart::Event;

use super::{
    super::{
        store::Stored,
        template::{self, Restart},
    },
    Drive, TICK,
};
use crate::{change::record, error::Error, history::Intent};

impl Drive {
    /// Asks the cluster for the restart, with a record of it, unless its template carries it already.
    pub(super) async fn ask(&self, stored: &mut Stored, item: usize) -> Result<(), Error> {
        let planned = stored.fixed.plan.workloads[item].clone();
        let workload = planned.workload.clone();
        let console = self.state.cluster.console.clone();
        let before = match template::now(&console, &workload).await {
            Ok(Some(before)) => before,
            Ok(None) => {
                let why = format!("{} is gone", template::words(&workload));
                return self.append(stored, Event::Failed { item, why }).await.map(drop);
            }
            Err(error) => return self.refused(stored, item, &error).await,
        };
        if template::is_restarted(&before, &stored.id) {
            // A process before this one has asked, and was killed before it could say so.
            let change = self.recorded(&workload, &stored.id).await;
            let asked = Event::Asked { item, change };
            return self.append(stored, asked).await.map(drop);
        }
        let approver = stored.run.approver.as_ref().map(|approver| approver.user.clone());
        let intent = Intent {
            actor: approver.unwrap_or_default(),
            action: Action::RestartWorkload,
            target: target(&workload),
            reason: stored.fixed.plan.reason.clone(),
            before: Some(serde_json::json!({
                "restartedAt": template::restarted_at(&before),
                "stalePods": planned.stale_pods,
                "staleFields": planned.stale_fields,
            })),
            after: Some(serde_json::json!({ "restartedAt": stored.fixed.restarted_at, "plan": stored.id })),
            based_on: None,
            outside: None,
        };
        let (plan, at) = (stored.id.clone(), stored.fixed.restarted_at.clone());
        let written = record(&self.state.history, intent, |()| None, async move {
            let restart = Restart {
                workload: &workload,
                plan: &plan,
                at: &at,
            };
            template::restart(&console, &restart).await
        });
        match written.await {
            Ok((change, ())) => {
                let asked = Event::Asked {
                    item,
                    change: Some(change),
                };
                self.append(stored, asked).await.map(drop)
            }
            Err(error) => self.refused(stored, item, &error).await,
        }
    }

    /// The change that a process before this one recorded.
    async fn recorded(&self, workload: &WorkloadName, plan: &str) -> Option<String> {
        let target = target(workload);
        let found = self.state.history.restart(&target, plan).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(restart = plan, "the change of a restart cannot be found: {error}");
            None
        })
    }

    /// What the cluster refuses has failed; where it does not answer, or the history takes no record, it is asked again.
    async fn refused(&self, stored: &mut Stored, item: usize, error: &Error) -> Result<(), Error> {
        if error.leaves_the_outcome_open() || matches!(error, Error::HistoryUnwritable(_)) {
            tracing::warn!(restart = self.id, "a workload is asked for again: {error}");
            tokio::time::sleep(TICK).await;
            return Ok(());
        }
        let why = error.problem().detail;
        self.append(stored, Event::Failed { item, why }).await.map(drop)
    }
}

fn target(workload: &WorkloadName) -> Target {
    Target {
        kind: workload.kind.clone(),
        namespace: workload.namespace.clone(),
        name: workload.name.clone(),
    }
}
