//! Live proof: requests that are really sent from inside pods, with the caller's rights, and the evidence of what they proved.
//!
//! What the facts prove, [`domain::verify`] decides. Here they are gathered ([`proof`]): by commands in the pod ([`exec`]) that
//! ask ([`source`], [`tool`]) and that read what Envoy has counted ([`envoy`]). What came of it is kept ([`store`]).

use api::{
    Page,
    verification::{
        AskVerification, Ending, Verification, VerificationQuery, VerificationResult, VerificationRow,
    },
};
use domain::verify::Verdict;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::time::Duration;

mod debug;
mod envoy;
mod exec;
mod names;
mod proof;
mod registry_only;
mod rights;
mod source;
pub mod store;
mod tool;

use self::proof::Proof;
use crate::{
    caller::{Caller, Readable, Visible},
    error::Error,
    state::State,
};

/// How long one may take, all commands included: less than its lease.
const PATIENCE: Duration = Duration::from_secs(150);
/// How long those under way may take to undo what they did, when the process is asked to stop.
const UNDOING: Duration = Duration::from_secs(10);
/// How long it may take after that to undo what is left.
const STOPPING: Duration = Duration::from_secs(5);
/// How often it is looked for what nobody carries out any more, and for what that left behind.
const SWEEP: Duration = Duration::from_secs(2);

/// Begins a verification, which goes on after this has returned: it is found under its id.
pub async fn ask(state: &State, caller: &Caller, asked: AskVerification) -> Result<Verification, Error> {
    let question = asked.read().map_err(Error::Invalid)?;
    state.cluster.ready()?;
    let pod: Pod = caller.read("pod", &asked.namespace, &asked.pod).await?;
    rights::may_exec(caller, &asked.namespace, &asked.pod).await?;
    if let Some(change) = &asked.change {
        visible(state, caller, change).await?;
    }
    let plan = registry_only::plan(state, caller, &pod, &asked).await?;
    let slot = state.verifications.slot()?;
    let stored = state.verifications.insert(&asked, &caller.actor).await?;
    let (state, caller, id) = (state.clone(), caller.clone(), stored.row.id.clone());
    // It runs to its end although the client may hang up meanwhile: what was begun is also recorded.
    tokio::spawn(async move {
        let _slot = slot;
        let proof = Proof::new(&state, &caller, &id, &asked, &question, plan);
        let result = tokio::select! {
            result = proof.carry_out(&pod) => result,
            () = tokio::time::sleep(PATIENCE) => too_long(&pod),
        };
        tracing::info!(
            verification = id,
            verdict = result.verdict.as_str(),
            "a verification is over"
        );
        if let Err(error) = state.verifications.finish(&id, &result).await {
            tracing::error!(
                verification = id,
                "what came of a verification could not be recorded: {error}"
            );
        }
    });
    Ok(stored)
}

/// Refuses a change that is not there, or not for the caller to see.
async fn visible(state: &State, caller: &Caller, change: &str) -> Result<(), Error> {
    match crate::api::visible_change(state, caller, change).await {
        Err(Error::NotFound(what)) => Err(Error::field("change", format!("{what} does not exist"))),
        other => other.map(drop),
    }
}

fn too_long(pod: &Pod) -> VerificationResult {
    VerificationResult {
        ending: Ending::TimedOut,
        verdict: Verdict::NotProven,
        reason: None,
        sentence: format!("not proven: it was not over after {} s", PATIENCE.as_secs()),
        facts: Vec::new(),
        predicted: None,
        pod_uid: pod.uid().unwrap_or_default(),
        settings: None,
    }
}

/// A verification, if the caller may see the pods of its namespace.
pub async fn find(state: &State, caller: &Caller, id: &str) -> Result<Verification, Error> {
    let none = || Error::NotFound(format!("verification `{id}`"));
    let found = state.verifications.get(id).await?.ok_or_else(none)?;
    match caller.must_read(Readable::Pods, &found.row.namespace).await {
        Ok(()) => Ok(found),
        // That it exists is not for this caller to know.
        Err(Error::Forbidden(_)) => Err(none()),
        Err(error) => Err(error),
    }
}

/// Those that the caller may see, newest first.
pub async fn list(
    state: &State,
    caller: &Caller,
    query: &VerificationQuery,
    limit: usize,
) -> Result<Page<VerificationRow>, Error> {
    let namespaces = state.cluster.snapshot().await.namespace_names();
    let visible: Visible = caller
        .shown(Readable::Pods, query.namespace.as_deref(), &namespaces)
        .await?;
    let (mut items, total) = state.verifications.page(query, &visible, limit + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Page { items, total, next })
}

/// Waits for what this process carries out to undo what it did, closes and undoes what does not: nothing has to wait for the
/// next one. Those under way know that the process is about to stop, and ask nothing any more.
pub async fn stop(state: &State) {
    if !state.verifications.are_over_within(UNDOING).await {
        tracing::warn!("verifications are still under way after {} s", UNDOING.as_secs());
    }
    if let Err(error) = state.verifications.close_own().await {
        return tracing::warn!("verifications that are under way are closed by the next console: {error}");
    }
    if tokio::time::timeout(
        STOPPING,
        registry_only::sweep(state, &mut registry_only::Backoff::default()),
    )
    .await
    .is_err()
    {
        tracing::warn!("what verifications did for a while is undone by the next console");
    }
}

/// Closes what no process carries out any more, and removes what it left behind, for as long as this one lives.
pub async fn sweep(state: State, alone: bool) {
    // What another process began before this one: none of it is under way, if there is no other.
    let mut first = alone;
    if alone && let Err(error) = state.verifications.release_policies().await {
        tracing::warn!("policies that somebody was putting back wait until that ends: {error}");
    }
    let mut backoff = registry_only::Backoff::default();
    loop {
        match state.verifications.close_abandoned(first).await {
            Ok(closed) => {
                first = false;
                if closed > 0 {
                    tracing::info!("{closed} verification(s) were under way when a console stopped: closed");
                }
            }
            Err(error) => tracing::warn!("verifications cannot be read: {error}"),
        }
        // Nothing of the cluster has to be in view for it but the cluster itself.
        if state.cluster.contact.unreachable().is_none() {
            registry_only::sweep(&state, &mut backoff).await;
        }
        tokio::select! {
            () = state.stopping.begun() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}
