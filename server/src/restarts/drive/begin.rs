//! Beginning what may begin: with the approver's rights, and with what is known of each workload when its turn comes.

use std::collections::{HashMap, hash_map::Entry};

use domain::restart::{Approver, Event, RunState, Step, Verdict, assess, next};

use super::{Ask, Drive, Memory};
use crate::{
    error::Error,
    restarts::{
        facts::{self, Beside},
        pods,
        rights::Rights,
        store::Stored,
        template,
    },
};

/// Who pauses a run when no person does.
const CONSOLE: &str = "the console";

/// What is asked once for the workloads that begin together: in one look at the run, without waiting in between.
struct Together<'a> {
    approver: Option<&'a Approver>,
    rights: Rights<'a>,
    /// By namespace.
    beside: HashMap<String, Beside>,
}

impl Drive {
    /// Begins what may begin; when to look again, where time decides.
    pub(super) async fn advance(
        &self,
        stored: &mut Stored,
        memory: &mut Memory,
    ) -> Result<Option<i64>, Error> {
        let (pace, places) = (stored.pace(), stored.places());
        let approver = stored.run.approver.clone();
        let mut together = self.together(approver.as_ref());
        loop {
            let went_on = match next(&pace, &places, &stored.run, self.now()) {
                Step::Wait(until) => return Ok(until),
                Step::End => self.append(stored, Event::Ended).await?,
                Step::Close => {
                    let why = "the window of time has closed: resume it, or make another plan".to_owned();
                    self.pause(stored, why).await?
                }
                // Its turn comes when another one has been asked for.
                Step::Begin(_) if !memory.has_room() => return Ok(None),
                Step::Begin(item) => self.begin(stored, memory, item, &mut together).await?,
            };
            if !went_on {
                return Ok(None);
            }
        }
    }

    fn together<'a>(&'a self, approver: Option<&'a Approver>) -> Together<'a> {
        Together {
            approver,
            rights: Rights::of(&self.state.cluster.console, approver),
            beside: HashMap::new(),
        }
    }

    async fn pause(&self, stored: &mut Stored, why: String) -> Result<bool, Error> {
        let paused = Event::Paused {
            by: CONSOLE.to_owned(),
            why: Some(why),
        };
        self.append(stored, paused).await
    }

    /// Begins a workload, if it is still to be.
    async fn begin(
        &self,
        stored: &mut Stored,
        memory: &mut Memory,
        item: usize,
        together: &mut Together<'_>,
    ) -> Result<bool, Error> {
        if let Some(why) = no_longer_approved(stored, item, together).await? {
            return self.pause(stored, why).await;
        }
        if let Some(why) = self.not_any_more(stored, item, &mut together.beside).await {
            return self.append(stored, Event::Skipped { item, why }).await;
        }
        // The pace counts from here, and whoever comes after a crash goes on from here.
        let has_begun = self.append(stored, Event::Began { item }).await?;
        if has_begun {
            memory.ask(Ask::of(&self.state, stored, item));
        }
        // Somebody else may answer for it from now on, whose rights are not known yet.
        Ok(has_begun && stored.run.approver.as_ref() == together.approver)
    }

    /// Asks for those of `unasked` that nobody is asking for, if it still may: of a console that ended before it had
    /// asked, and those that the cluster did not answer for.
    pub(super) async fn ask_again(
        &self,
        stored: &mut Stored,
        memory: &mut Memory,
        unasked: Vec<usize>,
    ) -> Result<(), Error> {
        let approver = stored.run.approver.clone();
        let mut together = self.together(approver.as_ref());
        for item in unasked {
            if stored.run.state != RunState::Running || !memory.has_room() {
                return Ok(());
            }
            if memory.asking.contains(&item) {
                continue;
            }
            match no_longer_approved(stored, item, &mut together).await? {
                Some(why) => _ = self.pause(stored, why).await?,
                None => memory.ask(Ask::of(&self.state, stored, item)),
            }
        }
        Ok(())
    }

    /// Why a workload of the plan is not to be restarted any more.
    async fn not_any_more(
        &self,
        stored: &Stored,
        item: usize,
        beside: &mut HashMap<String, Beside>,
    ) -> Option<String> {
        let planned = &stored.fixed.plan.workloads[item];
        let (cluster, workload) = (&self.state.cluster, &planned.workload);
        let beside = match beside.entry(workload.namespace.clone()) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(unread) => {
                unread.insert(Beside::read(&cluster.console, Some(&workload.namespace)).await)
            }
        };
        let known = facts::facts(&cluster.stores, beside, workload, pods::stale(cluster, workload));
        let Some(known) = known else {
            return Some(format!("{} is gone", template::words(workload)));
        };
        let is_wanted = planned.stale_pods == 0;
        let interrupting = stored.fixed.plan.options.allow_interruption;
        match assess(&known.facts, is_wanted, interrupting) {
            (Verdict::Restart, _) => None,
            (Verdict::NotNeeded, _) => Some("no pod of it runs an old setting any more".to_owned()),
            (Verdict::Blocked(block), _) => Some(block.to_string()),
        }
    }
}

/// Why the approver may not go on with this workload.
async fn no_longer_approved(
    stored: &Stored,
    item: usize,
    together: &mut Together<'_>,
) -> Result<Option<String>, Error> {
    if together.approver.is_none() {
        return Ok(Some("nobody answers for it".to_owned()));
    }
    let workload = &stored.fixed.plan.workloads[item].workload;
    together.rights.refused(workload).await
}
