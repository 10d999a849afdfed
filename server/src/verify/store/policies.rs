//! Policies that have to be put back.

use jiff::SignedDuration;
use sqlx::{Row, any::AnyRow};

use super::Verifications;
use crate::error::Error;

/// How long somebody who puts one back is believed to be at it.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A mesh-wide policy that was changed for a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryPolicy {
    /// The verification.
    pub verification: String,
    /// The revision.
    pub revision: String,
    /// The namespace of its ConfigMap.
    pub namespace: String,
    /// The ConfigMap.
    pub config_map: String,
    /// Who asked for it.
    pub actor: String,
    /// The text before.
    pub before: String,
    /// The text as it was written.
    pub after: String,
    /// When it was written down, in microseconds since 1970.
    pub created: i64,
    /// When it is put back at the latest, likewise.
    pub revert: i64,
}

impl Verifications {
    /// Writes down that a policy is about to be changed; `false`: one of this revision is open already.
    pub async fn open_policy(&self, policy: &TemporaryPolicy) -> Result<bool, Error> {
        let inserted = sqlx::query(
            "insert into temporary_policies \
             (verification_id, revision, namespace, config_map, actor, before_text, after_text, state, created_us, revert_us, \
              lease_until_us) \
             values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, 0)",
        )
        .bind(&policy.verification)
        .bind(&policy.revision)
        .bind(&policy.namespace)
        .bind(&policy.config_map)
        .bind(&policy.actor)
        .bind(&policy.before)
        .bind(&policy.after)
        .bind(policy.created)
        .bind(policy.revert)
        .execute(&self.pool)
        .await;
        match inserted {
            Ok(_) => Ok(true),
            // A revision has one at a time.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(Error::HistoryUnwritable(error)),
        }
    }

    /// Those that have to be put back, some time.
    pub async fn open_policies(&self) -> Result<Vec<TemporaryPolicy>, sqlx::Error> {
        let rows = sqlx::query("select * from temporary_policies where state = 'open' order by created_us")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(policy).collect()
    }

    /// Takes one to put it back; whether nobody else is at it.
    pub async fn claim_policy(&self, verification: &str) -> Result<bool, sqlx::Error> {
        let now = self.now();
        let until = now + i64::try_from(LEASE.as_micros()).unwrap_or_default();
        let claimed = sqlx::query(
            "update temporary_policies set lease_until_us = $1 \
             where verification_id = $2 and state = 'open' and lease_until_us < $3",
        )
        .bind(until)
        .bind(verification)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Gives one back that could not be put back now.
    pub async fn release_policy(&self, verification: &str) -> Result<(), sqlx::Error> {
        sqlx::query("update temporary_policies set lease_until_us = 0 where verification_id = $1")
            .bind(verification)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Nobody is at any of them: no other process uses the database.
    pub async fn release_policies(&self) -> Result<(), sqlx::Error> {
        sqlx::query("update temporary_policies set lease_until_us = 0 where state = 'open'")
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// It was put back.
    pub async fn close_policy(&self, verification: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update temporary_policies set state = 'closed', lease_until_us = 0 where verification_id = $1",
        )
        .bind(verification)
        .execute(&self.pool)
        .await
        .map(drop)
    }
}

fn policy(row: &AnyRow) -> Result<TemporaryPolicy, sqlx::Error> {
    Ok(TemporaryPolicy {
        verification: row.try_get("verification_id")?,
        revision: row.try_get("revision")?,
        namespace: row.try_get("namespace")?,
        config_map: row.try_get("config_map")?,
        actor: row.try_get("actor")?,
        before: row.try_get("before_text")?,
        after: row.try_get("after_text")?,
        created: row.try_get("created_us")?,
        revert: row.try_get("revert_us")?,
    })
}
