//! Looking after what is under way.

use domain::restart::{Event, Item, ItemState, RunState};

use super::{Drive, Memory, begin::is_taken_out};
use crate::{
    error::Error,
    restarts::{
        observe::{self, Progress},
        store::Stored,
    },
};

/// After this long the console must have seen its own write, in microseconds.
const SEEN: i64 = 15_000_000;
/// How often it is looked why pods are not ready, in microseconds.
const WHY: i64 = 2_000_000;

impl Drive {
    /// Looks after what is under way.
    pub(super) async fn tend(&self, stored: &mut Stored, memory: &mut Memory) -> Result<(), Error> {
        let under_way = stored.standing(ItemState::Restarting);
        if under_way.is_empty() {
            return self.watch_missing(stored).await;
        }
        let now = self.now();
        let looks = now - *memory.looked.get_or_insert(now) > WHY;
        if looks {
            memory.looked = Some(now);
        }
        let mut unasked = Vec::new();
        for item in under_way {
            if stored.run.items[item].asked.is_none() {
                unasked.push(item);
            } else {
                let is_seen = self.is_seen(stored, memory, item, looks).await?;
                if let Some(event) = self.ended(stored, item, is_seen, looks) {
                    self.append(stored, event).await?;
                }
            }
        }
        self.ask_again(stored, memory, unasked).await?;
        self.watch_missing(stored).await
    }

    /// Whether the console has seen the restart in the workload's template, or must have: a watch that is dead looks like one
    /// that is quiet, so the cluster itself is asked before somebody is said to have taken the restart back.
    async fn is_seen(
        &self,
        stored: &Stored,
        memory: &mut Memory,
        item: usize,
        looks: bool,
    ) -> Result<bool, Error> {
        let workload = &stored.fixed.plan.workloads[item].workload;
        if observe::carries(&self.state.cluster, workload, &stored.id) {
            memory.carried.insert(item);
        }
        if memory.carried.contains(&item) {
            return Ok(true);
        }
        let now = self.now();
        let must_be = looks && now - stored.run.items[item].asked.unwrap_or(now) > SEEN;
        Ok(must_be && !self.is_asked(stored, item).await?)
    }

    /// How a workload that was restarted has ended; nothing while it has not. `looks`: it is looked whether its pods
    /// will ever be ready.
    fn ended(&self, stored: &Stored, item: usize, is_seen: bool, looks: bool) -> Option<Event> {
        let (cluster, plan) = (&self.state.cluster, stored.id.as_str());
        let planned = &stored.fixed.plan.workloads[item];
        let (workload, now) = (&planned.workload, self.now());
        let Item { began, asked, .. } = &stored.run.items[item];
        let failed = |why| Some(Event::Failed { item, why });
        let keeps_sidecar = planned.stale_pods > 0 && !is_taken_out(planned);
        match observe::progress(cluster, workload, plan, is_seen, keeps_sidecar) {
            Progress::Done => Some(Event::Done { item }),
            Progress::Failed(why) => failed(why),
            Progress::Going(how) => {
                let seconds = stored.fixed.plan.options.deadline_seconds;
                if now - asked.or(*began).unwrap_or(now) > i64::from(seconds) * 1_000_000 {
                    return failed(format!("its new pods are not ready after {seconds} s: {how}"));
                }
                looks
                    .then(|| observe::hopeless(cluster, workload, plan))
                    .flatten()
                    .and_then(failed)
            }
        }
    }

    /// Stops where more pods are missing than was allowed. Before the run's window opens nothing is taken down, nor judged.
    async fn watch_missing(&self, stored: &mut Stored) -> Result<(), Error> {
        let Some(most) = stored.fixed.plan.options.max_unavailable else {
            return Ok(());
        };
        let is_early = stored
            .pace()
            .window
            .is_some_and(|window| self.now() < window.from);
        if is_early || stored.run.stopping.is_some() || stored.run.state != RunState::Running {
            return Ok(());
        }
        let workloads = stored.fixed.plan.workloads.iter();
        let missing: u32 = workloads
            .map(|planned| observe::missing(&self.state.cluster, &planned.workload))
            .sum();
        if missing > most {
            let why =
                format!("{missing} pods of the plan's workloads are missing, and at most {most} may be");
            self.append(stored, Event::Stopped { why }).await?;
        }
        Ok(())
    }
}
