//! Outbound Traffic Policy: what each revision's mesh configuration says, what overrides it, and the one write.

use std::time::Duration;

use api::{
    Precondition,
    audit::{Action, Target},
    outbound_policy::{OutboundPolicy, RevisionPolicy, SaveOutboundPolicy},
};
use domain::OutboundTrafficPolicyMode as Mode;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, api::PostParams};
use serde_json::json;

mod choice;
mod declared;
mod taken;

pub(crate) use self::declared::own_mode;
pub use self::taken::Istiods;
use crate::{
    caller::{Caller, Readable},
    change::record,
    cluster::mesh::Revision,
    error::{Error, from_kube},
    history::Intent,
    install::FIELD_MANAGER,
    mesh_config, outside, owner,
    settings::check,
    state::State,
};

/// The key of the ConfigMap that holds the mesh configuration.
pub(crate) const KEY: &str = "mesh";
/// How long a save waits for istiod's own word.
const PATIENCE: Duration = Duration::from_secs(3);

/// The policy of every revision, and what overrides it.
pub async fn get(state: &State, caller: &Caller) -> Result<OutboundPolicy, Error> {
    state.cluster.ready()?;
    let mesh = state.cluster.mesh();
    let mut revisions = Vec::new();
    for revision in mesh.revisions.all() {
        revisions.push(of_revision(state, caller, revision).await?);
    }
    let (overrides, registry) = declared::in_mesh(state, caller).await?;
    Ok(OutboundPolicy {
        revisions,
        overrides,
        registry,
        reason_required: state.reason_required,
    })
}

/// The policy of one revision.
pub async fn get_one(state: &State, caller: &Caller, name: &str) -> Result<RevisionPolicy, Error> {
    state.cluster.ready()?;
    of_revision(state, caller, &named(state, name)?).await
}

/// Changes the policy of one revision: the one value in the text, and not a byte besides.
pub async fn save(
    state: &State,
    caller: &Caller,
    name: &str,
    based_on: Precondition,
    body: SaveOutboundPolicy,
) -> Result<RevisionPolicy, Error> {
    let mode = choice::named(&body.mode)
        .ok_or_else(|| Error::field("mode", "write `ALLOW_ANY` or `REGISTRY_ONLY`"))?;
    check::reason(body.reason.as_deref(), state.reason_required)?;
    state.cluster.ready()?;
    let revision = named(state, name)?;
    let (namespace, map_name) = (revision.namespace.clone(), revision.mesh_config_map());
    let what = format!("ConfigMap `{namespace}/{map_name}`");
    let before: ConfigMap = caller.read("ConfigMap", &namespace, &map_name).await?;
    let version = outside::config_map_version(&before);
    let Precondition::Version(wanted) = based_on else {
        return Err(Error::BadPrecondition(
            "the mesh configuration is there already: send its version as `If-Match`".to_owned(),
        ));
    };
    if wanted != version && before.metadata.resource_version.as_ref() != Some(&wanted) {
        let current = view(state, caller, &revision, &before).await;
        return Err(Error::ChangedMeanwhile {
            what,
            current: serde_json::to_value(current).ok(),
        });
    }
    let text = text(&before).to_owned();
    let set = mesh_config::set_mode(&text, &mode);
    // A mode that only follows from a default is written down: another ConfigMap may say otherwise before it.
    let is_said = match &set {
        Ok(changed) => *changed == text,
        Err(_) => mesh_config::read(&text).is_ok_and(|now| now == mode),
    };
    if is_said {
        let mut view = view(state, caller, &revision, &before).await;
        view.notices
            .push("nothing was changed: this is what the mesh configuration says already".to_owned());
        return Ok(view);
    }
    owner::guard(
        &what,
        owner::of(&before),
        body.override_owner,
        "`overrideOwner: true` in the body",
    )?;
    let changed = set.map_err(|refusal| Error::MeshConfigRefused {
        what: what.clone(),
        refusal: Box::new(refusal),
    })?;
    let target = Target {
        kind: "ConfigMap".to_owned(),
        namespace: namespace.clone(),
        name: map_name.clone(),
    };
    outside::catch_up(state, &target, Some(&version)).await?;
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::SaveOutboundPolicy,
        target,
        reason: body.reason,
        before: Some(json!({ KEY: text })),
        after: Some(json!({ KEY: changed })),
        based_on: Some(version),
        outside: None,
        reverts: None,
    };
    let api: Api<ConfigMap> = Api::namespaced(caller.client.clone(), &namespace);
    let written = |map: &ConfigMap| Some(outside::config_map_version(map));
    let done = record(
        &state.history,
        intent,
        written,
        write(api, map_name, what, before, changed),
    )
    .await;
    let (change, written) = match done {
        Ok(done) => done,
        // It is read anew: somebody was quicker than we.
        Err(Error::ChangedMeanwhile { what, .. }) => {
            let current = of_revision(state, caller, &revision).await.ok();
            return Err(Error::ChangedMeanwhile {
                what,
                current: current.and_then(|current| serde_json::to_value(current).ok()),
            });
        }
        Err(error) => return Err(error),
    };
    state.istiods.wait_for(&revision.name, &mode, PATIENCE).await;
    let mut view = view(state, caller, &revision, &written).await;
    view.change = Some(change);
    Ok(view)
}

/// Replaces the text, if nobody has changed the ConfigMap since it was read.
pub(crate) async fn write(
    api: Api<ConfigMap>,
    name: String,
    what: String,
    before: ConfigMap,
    text: String,
) -> Result<ConfigMap, Error> {
    let mut wanted = before;
    // Sent back, they would be judged as a wish.
    wanted.metadata.managed_fields = None;
    wanted.data.get_or_insert_default().insert(KEY.to_owned(), text);
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    match api.replace(&name, &params, &wanted).await {
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_not_found() => {
            Err(Error::ChangedMeanwhile { what, current: None })
        }
        written => written.map_err(|error| from_kube(error, &format!("write {what}"))),
    }
}

fn named(state: &State, name: &str) -> Result<Revision, Error> {
    let mesh = state.cluster.mesh();
    let revision = mesh.revisions.all().iter().find(|revision| revision.name == name);
    revision
        .cloned()
        .ok_or_else(|| Error::NotFound(format!("revision `{name}`")))
}

/// The text of the mesh configuration.
pub(crate) fn text(map: &ConfigMap) -> &str {
    let data = map.data.as_ref();
    data.and_then(|data| data.get(KEY)).map_or("", String::as_str)
}

/// The policy of a revision, read with the caller's rights.
async fn of_revision(state: &State, caller: &Caller, revision: &Revision) -> Result<RevisionPolicy, Error> {
    let read = caller
        .read::<ConfigMap>("ConfigMap", &revision.namespace, &revision.mesh_config_map())
        .await;
    match read {
        Ok(map) => Ok(view(state, caller, revision, &map).await),
        Err(error @ (Error::Forbidden(_) | Error::NotFound(_))) => {
            let why = error.problem().detail;
            Ok(RevisionPolicy {
                unreadable: Some(why.clone()),
                refused: matches!(error, Error::Forbidden(_)).then_some(why),
                ..nothing(revision)
            })
        }
        Err(error) => Err(error),
    }
}

/// A revision of which nothing is known but its name.
fn nothing(revision: &Revision) -> RevisionPolicy {
    RevisionPolicy {
        revision: revision.name.clone(),
        namespace: revision.namespace.clone(),
        config_map: revision.mesh_config_map(),
        mode: None,
        unreadable: None,
        version: None,
        owner: None,
        refused: None,
        choices: Vec::new(),
        taken: taken::unknown(),
        change: None,
        notices: Vec::new(),
    }
}

async fn view(state: &State, caller: &Caller, revision: &Revision, map: &ConfigMap) -> RevisionPolicy {
    let text = text(map);
    let version = outside::config_map_version(map);
    let map_name = revision.mesh_config_map();
    let read = mesh_config::read(text);
    let (refused, taken) = futures::join!(
        caller.refused(
            Readable::ConfigMaps,
            "update",
            &revision.namespace,
            Some(&map_name)
        ),
        state.istiods.ask(&revision.name, read.as_ref().ok()),
    );
    let owner = owner::of(map);
    let choice = |mode| choice::of(revision, &version, owner.as_ref(), text, &mode);
    RevisionPolicy {
        choices: [Mode::AllowAny, Mode::RegistryOnly].map(choice).into(),
        unreadable: read.as_ref().err().map(ToString::to_string),
        mode: read.ok().map(|mode| mode.to_string()),
        version: Some(version.clone()),
        owner: owner.as_ref().map(Into::into),
        refused: refused.unwrap_or_default(),
        taken,
        ..nothing(revision)
    }
}
