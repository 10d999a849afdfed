//! The history: an append-only chain of events.
//!
//! A change is an *intent*, recorded before the cluster is asked, and an *outcome*, recorded after. Nothing is written
//! to the cluster without an intent on disk ([`History::intend`]). Each event carries the hash of the one before, and
//! `prev` is unique, so two writers cannot fork the chain: the second to insert takes the new end and tries again.
//! Reading ([`read`]) folds the two into a [`api::audit::Change`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use api::audit::{Action, OutcomeState, Outside, Target};
use serde::{Deserialize, Serialize};
use sqlx::{AnyPool, Row};
use tokio::sync::{Mutex, watch};

mod chain;
mod dialect;
mod read;
pub mod reconcile;
mod seen;

use self::chain::{GENESIS, hash};
use self::seen::Advance;
pub use self::{
    read::Shown,
    seen::{Edit, Found, Noted, Seen},
};
use crate::{clock::Clock, error::Error};

/// How long an append tries for the chain's end, against other processes on the same database.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it leaves the end to the others before it tries again.
const RETRY: Duration = Duration::from_millis(3);

/// The history's store.
#[derive(Clone, Debug)]
pub struct History {
    pool: AnyPool,
    /// How this database begins a transaction that writes.
    begin: &'static str,
    clock: Clock,
    /// Writers of this process queue here: between processes the chain's end is raced for, within one it need not be.
    writer: Arc<Mutex<()>>,
    appended: watch::Sender<()>,
}

/// What somebody is about to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Who.
    pub actor: String,
    /// What.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The state before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// The state asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// The version or uid that the write is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub based_on: Option<String>,
    /// Of a change that was made beside Sidestep: what is known of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// Of a change that puts back what was before another one: that one's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// In one word.
    pub state: OutcomeState,
    /// In a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The version that the write made, by which the cluster's own word of it is known to be ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// An intent whose outcome is not recorded.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its place in the chain.
    pub seq: i64,
    /// The change's id.
    pub change: String,
    /// What was intended.
    pub intent: Intent,
}

/// Where a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history is broken at event {seq}: {why}")]
pub struct Broken {
    /// The event.
    pub seq: i64,
    /// What does not fit.
    pub why: &'static str,
}

impl History {
    /// Opens the database at `url` (`sqlite://…` or `postgres://…`) and brings its schema up to date.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, sqlx::Error> {
        let (pool, begin) = dialect::connect(url).await?;
        sqlx::migrate!("../migrations")
            .run(&pool)
            .await
            .map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
        Ok(Self {
            pool,
            begin,
            clock,
            writer: Arc::default(),
            appended: watch::Sender::default(),
        })
    }

    /// The database, for what is kept beside the history.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Tells of each event that this process has appended.
    #[must_use]
    pub fn appended(&self) -> watch::Receiver<()> {
        self.appended.subscribe()
    }

    /// Records what is about to be done. Until this has returned, nothing may be changed.
    pub async fn intend(&self, intent: &Intent) -> Result<String, Error> {
        let change = uuid::Uuid::now_v7().to_string();
        self.append(&change, &[New::intent(intent)], None)
            .await
            .map_err(Error::HistoryUnwritable)?;
        Ok(change)
    }

    /// Records what came of a change, and with it what the cluster holds since. A second outcome of the same change is not
    /// taken: the first one stands.
    pub async fn conclude(&self, change: &str, outcome: &Recorded) -> Result<(), sqlx::Error> {
        let made = self.made_by(change, outcome).await?;
        match self.append(change, &[New::outcome(outcome)], made.as_ref()).await {
            Err(sqlx::Error::Database(error))
                if error.is_unique_violation() && self.has(change, "outcome").await? =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Appends events of a change, with what was seen of the cluster; whether they were: where what was seen must have been
    /// something else before and was not, nothing is.
    async fn append(
        &self,
        change: &str,
        events: &[New],
        advance: Option<&Advance>,
    ) -> Result<bool, sqlx::Error> {
        let _queue = self.writer.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_append(change, events, advance).await {
                Ok(done) => {
                    if done {
                        self.appended.send_replace(());
                    }
                    return Ok(done);
                }
                // Somebody else took this place in the chain, unless the change has such an event already.
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                    let is_there = match events.first() {
                        Some(event) => self.has(change, event.kind).await?,
                        None => true,
                    };
                    if Instant::now() > deadline || is_there {
                        return Err(sqlx::Error::Database(error));
                    }
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn try_append(
        &self,
        change: &str,
        events: &[New],
        advance: Option<&Advance>,
    ) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin_with(self.begin).await?;
        if let Some(advance) = advance
            && !advance.run(&mut transaction).await?
            && advance.must
        {
            transaction.rollback().await?;
            return Ok(false);
        }
        let end = sqlx::query("select seq, hash from events order by seq desc limit 1")
            .fetch_optional(&mut *transaction)
            .await?;
        let (mut seq, mut prev): (i64, String) = match end {
            Some(row) => (row.try_get("seq")?, row.try_get("hash")?),
            None => (0, GENESIS.to_owned()),
        };
        for New {
            kind,
            body,
            actor,
            target,
        } in events
        {
            seq += 1;
            let at = self.clock.now().as_microsecond();
            let hash = hash(&prev, seq, change, kind, at, body);
            sqlx::query(
                "insert into events \
                 (seq, change_id, kind, at_us, body, actor, target_kind, target_namespace, target_name, prev, hash) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(seq)
            .bind(change)
            .bind(*kind)
            .bind(at)
            .bind(body)
            .bind(actor)
            .bind(&target.kind)
            .bind(&target.namespace)
            .bind(&target.name)
            .bind(&prev)
            .bind(&hash)
            .execute(&mut *transaction)
            .await?;
            prev = hash;
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn has(&self, change: &str, kind: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("select seq from events where change_id = $1 and kind = $2")
            .bind(change)
            .bind(kind)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Whether every event fits the one before, from the first to the last.
    pub async fn verify(&self) -> Result<Result<i64, Broken>, sqlx::Error> {
        let mut prev = GENESIS.to_owned();
        let mut seq = 0;
        loop {
            let rows = sqlx::query("select * from events where seq > $1 order by seq limit 500")
                .bind(seq)
                .fetch_all(&self.pool)
                .await?;
            if rows.is_empty() {
                return Ok(Ok(seq));
            }
            for row in rows {
                let event = chain::Event::from_row(&row)?;
                if let Err(broken) = event.follows(seq, &prev) {
                    return Ok(Err(broken));
                }
                (seq, prev) = (event.seq, event.hash);
            }
        }
    }
}

/// An event to append: its kind, its body, and the copies out of an intent's body.
struct New {
    kind: &'static str,
    body: String,
    actor: String,
    target: Target,
}

impl New {
    fn intent(intent: &Intent) -> Self {
        Self {
            kind: "intent",
            body: serde_json::to_string(intent).unwrap_or_default(),
            actor: intent.actor.clone(),
            target: intent.target.clone(),
        }
    }

    fn outcome(outcome: &Recorded) -> Self {
        Self {
            kind: "outcome",
            body: serde_json::to_string(outcome).unwrap_or_default(),
            actor: String::new(),
            target: Target {
                kind: String::new(),
                namespace: String::new(),
                name: String::new(),
            },
        }
    }
}
