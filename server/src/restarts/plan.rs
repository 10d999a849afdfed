//! A plan, from a scope: which workloads need a restart, which cannot have one, in which order.

use std::collections::{BTreeMap, HashMap};

use api::{
    FieldProblem,
    audit::Change,
    restart::{
        BlockedWorkload, PlanRestart, PlannedWorkload, RestartOptions, RestartPlan, RestartRemark, Scope,
        WorkloadName,
    },
};
use domain::{
    Selector,
    restart::{Block, Remark, Verdict, assess, waves},
};
use jiff::Timestamp;

use super::{
    facts::{self, Beside, Known, Running, Stale},
    rights::{self, Rights},
};
use crate::{
    caller::{Caller, Readable},
    cluster::pods::Judge,
    error::Error,
    state::State,
};

/// The most workloads that one plan names.
const MOST: usize = 2000;

/// A workload of a scope.
struct Candidate {
    workload: WorkloadName,
    stale: Stale,
    running: Running,
    /// It is to be restarted although no pod of it is stale.
    wanted: bool,
}

impl Candidate {
    fn of(workload: WorkloadName, stale: Stale, wanted: bool, has_sidecar: bool) -> Self {
        let running = Running {
            stale: stale.pods,
            has_sidecar: stale.pods > 0 || has_sidecar,
        };
        Self {
            workload,
            stale,
            running,
            wanted,
        }
    }
}

/// Makes a plan; nothing is stored.
pub async fn plan(state: &State, caller: &Caller, asked: PlanRestart) -> Result<RestartPlan, Error> {
    check(&asked)?;
    state.cluster.ready()?;
    let candidates = candidates(state, caller, &asked.scope).await?;
    if candidates.len() > MOST {
        return Err(Error::field(
            "scope",
            format!(
                "{} workloads are too many for one plan: at most {MOST}",
                candidates.len()
            ),
        ));
    }
    let beside = Beside::read(&state.cluster.console, None).await?;
    let interrupting = asked.options.allow_interruption;
    let (mut restarted, mut blocked) = (Vec::new(), Vec::new());
    let mut rights = Rights::of(&caller.client, None);
    for candidate in candidates {
        let running = candidate.running;
        let known = state
            .cluster
            .judging(|judge| facts::facts(judge, &beside, &candidate.workload, running));
        let Some(known) = known else {
            blocked.push(not_found(candidate));
            continue;
        };
        match assess(&known.facts, candidate.wanted, interrupting) {
            (Verdict::NotNeeded, _) if !candidate.wanted => {}
            (Verdict::NotNeeded, _) => blocked.push(without_pods(candidate)),
            (Verdict::Blocked(block), _) => blocked.push(left_alone(candidate, &block)),
            // A plan is made beside no restart of its own that it would have to wait for.
            (Verdict::Restart | Verdict::Later, remarks) => {
                if rights.may(&candidate.workload).await? {
                    restarted.push((candidate, known, remarks));
                } else {
                    let why = rights::denied(&caller.actor, &candidate.workload);
                    blocked.push(forbidden(candidate, why));
                }
            }
        }
    }
    blocked.sort_by(|one, other| one.workload.cmp(&other.workload));
    let notices = notices(state, restarted.is_empty());
    Ok(RestartPlan {
        workloads: in_order(restarted, &asked.options),
        scope: asked.scope,
        options: asked.options,
        reason: asked
            .reason
            .map(|reason| reason.trim().to_owned())
            .filter(|reason| !reason.is_empty()),
        blocked,
        notices,
    })
}

fn in_order(
    mut restarted: Vec<(Candidate, Known, Vec<Remark>)>,
    options: &RestartOptions,
) -> Vec<PlannedWorkload> {
    let places: Vec<(&str, &str, &BTreeMap<String, String>)> = restarted
        .iter()
        .map(|(candidate, known, _)| {
            let workload = &candidate.workload;
            (workload.namespace.as_str(), workload.name.as_str(), &known.labels)
        })
        .collect();
    let order = waves(&places, &options.order, options.wave_size);
    let mut planned: Vec<Option<(Candidate, Known, Vec<Remark>)>> = restarted.drain(..).map(Some).collect();
    order
        .into_iter()
        .filter_map(|(index, wave)| {
            let (candidate, known, remarks) = planned[index].take()?;
            Some(PlannedWorkload {
                workload: candidate.workload,
                wave,
                pods: known.facts.replicas,
                stale_pods: candidate.stale.pods,
                stale_fields: candidate.stale.fields.into_iter().collect(),
                remarks: remarks.iter().map(remark).collect(),
            })
        })
        .collect()
}

fn remark(remark: &Remark) -> RestartRemark {
    RestartRemark {
        code: remark.code().to_owned(),
        warning: remark.is_warning(),
        sentence: remark.to_string(),
    }
}

/// What to know about the whole.
fn notices(state: &State, is_empty: bool) -> Vec<String> {
    let mut notices = Vec::new();
    let delivery = state.cluster.delivery.now();
    if !delivery.state.is_ready() {
        notices.push(
            "settings do not reach new pods now (see the mesh's delivery): pods that are restarted would not get them"
                .to_owned(),
        );
    }
    if is_empty {
        notices.push("no workload needs a restart that it can have".to_owned());
    }
    notices
}

/// The workloads of a scope that the caller may know of.
async fn candidates(state: &State, caller: &Caller, scope: &Scope) -> Result<Vec<Candidate>, Error> {
    let snapshot = state.cluster.snapshot().await;
    let mut by_workload = facts::stale(&snapshot.pods);
    if let Scope::Workloads { workloads } = scope {
        let mut named = workloads.clone();
        named.sort();
        named.dedup();
        let mut candidates = Vec::with_capacity(named.len());
        for workload in named {
            caller.must_read(Readable::Pods, &workload.namespace).await?;
            let old = by_workload.remove(&workload).unwrap_or_default();
            let has_sidecar = snapshot.has_sidecar(&workload.kind, &workload.namespace, &workload.name);
            candidates.push(Candidate::of(workload, old, true, has_sidecar));
        }
        return Ok(candidates);
    }
    let reach = match scope {
        Scope::Namespace { namespace } => {
            caller.must_read(Readable::Pods, namespace).await?;
            Reach::Namespace(namespace.clone())
        }
        Scope::Change { change } => reach(state, &crate::api::visible_change(state, caller, change).await?),
        Scope::Stale | Scope::Workloads { .. } => Reach::Mesh,
    };
    let visible = caller
        .may_read(Readable::Pods, &snapshot.namespace_names())
        .await?;
    Ok(stale_in(state, by_workload, &reach)
        .filter(|candidate| visible.includes(&candidate.workload.namespace))
        .collect())
}

/// How far a scope reaches.
enum Reach {
    Mesh,
    Namespace(String),
    /// The pods in this namespace that one of these selects.
    Selected(String, Vec<Selector>),
}

/// How far the setting that was changed reaches: its level, and before or after the change what it selects.
fn reach(state: &State, change: &Change) -> Reach {
    let target = &change.target;
    if state.cluster.is_root(&target.namespace) {
        return Reach::Mesh;
    }
    // What is selected no more has changed as well.
    let said = [change.before.as_ref(), change.after.as_ref()];
    let selectors = said
        .into_iter()
        .flatten()
        .map(selector)
        .collect::<Option<Vec<_>>>();
    match selectors {
        Some(selectors) if !selectors.is_empty() => Reach::Selected(target.namespace.clone(), selectors),
        _ => Reach::Namespace(target.namespace.clone()),
    }
}

/// What a recorded setting selects; nothing where it selects all of its namespace, or in no known form.
fn selector(spec: &serde_json::Value) -> Option<Selector> {
    let labels = spec["selector"]["matchLabels"].as_object()?.iter();
    let labels = labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Selector::new(labels.collect()).ok()
}

fn stale_in<'a>(
    state: &'a State,
    by_workload: HashMap<WorkloadName, Stale>,
    reach: &'a Reach,
) -> impl Iterator<Item = Candidate> + 'a {
    let (beside, nothing) = (Beside::default(), Running::default());
    let mut sorted: Vec<(WorkloadName, Stale)> = by_workload.into_iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
        .into_iter()
        .filter(move |(workload, _)| match reach {
            Reach::Mesh => true,
            Reach::Namespace(namespace) => workload.namespace == *namespace,
            Reach::Selected(namespace, selectors) => {
                let known = || {
                    let judging = |judge: &Judge<'_>| facts::facts(judge, &beside, workload, nothing);
                    state.cluster.judging(judging)
                };
                // Of what is not known the labels are not either: it is named, and left alone.
                workload.namespace == *namespace
                    && known().is_none_or(|known| {
                        known.labels.is_empty() || selectors.iter().any(|s| s.matches(&known.labels))
                    })
            }
        })
        .map(|(workload, stale)| Candidate::of(workload, stale, false, true))
}

fn left_alone(candidate: Candidate, block: &Block) -> BlockedWorkload {
    blocked(candidate, block.code(), block.to_string(), block.way_out())
}

fn not_found(candidate: Candidate) -> BlockedWorkload {
    let why = "the console does not know it: it does not exist, or was made a moment ago".to_owned();
    blocked(
        candidate,
        "not-found",
        why,
        "check kind, namespace and name, then plan again",
    )
}

fn without_pods(candidate: Candidate) -> BlockedWorkload {
    let why = "it asks for no pods, so there is nothing to restart".to_owned();
    blocked(
        candidate,
        "no-pods",
        why,
        "its next pods get the settings in force",
    )
}

fn forbidden(candidate: Candidate, why: String) -> BlockedWorkload {
    blocked(
        candidate,
        "forbidden",
        why,
        "ask for the Kubernetes role that allows it",
    )
}

fn blocked(candidate: Candidate, code: &str, why: String, way_out: &str) -> BlockedWorkload {
    BlockedWorkload {
        workload: candidate.workload,
        stale_pods: candidate.stale.pods,
        code: code.to_owned(),
        why,
        way_out: way_out.to_owned(),
    }
}

/// Refuses options beyond their bounds, all at once.
fn check(asked: &PlanRestart) -> Result<(), Error> {
    let options = &asked.options;
    let mut errors = Vec::new();
    let mut refuse = |path: &str, message: String| {
        errors.push(FieldProblem::new(path, message));
    };
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let bounds = [
        ("options.maxInFlight", number(options.max_in_flight), 1..=100),
        ("options.podsPerSecond", options.pods_per_second, 1..=100),
        ("options.pauseSeconds", options.pause_seconds, 0..=86_400),
        ("options.deadlineSeconds", options.deadline_seconds, 10..=86_400),
        ("options.waveSize", options.wave_size.map_or(1, number), 1..=1000),
    ];
    for (path, value, range) in bounds {
        if !range.contains(&value) {
            refuse(
                path,
                format!("`{value}` is not between {} and {}", range.start(), range.end()),
            );
        }
    }
    if let domain::restart::Order::Label { key } = &options.order
        && key.trim().is_empty()
    {
        refuse("options.order.key", "name the label".to_owned());
    }
    if let Some(window) = &options.window {
        let time = |text: &str| text.parse::<Timestamp>();
        match (time(&window.from), time(&window.to)) {
            (Ok(from), Ok(to)) if from >= to => {
                refuse(
                    "options.window.to",
                    "the window closes before it opens".to_owned(),
                );
            }
            (Ok(_), Ok(_)) => {}
            (from, to) => {
                for (path, text, time) in [("from", &window.from, from), ("to", &window.to, to)] {
                    if time.is_err() {
                        let message = if text.is_empty() {
                            "a window has two ends: say this one too".to_owned()
                        } else {
                            format!("`{text}` is no time: write it as 2026-01-31T22:00:00Z")
                        };
                        refuse(&format!("options.window.{path}"), message);
                    }
                }
            }
        }
    }
    if let Scope::Workloads { workloads } = &asked.scope
        && workloads.is_empty()
    {
        refuse("scope.workloads", "name at least one workload".to_owned());
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(errors))
    }
}
