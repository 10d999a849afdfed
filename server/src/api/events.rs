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
    state::State,
    stopping::Stopping,
};

/// At most one event of a kind in this time.
const PAUSE: Duration = Duration::from_millis(500);
/// After this long without an event a comment is sent, so that nobody in between takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The names of the events. The history is no part of the cluster.
const KINDS: [(Option<Kind>, &str); 6] = [
    (Some(Kind::Mesh), "mesh"),
    (Some(Kind::Namespaces), "namespaces"),
    (Some(Kind::Settings), "settings"),
    (Some(Kind::Deployments), "deployments"),
    (Some(Kind::Pods), "pods"),
    (None, "history"),
];

/// Stream what changes
///
/// Server-sent events. The first is `ready`: whatever changes after it is told. Then one event for each kind of thing in
/// which something has changed since the last event of that kind, at most two a second: `mesh` (revisions, delivery,
/// contact with the cluster), `namespaces`, `settings`, `deployments`, `pods` (also when what they are judged by has
/// changed), `history` (what this process has recorded). The data is always `{}`: a caller learns that something of a
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
    kinds: [Told; 6],
    changes: Changes,
    appended: watch::Receiver<()>,
    /// Held because it rings `appended`.
    _history: History,
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
            kinds: [nothing; 6],
            changes: Changes::of(&state.cluster),
            appended: state.history.appended(),
            _history: state.history.clone(),
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
                kinds = self.changes.next() => self.mark(|kind| kind.is_some_and(|kind| kinds.contains(&kind))),
                _ = self.appended.changed() => self.mark(|kind| kind.is_none()),
                () = until(soonest) => {}
            }
        }
    }

    fn mark(&mut self, is_changed: impl Fn(Option<Kind>) -> bool) {
        for (told, (kind, _)) in self.kinds.iter_mut().zip(KINDS) {
            told.is_changed |= is_changed(kind);
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
