//! Restart plans and runs.

use std::convert::Infallible;

use api::{
    Page, Problem,
    restart::{Command, PlanRestart, RestartPlan, RestartQuery, RestartRow, RestartRun, RestartWorkload},
};
use axum::{
    extract::State as Shared,
    response::{
        AppendHeaders, IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use tokio::sync::watch;

use super::{events::KEEP_ALIVE, paging};
use crate::{
    caller::Caller,
    error::Error,
    extract::{Json, Path, Query},
    restarts::{self, plan, view},
    state::State,
};

/// Say what would be restarted
///
/// A plan, from a scope: the workloads that need a restart (only those with a proven difference, unless they are named),
/// in which order, what to look at before, and which cannot be restarted and why. Nothing is stored.
#[utoipa::path(post, path = api::path::RESTARTS_PLAN, tag = "restarts", operation_id = "planRestart", request_body = PlanRestart, responses(
    (status = 200, body = RestartPlan),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list pods there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "An option breaks rules"),
))]
pub(super) async fn plan(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(asked): Json<PlanRestart>,
) -> Result<Json<RestartPlan>, Error> {
    Ok(Json(plan::plan(&state, &caller, asked).await?))
}

/// Make a plan
///
/// The same, stored: its id and the time that its restarts carry are fixed. Nothing is restarted until it is started.
#[utoipa::path(post, path = api::path::RESTARTS, tag = "restarts", operation_id = "makeRestart", request_body = PlanRestart, responses(
    (status = 201, body = RestartRun),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list pods there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "An option breaks rules"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The plan cannot be stored"),
))]
pub(super) async fn make(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(asked): Json<PlanRestart>,
) -> Result<(http::StatusCode, Json<RestartRun>), Error> {
    let made = restarts::make(&state, &caller, asked).await?;
    Ok((http::StatusCode::CREATED, Json(made)))
}

/// List plans and runs
///
/// Newest first. A caller sees those of which they may list the pods.
#[utoipa::path(get, path = api::path::RESTARTS, tag = "restarts", operation_id = "listRestarts", params(RestartQuery), responses(
    (status = 200, body = Page<RestartRow>),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<RestartQuery>,
) -> Result<Json<Page<RestartRow>>, Error> {
    let limit = paging::limit(query.limit)?;
    let mut items = Vec::new();
    // All that match are read: how many a caller may see cannot be counted otherwise.
    let mut total = 0;
    let mut before: Option<String> = None;
    let mut started = query.cursor.is_none();
    loop {
        let page = state.restarts.page(&query, before.as_deref(), 200).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        for stored in &page {
            if view::is_visible(&caller, stored).await? {
                total += 1;
                if started && items.len() <= limit {
                    items.push(view::row(stored));
                }
            }
            started |= query.cursor.as_deref() == Some(&stored.id);
        }
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Json(Page { items, total, next }))
}

/// Get a plan, and what became of it
#[utoipa::path(get, path = api::path::RESTART, tag = "restarts", operation_id = "getRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = RestartRun),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RestartRun>, Error> {
    Ok(Json(restarts::show(&state, &caller, &id).await?))
}

/// Start a plan
///
/// The console's own account carries it out. The caller answers for it: their rights are asked about before each workload.
#[utoipa::path(post, path = api::path::RESTART_START, tag = "restarts", operation_id = "startRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = RestartRun),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller, or the console's account, may not restart one of its workloads"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It was started already; `current` is how it stands"),
    )
)]
pub(super) async fn start(
    state: Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RestartRun>, Error> {
    command(&state, &caller, &id, Command::Start).await
}

/// Pause a run
///
/// Nothing more begins; what is under way is watched to its end.
#[utoipa::path(post, path = api::path::RESTART_PAUSE, tag = "restarts", operation_id = "pauseRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = RestartRun),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not restart one of its workloads"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not running; `current` is how it stands"),
    )
)]
pub(super) async fn pause(
    state: Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RestartRun>, Error> {
    command(&state, &caller, &id, Command::Pause).await
}

/// Resume a run
///
/// From then on the caller answers for it.
#[utoipa::path(post, path = api::path::RESTART_RESUME, tag = "restarts", operation_id = "resumeRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = RestartRun),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller, or the console's account, may not restart one of its workloads"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not paused; `current` is how it stands"),
    )
)]
pub(super) async fn resume(
    state: Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RestartRun>, Error> {
    command(&state, &caller, &id, Command::Resume).await
}

/// Cancel a run
///
/// Nothing more begins, for good. Kubernetes goes on with what is under way.
#[utoipa::path(post, path = api::path::RESTART_CANCEL, tag = "restarts", operation_id = "cancelRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = RestartRun),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not restart one of its workloads"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is over; `current` is how it stands"),
    )
)]
pub(super) async fn cancel(
    state: Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RestartRun>, Error> {
    command(&state, &caller, &id, Command::Cancel).await
}

async fn command(
    state: &State,
    caller: &Caller,
    id: &str,
    command: Command,
) -> Result<Json<RestartRun>, Error> {
    Ok(Json(restarts::command(state, caller, id, command).await?))
}

/// Stream what becomes of a run
///
/// Server-sent events. The first is `ready`, with the run as `GET` answers it. Then `workload` with a workload that stands
/// differently than before, and `run` with the run in short, as in the list. The stream goes on after the run is over:
/// `run` says that it is. After a lost connection, `ready` comes again.
#[utoipa::path(get, path = api::path::RESTART_EVENTS, tag = "restarts", operation_id = "streamRestart",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = String, content_type = "text/event-stream", description = "Events until either side hangs up"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such run, or the caller may not see it"),
    )
)]
pub(super) async fn stream(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    // The bell first: what happens while the run is read rings.
    let changes = state.restarts.changes();
    let stored = restarts::find(&state, &caller, &id).await?;
    let follower = Follower {
        told: None,
        waiting: Vec::new(),
        now: view::run(&stored),
        changes,
        state,
        id,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let headers = AppendHeaders([("x-accel-buffering", "no")]);
    Ok((
        headers,
        Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)),
    )
        .into_response())
}

/// Who follows one run.
struct Follower {
    state: State,
    id: String,
    changes: watch::Receiver<()>,
    now: RestartRun,
    told: Option<RestartRun>,
    waiting: Vec<Event>,
}

impl Follower {
    /// The next event; `None`: there will be none, the process stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let Some(told) = &self.told else {
                self.told = Some(self.now.clone());
                return Some(event("ready", &self.now));
            };
            if let Some(event) = self.waiting.pop() {
                return Some(event);
            }
            if *told != self.now {
                self.waiting = differences(told, &self.now);
                self.told = Some(self.now.clone());
                continue;
            }
            tokio::select! {
                () = self.state.stopping.begun() => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
            // Where it cannot be read now, the next change is as good.
            if let Ok(Some(stored)) = self.state.restarts.get(&self.id).await {
                self.now = view::run(&stored);
            }
        }
    }
}

/// What to tell, the last first.
fn differences(told: &RestartRun, now: &RestartRun) -> Vec<Event> {
    let mut events = vec![event("run", &now.row)];
    let workloads: Vec<&RestartWorkload> = now
        .workloads
        .iter()
        .zip(&told.workloads)
        .filter(|(now, told)| now != told)
        .map(|(now, _)| now)
        .collect();
    events.extend(
        workloads
            .into_iter()
            .rev()
            .map(|workload| event("workload", workload)),
    );
    events
}

fn event(name: &str, data: &impl serde::Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(data)
}
