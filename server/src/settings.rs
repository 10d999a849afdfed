//! Reading and writing the settings of a level: what the handlers of [`crate::api`] and nothing else may call.

use std::time::Duration;

use api::{
    Precondition,
    audit::Action,
    setting::{DeleteSetting, SaveSetting, SettingView},
};
use domain::Level;
use futures::{StreamExt, stream};
use kube::{ResourceExt, api::ListParams};

pub(crate) mod check;
mod place;
mod preview;
mod revert;
mod view;
mod write;

use self::{place::Place, view::view, write::Run};
pub use self::{
    preview::{Asked, preview},
    revert::revert,
};
use crate::{
    caller::Caller,
    change::record,
    cluster::resource::{SidecarSetting, SidecarSettingSpec},
    error::{Error, from_kube},
    history::Intent,
    outside, owner,
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
    Ok(view(state, caller, &place, stored.as_ref()).await)
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
    let settings = list.items.into_iter().filter(|s| s.spec.selector.is_some());
    let views = settings.filter_map(|stored| {
        let level = Level::Workload {
            namespace: namespace.to_owned(),
            name: stored.name_any(),
        };
        let place = Place::of(state, level).ok()?;
        Some(async move { view(state, caller, &place, Some(&stored)).await })
    });
    // Each asks the cluster about the caller's rights.
    Ok(stream::iter(views).buffered(8).collect().await)
}

/// Saves a level as a whole. Answers once our own webhook would use it. `reverts` is the change that it is to undo.
pub async fn save(
    state: &State,
    caller: &Caller,
    level: Level,
    based_on: Precondition,
    body: SaveSetting,
    reverts: Option<String>,
) -> Result<SettingView, Error> {
    let setting = check::body(&level, &body)?;
    check::reason(body.reason.as_deref(), state.reason_required)?;
    let place = Place::of(state, level)?;
    let before = place.stored(caller).await?;
    check::precondition(state, caller, &place, &based_on, before.as_ref()).await?;
    let spec = SidecarSettingSpec::of(&setting);
    if let Some(before) = before.as_ref().filter(|before| before.spec.says_the_same(&spec)) {
        let mut view = view(state, caller, &place, Some(before)).await;
        view.notices
            .push("nothing was changed: this is what is stored already".into());
        return Ok(view);
    }
    owner::guard(
        &place.what(),
        before.as_ref().and_then(owner::of),
        body.override_owner,
        "`overrideOwner: true`",
    )?;
    let seen = before.as_ref().map(SidecarSetting::version);
    outside::catch_up(state, &place.target(), seen.as_deref()).await?;
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::SaveSetting,
        target: place.target(),
        reason: body.reason,
        before: before.as_ref().and_then(|b| serde_json::to_value(&b.spec).ok()),
        after: serde_json::to_value(&spec).ok(),
        based_on: before.as_ref().map(SidecarSetting::version),
        outside: None,
        reverts,
    };
    let (api, name, what) = (place.api(caller), place.name.clone(), place.what());
    let version = |written: &SidecarSetting| Some(written.version());
    let recorded = record(&state.history, intent, version, async move {
        write::save(&api, &name, &what, before, spec, Run::Real).await
    });
    let (change, written) = match recorded.await {
        Ok(done) => done,
        Err(error) => return Err(check::with_current(state, caller, &place, error).await),
    };
    let seen = in_our_own_eyes(state, &place, |there| {
        there.is_some_and(|there| {
            there.metadata.uid != written.metadata.uid
                || there.metadata.generation >= written.metadata.generation
        })
    });
    let seen = seen.await;
    let mut view = view(state, caller, &place, Some(&written)).await;
    view.change = Some(change);
    view.notices.extend((!seen).then(not_seen));
    Ok(view)
}

/// Removes a level's setting, so that everything is inherited. Answers once our own webhook no longer uses it. `reverts` is
/// the change that it is to undo.
pub async fn delete(
    state: &State,
    caller: &Caller,
    level: Level,
    based_on: Precondition,
    how: DeleteSetting,
    reverts: Option<String>,
) -> Result<SettingView, Error> {
    check::reason(how.reason.as_deref(), state.reason_required)?;
    let place = Place::of(state, level)?;
    let Some(before) = place.stored(caller).await? else {
        return Err(Error::NotFound(place.what()));
    };
    check::precondition(state, caller, &place, &based_on, Some(&before)).await?;
    owner::guard(
        &place.what(),
        owner::of(&before),
        how.override_owner,
        "`?overrideOwner=true`",
    )?;
    outside::catch_up(state, &place.target(), Some(&before.version())).await?;
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::DeleteSetting,
        target: place.target(),
        reason: how.reason,
        before: serde_json::to_value(&before.spec).ok(),
        after: None,
        based_on: Some(before.version()),
        outside: None,
        reverts,
    };
    let (api, name, what) = (place.api(caller), place.name.clone(), place.what());
    let uid = before.uid();
    let recorded = record(&state.history, intent, |()| None, async move {
        write::remove(&api, &name, &what, before, Run::Real).await
    });
    let (change, ()) = match recorded.await {
        Ok(done) => done,
        Err(error) => return Err(check::with_current(state, caller, &place, error).await),
    };
    let seen = in_our_own_eyes(state, &place, |there| {
        there.is_none_or(|there| there.uid() != uid)
    })
    .await;
    let mut view = view(state, caller, &place, None).await;
    view.change = Some(change);
    view.notices.extend((!seen).then(not_seen));
    Ok(view)
}

/// Waits until our own store, which the webhook reads, says `enough` of what is stored at `place`; whether it did in time.
async fn in_our_own_eyes(
    state: &State,
    place: &Place,
    enough: impl Fn(Option<&SidecarSetting>) -> bool,
) -> bool {
    let settings = &state.cluster.stores.settings;
    settings
        .wait_until(DELIVERY_PATIENCE, |store| {
            enough(store.get(&place.namespace, &place.name).as_deref())
        })
        .await
}

fn not_seen() -> String {
    "the console has not seen its own write yet: pods made in this moment may still get the setting before"
        .to_owned()
}
