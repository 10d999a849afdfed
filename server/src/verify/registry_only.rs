//! `REGISTRY_ONLY` for as long as a verification takes, and the certainty that it ends.

use std::{collections::HashMap, time::Duration};

use api::verification::{AskVerification, RegistryOnly};
use k8s_openapi::api::core::v1::Pod;

mod in_force;
mod mesh;
mod workload;

use super::{
    envoy,
    exec::{Exec, NotRun},
    store::policies::TemporaryPolicy,
};
use crate::{caller::Caller, error::Error, state::State};

/// How long Envoy may take to have it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the cluster may take to undo one thing.
const UNDO: Duration = Duration::from_secs(20);
const EVERY: Duration = Duration::from_millis(250);

/// How it is to be brought about: worked out, allowed and confirmed.
pub(super) enum Plan {
    /// For one workload.
    Workload(workload::Confinement),
    /// For a revision.
    Mesh(mesh::Flip),
}

/// What was done, and has to be undone.
pub(super) enum Done {
    /// A `Sidecar` was made.
    Sidecar(workload::Made),
    /// A policy was changed.
    Policy(TemporaryPolicy),
}

/// Works out what was asked for, and refuses what is not sure to be undone or is not confirmed.
pub(super) async fn plan(
    state: &State,
    caller: &Caller,
    pod: &Pod,
    asked: &AskVerification,
) -> Result<Option<Plan>, Error> {
    Ok(match asked.registry_only {
        None => None,
        Some(RegistryOnly::Workload) => {
            Some(Plan::Workload(workload::plan(state, caller, pod, asked).await?))
        }
        Some(RegistryOnly::Mesh) => Some(Plan::Mesh(mesh::plan(state, caller, pod, asked).await?)),
    })
}

impl Plan {
    /// Brings it about.
    pub(super) async fn carry_out(
        &self,
        state: &State,
        caller: &Caller,
        id: &str,
        namespace: &str,
    ) -> Result<Done, Error> {
        // Who stops undoes what was done, and would not know of this.
        if state.stopping.is_begun() {
            return Err(Error::NotReady("the console is about to stop".to_owned()));
        }
        Ok(match self {
            Self::Workload(plan) => Done::Sidecar(workload::make(state, caller, id, namespace, plan).await?),
            Self::Mesh(plan) => Done::Policy(mesh::make(state, caller, id, plan).await?),
        })
    }
}

impl Done {
    /// Undoes it, with the console's own account.
    pub(super) async fn undo(&self, state: &State, id: &str, actor: &str) -> Result<(), Error> {
        match self {
            Self::Sidecar(made) => workload::remove(state, made, id, actor).await,
            Self::Policy(policy) => mesh::undo(state, policy).await,
        }
    }

    /// What it is, in words.
    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::Sidecar(_) => "the temporary Sidecar",
            Self::Policy(_) => "the mesh-wide policy",
        }
    }
}

/// Undoes what verifications left behind.
pub(super) async fn sweep(state: &State, backoff: &mut Backoff) {
    workload::sweep(state, backoff).await;
    mesh::sweep(state, backoff).await;
}

/// When what could not be undone is tried again, by verification. Each try is a record in the history: what the cluster
/// refuses for hours must not fill it.
#[derive(Default)]
pub(super) struct Backoff(HashMap<String, (tokio::time::Instant, Duration)>);

impl Backoff {
    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_mins(5);

    fn is_due(&self, id: &str) -> bool {
        self.0
            .get(id)
            .is_none_or(|(at, _)| tokio::time::Instant::now() >= *at)
    }

    fn done(&mut self, id: &str) {
        self.0.remove(id);
    }

    fn failed(&mut self, id: &str) {
        let pause = self
            .0
            .get(id)
            .map_or(Self::FIRST, |(_, last)| (*last * 2).min(Self::LONGEST));
        self.0
            .insert(id.to_owned(), (tokio::time::Instant::now() + pause, pause));
    }
}

/// One thing undone, within a time: a cluster that hangs must not keep the others from being undone.
async fn in_time<T>(undone: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(UNDO, Box::pin(undone)).await {
        Ok(undone) => undone,
        Err(_) => Err(Error::ClusterUnreachable(format!(
            "the cluster has not answered within {} s",
            UNDO.as_secs()
        ))),
    }
}

/// Waits until the pod's Envoy refuses what nothing declares at `port`, by its own configuration; whether it does.
pub(super) async fn taken(exec: &Exec, port: u16) -> Result<bool, NotRun> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if refuses(exec, port).await? {
            return Ok(true);
        }
        if tokio::time::Instant::now() > deadline {
            return Ok(false);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether the pod's Envoy refuses what nothing declares at `port`, as it is configured now.
pub(super) async fn refuses(exec: &Exec, port: u16) -> Result<bool, NotRun> {
    let listener = "config_dump?resource=dynamic_listeners&name_regex=^virtualOutbound$";
    let routes = format!("config_dump?resource=dynamic_route_configs&name_regex=^{port}$");
    let (listener, routes) = futures::join!(
        envoy::page(exec, listener, |_| true),
        envoy::page(exec, &routes, |_| true),
    );
    Ok(is_refusing(&listener?, &routes?))
}

/// What istiod sends to an Envoy that refuses: the catch-all listener leads to `BlackHoleCluster`, the catch-all route to a 502
/// by the name `block_all` (spec/istio.md §4.2).
fn is_refusing(listener: &str, routes: &str) -> bool {
    listener.contains("BlackHoleCluster")
        && !listener.contains("PassthroughCluster")
        && !routes.contains("allow_any")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_configuration_that_refuses_everywhere_does() {
        let (black, pass) = (
            r#""cluster": "BlackHoleCluster""#,
            r#""cluster": "PassthroughCluster""#,
        );
        assert!(is_refusing(black, r#""name": "block_all""#));
        assert!(is_refusing(black, ""), "no HTTP at that port");
        assert!(!is_refusing(black, r#""name": "allow_any""#));
        assert!(!is_refusing(&format!("{black}{pass}"), ""));
        assert!(!is_refusing("", ""));
    }
}
