//! One verification from its beginning to its end: who asks, what Envoy counted before, the request, what it counted after,
//! and what that proves.

use std::time::{Duration, Instant};

use api::verification::{AskVerification, Ending, Fact, Prediction, Question, VerificationResult};
use domain::{
    Marker, TrafficArgs,
    trace::{Packet, Protocol, Verdict as Traced},
    verify::{Answer, Counters, Destination, Reason, Verdict, decide, decide_confined},
};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

mod asking;
mod confined;
mod told;

use super::{
    envoy,
    exec::{Exec, NotRun},
    names,
    registry_only::Plan,
    source::Source,
};
use crate::{
    caller::Caller,
    cluster::{packets, pods::redirecting_container},
    state::State,
    stopping::Stopping,
};

/// Envoy forgets an address that is not in use any more after five seconds.
const LATE: Duration = Duration::from_secs(4);

/// A verification under way.
pub(super) struct Proof<'a> {
    pub(super) state: &'a State,
    pub(super) caller: &'a Caller,
    pub(super) id: &'a str,
    pub(super) asked: &'a AskVerification,
    pub(super) question: &'a Question,
    confinement: Option<Plan>,
    facts: Vec<Fact>,
}

/// Why there is nothing to judge.
struct Without(Ending, String);

/// What was seen and judged.
struct Judged {
    verdict: Verdict,
    reason: Reason,
    predicted: Option<Prediction>,
}

impl<'a> Proof<'a> {
    pub(super) fn new(
        state: &'a State,
        caller: &'a Caller,
        id: &'a str,
        asked: &'a AskVerification,
        question: &'a Question,
        confinement: Option<Plan>,
    ) -> Self {
        Self {
            state,
            caller,
            id,
            asked,
            question,
            confinement,
            facts: Vec::new(),
        }
    }

    /// Carries it out. It always has a result: what went wrong is one too, and never a success.
    pub(super) async fn carry_out(mut self, pod: &Pod) -> VerificationResult {
        let done = self.prove(pod).await;
        let (ending, verdict, reason, sentence, predicted) = match done {
            Ok(judged) => (
                Ending::Judged,
                judged.verdict,
                Some(judged.reason),
                format!("{}: {}", judged.verdict.words(), judged.reason.sentence()),
                judged.predicted,
            ),
            Err(Without(ending, why)) => {
                let verdict = Verdict::NotProven;
                (ending, verdict, None, format!("{}: {why}", verdict.words()), None)
            }
        };
        let marker = Marker::among(pod.annotations());
        VerificationResult {
            ending,
            verdict,
            reason,
            sentence,
            facts: self.facts,
            predicted,
            pod_uid: pod.uid().unwrap_or_default(),
            settings: marker.map(|marker| format!("{:016x}", marker.hash())),
        }
    }

    async fn step(&self, step: &str) {
        self.state.verifications.step(self.id, step).await;
    }

    async fn prove(&mut self, pod: &Pod) -> Result<Judged, Without> {
        if !has_sidecar(pod) {
            let why =
                "the pod has no container `istio-proxy`: there is no Envoy that anything could go through";
            return Err(Without(Ending::NoSidecar, why.to_owned()));
        }
        let exec = Exec::of(&self.caller.client, &self.asked.namespace, &self.asked.pod);
        let args = redirecting_container(pod)
            .map(|container| TrafficArgs::parse(&container.args.clone().unwrap_or_default()));
        let stopping = self.state.stopping.clone();
        let source = unless(&stopping, self.source(&exec, pod, args.as_ref())).await?;
        let user = source
            .uid
            .map_or("an unknown user".to_owned(), |uid| format!("user {uid}"));
        self.note(
            "request",
            format!(
                "{} {} by {} in container {}, as {user}",
                self.question.method.as_str(),
                self.question.target,
                source.tool.name(),
                source.container
            ),
        );

        match self.confinement.take() {
            None => unless(&stopping, self.measure(pod, &exec, &source, None)).await,
            Some(plan) => self.confined(pod, &exec, &source, &plan).await,
        }
    }

    /// Asks, between two readings of what Envoy has counted. `before`: the answer before it was made to refuse.
    async fn measure(
        &mut self,
        pod: &Pod,
        exec: &Exec,
        source: &Source,
        before: Option<&Answer>,
    ) -> Result<Judged, Without> {
        self.step("reading what Envoy has counted").await;
        let counted = self.counters(exec).await;
        self.step("asking from inside the pod").await;
        let seen = self.request(exec, source).await?;
        let answered = Instant::now();
        self.tell_answer(&seen);
        self.step("reading what Envoy has counted since").await;
        let since = match counted {
            Some(_) => self.counters(exec).await,
            None => None,
        };
        let late = answered.elapsed() > LATE;
        self.still_there(pod).await?;

        let remote = seen.remote.or(self.question.target.address());
        let to = Destination {
            address: remote,
            port: self.question.target.port,
            names: names::of(
                &self.state.cluster.stores,
                &self.question.target,
                &self.asked.namespace,
                remote,
            ),
        };
        let movement = match (&counted, &since) {
            (Some(counted), Some(since)) => Some(since.since(counted, &to)),
            _ => None,
        };
        let decision = match before {
            None => decide(&seen.answer, movement.as_ref(), late),
            Some(before) => decide_confined(before, &seen.answer, movement.as_ref(), late),
        };
        if let Some(movement) = &movement {
            self.tell_movement(movement, decision.reason);
        }
        Ok(Judged {
            verdict: decision.verdict,
            reason: decision.reason,
            predicted: self.predicted(pod, &to, source, decision.verdict),
        })
    }

    async fn counters(&mut self, exec: &Exec) -> Option<Counters> {
        match envoy::counters(exec).await {
            Ok(counters) => Some(counters),
            Err(error) => {
                self.note("counter", format!("Envoy's counters could not be read: {error}"));
                None
            }
        }
    }

    /// What the pod's rules say of the same packet.
    fn predicted(
        &self,
        pod: &Pod,
        to: &Destination,
        source: &Source,
        verdict: Verdict,
    ) -> Option<Prediction> {
        let packet = Packet {
            uid: source.uid,
            gid: source.gid,
            ..Packet::outbound(Protocol::Tcp, to.address?, to.port)
        };
        packet.check().ok()?;
        let view = self
            .state
            .cluster
            .judging(|judge| packets::traced(judge, pod, &packet));
        let answer = view.running?;
        let agrees = Traced::of(&answer.verdict).and_then(|traced| verdict.agrees_with(traced));
        Some(Prediction {
            verdict: answer.verdict,
            sentence: answer.sentence,
            agrees,
        })
    }
}

fn has_sidecar(pod: &Pod) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| {
        spec.containers
            .iter()
            .chain(spec.init_containers.iter().flatten())
    });
    containers
        .into_iter()
        .any(|container| container.name == envoy::CONTAINER)
}

fn without(error: &NotRun, doing: &str) -> Without {
    let ending = match error {
        NotRun::NoSuchCommand(_) => Ending::NoTool,
        NotRun::Forbidden(_) => Ending::Forbidden,
        NotRun::Gone(_) => Ending::PodGone,
        NotRun::TimedOut(_) => Ending::TimedOut,
        NotRun::Lost(_) => Ending::Unreachable,
    };
    Without(ending, format!("{doing}: {error}"))
}

/// Does this, unless the process is asked to stop meanwhile: then only what has to be undone is worth the time.
async fn unless<T>(
    stopping: &Stopping,
    doing: impl Future<Output = Result<T, Without>>,
) -> Result<T, Without> {
    tokio::select! {
        done = doing => done,
        () = stopping.begun() => {
            let why = "the console stopped while it was under way. Ask again";
            Err(Without(Ending::Interrupted, why.to_owned()))
        }
    }
}
