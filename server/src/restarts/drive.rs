//! Carrying plans out: one task a run, under the console's own account.
//!
//! A process takes a run by a claim with a lease, and appends to it only while the lease runs. Before a workload is touched
//! it is written down that it is about to be; a process that finds that, and no more, asks the cluster again, which
//! changes nothing where it was taken. So a killed process is followed by another, and nothing is restarted twice.

use std::{
    collections::HashSet,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::restart::{Event, ItemState};
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};

use self::ask::{Answer, Ask};
use super::store::Stored;
use crate::{error::Error, state::State};

mod ask;
mod begin;
mod tend;

/// How often unclaimed runs, and what other processes did, are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often a run is looked at when nothing tells of a change.
const TICK: Duration = Duration::from_secs(1);
/// At most so often it is looked at when much changes.
const BREATH: Duration = Duration::from_millis(50);
/// How often a lease is renewed: well before it ends.
const RENEW: Duration = Duration::from_secs(4);
/// So many workloads at most are asked for side by side: the API server has others to serve.
const AT_ONCE: usize = 8;

/// Carries runs out for as long as the process lives. `alone`: no other process uses the database, so that nobody has what
/// is claimed.
pub async fn run(state: State, alone: bool) {
    let driver = uuid::Uuid::now_v7().to_string();
    let mine = Mine::default();
    if alone && let Err(error) = state.restarts.take_over().await {
        tracing::warn!("restarts that were under way go on when their leases end: {error}");
    }
    let mut changes = state.restarts.changes();
    let mut pulse = None;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = state.stopping.begun() => break,
            Some(over) = under_way.join_next() => {
                if let Err(error) = over {
                    tracing::error!("a restart was dropped, and is taken up when its lease ends: {error}");
                }
                continue;
            }
            // What this process has changed: a run may be started.
            _ = changes.changed() => {}
            // What others have.
            _ = look.tick() => match state.restarts.pulse().await {
                Ok(now) => {
                    if pulse.replace(now) != Some(now) {
                        state.restarts.tell();
                        // What was told by ourselves is nothing to wake up for.
                        changes.mark_unchanged();
                    }
                }
                Err(error) => {
                    tracing::warn!("restarts cannot be read: {error}");
                    continue;
                }
            },
        }
        claim(&state, &driver, &mine, &mut under_way).await;
    }
    // Each gives its run back, so that the next process need not wait.
    while under_way.join_next().await.is_some() {}
}

/// Takes the runs that nobody carries out.
async fn claim(state: &State, driver: &str, mine: &Mine, under_way: &mut JoinSet<()>) {
    let unclaimed = match state.restarts.unclaimed().await {
        Ok(unclaimed) => unclaimed,
        Err(error) => return tracing::warn!("restarts cannot be read: {error}"),
    };
    for id in unclaimed {
        let Some(held) = mine.hold(&id) else { continue };
        if !matches!(state.restarts.claim(&id, driver).await, Ok(true)) {
            continue;
        }
        let drive = Drive {
            state: state.clone(),
            driver: driver.to_owned(),
            id,
        };
        under_way.spawn(async move {
            drive.carry_out().await;
            drop(held);
        });
    }
}

/// The runs that this process carries out.
#[derive(Clone, Default)]
struct Mine(Arc<Mutex<HashSet<String>>>);

impl Mine {
    /// Says that a run is carried out, until what is answered is dropped; nothing where it is already.
    fn hold(&self, id: &str) -> Option<Held> {
        let is_new = self.lock().insert(id.to_owned());
        is_new.then(|| Held {
            id: id.to_owned(),
            mine: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that this process carries out, however that ends.
struct Held {
    id: String,
    mine: Mine,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.mine.lock().remove(&self.id);
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
    /// The workloads that are being asked for.
    asking: HashSet<usize>,
    /// What does so.
    asks: JoinSet<Answer>,
    /// When somebody last looked why pods are not ready.
    looked: Option<i64>,
    /// Until then nothing begins: the restarts under way use up what is allowed.
    not_before: i64,
}

impl Memory {
    /// Asks for the restart beside everything else.
    fn ask(&mut self, ask: Ask) {
        self.asking.insert(ask.item);
        self.asks.spawn(ask.carry_out());
    }

    /// Lets what is being asked for come to its end: whoever carries the run out next finds it done, and asks for nothing twice.
    async fn end(&mut self) {
        let over = async { while self.asks.join_next().await.is_some() {} };
        // Longer is not worth the wait: a write that was begun goes on, and is recorded ([`crate::change::record`]).
        let _ = tokio::time::timeout(RENEW, over).await;
    }

    /// Whether more may be asked for now.
    fn has_room(&self) -> bool {
        self.asking.len() < AT_ONCE
    }
}

impl Drive {
    /// Carries the run out until it is over, somebody else's, or the process stops; then gives it back.
    async fn carry_out(&self) {
        tracing::info!(restart = self.id, "carrying a restart out");
        let mut memory = Memory::default();
        let goes_on = tokio::select! {
            done = self.work(&mut memory) => {
                if let Err(error) = &done {
                    tracing::warn!(restart = self.id, "a restart cannot go on now: {error}");
                    // Not at once: what is wrong may stay so for a while.
                    sleep(LOOK).await;
                }
                done.is_err()
            }
            () = self.keep() => {
                tracing::warn!(restart = self.id, "another process carries the restart out now");
                false
            }
            () = self.state.stopping.begun() => true,
        };
        // What is over, or somebody else's, is asked for no more; a write that was begun ends all the same.
        if goes_on {
            memory.end().await;
        }
        drop(memory);
        if let Err(error) = self.state.restarts.release(&self.id, &self.driver).await {
            tracing::warn!(
                restart = self.id,
                "a claim cannot be given back and ends by itself: {error}"
            );
        }
    }

    /// Renews the lease; returns when it is lost.
    async fn keep(&self) {
        loop {
            sleep(RENEW).await;
            match self.state.restarts.claim(&self.id, &self.driver).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(restart = self.id, "a claim cannot be renewed: {error}"),
            }
        }
    }

    /// Goes on until the run is over.
    async fn work(&self, memory: &mut Memory) -> Result<(), Error> {
        let Some(mut stored) = self.state.restarts.get(&self.id).await? else {
            return Ok(());
        };
        let mut cluster = self.state.cluster.stores.changes();
        let mut commands = self.state.restarts.changes();
        loop {
            let began = Instant::now();
            while let Some(answer) = memory.asks.try_join_next() {
                self.answered(&mut stored, memory, answer).await?;
            }
            self.state.restarts.refresh(&mut stored).await?;
            if stored.run.state.is_over() {
                return Ok(());
            }
            let until = if self.state.cluster.missing().is_none() {
                self.tend(&mut stored, memory).await?;
                self.advance(&mut stored, memory).await?
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
            let is_watched = stored.run.count(ItemState::Restarting) > 0;
            tokio::select! {
                _ = cluster.changed(), if is_watched => {}
                _ = commands.changed() => {}
                Some(answer) = memory.asks.join_next() => self.answered(&mut stored, memory, answer).await?,
                () = sleep(wait) => {}
            }
            sleep_until(began + BREATH).await;
        }
    }

    /// Writes down what came of an ask.
    async fn answered(
        &self,
        stored: &mut Stored,
        memory: &mut Memory,
        answer: Result<Answer, JoinError>,
    ) -> Result<(), Error> {
        let Answer { item, event } = answer.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        memory.asking.remove(&item);
        match event {
            Some(event) => self.append(stored, event).await.map(drop),
            None => Ok(()),
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
}
