//! Plans and their events in the database, and who carries a plan out.

use std::sync::Arc;

use api::restart::{RestartPlan, RestartQuery};
use domain::restart::{Event, ItemState, Pace, Place, Run, RunState, Window};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{AnyPool, Row, any::AnyRow};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::{clock::Clock, error::Error, history::History};

/// How long the others believe that a process carries a run out, after it has said so.
pub const LEASE: SignedDuration = SignedDuration::from_secs(15);
/// How often an append is tried again when somebody else was quicker.
const TRIES: usize = 20;

/// The store of runs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Restarts {
    pool: AnyPool,
    clock: Clock,
    changed: watch::Sender<()>,
    turns: Arc<Mutex<()>>,
}

/// What is fixed when a plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fixed {
    /// The plan.
    pub plan: RestartPlan,
    /// What is written into the templates, RFC 3339 to the second.
    pub restarted_at: String,
}

/// A run as the database has it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// When the plan was made, in microseconds since 1970.
    pub created: i64,
    /// Who made it.
    pub created_by: String,
    /// What was fixed then.
    pub fixed: Arc<Fixed>,
    /// What became of it.
    pub run: Run,
    /// How many events that is.
    pub events: i64,
}

impl Stored {
    /// How fast it goes.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let options = &self.fixed.plan.options;
        let micros = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_microsecond).ok();
        Pace {
            max_in_flight: options.max_in_flight,
            pods_per_second: options.pods_per_second,
            pause_seconds: options.pause_seconds,
            window: options.window.as_ref().and_then(|window| {
                Some(Window {
                    from: micros(&window.from)?,
                    to: micros(&window.to)?,
                })
            }),
        }
    }

    /// Its workloads' places.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let workloads = self.fixed.plan.workloads.iter();
        workloads
            .map(|planned| Place {
                wave: planned.wave,
                pods: planned.pods,
            })
            .collect()
    }

    /// The places of those that stand so.
    #[must_use]
    pub fn standing(&self, state: ItemState) -> Vec<usize> {
        let items = self.run.items.iter().enumerate();
        items
            .filter(|(_, item)| item.state == state)
            .map(|(index, _)| index)
            .collect()
    }
}

impl Restarts {
    /// The runs in the history's database.
    #[must_use]
    pub fn new(history: &History, clock: Clock) -> Self {
        Self {
            pool: history.pool().clone(),
            clock,
            changed: watch::Sender::default(),
            turns: Arc::default(),
        }
    }

    /// Waits until no other run of this process decides what begins: two that share a budget would each take all of it.
    /// Those of other processes are seen once they have begun something.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turns.lock().await
    }

    /// Tells of each change of any run: of this process at once, of others once they are seen ([`super::drive`]).
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Says that something has changed.
    pub(super) fn tell(&self) {
        self.changed.send_replace(());
    }

    fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    /// Stores a plan, and fixes its id and the time that its restarts carry.
    pub async fn insert(&self, plan: RestartPlan, actor: &str) -> Result<Stored, Error> {
        let now = self.clock.now();
        let change = match &plan.scope {
            api::restart::Scope::Change { change } => change.clone(),
            _ => String::new(),
        };
        let stored = Stored {
            id: uuid::Uuid::now_v7().to_string(),
            created: now.as_microsecond(),
            created_by: actor.to_owned(),
            run: Run::new(plan.workloads.len(), plan.options.stop_on_failure),
            events: 0,
            fixed: Arc::new(Fixed {
                plan,
                restarted_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            }),
        };
        sqlx::query(
            "insert into restart_runs \
             (id, created_us, created_by, change_id, plan, state, events, driver, lease_until_us) \
             values ($1, $2, $3, $4, $5, $6, 0, '', 0)",
        )
        .bind(&stored.id)
        .bind(stored.created)
        .bind(&stored.created_by)
        .bind(change)
        .bind(serde_json::to_string(&*stored.fixed).unwrap_or_default())
        .bind(word(RunState::Planned))
        .execute(&self.pool)
        .await
        .map_err(Error::HistoryUnwritable)?;
        self.tell();
        Ok(stored)
    }

    /// One run.
    pub async fn get(&self, id: &str) -> Result<Option<Stored>, Error> {
        let read = async {
            let row = sqlx::query("select * from restart_runs where id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
            match row {
                None => Ok(None),
                Some(row) => self.fold(&row).await.map(Some),
            }
        };
        read.await.map_err(Error::HistoryUnreadable)
    }

    /// A page of runs, newest first; the cursor is the id of the last one seen.
    pub async fn page(
        &self,
        query: &RestartQuery,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let read = async {
            // Ids are ordered by time.
            let rows = sqlx::query(
                "select * from restart_runs \
                 where (cast($1 as text) is null or state = $1) and (cast($2 as text) is null or change_id = $2) \
                   and (cast($3 as text) is null or id < $3) \
                 order by id desc limit $4",
            )
            .bind(query.state.map(word))
            .bind(query.change.as_deref())
            .bind(before)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
            self.fold_all(&rows).await
        };
        read.await.map_err(Error::HistoryUnreadable)
    }

    async fn fold_all(&self, rows: &[AnyRow]) -> Result<Vec<Stored>, sqlx::Error> {
        let mut runs = Vec::with_capacity(rows.len());
        for row in rows {
            runs.push(self.fold(row).await?);
        }
        Ok(runs)
    }

    async fn fold(&self, row: &AnyRow) -> Result<Stored, sqlx::Error> {
        let text: String = row.try_get("plan")?;
        let fixed: Fixed = serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
        let mut stored = Stored {
            id: row.try_get("id")?,
            created: row.try_get("created_us")?,
            created_by: row.try_get("created_by")?,
            run: Run::new(fixed.plan.workloads.len(), fixed.plan.options.stop_on_failure),
            events: 0,
            fixed: Arc::new(fixed),
        };
        self.follow(&mut stored).await?;
        Ok(stored)
    }

    /// Takes in the events since it was read.
    async fn follow(&self, stored: &mut Stored) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "select seq, at_us, body from restart_events where run_id = $1 and seq > $2 order by seq",
        )
        .bind(&stored.id)
        .bind(stored.events)
        .fetch_all(&self.pool)
        .await?;
        for row in rows {
            let body: String = row.try_get("body")?;
            let event: Event = serde_json::from_str(&body).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            let at = row.try_get("at_us")?;
            stored
                .run
                .apply(at, &event)
                .map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            stored.events = row.try_get("seq")?;
        }
        Ok(())
    }

    /// Takes in what has happened since it was read.
    pub async fn refresh(&self, stored: &mut Stored) -> Result<(), Error> {
        self.follow(stored).await.map_err(Error::HistoryUnreadable)
    }

    /// Appends an event, to whatever has been appended meanwhile; `false`: it is not possible any more, or `driver` no
    /// longer carries the run out. `stored` is then as it is now.
    pub async fn append(
        &self,
        stored: &mut Stored,
        event: &Event,
        driver: Option<&str>,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let at = self.now();
            let mut after = stored.clone();
            if after.run.apply(at, event).is_err() {
                return Ok(false);
            }
            after.events += 1;
            match self.insert_event(&after, at, event, driver).await {
                Ok(true) => {
                    *stored = after;
                    self.tell();
                    return Ok(true);
                }
                Ok(false) => {
                    let before = stored.events;
                    self.refresh(stored).await?;
                    if stored.events == before {
                        // Nobody else was quicker: the lease is lost.
                        return Ok(false);
                    }
                }
                Err(error) => return Err(Error::HistoryUnwritable(error)),
            }
        }
        Ok(false)
    }

    async fn insert_event(
        &self,
        after: &Stored,
        at: i64,
        event: &Event,
        driver: Option<&str>,
    ) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // The number of events before is the lock; of a driver also that its lease still runs.
        let updated = sqlx::query(
            "update restart_runs set state = $1, events = $2 \
             where id = $3 and events = $4 \
               and (cast($5 as text) is null or (driver = $5 and lease_until_us > $6))",
        )
        .bind(word(after.run.state))
        .bind(after.events)
        .bind(&after.id)
        .bind(after.events - 1)
        .bind(driver)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() != 1 {
            transaction.rollback().await?;
            return Ok(false);
        }
        sqlx::query("insert into restart_events (run_id, seq, at_us, body) values ($1, $2, $3, $4)")
            .bind(&after.id)
            .bind(after.events)
            .bind(at)
            .bind(serde_json::to_string(event).unwrap_or_default())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Takes a run that nobody carries out, or goes on carrying it out; whether it is `driver`'s.
    pub async fn claim(&self, id: &str, driver: &str) -> Result<bool, sqlx::Error> {
        let now = self.now();
        let until = now + i64::try_from(LEASE.as_micros()).unwrap_or_default();
        let claimed = sqlx::query(
            "update restart_runs set driver = $1, lease_until_us = $2 \
             where id = $3 and (driver = $1 or lease_until_us < $4)",
        )
        .bind(driver)
        .bind(until)
        .bind(id)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Gives a run back, so that another process need not wait.
    pub async fn release(&self, id: &str, driver: &str) -> Result<(), sqlx::Error> {
        sqlx::query("update restart_runs set driver = '', lease_until_us = 0 where id = $1 and driver = $2")
            .bind(id)
            .bind(driver)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// The runs that somebody should carry out and nobody does.
    pub async fn unclaimed(&self) -> Result<Vec<String>, sqlx::Error> {
        let rows = sqlx::query(
            "select id from restart_runs where state in ($1, $2) and lease_until_us < $3 order by id",
        )
        .bind(word(RunState::Running))
        .bind(word(RunState::Paused))
        .bind(self.now())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| row.try_get("id")).collect()
    }

    /// The runs beside this one that may have workloads under way.
    pub async fn others(&self, id: &str) -> Result<Vec<Stored>, Error> {
        let read = async {
            let rows =
                sqlx::query("select * from restart_runs where state in ($1, $2) and id <> $3 order by id")
                    .bind(word(RunState::Running))
                    .bind(word(RunState::Paused))
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await?;
            self.fold_all(&rows).await
        };
        read.await.map_err(Error::HistoryUnreadable)
    }

    /// Ends all leases: only for a process that knows that it is alone.
    pub async fn take_over(&self) -> Result<(), sqlx::Error> {
        sqlx::query("update restart_runs set driver = '', lease_until_us = 0")
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// A number that grows with each plan and each event, of all processes.
    pub async fn pulse(&self) -> Result<i64, sqlx::Error> {
        let row = sqlx::query(
            "select (select count(*) from restart_events) + (select count(*) from restart_runs) as n",
        )
        .fetch_one(&self.pool)
        .await?;
        row.try_get("n")
    }
}

/// A state as the database has it.
fn word(state: RunState) -> &'static str {
    match state {
        RunState::Planned => "planned",
        RunState::Running => "running",
        RunState::Paused => "paused",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
    }
}
