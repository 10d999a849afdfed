//! What was last seen of the things that others change too. By it a change that was made beside Sidestep is told from our
//! own, and recorded once, however many consoles see it.
//!
//! Who takes note names the state that it replaces ([`Advance::from`]), in the same transaction as the record: of two
//! consoles that see the same change one records it.

use api::audit::{Action, OutcomeState, Outside, Target};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};

use super::{History, Intent, New, Recorded, read::json};

/// The actor of a change from outside of which the cluster notes no field manager.
const UNKNOWN: &str = "unknown";

/// A thing as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its uid and, after a dot, what changes with each edit.
    pub version: String,
    /// Its state as changes record it; nothing: it was gone.
    pub body: Option<Value>,
    /// When the cluster noted its newest edit.
    pub edited: Timestamp,
}

/// A thing as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its uid and, after a dot, what changes with each edit.
    pub version: String,
    /// Its state as changes record it.
    pub body: Value,
    /// Who edited it, as the cluster noted.
    pub edits: Vec<Edit>,
}

/// A field manager's newest edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The field manager.
    pub manager: String,
    /// When, to the second.
    pub at: Timestamp,
}

/// What came of taking note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is as it was, or its change is known: our own, or one that is recorded already.
    Known,
    /// A change from outside was recorded.
    Recorded,
    /// A change of ours is under way, or another console was quicker: look again.
    Again,
}

impl Found {
    /// When the cluster noted the newest edit.
    #[must_use]
    pub fn edited(&self) -> Timestamp {
        let newest = self.edits.iter().map(|edit| edit.at).max();
        newest.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A step from what was seen to what is now.
pub(super) struct Advance {
    target: Target,
    /// The version that was seen before; nothing: none was, or it was gone.
    from: Option<String>,
    version: String,
    body: Option<String>,
    /// Nothing: as before.
    edited: Option<Timestamp>,
    /// Whether nothing is recorded where `from` is not what was seen.
    pub(super) must: bool,
}

impl Advance {
    /// Takes the step; whether it was one.
    pub(super) async fn run(&self, connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
        let statement = match &self.from {
            Some(_) => {
                "update seen \
                 set version = $4, body = $5, edited_us = coalesce($6, edited_us) \
                 where target_kind = $1 and target_namespace = $2 and target_name = $3 and version = $7"
            }
            None => {
                "insert into seen (target_kind, target_namespace, target_name, version, body, edited_us) \
                 values ($1, $2, $3, $4, $5, coalesce($6, 0)) \
                 on conflict (target_kind, target_namespace, target_name) \
                 do update set version = excluded.version, body = excluded.body, edited_us = excluded.edited_us \
                 where seen.body is null"
            }
        };
        let query = sqlx::query(statement)
            .bind(&self.target.kind)
            .bind(&self.target.namespace)
            .bind(&self.target.name)
            .bind(&self.version)
            .bind(self.body.as_deref())
            .bind(self.edited.map(Timestamp::as_microsecond));
        let query = match &self.from {
            Some(from) => query.bind(from),
            None => query,
        };
        Ok(query.execute(connection).await?.rows_affected() > 0)
    }
}

impl History {
    /// Begins to watch things of `kind`: those that are there now are no change. Where the history has watched them in
    /// this cluster before, it goes on from there.
    pub async fn begin_to_watch(
        &self,
        cluster: &str,
        kind: &str,
        things: &[(Target, Found)],
    ) -> Result<(), sqlx::Error> {
        let _queue = self.writer.lock().await;
        let mut transaction = self.pool.begin_with(self.begin).await?;
        let watched = sqlx::query("select cluster from watched where target_kind = $1")
            .bind(kind)
            .fetch_optional(&mut *transaction)
            .await?;
        let of = watched
            .map(|row| row.try_get::<String, _>("cluster"))
            .transpose()?;
        if of.as_deref() == Some(cluster) {
            return transaction.rollback().await;
        }
        if of.is_some() {
            for statement in [
                "delete from seen where target_kind = $1",
                "delete from watched where target_kind = $1",
            ] {
                sqlx::query(statement)
                    .bind(kind)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        sqlx::query(
            "insert into watched (target_kind, cluster, since_us) values ($1, $2, $3) on conflict (target_kind) do nothing",
        )
        .bind(kind)
        .bind(cluster)
        .bind(self.clock.now().as_microsecond())
        .execute(&mut *transaction)
        .await?;
        for (target, found) in things {
            let advance = Advance {
                target: target.clone(),
                from: None,
                version: found.version.clone(),
                body: Some(found.body.to_string()),
                edited: Some(found.edited()),
                must: false,
            };
            advance.run(&mut transaction).await?;
        }
        transaction.commit().await
    }

    /// Whether things of `kind` are watched.
    pub async fn watches(&self, kind: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("select since_us from watched where target_kind = $1")
            .bind(kind)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Everything of `kind` as it was last seen.
    pub async fn all_seen(&self, kind: &str) -> Result<Vec<(Target, Seen)>, sqlx::Error> {
        let rows = sqlx::query("select * from seen where target_kind = $1")
            .bind(kind)
            .fetch_all(&self.pool)
            .await?;
        let read = |row| {
            let target = Target {
                kind: kind.to_owned(),
                namespace: Row::try_get(row, "target_namespace")?,
                name: Row::try_get(row, "target_name")?,
            };
            Ok((target, seen(row)?))
        };
        rows.iter().map(read).collect()
    }

    /// A thing as it was last seen.
    pub async fn seen(&self, target: &Target) -> Result<Option<Seen>, sqlx::Error> {
        let row = sqlx::query(
            "select * from seen where target_kind = $1 and target_namespace = $2 and target_name = $3",
        )
        .bind(&target.kind)
        .bind(&target.namespace)
        .bind(&target.name)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(seen).transpose()
    }

    /// Takes note of a thing as the cluster has it, against what was `seen` before the cluster was asked. A change that is
    /// nobody's here is recorded as made outside, as `outside` says.
    pub async fn note(
        &self,
        target: &Target,
        seen: Option<&Seen>,
        found: Option<&Found>,
        outside: Outside,
    ) -> Result<Noted, sqlx::Error> {
        let before = seen.and_then(|seen| seen.body.clone());
        let after = found.map(|found| found.body.clone());
        let Some(version) = found
            .map(|found| &found.version)
            .or(seen.map(|seen| &seen.version))
        else {
            return Ok(Noted::Known);
        };
        let advance = Advance {
            target: target.clone(),
            from: seen
                .filter(|seen| seen.body.is_some())
                .map(|seen| seen.version.clone()),
            version: version.clone(),
            body: after.as_ref().map(Value::to_string),
            edited: found.map(Found::edited),
            must: true,
        };
        let is_same_version = seen.is_some_and(|seen| seen.version == *version && seen.body.is_some());
        if before == after || (is_same_version && found.is_some()) {
            let is_new = found
                .zip(seen)
                .is_some_and(|(found, seen)| found.version != seen.version || found.edited() != seen.edited);
            return if is_new {
                self.go_on(&advance).await
            } else {
                Ok(Noted::Known)
            };
        }
        if self.is_under_way(target).await? {
            return Ok(Noted::Again);
        }
        let change = id(target, version, found.is_some());
        if self.has(&change, "intent").await? || self.is_ours(target, version, found.is_some()).await? {
            return self.go_on(&advance).await;
        }
        let intent = Intent {
            actor: outside.manager.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            action: Action::ChangedOutside,
            target: target.clone(),
            reason: None,
            before,
            after,
            based_on: seen.map(|seen| seen.version.clone()),
            outside: Some(outside),
            reverts: None,
        };
        let outcome = Recorded {
            state: OutcomeState::Succeeded,
            detail: None,
            version: found.map(|found| found.version.clone()),
        };
        let events = [New::intent(&intent), New::outcome(&outcome)];
        match self.append(&change, &events, Some(&advance)).await {
            Ok(true) => Ok(Noted::Recorded),
            Ok(false) => Ok(Noted::Again),
            // Another console was quicker.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Noted::Again),
            Err(error) => Err(error),
        }
    }

    /// Takes the step without a record. Its news may be another console's record: whoever listens here is told.
    async fn go_on(&self, advance: &Advance) -> Result<Noted, sqlx::Error> {
        let done = self.append("", &[], Some(advance)).await?;
        Ok(if done { Noted::Known } else { Noted::Again })
    }

    /// The step that an outcome of ours makes; nothing: it changed nothing that is watched.
    pub(super) async fn made_by(
        &self,
        change: &str,
        outcome: &Recorded,
    ) -> Result<Option<Advance>, sqlx::Error> {
        if outcome.state != OutcomeState::Succeeded {
            return Ok(None);
        }
        let row = sqlx::query("select body from events where change_id = $1 and kind = 'intent'")
            .bind(change)
            .fetch_optional(&self.pool)
            .await?;
        let Some(intent) = row.map(|row| json::<Intent>(&row, "body")).transpose()? else {
            return Ok(None);
        };
        let version = match intent.action {
            Action::SaveSetting | Action::SaveOutboundPolicy => outcome.version.clone(),
            Action::DeleteSetting => intent.based_on.clone(),
            Action::DeletePod
            | Action::EvictPod
            | Action::ChangedOutside
            | Action::RestartWorkload
            | Action::EditWorkload
            | Action::AddDebugContainer
            | Action::AddTemporarySidecar
            | Action::RemoveTemporarySidecar => None,
        };
        Ok(version.map(|version| Advance {
            target: intent.target,
            from: intent.based_on,
            version,
            body: intent.after.as_ref().map(Value::to_string),
            edited: None,
            must: false,
        }))
    }

    /// Whether a change of the thing has no outcome yet.
    async fn is_under_way(&self, target: &Target) -> Result<bool, sqlx::Error> {
        let row = sqlx::query(
            "select i.seq from events i \
             where i.kind = 'intent' and i.target_kind = $1 and i.target_namespace = $2 and i.target_name = $3 \
               and not exists (select 1 from events o where o.change_id = i.change_id and o.kind = 'outcome') \
             limit 1",
        )
        .bind(&target.kind)
        .bind(&target.namespace)
        .bind(&target.name)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    /// Whether a change of ours made this version of the thing, or removed it.
    async fn is_ours(&self, target: &Target, version: &str, is_there: bool) -> Result<bool, sqlx::Error> {
        // Bodies as [`Recorded`] and [`Intent`] write them, where a quote inside of a text is escaped.
        let (intent, outcome) = if is_there {
            (
                "%".to_owned(),
                format!(r#"{{"state":"succeeded"%"version":"{version}"}}"#),
            )
        } else {
            let based_on =
                format!(r#"{{"actor":"%","action":"delete-setting","target":%"basedOn":"{version}"%"#);
            (based_on, r#"{"state":"succeeded"%"#.to_owned())
        };
        let row = sqlx::query(
            "select i.seq from events i \
             join events o on o.change_id = i.change_id and o.kind = 'outcome' \
             where i.kind = 'intent' and i.target_kind = $1 and i.target_namespace = $2 and i.target_name = $3 \
               and i.body like $4 and o.body like $5 \
             limit 1",
        )
        .bind(&target.kind)
        .bind(&target.namespace)
        .bind(&target.name)
        .bind(intent)
        .bind(outcome)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }
}

fn seen(row: &sqlx::any::AnyRow) -> Result<Seen, sqlx::Error> {
    let body: Option<String> = row.try_get("body")?;
    let body = body.map(|body| serde_json::from_str(&body)).transpose();
    Ok(Seen {
        version: row.try_get("version")?,
        body: body.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        edited: Timestamp::from_microsecond(row.try_get("edited_us")?).unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

/// The id of a change from outside: the same whoever sees it.
fn id(target: &Target, version: &str, is_there: bool) -> String {
    let what = if is_there { "changed" } else { "removed" };
    let mut sha = Sha256::new();
    for part in [&target.kind, &target.namespace, &target.name, version, what] {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    let digest = sha.finalize();
    let bytes = std::array::from_fn(|at| digest[at]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
