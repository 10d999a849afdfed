//! Reading and writing the settings of a level: what the handlers of [`crate::api`] and nothing else may call.

use std::time::Duration;

use api::{
    Precondition,
    audit::Action,
    setting::{SaveSetting, SettingView},
};
use domain::Level;
use kube::{ResourceExt, api::ListParams};

mod check;
mod place;
mod view;
mod write;

use self::{place::Place, view::view};
use crate::{
    caller::Caller,
    change::record,
    cluster::resource::{SidecarSetting, SidecarSettingSpec},
    error::{Error, from_kube},
    history::Intent,
    state::State,
};

/// How long a save waits until our own webhook would use it.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(5);

/// What is stored at a level and in force below it.
pub async fn get(state: &State, caller: &Caller, level: Level) -> Result<SettingView, Error> {
    let place = Place::of(state, level)?;
    let stored = place.stored(caller).await?;
    if matches!(place.level, Level::Workload { .. }) && stored.is_none() {
        return Err(Error::NotFound(place.what()));
    }
    Ok(view(state, &place, stored.as_ref()))
}

/// The settings of the Workload level in a namespace, by name.
pub async fn workloads(state: &State, caller: &Caller, namespace: &str) -> Result<Vec<SettingView>, Error> {
    let place = Place::of(state, Level::Namespace(namespace.to_owned()))?;
    let list = place
        .api(caller)
        .list(&ListParams::default())
        .await
        .map_err(|error| match from_kube(error, "list settings") {
            Error::Kube(_) => Error::NotInstalled,
            error => error,
        })?;
    let mut views = Vec::new();
    for stored in list.items.iter().filter(|s| s.spec.selector.is_some()) {
        let level = Level::Workload {
            namespace: namespace.to_owned(),
            name: stored.name_any(),
        };
        if let Ok(place) = Place::of(state, level) {
            views.push(view(state, &place, Some(stored)));
        }
    }
    Ok(views)
}

/// Saves a level as a whole. Answers once our own webhook would use it.
pub async fn save(
    state: &State,
    caller: &Caller,
    level: Level,
    based_on: Precondition,
    body: SaveSetting,
) -> Result<SettingView, Error> {
    let setting = check::body(&level, &body)?;
    let place = Place::of(state, level)?;
    let before = place.stored(caller).await?;
    check::precondition(state, &place, &based_on, before.as_ref())?;
    let spec = SidecarSettingSpec::of(&setting);
    if let Some(before) = before.as_ref().filter(|before| before.spec.says_the_same(&spec)) {
        let mut view = view(state, &place, Some(before));
        view.notices
            .push("nothing was changed: this is what is stored already".into());
        return Ok(view);
    }
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::SaveSetting,
        target: place.target(),
        reason: body.reason,
        before: before.as_ref().and_then(|b| serde_json::to_value(&b.spec).ok()),
        after: serde_json::to_value(&spec).ok(),
        based_on: before.as_ref().map(SidecarSetting::version),
    };
    let (api, name, what) = (place.api(caller), place.name.clone(), place.what());
    let (change, written) = record(&state.history, intent, async move {
        write::save(&api, &name, &what, before, spec).await
    })
    .await
    .map_err(|error| check::with_current(state, &place, error))?;

    let version = written.version();
    let seen = state
        .cluster
        .stores
        .settings
        .wait_until(DELIVERY_PATIENCE, |store| {
            store
                .get(&place.namespace, &place.name)
                .is_some_and(|s| s.version() == version)
        })
        .await;
    let mut view = view(state, &place, Some(&written));
    view.change = Some(change);
    if !seen {
        view.notices.push(
            "the console has not seen its own write yet: pods made in this moment may still get the setting before".into(),
        );
    }
    Ok(view)
}

/// Removes a level's setting, so that everything is inherited. Answers once our own webhook no longer uses it.
pub async fn delete(
    state: &State,
    caller: &Caller,
    level: Level,
    based_on: Precondition,
) -> Result<SettingView, Error> {
    let place = Place::of(state, level)?;
    let Some(before) = place.stored(caller).await? else {
        return Err(Error::NotFound(place.what()));
    };
    check::precondition(state, &place, &based_on, Some(&before))?;
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::DeleteSetting,
        target: place.target(),
        reason: None,
        before: serde_json::to_value(&before.spec).ok(),
        after: None,
        based_on: Some(before.version()),
    };
    let (api, name, what) = (place.api(caller), place.name.clone(), place.what());
    let (change, ()) = record(&state.history, intent, async move {
        write::remove(&api, &name, &what, before).await
    })
    .await
    .map_err(|error| check::with_current(state, &place, error))?;
    state
        .cluster
        .stores
        .settings
        .wait_until(DELIVERY_PATIENCE, |store| {
            store.get(&place.namespace, &place.name).is_none()
        })
        .await;
    let mut view = view(state, &place, None);
    view.change = Some(change);
    Ok(view)
}
