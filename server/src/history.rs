//! The history: an append-only chain of events.
//!
//! A change is an *intent*, recorded before the cluster is asked, and an *outcome*, recorded after. Nothing is written
//! to the cluster without an intent on disk ([`History::intend`]). Each event carries the hash of the one before, and
//! `prev` is unique, so two writers cannot fork the chain: the second to insert takes the new end and tries again.
//! Reading folds the two into a [`Change`].

use api::audit::{Action, AuditQuery, Change, Outcome, OutcomeState, Target};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyPool, Row, any::AnyRow};

mod chain;
mod dialect;
pub mod reconcile;

use self::chain::{GENESIS, hash};
use crate::{clock::Clock, error::Error};

/// How often an append tries for the chain's end before it gives up.
const TRIES: usize = 16;

/// The history's store.
#[derive(Clone, Debug)]
pub struct History {
    pool: AnyPool,
    clock: Clock,
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
}

/// An intent whose outcome is not recorded.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The change's id.
    pub change: String,
    /// When it was recorded.
    pub at: Timestamp,
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
        let pool = dialect::connect(url).await?;
        sqlx::migrate!("../migrations")
            .run(&pool)
            .await
            .map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
        Ok(Self { pool, clock })
    }

    /// Records what is about to be done. Until this has returned, nothing may be changed.
    pub async fn intend(&self, intent: &Intent) -> Result<String, Error> {
        let change = uuid::Uuid::now_v7().to_string();
        let body = serde_json::to_string(intent).unwrap_or_default();
        self.append(&change, "intent", &body, Some(intent))
            .await
            .map_err(Error::HistoryUnwritable)?;
        Ok(change)
    }

    /// Records what came of a change. A second outcome of the same change is not taken: the first one stands.
    pub async fn conclude(&self, change: &str, outcome: &Recorded) -> Result<(), sqlx::Error> {
        let body = serde_json::to_string(outcome).unwrap_or_default();
        match self.append(change, "outcome", &body, None).await {
            Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Ok(()),
            other => other,
        }
    }

    async fn append(
        &self,
        change: &str,
        kind: &str,
        body: &str,
        intent: Option<&Intent>,
    ) -> Result<(), sqlx::Error> {
        let (actor, target) = match intent {
            Some(intent) => (intent.actor.as_str(), intent.target.clone()),
            None => (
                "",
                Target {
                    kind: String::new(),
                    namespace: String::new(),
                    name: String::new(),
                },
            ),
        };
        let mut last_error = sqlx::Error::PoolClosed;
        for _ in 0..TRIES {
            let at = self.clock.now().as_microsecond();
            let end = sqlx::query("select seq, hash from events order by seq desc limit 1")
                .fetch_optional(&self.pool)
                .await?;
            let (seq, prev): (i64, String) = match end {
                Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
                None => (1, GENESIS.to_owned()),
            };
            let inserted = sqlx::query(
                "insert into events \
                 (seq, change_id, kind, at_us, body, actor, target_kind, target_namespace, target_name, prev, hash) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(seq)
            .bind(change)
            .bind(kind)
            .bind(at)
            .bind(body)
            .bind(actor)
            .bind(&target.kind)
            .bind(&target.namespace)
            .bind(&target.name)
            .bind(&prev)
            .bind(hash(&prev, seq, change, kind, at, body))
            .execute(&self.pool)
            .await;
            match inserted {
                Ok(_) => return Ok(()),
                // Somebody else took this place in the chain, unless the change has such an event already.
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                    if self.has(change, kind).await? {
                        return Err(sqlx::Error::Database(error));
                    }
                    last_error = sqlx::Error::Database(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last_error)
    }

    async fn has(&self, change: &str, kind: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("select seq from events where change_id = $1 and kind = $2")
            .bind(change)
            .bind(kind)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// A page of changes, newest first, and how many there are; the cursor is the `seq` of the last intent seen.
    pub async fn page(
        &self,
        query: &AuditQuery,
        namespaces: Option<&[String]>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<(i64, Change)>, usize), Error> {
        // The namespaces that a caller may see travel as one text, so that the statement stays one.
        let visible = namespaces.map(|names| format!(",{},", names.join(",")));
        let read = async {
            let rows = sqlx::query(PAGE)
                .bind(query.actor.as_deref())
                .bind(query.namespace.as_deref())
                .bind(query.kind.as_deref())
                .bind(visible.as_deref())
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.pool)
                .await?;
            let count = sqlx::query(COUNT)
                .bind(query.actor.as_deref())
                .bind(query.namespace.as_deref())
                .bind(query.kind.as_deref())
                .bind(visible.as_deref())
                .fetch_one(&self.pool)
                .await?
                .try_get::<i64, _>("n")?;
            let changes = rows.iter().map(fold).collect::<Result<Vec<_>, sqlx::Error>>()?;
            Ok((changes, usize::try_from(count).unwrap_or_default()))
        };
        read.await.map_err(Error::HistoryUnreadable)
    }

    /// One change.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, Error> {
        let row = sqlx::query(ONE)
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(Error::HistoryUnreadable)?;
        row.as_ref()
            .map(fold)
            .transpose()
            .map(|c| c.map(|(_, c)| c))
            .map_err(Error::HistoryUnreadable)
    }

    /// The changes recorded before `before` whose outcome is not, oldest first.
    pub async fn pending(&self, before: Timestamp) -> Result<Vec<Pending>, sqlx::Error> {
        let rows = sqlx::query(PENDING)
            .bind(before.as_microsecond())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Pending {
                    change: row.try_get("change_id")?,
                    at: timestamp(row.try_get("at_us")?),
                    intent: json(row, "body")?,
                })
            })
            .collect()
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

const PAGE: &str = "\
    select i.seq, i.change_id, i.at_us, i.body, i.hash, \
           o.at_us as outcome_at_us, o.body as outcome_body, o.hash as outcome_hash \
    from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
    where i.kind = 'intent' \
      and (cast($1 as text) is null or i.actor = $1) \
      and (cast($2 as text) is null or i.target_namespace = $2) \
      and (cast($3 as text) is null or i.target_kind = $3) \
      and (cast($4 as text) is null or $4 like '%,' || i.target_namespace || ',%') \
      and i.seq < $5 \
    order by i.seq desc limit $6";

const COUNT: &str = "\
    select count(*) as n from events i \
    where i.kind = 'intent' \
      and (cast($1 as text) is null or i.actor = $1) \
      and (cast($2 as text) is null or i.target_namespace = $2) \
      and (cast($3 as text) is null or i.target_kind = $3) \
      and (cast($4 as text) is null or $4 like '%,' || i.target_namespace || ',%')";

const ONE: &str = "\
    select i.seq, i.change_id, i.at_us, i.body, i.hash, \
           o.at_us as outcome_at_us, o.body as outcome_body, o.hash as outcome_hash \
    from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
    where i.kind = 'intent' and i.change_id = $1";

const PENDING: &str = "\
    select i.change_id, i.at_us, i.body from events i \
    where i.kind = 'intent' and i.at_us < $1 \
      and not exists (select 1 from events o where o.change_id = i.change_id and o.kind = 'outcome') \
    order by i.seq";

fn fold(row: &AnyRow) -> Result<(i64, Change), sqlx::Error> {
    let intent: Intent = json(row, "body")?;
    let outcome = match row.try_get::<Option<String>, _>("outcome_body")? {
        None => Outcome {
            state: OutcomeState::Pending,
            at: None,
            detail: None,
        },
        Some(_) => {
            let recorded: Recorded = json(row, "outcome_body")?;
            let at = timestamp(row.try_get("outcome_at_us")?);
            Outcome {
                state: recorded.state,
                at: Some(at.to_string()),
                detail: recorded.detail,
            }
        }
    };
    let newest: Option<String> = row.try_get("outcome_hash")?;
    let change = Change {
        id: row.try_get("change_id")?,
        at: timestamp(row.try_get("at_us")?).to_string(),
        actor: intent.actor,
        action: intent.action,
        target: intent.target,
        reason: intent.reason,
        before: intent.before,
        after: intent.after,
        outcome,
        hash: match newest {
            Some(hash) => hash,
            None => row.try_get("hash")?,
        },
    };
    Ok((row.try_get("seq")?, change))
}

fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
