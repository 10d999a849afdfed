//! Puts back what a setting was before a change: the save or the removal that anybody could send, once it is sure that
//! nobody's later change is lost with it.

use api::{
    Precondition,
    audit::{Action, Change, OutcomeState, RevertChange},
    setting::{DeleteSetting, SaveSetting, SettingView},
};
use domain::{Level, setting::DEFAULT_NAME};
use serde_json::Value;

use super::{delete, place::Place, save, view::view};
use crate::{
    caller::Caller,
    cluster::resource::{SidecarSetting, SidecarSettingSpec},
    error::Error,
    outside,
    state::State,
};

/// Reverts `change`, which the caller may see.
pub async fn revert(
    state: &State,
    caller: &Caller,
    change: &Change,
    how: RevertChange,
) -> Result<SettingView, Error> {
    is_possible(change)?;
    let place = Place::of(state, level(state, change))?;
    let now = place.stored(caller).await?;
    let version = now.as_ref().map(SidecarSetting::version);
    if !is_same(now.as_ref(), change.before.as_ref()) {
        // What others have done to it meanwhile is in the history then.
        outside::catch_up(state, &place.target(), version.as_deref()).await?;
        is_last(state, &place, change, now.as_ref(), how.over_later.as_deref()).await?;
    }
    let (level, reverts) = (place.level.clone(), Some(change.id.clone()));
    let based_on = version.map_or(Precondition::Absent, Precondition::Version);
    match (&change.before, &now) {
        (Some(before), _) => {
            let before = SidecarSettingSpec::from(before.clone());
            let read = before.read();
            if !read.errors.is_empty() {
                return Err(Error::Invalid(read.errors));
            }
            let body = SaveSetting {
                traffic: before.raw_traffic(),
                selector: before.raw_selector(),
                priority: before.priority.is_some().then_some(read.setting.priority),
                reason: how.reason,
                override_owner: how.override_owner,
            };
            save(state, caller, level, based_on, body, reverts).await
        }
        (None, Some(_)) => {
            let body = DeleteSetting {
                reason: how.reason,
                override_owner: how.override_owner,
            };
            let deleted = delete(state, caller, level, based_on, body, reverts).await;
            deleted.map_err(|error| match error {
                // A removal has it in its query, this in its body.
                Error::Owned { what, owner, .. } => Error::Owned {
                    what,
                    owner,
                    say: "`overrideOwner: true`",
                },
                error => error,
            })
        }
        (None, None) => {
            let mut view = view(state, caller, &place, None).await;
            view.notices
                .push("nothing was changed: nothing is stored already".into());
            Ok(view)
        }
    }
}

/// Refuses what is no change of a setting, or was not made.
fn is_possible(change: &Change) -> Result<(), Error> {
    let refused = |why: &str, way_out| {
        Err(Error::NotReverted {
            why: why.to_owned(),
            way_out,
        })
    };
    match (change.action, change.outcome.state) {
        (Action::SaveOutboundPolicy, _) => refused(
            "only changes of settings are put back, and this one is of the Outbound Traffic Policy",
            "save the mode of before as the policy of the revision",
        ),
        (Action::EditWorkload, _) => refused(
            "only changes of settings are put back, and this one is of a workload's YAML, of which the history has no more \
             than the fields that differ",
            "edit the YAML again, with the difference of this change beside it",
        ),
        _ if change.target.kind != "SidecarSetting" => refused(
            "only changes of settings are put back, and this one is of something else",
            "look at what it did; what can be undone is undone where it was done",
        ),
        (_, OutcomeState::Succeeded) => Ok(()),
        (_, OutcomeState::Failed) => refused(
            "it was not made, so nothing is to be put back",
            "look at the setting as it is now",
        ),
        (_, OutcomeState::Pending | OutcomeState::Unknown) => refused(
            "it is not known whether it was made",
            "look at the setting as it is now and save by hand what you want",
        ),
    }
}

/// The level whose setting was changed.
fn level(state: &State, change: &Change) -> Level {
    let (namespace, name) = (change.target.namespace.clone(), change.target.name.clone());
    let mesh = state.cluster.mesh();
    if name != DEFAULT_NAME {
        Level::Workload { namespace, name }
    } else if mesh.root_namespace.as_ref() == Some(&namespace) {
        Level::Global
    } else {
        Level::Namespace(namespace)
    }
}

/// Refuses where a later change than `change` would be lost, unless it is the one that shall be.
async fn is_last(
    state: &State,
    place: &Place,
    change: &Change,
    now: Option<&SidecarSetting>,
    over_later: Option<&str>,
) -> Result<(), Error> {
    let later = state.history.newest_after(change).await?;
    let last = match &later {
        Some(later) if over_later != Some(&later.id) => {
            return Err(Error::ChangedSince {
                what: place.what(),
                later: Some(Box::new(later.clone())),
            });
        }
        Some(later) => later,
        None => change,
    };
    if is_same(now, last.after.as_ref()) {
        Ok(())
    } else {
        Err(Error::ChangedSince {
            what: place.what(),
            later: None,
        })
    }
}

/// Whether what is stored is what was recorded.
fn is_same(stored: Option<&SidecarSetting>, recorded: Option<&Value>) -> bool {
    match (stored, recorded) {
        (None, None) => true,
        (Some(stored), Some(recorded)) => {
            let recorded = SidecarSettingSpec::from(recorded.clone());
            stored.spec == recorded || stored.spec.says_the_same(&recorded)
        }
        _ => false,
    }
}
