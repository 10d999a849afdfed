//! Looking after what is under way.

use domain::restart::{Event, Item, ItemState, RunState};

use super::{Drive, Memory};
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
            return Ok(());
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
            } else if let Some(event) = self.ended(stored, memory, item, looks) {
                self.append(stored, event).await?;
            }
        }
        self.ask_again(stored, memory, unasked).await?;
        self.watch_missing(stored).await
    }

    /// How a workload that was restarted has ended; nothing while it has not. `looks`: it is looked whether its pods
    /// will ever be ready.
    fn ended(&self, stored: &Stored, memory: &mut Memory, item: usize, looks: bool) -> Option<Event> {
        let (cluster, plan) = (&self.state.cluster, stored.id.as_str());
        let workload = &stored.fixed.plan.workloads[item].workload;
        let now = self.now();
        if observe::carries(cluster, workload, plan) {
            memory.carried.insert(item);
        }
        let Item { began, asked, .. } = &stored.run.items[item];
        let is_seen = memory.carried.contains(&item) || now - asked.unwrap_or(now) > SEEN;
        let failed = |why| Some(Event::Failed { item, why });
        match observe::progress(cluster, workload, plan, is_seen) {
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

    /// Stops where more pods are missing than was allowed.
    async fn watch_missing(&self, stored: &mut Stored) -> Result<(), Error> {
        let Some(most) = stored.fixed.plan.options.max_unavailable else {
            return Ok(());
        };
        if stored.run.stopping.is_some() || stored.run.state != RunState::Running {
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
