//! Carrying plans out: one task a run, under the console's own account.
//!
//! A process takes a run by a claim with a lease, and appends to it only while the lease runs. Before a workload is touched
//! it is written down that it is about to be; a process that finds that, and no more, asks the cluster again, which
//! changes nothing where it was taken. So a killed process is followed by another, and nothing is restarted twice.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::restart::{Event, ItemState, RunState, Step, Verdict, assess, next};

use super::{
    facts::{self, Beside},
    observe::{self, Progress},
    rights::Rights,
    store::Stored,
    template,
};
use crate::{error::Error, state::State};

mod ask;

/// How often unclaimed runs, and what other processes did, are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often a run is looked at when nothing tells of a change.
const TICK: Duration = Duration::from_secs(1);
/// At most so often it is looked at when much changes.
const BREATH: Duration = Duration::from_millis(150);
/// How often a lease is renewed: well before it ends.
const RENEW: Duration = Duration::from_secs(4);
/// After this long the console must have seen its own write, in microseconds.
const SEEN: i64 = 15_000_000;
/// Who pauses a run when no person does.
const CONSOLE: &str = "the console";

/// Carries runs out for as long as the process lives. `alone`: no other process uses the database, so that nobody has what
/// is claimed.
pub async fn run(state: State, alone: bool) {
    let driver = uuid::Uuid::now_v7().to_string();
    let mine: Arc<Mutex<HashSet<String>>> = Arc::default();
    if alone && let Err(error) = state.restarts.take_over().await {
        tracing::warn!("restarts that were under way go on when their leases end: {error}");
    }
    let mut changes = state.restarts.changes();
    let mut pulse = None;
    loop {
        match state.restarts.pulse().await {
            Ok(now) => {
                if pulse.replace(now) != Some(now) {
                    state.restarts.tell();
                    // What was told by ourselves is nothing to wake up for.
                    changes.mark_unchanged();
                }
                claim(&state, &driver, &mine).await;
            }
            Err(error) => tracing::warn!("restarts cannot be read: {error}"),
        }
        tokio::select! {
            () = state.stopping.begun() => return,
            _ = changes.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Takes the runs that nobody carries out.
async fn claim(state: &State, driver: &str, mine: &Arc<Mutex<HashSet<String>>>) {
    let lock = || mine.lock().unwrap_or_else(PoisonError::into_inner);
    let unclaimed = match state.restarts.unclaimed().await {
        Ok(unclaimed) => unclaimed,
        Err(error) => return tracing::warn!("restarts cannot be read: {error}"),
    };
    for id in unclaimed {
        if lock().contains(&id) || !matches!(state.restarts.claim(&id, driver).await, Ok(true)) {
            continue;
        }
        lock().insert(id.clone());
        let (drive, mine) = (
            Drive {
                state: state.clone(),
                driver: driver.to_owned(),
                id,
            },
            mine.clone(),
        );
        tokio::spawn(async move {
            tracing::info!(restart = drive.id, "carrying a restart out");
            tokio::select! {
                done = drive.work() => if let Err(error) = done {
                    tracing::warn!(restart = drive.id, "a restart cannot go on now: {error}");
                    // Not at once: what is wrong may stay so for a while.
                    tokio::time::sleep(LOOK).await;
                },
                () = drive.keep() => tracing::warn!(restart = drive.id, "another process carries the restart out now"),
                () = drive.state.stopping.begun() => {}
            }
            if let Err(error) = drive.state.restarts.release(&drive.id, &drive.driver).await {
                tracing::warn!(
                    restart = drive.id,
                    "a claim cannot be given back and ends by itself: {error}"
                );
            }
            mine.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&drive.id);
        });
    }
}

/// One run, carried out.
struct Drive {
    state: State,
    driver: String,
    id: String,
}

/// What one process remembers of a run.
#[derive(Default)]
struct Memory {
    /// The workloads whose template was seen to carry the restart.
    carried: HashSet<usize>,
    /// When somebody last looked why pods are not ready.
    looked: HashMap<usize, i64>,
}

impl Drive {
    /// Renews the lease; returns when it is lost.
    async fn keep(&self) {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.state.restarts.claim(&self.id, &self.driver).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(restart = self.id, "a claim cannot be renewed: {error}"),
            }
        }
    }

    /// Goes on until the run is over.
    async fn work(&self) -> Result<(), Error> {
        let Some(mut stored) = self.state.restarts.get(&self.id).await? else {
            return Ok(());
        };
        let mut cluster = self.state.cluster.stores.changes();
        let mut commands = self.state.restarts.changes();
        let mut memory = Memory::default();
        loop {
            self.state.restarts.refresh(&mut stored).await?;
            if stored.run.state.is_over() {
                return Ok(());
            }
            let until = if self.state.cluster.missing().is_none() {
                self.tend(&mut stored, &mut memory).await?;
                self.advance(&mut stored).await?
            } else {
                None
            };
            if stored.run.state.is_over() {
                return Ok(());
            }
            let wait = until.map_or(TICK, |until| {
                let micros = u64::try_from(until - self.now()).unwrap_or_default();
                Duration::from_micros(micros).min(TICK)
            });
            tokio::time::sleep(BREATH.min(wait)).await;
            tokio::select! {
                _ = cluster.changed() => {}
                _ = commands.changed() => {}
                () = tokio::time::sleep(wait.saturating_sub(BREATH)) => {}
            }
        }
    }

    fn now(&self) -> i64 {
        self.state.clock.now().as_microsecond()
    }

    async fn append(&self, stored: &mut Stored, event: Event) -> Result<bool, Error> {
        self.state
            .restarts
            .append(stored, &event, Some(&self.driver))
            .await
    }

    /// Looks after what is under way.
    async fn tend(&self, stored: &mut Stored, memory: &mut Memory) -> Result<(), Error> {
        let under_way = stored.standing(ItemState::Restarting);
        if under_way.is_empty() {
            return Ok(());
        }
        let snapshot = self.state.cluster.snapshot().await;
        for item in under_way {
            let Some(asked) = stored.run.items[item].asked else {
                // The console ended before it had asked: it asks now, if it still may.
                if stored.run.state == RunState::Running {
                    match self.no_longer_approved(stored, item).await? {
                        Some(why) => _ = self.pause(stored, why).await?,
                        None => self.ask(stored, item).await?,
                    }
                }
                continue;
            };
            let workload = stored.fixed.plan.workloads[item].workload.clone();
            let now = self.now();
            let since = now - stored.run.items[item].began.unwrap_or(now);
            if observe::carries(&self.state.cluster, &workload, &stored.id) {
                memory.carried.insert(item);
            }
            let is_seen = memory.carried.contains(&item) || now - asked > SEEN;
            let progress = observe::progress(&self.state.cluster, &snapshot, &workload, &stored.id, is_seen);
            let event = match progress {
                Progress::Done => Event::Done { item },
                Progress::Failed(why) => Event::Failed { item, why },
                Progress::Going(how) => {
                    let deadline = i64::from(stored.fixed.plan.options.deadline_seconds) * 1_000_000;
                    let looked = memory.looked.get(&item).copied().unwrap_or(now - since);
                    if since > deadline {
                        let seconds = stored.fixed.plan.options.deadline_seconds;
                        let why = format!("its new pods are not ready after {seconds} s: {how}");
                        Event::Failed { item, why }
                    } else if now - looked > 2_000_000 {
                        memory.looked.insert(item, now);
                        let console = &self.state.cluster.console;
                        match observe::hopeless(console, &snapshot, &workload, &stored.id).await {
                            Some(why) => Event::Failed { item, why },
                            None => continue,
                        }
                    } else {
                        continue;
                    }
                }
            };
            self.append(stored, event).await?;
        }
        self.watch_missing(stored).await
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

    /// Begins what may begin; when to look again, where time decides.
    async fn advance(&self, stored: &mut Stored) -> Result<Option<i64>, Error> {
        let (pace, places) = (stored.pace(), stored.places());
        loop {
            let went_on = match next(&pace, &places, &stored.run, self.now()) {
                Step::Wait(until) => return Ok(until),
                Step::End => self.append(stored, Event::Ended).await?,
                Step::Close => {
                    let why = "the window of time has closed: resume it, or make another plan".to_owned();
                    self.pause(stored, why).await?
                }
                Step::Begin(item) => self.begin(stored, item).await?,
            };
            if !went_on {
                return Ok(None);
            }
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
    async fn begin(&self, stored: &mut Stored, item: usize) -> Result<bool, Error> {
        if let Some(why) = self.no_longer_approved(stored, item).await? {
            return self.pause(stored, why).await;
        }
        if let Some(why) = self.not_any_more(stored, item).await {
            return self.append(stored, Event::Skipped { item, why }).await;
        }
        // The pace counts from here, and whoever comes after a crash goes on from here.
        if !self.append(stored, Event::Began { item }).await? {
            return Ok(false);
        }
        self.ask(stored, item).await?;
        Ok(true)
    }

    /// Why the approver may not go on with this workload.
    async fn no_longer_approved(&self, stored: &Stored, item: usize) -> Result<Option<String>, Error> {
        let Some(approver) = &stored.run.approver else {
            return Ok(Some("nobody answers for it".to_owned()));
        };
        let workload = &stored.fixed.plan.workloads[item].workload;
        let console = &self.state.cluster.console;
        let rights = Rights::of(console, Some(approver));
        rights.refused(std::iter::once(workload)).await
    }

    /// Why a workload of the plan is not to be restarted any more.
    async fn not_any_more(&self, stored: &Stored, item: usize) -> Option<String> {
        let planned = &stored.fixed.plan.workloads[item];
        let workload = &planned.workload;
        let cluster = &self.state.cluster;
        let beside = Beside::read(&cluster.console, Some(&workload.namespace)).await;
        let mut stale = facts::stale(&cluster.snapshot().await.pods);
        let stale_pods = stale.remove(workload).unwrap_or_default().pods;
        let known = facts::facts(&cluster.stores, &beside, workload, stale_pods);
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
