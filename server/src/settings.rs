//! Reading and writing the settings of a level: what the handlers of [`crate::api`] and nothing else may call.

use std::{sync::Arc, time::Duration};

use api::{
    FieldProblem, Precondition,
    audit::{Action, Target},
    setting::{LevelRef, SaveSetting, SettingView, StoredSetting},
};
use domain::{InstallValues, Level, Selector, SidecarSetting as Setting, Traffic, resolve};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams, Preconditions},
};

use crate::{
    caller::Caller,
    change::record,
    cluster::{
        mesh::Revisions,
        pods::in_force,
        resource::{SidecarSetting, SidecarSettingSpec},
        settings::SettingIndex,
        status::FIELD_MANAGER,
    },
    error::{Error, from_kube},
    history::Intent,
    state::State,
};

/// How long a save waits until our own webhook would use it.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(5);
/// How often a write is tried again when only the status changed meanwhile.
const TRIES: usize = 5;
/// The longest reason, in characters.
const REASON_LIMIT: usize = 500;

/// A level, and where it is stored.
struct Place {
    level: Level,
    namespace: String,
    name: String,
}

impl Place {
    fn of(state: &State, level: Level) -> Result<Self, Error> {
        let cluster = &state.cluster;
        if let Some(missing) = cluster
            .missing()
            .filter(|_| !cluster.stores.config_maps.is_ready())
        {
            return Err(Error::NotReady(missing));
        }
        let root = cluster.root_namespace().ok_or_else(|| {
            Error::NotReady(
                "no Istio control plane was found in the cluster, so there is no root namespace".into(),
            )
        })?;
        let (namespace, name) = level.stored_as(&root);
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        match Level::of(&root, &namespace, &name, matches!(level, Level::Workload { .. })) {
            // The path says Namespace, the place says Global: one thing must not have two addresses.
            Ok(Level::Global) if level != Level::Global => {
                return Err(Error::field(
                    "namespace",
                    format!(
                        "`{namespace}` is the mesh's root namespace: its setting is the Global one, at {}",
                        api::path::SETTINGS_GLOBAL
                    ),
                ));
            }
            Ok(_) => {}
            Err(error) => return Err(Error::field("path", error.to_string())),
        }
        if cluster.stores.namespaces.is_ready()
            && cluster.stores.namespaces.get_cluster_scoped(&namespace).is_none()
        {
            return Err(Error::NotFound(format!("namespace `{namespace}`")));
        }
        Ok(Self {
            level,
            namespace,
            name,
        })
    }

    fn api(&self, caller: &Caller) -> Api<SidecarSetting> {
        Api::namespaced(caller.client.clone(), &self.namespace)
    }

    fn target(&self) -> Target {
        Target {
            kind: "SidecarSetting".into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    fn what(&self) -> String {
        format!("setting `{}/{}`", self.namespace, self.name)
    }

    async fn stored(&self, caller: &Caller) -> Result<Option<SidecarSetting>, Error> {
        match self.api(caller).get_opt(&self.name).await {
            // A 404 of the object and one of the whole resource look the same to `get_opt`.
            Ok(None) if !self.installed(caller).await? => Err(Error::NotInstalled),
            Ok(stored) => Ok(stored),
            Err(error) => Err(from_kube(error, &format!("read {}", self.what()))),
        }
    }

    async fn installed(&self, caller: &Caller) -> Result<bool, Error> {
        match caller
            .client
            .list_api_group_resources("sidestep.dev/v1alpha1")
            .await
        {
            Ok(list) => Ok(list.resources.iter().any(|r| r.name == "sidecarsettings")),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(from_kube(error, "ask for the resources of the cluster")),
        }
    }
}

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
        .list(&Default::default())
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
    let setting = check(&level, &body)?;
    let place = Place::of(state, level)?;
    let before = place.stored(caller).await?;
    check_precondition(state, &place, &based_on, before.as_ref())?;
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
        write(&api, &name, &what, before, spec).await
    })
    .await
    .map_err(|error| with_current(state, &place, error))?;

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
    check_precondition(state, &place, &based_on, Some(&before))?;
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
        remove(&api, &name, &what, before).await
    })
    .await
    .map_err(|error| with_current(state, &place, error))?;
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

/// Checks a body by the rules of `domain`, naming every field that breaks one.
fn check(level: &Level, body: &SaveSetting) -> Result<Setting, Error> {
    let mut errors: Vec<FieldProblem> = Vec::new();
    let mut refuse = |path: &str, message: String| {
        errors.push(FieldProblem {
            path: path.to_owned(),
            message,
        })
    };
    let traffic = Traffic::parse(&body.traffic).unwrap_or_else(|refused| {
        refused.into_iter().for_each(|e| refuse(&e.path, e.message));
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
    if let Some(reason) = &body.reason
        && (reason.chars().count() > REASON_LIMIT || reason.chars().any(|c| c.is_control() && c != '\n'))
    {
        refuse(
            "reason",
            format!("a reason is text of at most {REASON_LIMIT} characters"),
        );
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

fn check_precondition(
    state: &State,
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
        Err(changed(state, place, stored))
    }
}

fn changed(state: &State, place: &Place, stored: Option<&SidecarSetting>) -> Error {
    let current = serde_json::to_value(view(state, place, stored)).ok();
    Error::ChangedMeanwhile {
        what: place.what(),
        current,
    }
}

/// Fills in the current state where the cluster, not our own check, found that it had changed.
fn with_current(state: &State, place: &Place, error: Error) -> Error {
    match error {
        Error::ChangedMeanwhile { current: None, .. } => {
            let stored = state.cluster.stores.settings.get(&place.namespace, &place.name);
            changed(state, place, stored.as_deref())
        }
        error => error,
    }
}

async fn write(
    api: &Api<SidecarSetting>,
    name: &str,
    what: &str,
    before: Option<SidecarSetting>,
    spec: SidecarSettingSpec,
) -> Result<SidecarSetting, Error> {
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    let doing = format!("write {what}");
    let changed = || Error::ChangedMeanwhile {
        what: what.to_owned(),
        current: None,
    };
    let Some(mut base) = before else {
        return match api.create(&params, &SidecarSetting::new(name, spec)).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => Err(changed()),
            created => created.map_err(|error| from_kube(error, &doing)),
        };
    };
    let version = base.version();
    for _ in 0..TRIES {
        let mut wanted = base;
        wanted.spec = spec.clone();
        match api.replace(name, &params, &wanted).await {
            // Only a status was written in between, unless the version moved too.
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                let now = api
                    .get_opt(name)
                    .await
                    .map_err(|error| from_kube(error, &doing))?;
                base = now.filter(|now| now.version() == version).ok_or_else(changed)?;
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => return Err(changed()),
            written => return written.map_err(|error| from_kube(error, &doing)),
        }
    }
    Err(changed())
}

async fn remove(
    api: &Api<SidecarSetting>,
    name: &str,
    what: &str,
    before: SidecarSetting,
) -> Result<(), Error> {
    let doing = format!("delete {what}");
    let changed = || Error::ChangedMeanwhile {
        what: what.to_owned(),
        current: None,
    };
    let version = before.version();
    let mut base = before;
    for _ in 0..TRIES {
        let exactly_this = DeleteParams {
            preconditions: Some(Preconditions {
                uid: base.uid(),
                resource_version: base.resource_version(),
            }),
            ..DeleteParams::default()
        };
        match api.delete(name, &exactly_this).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                let now = api
                    .get_opt(name)
                    .await
                    .map_err(|error| from_kube(error, &doing))?;
                base = now.filter(|now| now.version() == version).ok_or_else(changed)?;
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => return Err(changed()),
            Err(error) => return Err(from_kube(error, &doing)),
            Ok(_) => return Ok(()),
        }
    }
    Err(changed())
}

/// The level as `GET` answers it, with `stored` in place of what our store may not have seen yet.
fn view(state: &State, place: &Place, stored: Option<&SidecarSetting>) -> SettingView {
    let cluster = &state.cluster;
    let mut settings = cluster.stores.settings.state();
    settings.retain(|s| s.namespace().as_deref() != Some(&place.namespace) || s.name_any() != place.name);
    settings.extend(stored.cloned().map(Arc::new));
    let index = SettingIndex::of(&settings, cluster.root_namespace().as_deref());

    let revisions = Revisions::of(
        &cluster.stores.config_maps.state(),
        &cluster.stores.webhooks.state(),
    );
    let read = stored.map(|s| s.spec.read());
    let selector = read.as_ref().and_then(|read| read.setting.selector.as_ref());
    let (namespace, labels) = match &place.level {
        // No pod lives at the Global level: below it nothing is set.
        Level::Global => ("", Default::default()),
        Level::Namespace(namespace) => (namespace.as_str(), Default::default()),
        Level::Workload { namespace, .. } => (
            namespace.as_str(),
            selector.map(|s| s.match_labels().clone()).unwrap_or_default(),
        ),
    };
    let revision = match &place.level {
        Level::Global => revisions.default(),
        _ => cluster
            .stores
            .namespaces
            .get_cluster_scoped(namespace)
            .map_or_else(
                || revisions.default(),
                |namespace| {
                    revisions
                        .of_namespace(namespace.labels())
                        .or_else(|| revisions.default())
                },
            ),
    };
    let install = revision
        .map(|revision| revision.install.clone())
        .unwrap_or_else(InstallValues::default);
    let annotations = Default::default();
    let effective = resolve(&index.levels(namespace, &labels, &annotations, &install));
    SettingView {
        level: LevelRef::from(&place.level),
        stored: stored.zip(read).map(|(stored, read)| StoredSetting {
            traffic: stored.spec.raw_traffic(),
            selector: stored.spec.raw_selector(),
            priority: stored.spec.priority.is_some().then_some(read.setting.priority),
            uid: stored.uid().unwrap_or_default(),
            version: stored.version(),
            invalid: read.errors,
        }),
        in_force: in_force(&effective),
        delivery: cluster.delivery.now(),
        change: None,
        notices: Vec::new(),
    }
}
