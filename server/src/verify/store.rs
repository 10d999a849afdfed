//! Verifications in the database: what was asked, and what came of it.

use std::{sync::Arc, time::Duration};

use api::verification::{
    AskVerification, Ending, Verification, VerificationQuery, VerificationResult, VerificationRow,
    VerificationState,
};
use domain::verify::{Method, Verdict};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyPool, Row, any::AnyRow};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{caller::Visible, clock::Clock, error::Error, history::History};

pub mod policies;

/// How long a verification may take at most; the others believe so long that somebody carries it out.
pub const LEASE: SignedDuration = SignedDuration::from_mins(3);

/// How many a process carries out at a time.
const AT_A_TIME: usize = 8;

/// The store of verifications. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Verifications {
    pool: AnyPool,
    clock: Clock,
    /// By which this process knows its own.
    process: Arc<str>,
    slots: Arc<Semaphore>,
}

impl Verifications {
    /// Those in the history's database.
    #[must_use]
    pub fn new(history: &History, clock: Clock) -> Self {
        Self {
            pool: history.pool().clone(),
            clock,
            process: uuid::Uuid::now_v7().to_string().into(),
            slots: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }

    /// Room for one more; refused where there is none: each keeps the cluster busy with a dozen connections.
    pub fn slot(&self) -> Result<OwnedSemaphorePermit, Error> {
        let slot = self.slots.clone().try_acquire_owned();
        slot.map_err(|_| Error::Busy(format!("{AT_A_TIME} verifications are under way")))
    }

    /// Waits until none is under way in this process, at most so long; whether none is.
    pub async fn are_over_within(&self, patience: Duration) -> bool {
        let all = self
            .slots
            .acquire_many(u32::try_from(AT_A_TIME).unwrap_or_default());
        tokio::time::timeout(patience, all).await.is_ok()
    }

    fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    /// Stores a question that is about to be asked.
    pub async fn insert(&self, asked: &AskVerification, actor: &str) -> Result<Verification, Error> {
        let (id, now) = (uuid::Uuid::now_v7().to_string(), self.now());
        sqlx::query(
            "insert into verifications \
             (id, created_us, actor, namespace, pod, change_id, question, state, verdict, step, result, ended_us, \
              driver, lease_until_us) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', 0, $10, $9)",
        )
        .bind(&id)
        .bind(now)
        .bind(actor)
        .bind(&asked.namespace)
        .bind(&asked.pod)
        .bind(asked.change.as_deref().unwrap_or_default())
        .bind(serde_json::to_string(asked).unwrap_or_default())
        .bind(word(VerificationState::Running))
        .bind(now + i64::try_from(LEASE.as_micros()).unwrap_or_default())
        .bind(&*self.process)
        .execute(&self.pool)
        .await
        .map_err(Error::HistoryUnwritable)?;
        self.get(&id)
            .await?
            .ok_or_else(|| Error::NotFound(format!("verification `{id}`")))
    }

    /// Says what is being done. It is only for whoever watches: where it cannot be written, nothing is lost.
    pub async fn step(&self, id: &str, step: &str) {
        let update = sqlx::query("update verifications set step = $1 where id = $2 and state = 'running'");
        let done = update.bind(step).bind(id).execute(&self.pool).await;
        if let Err(error) = done {
            tracing::warn!(verification = id, "a step cannot be written: {error}");
        }
    }

    /// Stores what came of it, once.
    pub async fn finish(&self, id: &str, result: &VerificationResult) -> Result<(), sqlx::Error> {
        let state = match result.ending {
            Ending::Interrupted => VerificationState::Interrupted,
            _ => VerificationState::Done,
        };
        self.close(id, state, result).await
    }

    async fn close(
        &self,
        id: &str,
        state: VerificationState,
        result: &VerificationResult,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update verifications \
             set state = $1, verdict = $2, result = $3, ended_us = $4, step = '', driver = '', lease_until_us = 0 \
             where id = $5 and state = 'running'",
        )
        .bind(word(state))
        .bind(result.verdict.as_str())
        .bind(serde_json::to_string(result).unwrap_or_default())
        .bind(self.now())
        .bind(id)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// Closes those that nobody carries out any more: a console ended meanwhile. `alone`: no other process uses the database,
    /// so all that were under way when this one started are.
    pub async fn close_abandoned(&self, alone: bool) -> Result<usize, sqlx::Error> {
        let before = if alone { i64::MAX } else { self.now() };
        let rows =
            sqlx::query("select id from verifications where state = 'running' and lease_until_us < $1")
                .bind(before)
                .fetch_all(&self.pool)
                .await?;
        for row in &rows {
            let id: String = row.try_get("id")?;
            self.close(&id, VerificationState::Interrupted, &interrupted())
                .await?;
        }
        Ok(rows.len())
    }

    /// Closes those that this process carries out: it ends.
    pub async fn close_own(&self) -> Result<(), sqlx::Error> {
        let rows = sqlx::query("select id from verifications where state = 'running' and driver = $1")
            .bind(&*self.process)
            .fetch_all(&self.pool)
            .await?;
        for row in &rows {
            let id: String = row.try_get("id")?;
            self.close(&id, VerificationState::Interrupted, &interrupted())
                .await?;
        }
        Ok(())
    }

    /// One verification.
    pub async fn get(&self, id: &str) -> Result<Option<Verification>, Error> {
        let read = async {
            let row = sqlx::query("select * from verifications where id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
            row.as_ref().map(view).transpose()
        };
        read.await.map_err(Error::HistoryUnreadable)
    }

    /// A page, newest first, and how many there are; the cursor is the id of the last one seen.
    pub async fn page(
        &self,
        query: &VerificationQuery,
        visible: &Visible,
        limit: usize,
    ) -> Result<(Vec<VerificationRow>, usize), Error> {
        let shown = match visible {
            Visible::All => None,
            Visible::In(names) => Some(format!(",{},", names.join(","))),
        };
        let verdict = query.verdict.map(Verdict::as_str);
        let read = async {
            let rows = sqlx::query(PAGE)
                .bind(query.namespace.as_deref())
                .bind(query.pod.as_deref())
                .bind(verdict)
                .bind(query.change.as_deref())
                .bind(shown.as_deref())
                .bind(query.cursor.as_deref())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.pool)
                .await?;
            let count = sqlx::query(COUNT)
                .bind(query.namespace.as_deref())
                .bind(query.pod.as_deref())
                .bind(verdict)
                .bind(query.change.as_deref())
                .bind(shown.as_deref())
                .fetch_one(&self.pool)
                .await?
                .try_get::<i64, _>("n")?;
            let rows = rows.iter().map(|row| view(row).map(|seen| seen.row));
            let rows = rows.collect::<Result<Vec<_>, sqlx::Error>>()?;
            Ok((rows, usize::try_from(count).unwrap_or_default()))
        };
        read.await.map_err(Error::HistoryUnreadable)
    }
}

/// A statement over the verifications that the filters `$1` to `$5` leave.
macro_rules! over {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " from verifications \
             where (cast($1 as text) is null or namespace = $1) \
               and (cast($2 as text) is null or pod = $2) \
               and (cast($3 as text) is null or verdict = $3) \
               and (cast($4 as text) is null or change_id = $4) \
               and (cast($5 as text) is null or $5 like '%,' || namespace || ',%') ",
            $rest
        )
    };
}

const PAGE: &str = over!(
    "select *",
    // Ids are ordered by time.
    "and (cast($6 as text) is null or id < $6) order by id desc limit $7"
);
const COUNT: &str = over!("select count(*) as n", "");

fn interrupted() -> VerificationResult {
    VerificationResult {
        ending: Ending::Interrupted,
        verdict: Verdict::NotProven,
        reason: None,
        sentence: "not proven: the console stopped while it was under way. Ask again".to_owned(),
        facts: Vec::new(),
        predicted: None,
        pod_uid: String::new(),
        settings: None,
    }
}

fn view(row: &AnyRow) -> Result<Verification, sqlx::Error> {
    let decode = |error: serde_json::Error| sqlx::Error::Decode(Box::new(error));
    let asked: AskVerification = serde_json::from_str(row.try_get("question")?).map_err(decode)?;
    let result: String = row.try_get("result")?;
    let result: Option<VerificationResult> = match result.as_str() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(decode)?),
    };
    let state: String = row.try_get("state")?;
    let step: String = row.try_get("step")?;
    let ended: i64 = row.try_get("ended_us")?;
    Ok(Verification {
        row: VerificationRow {
            id: row.try_get("id")?,
            created: time(row.try_get("created_us")?),
            actor: row.try_get("actor")?,
            namespace: asked.namespace,
            pod: asked.pod,
            url: asked.url,
            method: asked
                .method
                .and_then(|method| method.parse::<Method>().ok())
                .unwrap_or_default(),
            registry_only: asked.registry_only,
            state: serde_json::from_value(state.into()).map_err(decode)?,
            verdict: result.as_ref().map(|result| result.verdict),
            sentence: result.as_ref().map(|result| result.sentence.clone()),
            change: asked.change,
        },
        step: Some(step).filter(|step| !step.is_empty()),
        ended: (ended > 0).then(|| time(ended)),
        result,
    })
}

fn word(state: VerificationState) -> &'static str {
    match state {
        VerificationState::Running => "running",
        VerificationState::Done => "done",
        VerificationState::Interrupted => "interrupted",
    }
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
