//! Beginning what may begin: with the approver's rights, and with what is known of each workload when its turn comes.

use std::collections::HashMap;

use api::restart::{PlannedWorkload, Scope, WorkloadName};
use domain::restart::{
    Approver, Block, Event, Facts, ItemState, LOSES_SIDECAR, RunState, Step, Verdict, assess, next,
};

use super::{Ask, Drive, Memory};
use crate::{
    error::Error,
    restarts::{
        facts::{self, Beside, Known, Running},
        pods,
        rights::Rights,
        store::Stored,
        template,
    },
};

/// Who pauses a run when no person does.
const CONSOLE: &str = "the console";

/// After this long a workload is looked at again whose turn had not come, in microseconds.
const LATER: i64 = 1_000_000;

/// Within this time the cluster has counted the pods of a workload that is over, in microseconds.
const COUNTED: i64 = 5_000_000;

/// So long what is asked for the workloads that begin together is taken for true, in microseconds.
const FRESH: i64 = 1_000_000;

/// What is asked once for the workloads that begin together: in one look at the run.
struct Together<'a> {
    asked: i64,
    approver: Option<&'a Approver>,
    rights: Rights<'a>,
    /// By namespace.
    beside: HashMap<String, Beside>,
    /// The other runs that are under way.
    others: Option<Vec<Stored>>,
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
        let _turn = self.state.restarts.turn().await;
        let mut together = self.together(approver.as_ref());
        loop {
            if !together.holds(stored, self.now()) {
                return Ok(Some(self.now()));
            }
            let went_on = match next(&pace, &places, &stored.run, self.now()) {
                Step::Wait(until) => return Ok(until),
                Step::End => self.append(stored, Event::Ended).await?,
                Step::Close => {
                    let why = "the window of time has closed: resume it to go on all the same, or make another plan"
                        .to_owned();
                    self.pause(stored, why).await?
                }
                // Its turn comes when another one has been asked for.
                Step::Begin(_) if !memory.has_room() => return Ok(None),
                Step::Begin(_) if memory.not_before > self.now() => return Ok(Some(memory.not_before)),
                Step::Begin(item) => self.begin(stored, memory, item, &mut together).await?,
            };
            if !went_on {
                return Ok(None);
            }
        }
    }

    fn together<'a>(&'a self, approver: Option<&'a Approver>) -> Together<'a> {
        Together {
            asked: self.now(),
            approver,
            rights: Rights::of(&self.state.cluster.console, approver),
            beside: HashMap::new(),
            others: None,
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
        match self.turn(stored, item, together).await? {
            Turn::Come => {}
            Turn::Later => {
                memory.not_before = self.now() + LATER;
                return Ok(true);
            }
            Turn::Never { why, needed } => {
                return self.append(stored, Event::Skipped { item, why, needed }).await;
            }
        }
        // The pace counts from here, and whoever comes after a crash goes on from here.
        let has_begun = self.append(stored, Event::Began { item }).await?;
        if has_begun {
            memory.ask(Ask::of(&self.state, stored, item));
        }
        Ok(has_begun)
    }

    /// Asks for those of `unasked` that nobody is asking for: of a console that ended before it had asked, and those that
    /// the cluster did not answer for. What it waited for may be long ago: all is looked at again that was when they began.
    pub(super) async fn ask_again(
        &self,
        stored: &mut Stored,
        memory: &mut Memory,
        unasked: Vec<usize>,
    ) -> Result<(), Error> {
        let unasked: Vec<usize> = unasked
            .into_iter()
            .filter(|item| !memory.asking.contains(item))
            .collect();
        if unasked.is_empty() || memory.not_before > self.now() {
            return Ok(());
        }
        let approver = stored.run.approver.clone();
        let _turn = self.state.restarts.turn().await;
        let mut together = self.together(approver.as_ref());
        for item in unasked {
            if !memory.has_room() || !together.holds(stored, self.now()) {
                return Ok(());
            }
            // What the cluster has taken is watched to its end, whatever has become of the run.
            if self.is_asked(stored, item).await? {
                memory.ask(Ask::of(&self.state, stored, item));
                continue;
            }
            if let Some(why) = self.too_late(stored) {
                let (why, needed) = (why.to_owned(), true);
                self.append(stored, Event::Skipped { item, why, needed }).await?;
                continue;
            }
            if stored.run.state != RunState::Running {
                memory.not_before = self.now() + LATER;
                continue;
            }
            if let Some(why) = no_longer_approved(stored, item, &mut together).await? {
                self.pause(stored, why).await?;
                continue;
            }
            match self.turn(stored, item, &mut together).await? {
                Turn::Come => memory.ask(Ask::of(&self.state, stored, item)),
                Turn::Later => memory.not_before = self.now() + LATER,
                Turn::Never { why, needed } => {
                    self.append(stored, Event::Skipped { item, why, needed }).await?;
                }
            }
        }
        Ok(())
    }

    /// Why nothing more is asked for, not even for what has begun.
    fn too_late(&self, stored: &Stored) -> Option<&'static str> {
        let window = stored.pace().window;
        if stored.run.stopping.is_some() {
            Some("the run stopped before it was asked for")
        } else if window.is_some_and(|window| window.has_closed(&stored.run, self.now())) {
            Some("the window of time closed before it was asked for")
        } else {
            None
        }
    }

    /// Whether the cluster has taken the restart already: then only the record of that is missing.
    pub(super) async fn is_asked(&self, stored: &Stored, item: usize) -> Result<bool, Error> {
        let workload = &stored.fixed.plan.workloads[item].workload;
        let now = template::now(&self.state.cluster.console, workload).await?;
        Ok(now.is_some_and(|now| template::is_restarted(&now, &stored.id)))
    }

    /// Whether a workload of the plan is to be restarted now.
    async fn turn(&self, stored: &Stored, item: usize, together: &mut Together<'_>) -> Result<Turn, Error> {
        let planned = &stored.fixed.plan.workloads[item];
        let (cluster, workload) = (&self.state.cluster, &planned.workload);
        if !together.beside.contains_key(&workload.namespace) {
            match Beside::read(&cluster.console, Some(&workload.namespace)).await {
                Ok(beside) => _ = together.beside.insert(workload.namespace.clone(), beside),
                Err(error) => {
                    tracing::warn!(
                        restart = self.id,
                        "a workload waits until its budgets can be read: {error}"
                    );
                    return Ok(Turn::Later);
                }
            }
        }
        if together.others.is_none() {
            together.others = Some(self.state.restarts.others(&self.id).await?);
        }
        let (beside, others) = (
            &together.beside[&workload.namespace],
            together.others.as_deref().unwrap_or_default(),
        );
        if others.iter().any(|other| is_restarting(other, workload)) {
            return Ok(Turn::Later);
        }
        let running = pods::running(cluster, workload);
        let known = cluster.judging(|judge| facts::facts(judge, beside, workload, running));
        let Some(Known { mut facts, .. }) = known else {
            return Ok(Turn::not_needed(format!("{} is gone", template::words(workload))));
        };
        // Not even of what was named: its plan said nothing of it.
        if let Some(why) = facts.loses_sidecar.clone().filter(|_| !is_taken_out(planned)) {
            return Ok(Turn::blocked(&Block::LosesSidecar { why }));
        }
        for run in others.iter().chain([stored]) {
            self.count_taken(run, beside, workload, &mut facts);
        }
        let is_wanted = matches!(stored.fixed.plan.scope, Scope::Workloads { .. });
        let interrupting = stored.fixed.plan.options.allow_interruption;
        Ok(match assess(&facts, is_wanted, interrupting) {
            (Verdict::Restart, _) => Turn::Come,
            (Verdict::Later, _) => Turn::Later,
            (Verdict::NotNeeded, _) => {
                Turn::not_needed("no pod of it runs an old setting any more".to_owned())
            }
            (Verdict::Blocked(block), _) => Turn::blocked(&block),
        })
    }

    /// Counts what a run's other workloads take of a workload's budgets: of those under way what they may, as the cluster may
    /// not have seen it yet; of those that are just over what it may not have seen come back.
    fn count_taken(&self, run: &Stored, beside: &Beside, workload: &WorkloadName, facts: &mut Facts) {
        let (needed, now) = (facts.takes_down(), self.now());
        let Some(budgets) = facts.budgets.as_mut().filter(|budgets| !budgets.is_empty()) else {
            return;
        };
        for (other, planned) in run.run.items.iter().zip(&run.fixed.plan.workloads) {
            let is_under_way = other.state == ItemState::Restarting;
            let is_just_over =
                other.began.is_some() && other.ended.is_some_and(|ended| now - ended < COUNTED);
            let is_beside = planned.workload.namespace == workload.namespace && planned.workload != *workload;
            if !is_beside || !(is_under_way || is_just_over) {
                continue;
            }
            let (cluster, nothing) = (&self.state.cluster, Running::default());
            let known = cluster.judging(|judge| facts::facts(judge, beside, &planned.workload, nothing));
            let Some(Known { facts: others, .. }) = known else {
                continue;
            };
            for theirs in others.budgets.iter().flatten() {
                let Some(budget) = budgets.iter_mut().find(|budget| budget.name == theirs.name) else {
                    continue;
                };
                if is_under_way || budget.allowed < needed {
                    budget.taken += others.takes_down();
                }
            }
        }
    }
}

impl Together<'_> {
    /// Whether it still says what is: somebody else may answer for the run by now, whose rights are not known.
    fn holds(&self, stored: &Stored, now: i64) -> bool {
        now - self.asked < FRESH && stored.run.approver.as_ref() == self.approver
    }
}

/// Whether a run restarts this workload now.
fn is_restarting(run: &Stored, workload: &WorkloadName) -> bool {
    let mut items = run.run.items.iter().zip(&run.fixed.plan.workloads);
    items.any(|(item, planned)| item.state == ItemState::Restarting && planned.workload == *workload)
}

/// Whether a workload's turn has come.
enum Turn {
    Come,
    /// The restarts under way may take all that its budgets allow, or another run restarts it, or its budgets cannot be
    /// read. What comes after it in the wave waits too: the order is the plan's.
    Later,
    /// It is not restarted, and why; whether it needs it all the same.
    Never {
        why: String,
        needed: bool,
    },
}

impl Turn {
    const fn not_needed(why: String) -> Self {
        Self::Never { why, needed: false }
    }

    fn blocked(block: &Block) -> Self {
        Self::Never {
            why: block.to_string(),
            needed: true,
        }
    }
}

/// Whether its plan said that the restart takes a workload out of the mesh.
pub(super) fn is_taken_out(planned: &PlannedWorkload) -> bool {
    planned.remarks.iter().any(|remark| remark.code == LOSES_SIDECAR)
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
