//! One verification from its beginning to its end: who asks, what Envoy counted before, the request, what it counted after,
//! and what that proves.

use std::time::{Duration, Instant};

use api::verification::{AskVerification, Ending, Fact, Prediction, Question, VerificationResult};
use domain::{
    Marker, ParsedArgs, TrafficArgs,
    trace::{Packet, Protocol, Verdict as Traced},
    verify::{Answer, Counters, Destination, Moved, Movement, Reason, Verdict, decide, decide_confined},
};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use super::{
    debug, envoy,
    exec::{Exec, NotRun},
    names,
    registry_only::{self, Plan},
    source::{self, NoSource, Source},
    tool::{Seen, Tool},
};
use crate::{
    caller::Caller, cluster::packets, cluster::pods::redirecting_container, error::Error, state::State,
};

/// Envoy forgets an address that is not in use any more after five seconds.
const LATE: Duration = Duration::from_secs(4);
/// How many counters of a kind are told.
const TOLD: usize = 5;

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

    fn note(&mut self, about: &str, what: impl Into<String>) {
        self.facts.push(Fact {
            about: about.to_owned(),
            what: what.into(),
            decided: false,
        });
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
        let source = self.source(&exec, pod, args.as_ref()).await?;
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
            None => self.measure(pod, &exec, &source, None).await,
            Some(plan) => self.confined(pod, &exec, &source, &plan).await,
        }
    }

    /// Asks once as it is, and once while this pod's Envoy refuses what nothing declares.
    async fn confined(
        &mut self,
        pod: &Pod,
        exec: &Exec,
        source: &Source,
        plan: &Plan,
    ) -> Result<Judged, Without> {
        let unreadable = |error: NotRun| without(&error, "Envoy's configuration could not be read");
        let port = self.question.target.port;
        if registry_only::refuses(exec, port).await.map_err(unreadable)? {
            self.note(
                "note",
                "this pod's Envoy refuses what nothing declares already: nothing was changed",
            );
            return self.measure(pod, exec, source, None).await;
        }
        self.step("asking once as it is").await;
        let before = self.request(exec, source).await?;
        self.note("note", "as it is:");
        self.tell_answer(&before);
        self.step("letting Envoy refuse what nothing declares").await;
        let done = plan
            .carry_out(self.state, self.caller, self.id, &self.asked.namespace)
            .await;
        let done = done.map_err(|error| {
            let ending = match error {
                Error::Forbidden(_) => Ending::Forbidden,
                _ => Ending::NotConfined,
            };
            Without(
                ending,
                format!("REGISTRY_ONLY could not be set: {}", error.problem().detail),
            )
        })?;
        let measured = match registry_only::taken(exec, port).await {
            Ok(true) => self.measure_refusing(pod, exec, source, &before.answer).await,
            Ok(false) => Err(Without(
                Ending::NotConfined,
                "this pod's Envoy did not take the policy in time, so nothing was asked under it".to_owned(),
            )),
            Err(error) => Err(unreadable(error)),
        };
        self.step("putting it back as it was").await;
        match done.undo(self.state, self.id, &self.caller.actor).await {
            Ok(()) => self.note("note", format!("{} was taken back", done.words())),
            // The sweep does it as soon as this is over.
            Err(error) => {
                let why = error.problem().detail;
                self.note(
                    "note",
                    format!("{} is not taken back yet, and will be: {why}", done.words()),
                );
            }
        }
        measured
    }

    /// Asks while Envoy refuses, and makes sure that it did to the end.
    async fn measure_refusing(
        &mut self,
        pod: &Pod,
        exec: &Exec,
        source: &Source,
        before: &Answer,
    ) -> Result<Judged, Without> {
        self.note(
            "note",
            "this pod's Envoy refuses what nothing declares, by its own configuration:",
        );
        let judged = self.measure(pod, exec, source, Some(before)).await?;
        match registry_only::refuses(exec, self.question.target.port).await {
            Ok(true) => Ok(judged),
            Ok(false) => Err(Without(
                Ending::NotConfined,
                "the policy ended before the answer was judged".to_owned(),
            )),
            Err(error) => Err(without(&error, "Envoy's configuration could not be read")),
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

    async fn request(&self, exec: &Exec, source: &Source) -> Result<Seen, Without> {
        let command = source.tool.command(
            &self.question.target.to_string(),
            self.question.method,
            self.question.seconds,
        );
        let limit = Tool::limit(self.question.seconds);
        let run = exec.run(&source.container, &command, limit, |_| true).await;
        let run = run.map_err(|error| without(&error, "the request could not be sent"))?;
        Ok(source.tool.read(&run))
    }

    /// Who asks; where nobody can, and the question allows it, a container for debugging.
    async fn source(&mut self, exec: &Exec, pod: &Pod, args: Option<&ParsedArgs>) -> Result<Source, Without> {
        self.step("looking for a container that can ask").await;
        let named = self.asked.container.as_deref();
        let why = match source::find(exec, pod, named, args).await {
            Ok(source) => return Ok(source),
            Err(NoSource::NotRun(error)) => {
                return Err(without(&error, "no command could be run in the pod"));
            }
            Err(NoSource::NoTool(why)) => why.join("; "),
        };
        // What cannot be asked may have ended meanwhile.
        self.still_there(pod).await?;
        if !self.asked.debug_container {
            let way = "ask again and allow a container for debugging: it stays until the pod ends";
            return Err(Without(Ending::NoTool, format!("{why}. {way}")));
        }
        self.step("waiting for the container for debugging").await;
        let added = debug::add(self.state, self.caller, pod).await;
        let pod = added.map_err(|error| {
            let ending = match error {
                Error::Forbidden(_) => Ending::Forbidden,
                _ => Ending::NoDebugContainer,
            };
            Without(
                ending,
                format!(
                    "{why}, and the container for debugging is not there: {}",
                    error.problem().detail
                ),
            )
        })?;
        self.note(
            "note",
            format!(
                "a container for debugging, `{}`, was added: it stays until the pod ends",
                pod.1
            ),
        );
        match source::find(exec, &pod.0, Some(&pod.1), args).await {
            Ok(source) => Ok(source),
            Err(NoSource::NotRun(error)) => Err(without(
                &error,
                "no command could be run in the container for debugging",
            )),
            Err(NoSource::NoTool(why)) => Err(Without(Ending::NoTool, why.join("; "))),
        }
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

    fn tell_answer(&mut self, seen: &Seen) {
        match &seen.answer {
            Answer::Answered { status, .. } => {
                self.note("answer", format!("status {status}"));
                for name in [
                    "server",
                    "x-envoy-upstream-service-time",
                    "x-envoy-decorator-operation",
                ] {
                    if let Some(value) = seen.answer.header(name) {
                        self.note("header", format!("{name}: {}", cut(value)));
                    }
                }
            }
            Answer::Redirected { status } => {
                self.note("answer", format!("status {status}, and the tool followed it"));
            }
            Answer::Failed(failure) => {
                let words = if seen.words.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", cut(&seen.words))
                };
                self.note("answer", format!("{}{words}", failure.sentence()));
            }
        }
        if let Some(remote) = seen.remote {
            let from = seen
                .local
                .as_ref()
                .map(|local| format!(", from {local}"))
                .unwrap_or_default();
            self.note("connection", format!("to {remote}{from}"));
        }
    }

    fn tell_movement(&mut self, movement: &Movement, reason: Reason) {
        let lists = [
            (
                &movement.destination,
                reason == Reason::DestinationCounted || reason == Reason::Contradiction,
            ),
            (&movement.refused, reason == Reason::RefusalCounted),
            (
                &movement.own,
                matches!(reason, Reason::OwnResponseCounted | Reason::RefusalCounted),
            ),
            (&movement.elsewhere, reason == Reason::OtherTraffic),
        ];
        let mut moved = 0;
        for (list, decided) in lists {
            moved += list.len();
            self.facts
                .extend(list.iter().take(TOLD).map(|moved| counter(moved, decided)));
            if list.len() > TOLD {
                self.note("counter", format!("and {} more", list.len() - TOLD));
            }
        }
        if moved == 0 {
            let decided = reason == Reason::NothingForwarded;
            self.facts.push(Fact {
                about: "counter".to_owned(),
                what: "of what Envoy forwards to, nothing was counted".to_owned(),
                decided,
            });
        }
        match &movement.accepted {
            Some(accepted) => {
                let decided = matches!(reason, Reason::NoConnectionTaken | Reason::Contradiction);
                self.facts.push(counter(accepted, decided));
            }
            None => self.note(
                "note",
                "this pod's Envoy does not count the connections of its listeners",
            ),
        }
    }

    /// The pod has to be the same to its end: one of the same name is another.
    async fn still_there(&self, pod: &Pod) -> Result<(), Without> {
        let now = self
            .caller
            .read::<Pod>("pod", &self.asked.namespace, &self.asked.pod)
            .await;
        match now {
            Ok(now) if now.uid() == pod.uid() && now.metadata.deletion_timestamp.is_none() => Ok(()),
            Ok(_) | Err(Error::NotFound(_)) => {
                Err(Without(Ending::PodGone, "the pod ended meanwhile".to_owned()))
            }
            Err(error) => Err(Without(Ending::Unreachable, error.problem().detail)),
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

fn counter(moved: &Moved, decided: bool) -> Fact {
    let Moved {
        counter,
        before,
        after,
    } = moved;
    Fact {
        about: "counter".to_owned(),
        what: format!("{counter}: {before} before, {after} after"),
        decided,
    }
}

/// What somebody else says, not too long.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
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
