//! Manifests: a workload or a pod as YAML, and a workload's replaced by what somebody typed.
//!
//! An edited manifest: [`text`] reads it (refusals have a line), [`check`] compares it with what it is an edit of and judges
//! its annotations, [`object::upon`] puts it upon what the cluster has, a dry run asks the cluster what it would store, and
//! only then it is written, recorded like every change by the fields that differ ([`differing`]).

use api::{
    Precondition,
    audit::{Action, Target},
    manifest::{ManifestKind, ManifestQuery, ManifestUpdate, ManifestView, SaveManifest},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

mod check;
mod differing;
mod moved;
mod object;
mod refused;
mod rollout;
mod settle;
mod text;
mod write;

use self::{differing::Differing, object::Run, text::Manifest};
pub use self::{
    moved::move_annotations,
    settle::{Settled, settled},
};
use crate::{
    caller::{Caller, Readable},
    change::record,
    error::Error,
    history::Intent,
    owner,
    settings::check::reason,
    state::State,
};

/// A thing whose manifest is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which kind.
    pub kind: ManifestKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Named {
    /// In words.
    fn words(&self) -> String {
        format!("{} `{}/{}`", self.kind, self.namespace, self.name)
    }
}

/// The manifest as the cluster has it now.
pub async fn get(
    state: &State,
    caller: &Caller,
    named: &Named,
    query: &ManifestQuery,
) -> Result<ManifestView, Error> {
    state.cluster.ready()?;
    let now = read(caller, named).await?;
    let mut view = view(state, caller, named, &now).await;
    if query.managed_fields {
        let mut whole = now;
        if let Some(members) = whole.as_object_mut() {
            members.remove("status");
        }
        view.yaml = text::print(&whole);
    }
    Ok(view)
}

/// Replaces the manifest by what was typed, or says what would be stored.
pub async fn save(
    state: &State,
    caller: &Caller,
    named: &Named,
    based_on: Precondition,
    body: SaveManifest,
    dry_run: bool,
) -> Result<ManifestView, Error> {
    if named.kind == ManifestKind::Pods {
        return Err(Error::field(
            "kind",
            "a pod is looked at here and not edited: edit what makes it",
        ));
    }
    let Precondition::Version(based_on) = based_on else {
        return Err(Error::BadPrecondition(
            "a manifest is edited, not made: send its version as `If-Match`".to_owned(),
        ));
    };
    if !dry_run {
        reason(body.reason.as_deref(), state.reason_required)?;
    }
    let typed = Manifest::parse(&body.yaml)?;
    state.cluster.ready()?;
    let now = read(caller, named).await?;
    let changed_meanwhile = |view: ManifestView| Error::ChangedMeanwhile {
        what: named.words(),
        current: serde_json::to_value(view).ok(),
    };
    if object::version(&now) != based_on {
        return Err(changed_meanwhile(view(state, caller, named, &now).await));
    }
    check::typed(&typed, named, &now, uses_cni(state, &named.namespace))?;
    let wanted = object::upon(&now, &typed.object);
    if Differing::between(&now, &wanted).is_empty() {
        let view = view(state, caller, named, &now).await;
        return Ok(with_update(view, named.kind, (&now, &now), None, dry_run));
    }
    let what = named.words();
    if !dry_run {
        let say = "`overrideOwner: true` in the body";
        owner::guard(&what, owner_of(named.kind, &now), body.override_owner, say)?;
    }
    let write = write::Write {
        client: caller.client.clone(),
        named: named.clone(),
        based_on: based_on.clone(),
    };
    let tried = write.run(now.clone(), &wanted, Run::Dry).await;
    let would_be = match tried {
        Ok(would_be) => would_be,
        // A webhook that cannot be tried: then the write itself is the first to ask it.
        Err(refusal) if !dry_run && refusal.is_dry_run_unknown() => wanted.clone(),
        Err(refusal) => return Err(refusal.into_error(&typed)),
    };
    let differing = Differing::between(&now, &would_be);
    if dry_run {
        let mut view = view(state, caller, named, &would_be).await;
        view.version = based_on;
        return Ok(with_update(view, named.kind, (&now, &would_be), None, true));
    }
    let (before, mut after) = differing.recorded();
    after["version"] = json!(object::version(&would_be));
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::EditWorkload,
        target: Target {
            kind: named.kind.kind().to_owned(),
            namespace: named.namespace.clone(),
            name: named.name.clone(),
        },
        reason: body.reason.clone(),
        before: Some(before),
        after: Some(after),
        based_on: Some(based_on),
        outside: None,
        reverts: None,
    };
    let asked = body.yaml.clone();
    let base = now.clone();
    let work = async move {
        let written = write.run(base, &wanted, Run::Real).await;
        // Read again for the places of what is refused: the first reading does not outlive the request.
        written.map_err(|refusal| match Manifest::parse(&asked) {
            Ok(typed) => refusal.into_error(&typed),
            Err(error) => error,
        })
    };
    let version = |written: &Value| Some(object::version(written));
    match record(&state.history, intent, version, work).await {
        Ok((change, written)) => {
            let view = view(state, caller, named, &written).await;
            Ok(with_update(
                view,
                named.kind,
                (&now, &written),
                Some(change),
                false,
            ))
        }
        // It is read anew: somebody was quicker than we.
        Err(Error::ChangedMeanwhile { what, .. }) => match read(caller, named).await {
            Ok(now) => Err(changed_meanwhile(view(state, caller, named, &now).await)),
            Err(_) => Err(Error::ChangedMeanwhile { what, current: None }),
        },
        Err(error) => Err(error),
    }
}

async fn read(caller: &Caller, named: &Named) -> Result<Value, Error> {
    let Named {
        kind,
        namespace,
        name,
    } = named;
    let client = caller.client.clone();
    caller
        .read_by(kind.kind(), namespace, name, async move {
            object::read(&client, *kind, namespace, name).await
        })
        .await
}

/// The view of an object, for whoever asks.
async fn view(state: &State, caller: &Caller, named: &Named, object: &Value) -> ManifestView {
    let refused = match readable(named.kind) {
        Some(kind) => caller
            .refused(kind, "update", &named.namespace, Some(&named.name))
            .await
            .unwrap_or_default(),
        None => Some("a pod is not edited: edit what makes it".to_owned()),
    };
    let status = &object["status"];
    let yaml = text::print(&object::editable(object));
    ManifestView {
        kind: named.kind.kind().to_owned(),
        namespace: named.namespace.clone(),
        name: named.name.clone(),
        version: object::version(object),
        remarks: match Manifest::parse(&yaml) {
            Ok(printed) if named.kind != ManifestKind::Pods => {
                check::remarks(object, Some(&printed), uses_cni(state, &named.namespace))
            }
            _ => Vec::new(),
        },
        yaml,
        status: if status.is_null() {
            String::new()
        } else {
            text::print(&json!({ "status": status }))
        },
        refused,
        owner: owner_of(named.kind, object).as_ref().map(Into::into),
        reason_required: state.reason_required,
        update: None,
    }
}

/// What is asked for where one kind is edited; nothing: it is not.
fn readable(kind: ManifestKind) -> Option<Readable> {
    match kind {
        ManifestKind::Deployments => Some(Readable::Deployments),
        ManifestKind::StatefulSets => Some(Readable::StatefulSets),
        ManifestKind::DaemonSets => Some(Readable::DaemonSets),
        ManifestKind::Pods => None,
    }
}

fn with_update(
    view: ManifestView,
    kind: ManifestKind,
    (before, after): (&Value, &Value),
    change: Option<String>,
    dry_run: bool,
) -> ManifestView {
    let changed = Differing::between(before, after).paths();
    let rollout = if changed.is_empty() {
        "Nothing differs from what the cluster has: nothing was written.".to_owned()
    } else {
        rollout::sentence(kind, before, after)
    };
    ManifestView {
        update: Some(ManifestUpdate {
            dry_run,
            change,
            changed,
            template_changed: rollout::is_template_changed(before, after),
            pods: rollout::pods(kind, after),
            rollout,
        }),
        ..view
    }
}

fn owner_of(kind: ManifestKind, object: &Value) -> Option<domain::Owner> {
    let group = match kind {
        ManifestKind::Pods => "",
        _ => "apps",
    };
    let meta: ObjectMeta = serde_json::from_value(object["metadata"].clone()).ok()?;
    owner::of_meta(group, kind.kind(), &meta)
}

/// Whether Istio's CNI plugin redirects the traffic of a namespace's pods.
fn uses_cni(state: &State, namespace: &str) -> bool {
    let level = domain::Level::Namespace(namespace.to_owned());
    state.cluster.judging(|judge| {
        let (_, revision) = judge.level(&level, None);
        revision.is_some_and(|revision| revision.install.cni_enabled)
    })
}
