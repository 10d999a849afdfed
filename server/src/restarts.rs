//! Restarts: plans are made with the caller's rights ([`plan`]), kept in the database ([`store`]), and carried out by the
//! console's own account ([`drive`]), which asks before each workload whether whoever approved the plan still may.
//!
//! What is decided, [`domain::restart`] decides: which workloads, in which waves, what comes next. Here it is looked up and
//! done. A restart is two annotations on a pod template, both fixed when the plan was made, so that writing them twice
//! changes nothing.

use api::restart::{Command, PlanRestart, RestartRun};
use domain::restart::{Approver, Event};

pub mod drive;
mod facts;
mod observe;
pub mod plan;
mod pods;
mod rights;
pub mod store;
pub(crate) mod template;
pub mod view;

use self::store::Stored;
use crate::{caller::Caller, error::Error, state::State};

/// Makes a plan and stores it.
pub async fn make(state: &State, caller: &Caller, asked: PlanRestart) -> Result<RestartRun, Error> {
    let plan = plan::plan(state, caller, asked).await?;
    let stored = state.restarts.insert(plan, &caller.actor).await?;
    Ok(view::run(&stored))
}

/// A run, if the caller may see all that it names.
pub async fn find(state: &State, caller: &Caller, id: &str) -> Result<Stored, Error> {
    let none = || Error::NotFound(format!("restart `{id}`"));
    let stored = state.restarts.get(id).await?.ok_or_else(none)?;
    if view::is_visible(caller, &stored).await? {
        Ok(stored)
    } else {
        // That it exists is not for this caller to know.
        Err(none())
    }
}

/// A run as the caller sees it, with whether they may carry it out.
pub async fn show(state: &State, caller: &Caller, id: &str) -> Result<RestartRun, Error> {
    let stored = find(state, caller, id).await?;
    let mut run = view::run(&stored);
    if !stored.run.state.is_over() {
        run.refused = match rights::of_caller(caller, &stored).await {
            Ok(()) => None,
            Err(Error::Forbidden(why)) => Some(why),
            Err(error) => return Err(error),
        };
    }
    Ok(run)
}

/// Starts, pauses, resumes or cancels a run. Each needs the right to restart all that is left of it.
pub async fn command(
    state: &State,
    caller: &Caller,
    id: &str,
    command: Command,
) -> Result<RestartRun, Error> {
    let mut stored = find(state, caller, id).await?;
    rights::of_caller(caller, &stored).await?;
    let by = caller.actor.to_string();
    let approver = || Approver {
        user: by.clone(),
        groups: caller.groups.to_vec(),
    };
    let event = match command {
        Command::Start | Command::Resume => {
            rights::of_console(&state.cluster.console, &stored).await?;
            let by = approver();
            if command == Command::Start {
                Event::Started { by }
            } else {
                Event::Resumed { by }
            }
        }
        Command::Pause => Event::Paused { by, why: None },
        Command::Cancel => Event::Cancelled { by },
    };
    let appended = state.restarts.append(&mut stored, &event, None).await?;
    if appended {
        Ok(view::run(&stored))
    } else {
        Err(Error::WrongState {
            doing: command.name(),
            what: format!("restart `{id}`"),
            state: stored.run.state,
            current: serde_json::to_value(view::run(&stored)).ok(),
        })
    }
}
