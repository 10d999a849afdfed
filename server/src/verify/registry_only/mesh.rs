//! `REGISTRY_ONLY` for a whole revision, for as long as a verification takes: the way of the reference page, with an end.
//!
//! It is written down what has to be put back and when, before anything is changed ([`crate::verify::store::policies`]). The change
//! is made with the caller's rights; the console's own account puts it back: as soon as the request is over, at the latest
//! after the time that was set, and after a crash as soon as a console runs again ([`sweep`]).

use std::time::Duration;

use api::{
    Precondition,
    audit::{Action, Target},
    outbound_policy::SaveOutboundPolicy,
    verification::{AskVerification, ToConfirm, VerificationState},
};
use domain::OutboundTrafficPolicyMode as Mode;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{Api, ResourceExt};
use serde_json::json;

use super::{
    super::{rights, store::policies::TemporaryPolicy},
    Backoff,
    in_force::{nearest, selector, words},
    in_time,
};
use crate::{
    caller::{Caller, Readable},
    change::record,
    cluster::{istio::Sidecar, mesh::Revision},
    error::{Error, from_kube},
    history::Intent,
    mesh_config::{self, Refusal},
    outbound_policy::{self, KEY},
    outside, owner,
    state::State,
};

/// After so many seconds it is put back, where nothing else was asked for.
const REVERT: u16 = 60;
/// Of which verification the write can no longer arrive, in the ConfigMap ([`fence`]).
const FENCE: &str = "sidestep.dev/fenced-verification";
/// How often a write is tried again when somebody else was quicker.
const TRIES: usize = 5;
const RETRY: Duration = Duration::from_millis(200);

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Flip {
    revision: String,
    namespace: String,
    config_map: String,
    version: String,
    before: String,
    after: String,
    seconds: u16,
}

/// Works out what is to be changed, and refuses what is not sure to be put back, or is not confirmed.
pub(in crate::verify) async fn plan(
    state: &State,
    caller: &Caller,
    pod: &Pod,
    asked: &AskVerification,
) -> Result<Flip, Error> {
    let revision = state
        .cluster
        .judging(|judge| judge.revision(&asked.namespace, pod.labels()).cloned());
    let revision: Revision = revision
        .ok_or_else(|| Error::InTheWay("no revision is known that this pod belongs to".to_owned()))?;
    let (namespace, config_map) = (revision.namespace.clone(), revision.mesh_config_map());
    let what = format!("ConfigMap `{namespace}/{config_map}`");
    let refused = caller
        .refused(Readable::ConfigMaps, "update", &namespace, Some(&config_map))
        .await?;
    if let Some(refused) = refused {
        return Err(Error::Forbidden(refused));
    }
    own_policy(state, caller, pod).await?;
    rights::console_may_write_config_map(&state.cluster.console, &namespace, &config_map).await?;
    let map: ConfigMap = caller.read("ConfigMap", &namespace, &config_map).await?;
    owner::guard(
        &what,
        owner::of(&map),
        false,
        "the policy to its owner and verify the workload alone",
    )?;
    let before = outbound_policy::text(&map).to_owned();
    let after =
        mesh_config::set_mode(&before, &Mode::RegistryOnly).map_err(|refusal| Error::MeshConfigRefused {
            what: what.clone(),
            refusal: Box::new(refusal),
        })?;
    let seconds = asked.revert_after.unwrap_or(REVERT);
    let confirm = format!("revision/{}", revision.name);
    if asked.confirm.as_deref() != Some(confirm.as_str()) {
        let effects = effects(state, caller, &revision.name, seconds).await?;
        let what = effects.first().cloned().unwrap_or_default();
        return Err(Error::Unconfirmed(what, Box::new(ToConfirm { confirm, effects })));
    }
    Ok(Flip {
        version: outside::config_map_version(&map),
        revision: revision.name,
        namespace,
        config_map,
        before,
        after,
        seconds,
    })
}

/// Refuses where a `Sidecar` gives the pod a policy of its own, which stays whatever the mesh's is. One that refuses already is
/// in nobody's way.
async fn own_policy(state: &State, caller: &Caller, pod: &Pod) -> Result<(), Error> {
    let namespace = pod.namespace().unwrap_or_default();
    let root = state.cluster.mesh().root_namespace.clone().unwrap_or_default();
    let of = |namespace: &str| -> Vec<Sidecar> {
        let all = state.cluster.stores.sidecars.state();
        let its = all
            .iter()
            .filter(|it| it.namespace().as_deref() == Some(namespace));
        its.map(|sidecar| (**sidecar).clone()).collect()
    };
    let (here, in_root) = (of(&namespace), of(&root));
    let nearest = nearest(&here, &in_root, pod.labels());
    let own = nearest.into_iter().find_map(|sidecar| {
        let mode = outbound_policy::own_mode(sidecar)?;
        (mode != Mode::RegistryOnly.as_str()).then_some((sidecar, mode))
    });
    let Some((sidecar, mode)) = own else {
        return Ok(());
    };
    let within = sidecar.namespace().unwrap_or_default();
    let name = match caller.must_read(Readable::Sidecars, &within).await {
        Ok(()) => words(sidecar),
        Err(Error::Forbidden(_)) => format!("a Sidecar in `{within}` that you may not list"),
        Err(error) => return Err(error),
    };
    let way_out = if selector(sidecar).is_some() {
        "take `outboundTrafficPolicy` out of that Sidecar for as long as it takes, or verify without `registryOnly`"
    } else {
        "verify the workload alone: `registryOnly: workload`"
    };
    Err(Error::OwnPolicy(
        format!(
            "{name} gives this pod an outbound traffic policy of its own, {mode}: the mesh-wide one does not reach it"
        ),
        way_out,
    ))
}

/// What breaks meanwhile, and what does not, as far as the caller may see it.
async fn effects(state: &State, caller: &Caller, revision: &str, seconds: u16) -> Result<Vec<String>, Error> {
    let policy = outbound_policy::get(state, caller).await?;
    let mut effects = vec![format!(
        "for at most {seconds} s, every Envoy of revision `{revision}` refuses all requests to destinations that nothing in the mesh \
         declares, whichever workload needs them"
    )];
    let registry = policy.registry;
    let hosts = match (registry.hosts_total, registry.hosts.join("`, `")) {
        (0, _) => "no host outside is declared by a ServiceEntry".to_owned(),
        (total, hosts) if total > registry.hosts.len() => {
            format!("{total} hosts of ServiceEntries, among them `{hosts}`")
        }
        (_, hosts) => format!("these hosts of ServiceEntries: `{hosts}`"),
    };
    effects.push(format!(
        "what stays reachable: {} Services, and {hosts}",
        registry.services
    ));
    effects.extend(
        registry
            .unseen
            .iter()
            .map(|unseen| format!("not seen, so more may be declared: {unseen}")),
    );
    effects.extend(policy.overrides.iter().map(|own| {
        format!(
            "`{}/{}` has a policy of its own ({}): its workloads go on by that",
            own.namespace, own.name, own.mode
        )
    }));
    effects.push(
        "it is put back as soon as the request is over, at the latest after that time; after a crash within seconds of the console's \
         next start"
            .to_owned(),
    );
    Ok(effects)
}

/// Makes the change, with the caller's rights, after it was written down that it has to be put back.
pub(in crate::verify) async fn make(
    state: &State,
    caller: &Caller,
    id: &str,
    flip: &Flip,
) -> Result<TemporaryPolicy, Error> {
    let now = state.clock.now();
    let policy = TemporaryPolicy {
        verification: id.to_owned(),
        revision: flip.revision.clone(),
        namespace: flip.namespace.clone(),
        config_map: flip.config_map.clone(),
        actor: caller.actor.to_string(),
        before: flip.before.clone(),
        after: flip.after.clone(),
        created: now.as_microsecond(),
        revert: (now + SignedDuration::from_secs(flip.seconds.into())).as_microsecond(),
    };
    if !state.verifications.open_policy(&policy).await? {
        let what = format!(
            "another verification has changed the policy of revision `{}` for a while",
            flip.revision
        );
        return Err(Error::InTheWay(what));
    }
    let body = SaveOutboundPolicy {
        mode: Mode::RegistryOnly.as_str().to_owned(),
        reason: Some(format!("verification {id}, for at most {} s", flip.seconds)),
        ..SaveOutboundPolicy::default()
    };
    let based_on = Precondition::Version(flip.version.clone());
    match outbound_policy::save(state, caller, &flip.revision, based_on, body).await {
        Ok(_) => Ok(policy),
        // The write may yet come: the sweep looks after it.
        Err(error) if error.leaves_the_outcome_open() => Err(error),
        Err(error) => {
            close(state, &policy).await;
            Err(error)
        }
    }
}

/// Puts the policy back, unless the sweep has: after its time, when another one may have begun with the same texts.
pub(in crate::verify) async fn undo(state: &State, policy: &TemporaryPolicy) -> Result<(), Error> {
    let open = state
        .verifications
        .open_policies()
        .await
        .map_err(Error::HistoryUnreadable)?;
    let is_open = open.iter().any(|open| open.verification == policy.verification);
    if is_open {
        put_back(state, policy).await
    } else {
        Ok(())
    }
}

/// Puts the policy back, with the console's own account and a record.
pub(in crate::verify) async fn put_back(state: &State, policy: &TemporaryPolicy) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        match try_put_back(state, policy).await {
            Err(Error::ChangedMeanwhile { .. }) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(RETRY).await;
            }
            Ok(()) => {
                close(state, policy).await;
                return Ok(());
            }
            refused => return refused,
        }
    }
}

/// Once this has succeeded it is as it was, for good.
async fn try_put_back(state: &State, policy: &TemporaryPolicy) -> Result<(), Error> {
    let what = format!("ConfigMap `{}/{}`", policy.namespace, policy.config_map);
    let api: Api<ConfigMap> = Api::namespaced(state.cluster.console.clone(), &policy.namespace);
    let read = api.get_opt(&policy.config_map).await;
    let Some(map) = read.map_err(|error| from_kube(error, &format!("read {what}")))? else {
        // Whoever removed it has removed the policy with it.
        return Ok(());
    };
    let text = outbound_policy::text(&map).to_owned();
    let wanted = wanted(policy, &text).map_err(|refusal| Error::MeshConfigRefused {
        what: what.clone(),
        refusal: Box::new(refusal),
    })?;
    let version = outside::config_map_version(&map);
    let (map, wanted, reason) = match wanted {
        Some(wanted) => (map, wanted, "put back after verification"),
        None => match fenced(map, policy) {
            Some(map) => (map, text.clone(), "no late write of the policy by verification"),
            None => return Ok(()),
        },
    };
    let target = Target {
        kind: "ConfigMap".to_owned(),
        namespace: policy.namespace.clone(),
        name: policy.config_map.clone(),
    };
    outside::catch_up(state, &target, Some(&version)).await?;
    let intent = Intent {
        actor: policy.actor.clone(),
        action: Action::SaveOutboundPolicy,
        target,
        reason: Some(format!("{reason} {}", policy.verification)),
        before: Some(json!({ KEY: text })),
        after: Some(json!({ KEY: wanted })),
        based_on: Some(version),
        outside: None,
        reverts: None,
    };
    let written = |map: &ConfigMap| Some(outside::config_map_version(map));
    let write = outbound_policy::write(api, policy.config_map.clone(), what, map, wanted);
    record(&state.history, intent, written, write).await?;
    Ok(())
}

/// The ConfigMap that holds the policy as it was before, so marked that the write of this verification can no longer arrive;
/// nothing: it cannot anyhow.
///
/// Where the policy is as it was, the write that was to change it may have been lost, or may be under way still: nobody can
/// tell. It names the version that it is based on ([`outbound_policy::save`]), so once the ConfigMap has another the API
/// server refuses it, however late it comes.
fn fenced(mut map: ConfigMap, policy: &TemporaryPolicy) -> Option<ConfigMap> {
    let is_as_before = outbound_policy::text(&map) == policy.before;
    if !is_as_before || policy.before == policy.after {
        return None;
    }
    let before = map
        .annotations_mut()
        .insert(FENCE.to_owned(), policy.verification.clone());
    (before.as_ref() != Some(&policy.verification)).then_some(map)
}

/// The text to put there; nothing: the policy is not ours any more. What others have changed in it since stays. Where the
/// policy cannot be read or replaced in the text as it is now, it may be ours still.
fn wanted(policy: &TemporaryPolicy, now: &str) -> Result<Option<String>, Refusal> {
    if policy.before == policy.after || now == policy.before {
        return Ok(None);
    }
    if now == policy.after {
        return Ok(Some(policy.before.clone()));
    }
    let mode = |text| mesh_config::read(text).map_err(|why| Refusal::new(why.into(), &Mode::AllowAny));
    match mode(now)? {
        Mode::RegistryOnly => mesh_config::set_mode(now, &mode(&policy.before)?).map(Some),
        _ => Ok(None),
    }
}

async fn close(state: &State, policy: &TemporaryPolicy) {
    if let Err(error) = state.verifications.close_policy(&policy.verification).await {
        tracing::warn!(
            verification = policy.verification,
            "that a policy is as it was cannot be recorded yet: {error}"
        );
    }
}

/// Puts back what is due: those whose verification is over, and those whose time is.
pub(in crate::verify) async fn sweep(state: &State, backoff: &mut Backoff) {
    let open = match state.verifications.open_policies().await {
        Ok(open) => open,
        Err(error) => return tracing::warn!("temporary policies cannot be read: {error}"),
    };
    for policy in open {
        let asked = state.verifications.get(&policy.verification).await;
        let is_running = matches!(&asked, Ok(Some(asked)) if asked.row.state == VerificationState::Running);
        let is_due = policy.revert <= state.clock.now().as_microsecond();
        if is_running && !is_due {
            continue;
        }
        let id = &policy.verification;
        if !backoff.is_due(id) {
            continue;
        }
        if !matches!(state.verifications.claim_policy(id).await, Ok(true)) {
            continue;
        }
        match in_time(put_back(state, &policy)).await {
            Ok(()) => {
                backoff.done(id);
                tracing::info!(
                    verification = id,
                    "the policy of revision `{}` is as it was",
                    policy.revision
                );
            }
            Err(error) => {
                backoff.failed(id);
                tracing::error!(verification = id, "the policy cannot be put back yet: {error}");
            }
        }
        if let Err(error) = state.verifications.release_policy(id).await {
            tracing::warn!(
                verification = id,
                "a claim cannot be given back and ends by itself: {error}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "rootNamespace: istio-system\n";

    fn policy() -> TemporaryPolicy {
        TemporaryPolicy {
            verification: "v".to_owned(),
            revision: "default".to_owned(),
            namespace: "istio-system".to_owned(),
            config_map: "istio".to_owned(),
            actor: "ada".to_owned(),
            before: BEFORE.to_owned(),
            after: mesh_config::set_mode(BEFORE, &Mode::RegistryOnly).expect("it can be set"),
            created: 0,
            revert: 0,
        }
    }

    #[test]
    fn it_is_put_back_to_the_byte_where_nobody_touched_it() {
        let policy = policy();
        let wanted = |now: &str| wanted(&policy, now).expect("it is read");
        assert_eq!(wanted(&policy.after).as_deref(), Some(BEFORE));
        assert_eq!(wanted(BEFORE), None);
    }

    #[test]
    fn what_others_have_changed_since_stays() {
        let policy = policy();
        let edited = format!("{}enableTracing: true\n", policy.after);
        let wanted = |now: &str| wanted(&policy, now).expect("it is read");
        let back = wanted(&edited).expect("it is still refusing");
        assert!(back.contains("enableTracing: true"), "{back}");
        assert_eq!(mesh_config::read(&back).expect("it is read"), Mode::AllowAny);
        // Somebody has put it back already.
        let back = mesh_config::set_mode(&edited, &Mode::AllowAny).expect("it can be set");
        assert_eq!(wanted(&back), None);
    }

    #[test]
    fn where_the_write_may_still_come_the_version_that_it_names_is_done_away_with_once() {
        let policy = policy();
        let map = |text: &str| ConfigMap {
            data: Some([(KEY.to_owned(), text.to_owned())].into()),
            ..ConfigMap::default()
        };
        let marked = fenced(map(BEFORE), &policy).expect("it may be under way");
        assert_eq!(outbound_policy::text(&marked), BEFORE);
        assert_eq!(marked.annotations()[FENCE], "v");
        assert_eq!(fenced(marked, &policy), None, "that was done before");
        // Whoever changed it since has done away with the version too.
        assert_eq!(fenced(map("rootNamespace: other\n"), &policy), None);
    }

    #[test]
    fn a_text_in_which_the_policy_cannot_be_replaced_is_not_taken_for_put_back() {
        let policy = policy();
        let two = format!("{}---\nenableTracing: true\n", policy.after);
        assert!(wanted(&policy, &two).is_err());
    }
}
