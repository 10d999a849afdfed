//! What changes, as it changes.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State as Shared,
    response::{
        AppendHeaders, IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    caller::Caller,
    cluster::changes::{Changes, Kind},
    history::History,
    restarts::store::Restarts,
    state::State,
    stopping::Stopping,
};

/// At most one event of a kind in this time.
const PAUSE: Duration = Duration::from_millis(500);
/// After this long without an event a comment is sent, so that nobody in between takes the connection for dead.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Where a change is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Cluster(Kind),
    History,
    Restarts,
}

/// The names of the events.
const KINDS: [(Source, &str); 7] = [
    (Source::Cluster(Kind::Mesh), "mesh"),
    (Source::Cluster(Kind::Namespaces), "namespaces"),
    (Source::Cluster(Kind::Settings), "settings"),
    (Source::Cluster(Kind::Workloads), "workloads"),
    (Source::Cluster(Kind::Pods), "pods"),
    (Source::History, "history"),
    (Source::Restarts, "restarts"),
];

/// Stream what changes
///
/// Server-sent events. The first is `ready`: whatever changes after it is told. Then one event for each kind of thing in
/// which something has changed since the last event of that kind, at most two a second: `mesh` (revisions, delivery,
/// contact with the cluster), `namespaces`, `settings`, `workloads`, `pods` (also when what they are judged by has
/// changed), `history` (what this process has recorded), `restarts` (plans and runs). The data is always `{}`: a caller learns that something of a
/// kind has changed, not what, and reads again what they may see. After a lost connection, read everything again.
#[utoipa::path(get, path = api::path::EVENTS, tag = "mesh", operation_id = "streamEvents", responses(
    (status = 200, body = String, content_type = "text/event-stream", description = "Events until either side hangs up"),
    (status = 401, body = api::Problem, content_type = "application/problem+json", description = "The cluster does not know the caller"),
))]
pub(super) async fn stream(Shared(state): Shared<State>, _: Caller) -> Response {
    let events = stream::unfold(Events::of(&state), |mut events| async move {
        let name = events.next().await?;
        Some((
            Ok::<_, Infallible>(Event::default().event(name).data("{}")),
            events,
        ))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    // A reverse proxy that collects answers before it passes them on would hold back every event.
    let headers = AppendHeaders([("x-accel-buffering", "no")]);
    (headers, Sse::new(events).keep_alive(keep_alive)).into_response()
}

/// What one listener has still to be told.
struct Events {
    is_ready_told: bool,
    kinds: [Told; 7],
    changes: Changes,
    restarts: watch::Receiver<()>,
    appended: watch::Receiver<()>,
    /// Held because it rings `appended`.
    _history: History,
    /// Held because it rings `restarts`.
    _restarts: Restarts,
    stopping: Stopping,
}

/// What of a kind has been told.
#[derive(Clone, Copy)]
struct Told {
    is_changed: bool,
    /// Until then there is no event of this kind.
    quiet_until: Instant,
}

impl Events {
    fn of(state: &State) -> Self {
        let nothing = Told {
            is_changed: false,
            quiet_until: Instant::now(),
        };
        Self {
            is_ready_told: false,
            kinds: [nothing; 7],
            changes: Changes::of(&state.cluster),
            appended: state.history.appended(),
            _history: state.history.clone(),
            restarts: state.restarts.changes(),
            _restarts: state.restarts.clone(),
            stopping: state.stopping.clone(),
        }
    }

    /// The name of the next event; `None`: there will be none, the process stops.
    async fn next(&mut self) -> Option<&'static str> {
        if !std::mem::replace(&mut self.is_ready_told, true) {
            return Some("ready");
        }
        loop {
            let now = Instant::now();
            let due = self.kinds.iter_mut().zip(KINDS);
            for (told, (_, name)) in due {
                if told.is_changed && told.quiet_until <= now {
                    *told = Told {
                        is_changed: false,
                        quiet_until: now + PAUSE,
                    };
                    return Some(name);
                }
            }
            let waiting = self.kinds.iter().filter(|told| told.is_changed);
            let soonest = waiting.map(|told| told.quiet_until).min();
            tokio::select! {
                () = self.stopping.begun() => return None,
                kinds = self.changes.next() => self.mark(|source| matches!(source, Source::Cluster(kind) if kinds.contains(&kind))),
                _ = self.appended.changed() => self.mark(|source| source == Source::History),
                _ = self.restarts.changed() => self.mark(|source| source == Source::Restarts),
                () = until(soonest) => {}
            }
        }
    }

    fn mark(&mut self, is_changed: impl Fn(Source) -> bool) {
        for (told, (source, _)) in self.kinds.iter_mut().zip(KINDS) {
            told.is_changed |= is_changed(source);
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
