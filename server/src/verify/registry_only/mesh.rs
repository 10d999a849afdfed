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
    Backoff, in_time,
};
use crate::{
    caller::{Caller, Readable},
    change::record,
    cluster::mesh::Revision,
    error::{Error, from_kube},
    history::{Intent, reconcile},
    mesh_config::{self, Refusal},
    outbound_policy::{self, KEY},
    outside, owner,
    state::State,
};

/// After so many seconds it is put back, where nothing else was asked for.
const REVERT: u16 = 60;
/// Within this time a request arrives whose sender has died.
const ARRIVES: Duration = Duration::from_secs(5);
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

/// Puts the policy back, with the console's own account and a record. Until `settled` (microseconds since 1970) the write that
/// is to be undone may still come. Whether it is over.
pub(in crate::verify) async fn put_back(
    state: &State,
    policy: &TemporaryPolicy,
    settled: i64,
) -> Result<bool, Error> {
    let mut tries = 0;
    loop {
        match try_put_back(state, policy, settled).await {
            Err(Error::ChangedMeanwhile { .. }) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(RETRY).await;
            }
            Ok(true) => {
                close(state, policy).await;
                return Ok(true);
            }
            other => return other,
        }
    }
}

/// Whether it is as it was, for good.
async fn try_put_back(state: &State, policy: &TemporaryPolicy, settled: i64) -> Result<bool, Error> {
    let what = format!("ConfigMap `{}/{}`", policy.namespace, policy.config_map);
    let api: Api<ConfigMap> = Api::namespaced(state.cluster.console.clone(), &policy.namespace);
    let read = api.get_opt(&policy.config_map).await;
    let Some(map) = read.map_err(|error| from_kube(error, &format!("read {what}")))? else {
        // Whoever removed it has removed the policy with it.
        return Ok(true);
    };
    let text = outbound_policy::text(&map).to_owned();
    let wanted = wanted(policy, &text).map_err(|refusal| Error::MeshConfigRefused {
        what: what.clone(),
        refusal: Box::new(refusal),
    })?;
    let Some(wanted) = wanted else {
        // Nothing is to be put back, unless the write is under way still.
        return Ok(text != policy.before || state.clock.now().as_microsecond() > settled);
    };
    let target = Target {
        kind: "ConfigMap".to_owned(),
        namespace: policy.namespace.clone(),
        name: policy.config_map.clone(),
    };
    let version = outside::config_map_version(&map);
    outside::catch_up(state, &target, Some(&version)).await?;
    let intent = Intent {
        actor: policy.actor.clone(),
        action: Action::SaveOutboundPolicy,
        target,
        reason: Some(format!("put back after verification {}", policy.verification)),
        before: Some(json!({ KEY: text })),
        after: Some(json!({ KEY: wanted })),
        based_on: Some(version),
        outside: None,
    };
    let written = |map: &ConfigMap| Some(outside::config_map_version(map));
    let write = outbound_policy::write(api, policy.config_map.clone(), what, map, wanted);
    record(&state.history, intent, written, write).await?;
    Ok(true)
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

/// When no write of a policy can come any more. `alone_since`: since then no other process uses the database, so whoever
/// was about to write before is gone.
fn settled(policy: &TemporaryPolicy, alone_since: Option<i64>) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or_default();
    match alone_since {
        Some(since) if policy.created < since => since + micros(ARRIVES),
        _ => policy.created + micros(reconcile::GRACE),
    }
}

/// Puts back what is due: those whose verification is over, and those whose time is.
pub(in crate::verify) async fn sweep(state: &State, alone_since: Option<i64>, backoff: &mut Backoff) {
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
        match in_time(put_back(state, &policy, settled(&policy, alone_since))).await {
            Ok(true) => {
                backoff.done(id);
                tracing::info!(
                    verification = id,
                    "the policy of revision `{}` is as it was",
                    policy.revision
                );
            }
            Ok(false) => {}
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
    fn a_text_in_which_the_policy_cannot_be_replaced_is_not_taken_for_put_back() {
        let policy = policy();
        let two = format!("{}---\nenableTracing: true\n", policy.after);
        assert!(wanted(&policy, &two).is_err());
    }
}
