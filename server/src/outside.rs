//! Changes that others make beside Sidestep, with `kubectl`, an installer or a controller: they come into the history as
//! made outside.
//!
//! Our settings and Istio's ConfigMaps are compared with what the history has seen of them last, on each change that the
//! watches tell and once after each start. What differs is read anew from the cluster and noted
//! ([`History::note`](crate::history::History::note)), which leaves out what is our own or recorded already. Any console
//! on the history's database may do it; it is recorded once.

use std::{collections::HashMap, time::Duration};

use api::audit::{Outside, Target};
use jiff::{SignedDuration, Timestamp};

mod watched;

pub use self::watched::{Kind, config_map_version};
use crate::{
    clock::Clock,
    cluster::{Cluster, watch::Stores},
    error::Error,
    history::{Edit, Found, History, Noted},
    install::FIELD_MANAGER,
    state::State,
};

/// How soon is looked again after a change of ours that was still under way.
const SOON: Duration = Duration::from_millis(500);
/// How long a write waits for an earlier one of the same thing to be recorded.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon after what could not be read or recorded.
const LATER: Duration = Duration::from_secs(5);
/// The cluster notes edits to the second. Two in one second are told apart only for so long after.
const SAME_SECOND: SignedDuration = SignedDuration::from_secs(10);

/// Why it cannot be told yet what was changed.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error("the cluster cannot be asked: {0}")]
    Cluster(#[from] kube::Error),
    #[error("the history does not take it: {0}")]
    History(#[from] sqlx::Error),
}

/// Records changes from outside for as long as the process lives.
pub async fn run(history: History, cluster: Cluster, clock: Clock) {
    let mut appended = history.appended();
    let mut settings = cluster.stores.settings.changes();
    let mut config_maps = cluster.stores.config_maps.changes();
    let mut looks = Kind::ALL.map(Look::new);
    let mut said = None;
    loop {
        let mut pause = None;
        let mut problem = None;
        for look in &mut looks {
            match look.pass(&history, &cluster, &clock).await {
                Ok(true) => {}
                Ok(false) => pause = pause.or(Some(SOON)),
                Err(error) => {
                    pause = Some(LATER);
                    problem = Some(error.to_string());
                }
            }
        }
        if problem != said
            && let Some(problem) = &problem
        {
            tracing::warn!("changes from outside are not recorded now: {problem}");
        }
        said = problem;
        tokio::select! {
            // None of them ends: who rings is held here.
            _ = settings.changed() => {}
            _ = config_maps.changed() => {}
            _ = appended.changed() => {}
            () = wait(pause) => {}
        }
    }
}

async fn wait(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Notes what was changed outside before a write of ours, which else would hide it. `version` is what the write is based
/// on; nothing: there is none.
pub async fn catch_up(state: &State, target: &Target, version: Option<&str>) -> Result<(), Error> {
    let history = &state.history;
    let Some(kind) = Kind::of(target) else {
        return Ok(());
    };
    if !history
        .watches(kind.name())
        .await
        .map_err(Error::HistoryUnwritable)?
    {
        return Ok(());
    }
    let seen = history.seen(target).await.map_err(Error::HistoryUnwritable)?;
    let seen = seen.filter(|seen| seen.body.is_some()).map(|seen| seen.version);
    if seen.as_deref() == version {
        return Ok(());
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let looked = loop {
        let looked = look_at(history, &state.cluster, &state.clock, kind, target, None).await;
        let is_open = matches!(looked, Ok((_, Noted::Again)));
        if !is_open || tokio::time::Instant::now() > deadline {
            break looked;
        }
        tokio::time::sleep(SOON).await;
    };
    match looked {
        Ok((_, Noted::Again)) => {
            tracing::warn!(
                "an earlier change of ours is still open: one from outside after it may go unrecorded"
            );
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(NotYet::History(error)) => Err(Error::HistoryUnwritable(error)),
        Err(error @ NotYet::Cluster(_)) => {
            tracing::warn!("a change from outside may go unrecorded: {error}");
            Ok(())
        }
    }
}

/// What of a thing tells that it may have changed: its version, and when it was edited.
type Mark = (String, Timestamp);

/// The things of a kind as this process has compared them last.
struct Look {
    kind: Kind,
    known: HashMap<(String, String), Mark>,
    /// Since when it is looked without a gap, and whether all that was changed before is noted.
    since: Option<(Timestamp, bool)>,
}

impl Look {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            known: HashMap::new(),
            since: None,
        }
    }

    /// Compares once; whether all that was changed is noted.
    async fn pass(&mut self, history: &History, cluster: &Cluster, clock: &Clock) -> Result<bool, NotYet> {
        if cluster.missing().is_some() || !self.kind.is_seen(&cluster.stores) {
            // What comes after the gap comes as one.
            self.since = None;
            return Ok(true);
        }
        let (since, is_caught_up) = match self.since {
            Some(since) => since,
            None => (self.begin(history, cluster, clock).await?, false),
        };
        let now = self.kind.marks(&cluster.stores);
        let mut changed: Vec<(String, String)> = now
            .iter()
            .filter(|(place, mark)| self.known.get(*place) != Some(*mark))
            .map(|(place, _)| place.clone())
            .collect();
        changed.extend(
            self.known
                .keys()
                .filter(|place| !now.contains_key(*place))
                .cloned(),
        );
        let mut is_all = true;
        for place in changed {
            let target = self.kind.target(&place);
            let away_until = (!is_caught_up).then_some(since);
            let (found, noted) = look_at(history, cluster, clock, self.kind, &target, away_until).await?;
            if noted == Noted::Again {
                is_all = false;
                continue;
            }
            match found {
                Some(found) => {
                    let mark = (found.version.clone(), found.edited());
                    self.known.insert(place, mark);
                }
                None => drop(self.known.remove(&place)),
            }
        }
        self.since = Some((since, is_caught_up || is_all));
        Ok(is_all)
    }

    /// Starts from what the history has seen; the very first time, from what is there.
    async fn begin(
        &mut self,
        history: &History,
        cluster: &Cluster,
        clock: &Clock,
    ) -> Result<Timestamp, NotYet> {
        let now = clock.now();
        let things = self.kind.things(&cluster.stores);
        history
            .begin_to_watch(&cluster_id(&cluster.stores), self.kind.name(), &things)
            .await?;
        let seen = history.all_seen(self.kind.name()).await?;
        self.known = seen
            .into_iter()
            .filter(|(_, seen)| seen.body.is_some())
            .map(|(target, seen)| ((target.namespace, target.name), (seen.version, seen.edited)))
            .collect();
        self.since = Some((now, false));
        Ok(now)
    }
}

/// Reads one thing anew and takes note of it. `away_until`: no console may have watched before then.
async fn look_at(
    history: &History,
    cluster: &Cluster,
    clock: &Clock,
    kind: Kind,
    target: &Target,
    away_until: Option<Timestamp>,
) -> Result<(Option<Found>, Noted), NotYet> {
    // First what was seen, then what is: whatever comes in between makes the step fail, and is looked at again.
    let seen = history.seen(target).await?;
    let found = kind.read(&cluster.console, target).await?;
    let edited = seen.as_ref().map_or(Timestamp::UNIX_EPOCH, |seen| seen.edited);
    let edit = found
        .as_ref()
        .and_then(|found| editor(&found.edits, edited, clock.now()));
    let outside = Outside {
        manager: edit.map(|edit| edit.manager.clone()),
        at: edit.map(|edit| edit.at.to_string()),
        while_away: away_until.is_some_and(|until| edit.is_none_or(|edit| edit.at < until)),
    };
    let noted = history
        .note(target, seen.as_ref(), found.as_ref(), outside)
        .await?;
    if noted == Noted::Recorded {
        tracing::info!(
            kind = target.kind,
            "`{}/{}` was changed outside Sidestep",
            target.namespace,
            target.name
        );
    }
    Ok((found, noted))
}

/// Who made the newest edit after `seen`. Who only took away fields of others leaves no trace.
fn editor(edits: &[Edit], seen: Timestamp, now: Timestamp) -> Option<&Edit> {
    edits
        .iter()
        .filter(|edit| edit.at > seen || (edit.at == seen && now.duration_since(edit.at) < SAME_SECOND))
        .max_by_key(|edit| (edit.at, edit.manager != FIELD_MANAGER))
}

/// The id that a cluster has for as long as it lives.
fn cluster_id(stores: &Stores) -> String {
    let system = stores.namespaces.get_cluster_scoped("kube-system");
    system
        .and_then(|namespace| namespace.metadata.uid.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn told(edits: &[(&str, i64)], seen: i64, now: i64) -> Option<String> {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(manager, second)| Edit {
                manager: (*manager).to_owned(),
                at: at(*second),
            })
            .collect();
        editor(&edits, at(seen), at(now)).map(|edit| edit.manager.clone())
    }

    #[test]
    fn the_newest_edit_after_what_was_seen_tells_who_it_was() {
        let edits = [("helm", 10), ("kubectl-edit", 30), (FIELD_MANAGER, 20)];
        assert_eq!(told(&edits, 20, 31).as_deref(), Some("kubectl-edit"));
        assert_eq!(told(&edits, 0, 31).as_deref(), Some("kubectl-edit"));
    }

    #[test]
    fn in_the_same_second_it_was_not_us() {
        let edits = [(FIELD_MANAGER, 30), ("kubectl-patch", 30)];
        assert_eq!(told(&edits, 30, 31).as_deref(), Some("kubectl-patch"));
    }

    #[test]
    fn an_edit_that_left_no_trace_is_nobodys() {
        assert_eq!(told(&[(FIELD_MANAGER, 30)], 30, 90), None);
        assert_eq!(told(&[], 0, 90), None);
    }
}
