//! What a write must be: a body that keeps the rules of `domain`, based on what is stored.

use api::{FieldProblem, Precondition, setting::SaveSetting};
use domain::{Level, Selector, SidecarSetting as Setting, Traffic};
use kube::ResourceExt;

use super::{place::Place, view::view};
use crate::{caller::Caller, cluster::resource::SidecarSetting, error::Error, state::State};

/// The longest reason, in characters.
const REASON_LIMIT: usize = 500;

/// Checks a body by the rules of `domain`, naming every field that breaks one.
pub(super) fn body(level: &Level, body: &SaveSetting) -> Result<Setting, Error> {
    let mut errors: Vec<FieldProblem> = Vec::new();
    let mut refuse = |path: &str, message: String| {
        errors.push(FieldProblem::new(path, message));
    };
    let traffic = Traffic::parse(&body.traffic).unwrap_or_else(|refused| {
        for e in refused {
            refuse(&e.path, e.message);
        }
        Traffic::default()
    });
    let is_workload = matches!(level, Level::Workload { .. });
    let selector = match &body.selector {
        Some(_) if !is_workload => {
            refuse(
                "selector",
                "only settings of the Workload level have a selector: leave it out".into(),
            );
            None
        }
        None if is_workload => {
            refuse(
                "selector",
                "a setting of the Workload level needs a selector: say which pods it is for".into(),
            );
            None
        }
        None => None,
        Some(selector) => Selector::new(selector.match_labels.clone())
            .map_err(|refused| refused.into_iter().for_each(|e| refuse(&e.path, e.message)))
            .ok(),
    };
    if body.priority.is_some() && !is_workload {
        refuse(
            "priority",
            "only settings of the Workload level have a priority: leave it out".into(),
        );
    }
    if let Some(why) = body.reason.as_deref().and_then(wrong_reason) {
        refuse("reason", why);
    }
    if errors.is_empty() {
        Ok(Setting {
            selector,
            priority: body.priority.unwrap_or_default(),
            traffic,
        })
    } else {
        Err(Error::Invalid(errors))
    }
}

/// Checks the reason of a write: one that makes sense, and one at all where it is `required`.
pub(crate) fn reason(reason: Option<&str>, required: bool) -> Result<(), Error> {
    match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        None if required => Err(Error::field(
            "reason",
            "say why: this console keeps a reason with every change",
        )),
        None => Ok(()),
        Some(reason) => wrong_reason(reason).map_or(Ok(()), |why| Err(Error::field("reason", why))),
    }
}

fn wrong_reason(reason: &str) -> Option<String> {
    let wrong = reason.chars().count() > REASON_LIMIT || reason.chars().any(|c| c.is_control() && c != '\n');
    wrong.then(|| format!("a reason is text of at most {REASON_LIMIT} characters"))
}

/// Checks that what is stored is what the write was based on.
pub(super) async fn precondition(
    state: &State,
    caller: &Caller,
    place: &Place,
    based_on: &Precondition,
    stored: Option<&SidecarSetting>,
) -> Result<(), Error> {
    let holds = match (based_on, stored) {
        (Precondition::Absent, None) => true,
        (Precondition::Version(version), Some(stored)) => {
            // The resource version is taken too: `kubectl get -o yaml` shows that one.
            stored.version() == *version || stored.resource_version().as_ref() == Some(version)
        }
        _ => false,
    };
    if holds {
        Ok(())
    } else {
        Err(changed(state, caller, place, stored).await)
    }
}

async fn changed(state: &State, caller: &Caller, place: &Place, stored: Option<&SidecarSetting>) -> Error {
    let current = serde_json::to_value(view(state, caller, place, stored).await).ok();
    Error::ChangedMeanwhile {
        what: place.what(),
        current,
    }
}

/// Fills in the current state where the cluster, not our own check, found that it had changed. It is read anew: our store
/// may not have seen yet what was quicker than we.
pub(super) async fn with_current(state: &State, caller: &Caller, place: &Place, error: Error) -> Error {
    match error {
        Error::ChangedMeanwhile { what, current: None } => match place.stored(caller).await {
            Ok(stored) => changed(state, caller, place, stored.as_ref()).await,
            Err(_) => Error::ChangedMeanwhile { what, current: None },
        },
        error => error,
    }
}
