//! Reading the history: intents with their outcomes, folded into changes.

use api::audit::{Action, AuditQuery, Change, Outcome, OutcomeState, Target};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Row, any::AnyRow};

use super::{History, Intent, Pending, Recorded};
use crate::{caller::Visible, error::Error};

impl History {
    /// A page of changes, newest first, and how many there are; the cursor is the `seq` of the last intent seen.
    pub async fn page(
        &self,
        query: &AuditQuery,
        shown: &Shown,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<(i64, Change)>, usize), Error> {
        let changes = self.changes(query, shown, before, limit).await?;
        let (settings, pods) = (names(&shown.settings), names(&shown.pods));
        let config_maps = names(&shown.config_maps);
        let (action, outcome) = (query.action.map(does), query.outcome.map(ended));
        let count = async {
            sqlx::query(COUNT)
                .bind(query.actor.as_deref())
                .bind(query.namespace.as_deref())
                .bind(query.kind.as_deref())
                .bind(settings.as_deref())
                .bind(pods.as_deref())
                .bind(query.name.as_deref())
                .bind(action.as_deref())
                .bind(outcome.as_deref())
                .bind(config_maps.as_deref())
                .fetch_one(&self.pool)
                .await?
                .try_get::<i64, _>("n")
        };
        let count = count.await.map_err(Error::HistoryUnreadable)?;
        Ok((changes, usize::try_from(count).unwrap_or_default()))
    }

    /// The same without counting them all.
    pub async fn changes(
        &self,
        query: &AuditQuery,
        shown: &Shown,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, Change)>, Error> {
        let rows = sqlx::query(PAGE)
            .bind(query.actor.as_deref())
            .bind(query.namespace.as_deref())
            .bind(query.kind.as_deref())
            .bind(names(&shown.settings))
            .bind(names(&shown.pods))
            .bind(query.name.as_deref())
            .bind(query.action.map(does))
            .bind(query.outcome.map(ended))
            .bind(names(&shown.config_maps))
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(Error::HistoryUnreadable)?;
        let changes: Result<_, sqlx::Error> = rows.iter().map(fold).collect();
        changes.map_err(Error::HistoryUnreadable)
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

    /// The newest change of the same thing after `change`; those that the cluster has not taken do not count.
    pub async fn newest_after(&self, change: &Change) -> Result<Option<Change>, Error> {
        let row = sqlx::query(NEWEST_AFTER)
            .bind(&change.target.kind)
            .bind(&change.target.namespace)
            .bind(&change.target.name)
            .bind(&change.id)
            .bind(ended(OutcomeState::Failed))
            .fetch_optional(&self.pool)
            .await
            .map_err(Error::HistoryUnreadable)?;
        let newest = row.as_ref().map(fold).transpose();
        Ok(newest
            .map_err(Error::HistoryUnreadable)?
            .map(|(_, change)| change))
    }

    /// The first intent on the same thing after the event `seq` that the cluster took, or may have taken: it has no outcome
    /// then, as the second says. One that failed tells nothing: it may have looked before and asked after. `action`: of this
    /// kind alone.
    pub(super) async fn next_taken(
        &self,
        target: &Target,
        seq: i64,
        action: Option<Action>,
    ) -> Result<Option<(Intent, bool)>, sqlx::Error> {
        let row = sqlx::query(NEXT)
            .bind(&target.kind)
            .bind(&target.namespace)
            .bind(&target.name)
            .bind(seq)
            .bind(ended(OutcomeState::Succeeded))
            .bind(action.map(does))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let outcome: Option<String> = row.try_get("outcome_body")?;
        Ok(Some((json(&row, "body")?, outcome.is_some())))
    }

    /// The change by which the plan `plan` restarted a workload.
    pub async fn restart(&self, target: &Target, plan: &str) -> Result<Option<String>, sqlx::Error> {
        let row = sqlx::query(RESTART)
            .bind(&target.kind)
            .bind(&target.namespace)
            .bind(&target.name)
            .bind(format!(r#"%"plan":"{plan}"%"#))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.try_get("change_id")).transpose()
    }

    /// Whether the run of the plan `plan` has gone on from this change: it found its mark in the template.
    pub(super) async fn has_gone_on(&self, plan: &str, change: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query(GONE_ON)
            .bind(plan)
            .bind(format!(r#"%"change":"{change}"%"#))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The changes recorded before `before` whose outcome is not, newest first: what came of one tells of those before it.
    pub async fn pending(&self, before: Timestamp) -> Result<Vec<Pending>, sqlx::Error> {
        let rows = sqlx::query(PENDING)
            .bind(before.as_microsecond())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Pending {
                    seq: row.try_get("seq")?,
                    change: row.try_get("change_id")?,
                    intent: json(row, "body")?,
                })
            })
            .collect()
    }
}

/// What of the history somebody may see.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Changes of settings in these namespaces.
    pub settings: Visible,
    /// Changes of pods, and of what makes them, in these namespaces.
    pub pods: Visible,
    /// Changes of ConfigMaps in these namespaces.
    pub config_maps: Visible,
}

/// Namespaces as one text, so that the statement stays one however many there are; nothing: all.
fn names(visible: &Visible) -> Option<String> {
    match visible {
        Visible::All => None,
        Visible::In(names) => Some(format!(",{},", names.join(","))),
    }
}

/// The bodies of intents of this action: JSON as [`Intent`] writes it, where a quote inside of a text is escaped.
fn does(action: Action) -> String {
    format!(r#"{{"actor":"%","action":{},"target":%"#, word(action))
}

/// The bodies of outcomes of this state, as [`Recorded`] writes them; `pending`: there is none.
fn ended(outcome: OutcomeState) -> String {
    match outcome {
        OutcomeState::Pending => "pending".to_owned(),
        recorded => format!(r#"{{"state":{}%"#, word(recorded)),
    }
}

/// A word of the wire as JSON has it, in quotes.
fn word(word: impl Serialize) -> String {
    serde_json::to_string(&word).unwrap_or_default()
}

/// A statement over the changes that the filters `$1` to `$9` leave.
macro_rules! over_changes {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
             where i.kind = 'intent' \
               and (cast($1 as text) is null or i.actor = $1) \
               and (cast($2 as text) is null or i.target_namespace = $2) \
               and (cast($3 as text) is null or i.target_kind = $3) \
               and (i.target_kind <> 'SidecarSetting' or cast($4 as text) is null or $4 like '%,' || i.target_namespace || ',%') \
               and (i.target_kind in ('SidecarSetting', 'ConfigMap') or cast($5 as text) is null or $5 like '%,' || i.target_namespace || ',%') \
               and (i.target_kind <> 'ConfigMap' or cast($9 as text) is null or $9 like '%,' || i.target_namespace || ',%') \
               and (cast($6 as text) is null or i.target_name = $6) \
               and (cast($7 as text) is null or i.body like $7) \
               and (cast($8 as text) is null or ($8 = 'pending' and o.body is null) or o.body like $8) ",
            $rest
        )
    };
}

const PAGE: &str = over_changes!(
    "select i.seq, i.change_id, i.at_us, i.body, i.hash, \
            o.at_us as outcome_at_us, o.body as outcome_body, o.hash as outcome_hash",
    "and i.seq < $10 order by i.seq desc limit $11"
);

const COUNT: &str = over_changes!("select count(*) as n", "");

const ONE: &str = "\
    select i.seq, i.change_id, i.at_us, i.body, i.hash, \
           o.at_us as outcome_at_us, o.body as outcome_body, o.hash as outcome_hash \
    from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
    where i.kind = 'intent' and i.change_id = $1";

const NEWEST_AFTER: &str = "\
    select i.seq, i.change_id, i.at_us, i.body, i.hash, \
           o.at_us as outcome_at_us, o.body as outcome_body, o.hash as outcome_hash \
    from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
    where i.kind = 'intent' and i.target_kind = $1 and i.target_namespace = $2 and i.target_name = $3 \
      and i.seq > (select seq from events where kind = 'intent' and change_id = $4) \
      and (o.body is null or o.body not like $5) \
    order by i.seq desc limit 1";

const NEXT: &str = "\
    select i.body, o.body as outcome_body \
    from events i left join events o on o.change_id = i.change_id and o.kind = 'outcome' \
    where i.kind = 'intent' and i.target_kind = $1 and i.target_namespace = $2 and i.target_name = $3 and i.seq > $4 \
      and (o.body is null or o.body like $5) \
      and (cast($6 as text) is null or i.body like $6) \
    order by i.seq limit 1";

const RESTART: &str = "\
    select change_id from events \
    where kind = 'intent' and target_kind = $1 and target_namespace = $2 and target_name = $3 and body like $4 \
    order by seq desc limit 1";

const GONE_ON: &str = "select seq from restart_events where run_id = $1 and body like $2 limit 1";

const PENDING: &str = "\
    select i.seq, i.change_id, i.body from events i \
    where i.kind = 'intent' and i.at_us < $1 \
      and not exists (select 1 from events o where o.change_id = i.change_id and o.kind = 'outcome') \
    order by i.seq desc";

fn fold(row: &AnyRow) -> Result<(i64, Change), sqlx::Error> {
    let intent: Intent = json(row, "body")?;
    let recorded: Option<String> = row.try_get("outcome_body")?;
    let outcome = match recorded {
        None => Outcome {
            state: OutcomeState::Pending,
            at: None,
            detail: None,
        },
        Some(body) => {
            let recorded: Recorded =
                serde_json::from_str(&body).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
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
        outside: intent.outside,
        reverts: intent.reverts,
        outcome,
        hash: match newest {
            Some(hash) => hash,
            None => row.try_get("hash")?,
        },
    };
    Ok((row.try_get("seq")?, change))
}

pub(super) fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
