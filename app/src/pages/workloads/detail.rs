//! One workload: what its next pods get, and what those that run have.

use crate::prelude::*;
use api::{
    access::Act,
    mesh::PodCounts,
    pod::PodStateName,
    restart::{Scope, WorkloadName},
    workload::{Condition, WorkloadDetail, WorkloadKind, WorkloadQuery, WorkloadRow},
};

use super::{
    Place,
    events::events,
    list::stale,
    pods::{OwnPods, Pods},
};
use crate::{
    components::{
        access::{Rights, refused},
        delete_pod::{Deleted, Deletion},
        fields_table::FieldsTable,
        pod_state::StateBadge,
        remarks::remarkable,
        restart::{Restart, restart},
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        button::Button,
        empty::Empty,
        notice::Notice,
        prose::Prose,
        table::{Column, Table},
        time::Ago,
    },
};

/// The page below its header.
pub(super) fn detail(
    answer: Signal<(Place, WorkloadDetail)>,
    pods: OwnPods,
    rights: Rights,
    deletion: Deletion,
) -> AnyView {
    let plan = restart();
    let act = match answer.with_untracked(|((kind, ..), _)| *kind) {
        WorkloadKind::Deployment => Act::RestartDeployment,
        WorkloadKind::StatefulSet => Act::RestartStatefulSet,
        WorkloadKind::DaemonSet => Act::RestartDaemonSet,
    };
    let redeploy = move || {
        let (kind, namespace, name) = answer.with_untracked(|(place, _)| place.clone());
        let this = WorkloadName {
            kind: kind.name().to_owned(),
            namespace,
            name,
        };
        plan.plan(Scope::Workloads {
            workloads: vec![this],
        });
    };
    let of = move |show: fn(&WorkloadDetail) -> AnyView| move || answer.with(|(_, detail)| show(detail));
    view! {
        <section class="panel" aria-labelledby="state">
            <h2 id="state" class="visually-hidden">"State"</h2>
            {of(summary)}
            <div class="panel-actions">
                <Button busy=plan.busy() refused=refused(rights, act) on_press=redeploy>"Redeploy"</Button>
            </div>
            <Restart plan/>
        </section>
        <section class="panel" aria-labelledby="pods">
            <h2 id="pods">"Pods"</h2>
            <Deleted deletion/>
            <Pods data=pods deletion/>
        </section>
        <section class="panel" aria-labelledby="fields">
            <h2 id="fields">"Settings for the next pod"</h2>
            {of(settings)}
            {of(|detail| remarkable(&detail.lints))}
        </section>
        <section class="panel" aria-labelledby="conditions">
            <h2 id="conditions">"Conditions"</h2>
            {of(conditions)}
        </section>
        <section class="panel" aria-labelledby="events">
            <h2 id="events">"Events"</h2>
            {of(events)}
        </section>
    }
    .into_any()
}

fn summary(detail: &WorkloadDetail) -> AnyView {
    let row = &detail.row;
    let namespace = row.namespace.clone();
    let above = routes::setting_of(&namespace, detail.in_root_namespace);
    let (tone, ready) = (
        if row.ready < row.replicas {
            Tone::Warning
        } else {
            Tone::Good
        },
        format!("{} of {}", row.ready, row.replicas),
    );
    let no_effect = detail.not_applicable.clone().map(|why| {
        view! {
            <Notice tone=Tone::Info title="Settings have no effect on its pods">
                <p><Prose text=why/></p>
            </Notice>
        }
    });
    view! {
        <p class="verdict">{verdict(row)}</p>
        {no_effect}
        <dl class="facts">
            <div><dt>"Ready"</dt><dd><Badge tone>{ready}</Badge></dd></div>
            <div><dt>"Pods"</dt><dd>{row.pods.total}</dd></div>
            <div><dt>"Injected"</dt><dd>{row.pods.injected}</dd></div>
            <div><dt>"Stale"</dt><dd>{stale(row)}</dd></div>
            <div><dt>"Namespace"</dt><dd><a href=above>{namespace}</a></dd></div>
            <div><dt>"Strategy"</dt><dd>{detail.strategy.clone()}</dd></div>
            {(row.kind == WorkloadKind::Deployment).then(|| {
                view! { <div><dt>"Rollouts"</dt><dd>{rollouts(detail.paused)}</dd></div> }
            })}
            {row.created.clone().map(|at| view! { <div><dt>"Made"</dt><dd><Ago at/></dd></div> })}
        </dl>
    }
    .into_any()
}

/// Its pods in a sentence.
fn verdict(row: &WorkloadRow) -> AnyView {
    let (state, words) = verdict_words(row.pods);
    view! {
        {state.map(|state| view! { <StateBadge state/> " " })}
        {words}
    }
    .into_any()
}

fn verdict_words(pods: PodCounts) -> (Option<PodStateName>, String) {
    let PodCounts {
        total,
        injected,
        stale,
        unknown,
    } = pods;
    let (state, mut words) = match (total, injected, stale) {
        (0, ..) => return (None, "It runs no pods now.".to_owned()),
        (_, 0, _) => (
            PodStateName::NotApplicable,
            "None of its pods has a sidecar to go round.".to_owned(),
        ),
        // What is not known is not taken for what is in force.
        (_, 1, 0) if unknown > 0 => (
            PodStateName::Unknown,
            "What its one injected pod runs cannot be judged.".to_owned(),
        ),
        (_, _, 0) if unknown > 0 => (
            PodStateName::Unknown,
            format!("{unknown} of {injected} injected pods cannot be judged."),
        ),
        (_, 1, 0) => (
            PodStateName::Current,
            "Its one injected pod runs what is in force.".to_owned(),
        ),
        (_, _, 0) => (
            PodStateName::Current,
            format!("All {injected} injected pods run what is in force."),
        ),
        (_, 1, _) => (
            PodStateName::Stale,
            "Its one injected pod still runs an old setting. Delete it to apply.".to_owned(),
        ),
        (_, _, 1) => (
            PodStateName::Stale,
            format!("1 of {injected} injected pods still runs an old setting. Delete it to apply."),
        ),
        _ => (
            PodStateName::Stale,
            format!("{stale} of {injected} injected pods still run an old setting. Delete them to apply."),
        ),
    };
    if stale > 0 && unknown > 0 {
        words = format!("{words} {unknown} cannot be judged.");
    }
    (Some(state), words)
}

fn rollouts(paused: bool) -> AnyView {
    if paused {
        view! { <Badge tone=Tone::Warning>"Paused"</Badge> }.into_any()
    } else {
        "Not paused".into_any()
    }
}

fn settings(detail: &WorkloadDetail) -> AnyView {
    let workloads = detail.workload_settings.clone();
    let selected = (!workloads.is_empty()).then(|| {
        let many = workloads.len() > 1;
        let names = workloads
            .into_iter()
            .enumerate()
            .map(|(n, name)| {
                let link = routes::workload_setting(&detail.row.namespace, &name);
                view! { {(n > 0).then_some(", ")} <a href=link><code>{name}</code></a> }
            })
            .collect_view();
        view! {
            <p>
                "Workload settings that select its pods: " {names}
                {if many { ". Field by field, the first that sets it wins." } else { "." }}
            </p>
        }
    });
    view! {
        {selected}
        <FieldsTable namespace=detail.row.namespace.clone() desired=detail.desired.clone() given=None/>
    }
    .into_any()
}

fn conditions(detail: &WorkloadDetail) -> AnyView {
    if detail.conditions.is_empty() {
        let words = match detail.row.kind {
            WorkloadKind::Deployment => "Kubernetes says nothing of it yet.",
            WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
                "Kubernetes says nothing of it, as usual for its kind."
            }
        };
        return view! { <p class="more">{words}</p> };
    }
    let columns = vec![
        Column::text("Type"),
        Column::text("Status"),
        Column::text("Reason"),
        Column::text("Message"),
        Column::number("Since"),
    ];
    let rows = detail.conditions.iter().cloned().map(condition).collect_view();
    view! { <div class="cards"><Table caption="Conditions" columns=columns>{rows}</Table></div> }.into_any()
}

fn condition(condition: Condition) -> AnyView {
    // Of the three that Kubernetes has, one tells of trouble by being true.
    let good = if condition.kind == "ReplicaFailure" {
        "False"
    } else {
        "True"
    };
    let tone = match condition.status.as_str() {
        "Unknown" => Tone::Info,
        status if status == good => Tone::Good,
        _ => Tone::Bad,
    };
    view! {
        <tr>
            <th scope="row">{condition.kind}</th>
            <td data-label="Status"><Badge tone>{condition.status}</Badge></td>
            <td class="wide" data-label="Reason">{condition.reason}</td>
            <td class="sentence wide" data-label="Message">{condition.message}</td>
            <td class="number" data-label="Since">{condition.since.map(|at| view! { <Ago at/> })}</td>
        </tr>
    }
    .into_any()
}

/// Said where the workload is not (any more).
pub(super) fn gone(kind: WorkloadKind, namespace: String, name: String) -> AnyView {
    let others = routes::workloads_of(
        kind,
        &WorkloadQuery {
            namespace: Some(namespace.clone()),
            ..WorkloadQuery::default()
        },
    );
    view! {
        <section class="panel" aria-labelledby="state">
            <h2 id="state" class="visually-hidden">"State"</h2>
            <Empty title=format!("There is no such {}", kind.name())>
                <p>
                    "Namespace " <code>{namespace}</code> " has no " {kind.name()} " " <code>{name}</code> " (any more)."
                </p>
                <p><a href=others>"Show the " {kind.names()} " of this namespace"</a></p>
            </Empty>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_called_current_only_where_all_of_them_are_known_to_be() {
        let said = |injected, stale, unknown| {
            verdict_words(PodCounts {
                total: 3,
                injected,
                stale,
                unknown,
            })
        };
        for (injected, stale, unknown, state, words) in [
            (
                0,
                0,
                0,
                PodStateName::NotApplicable,
                "None of its pods has a sidecar to go round.",
            ),
            (
                1,
                0,
                0,
                PodStateName::Current,
                "Its one injected pod runs what is in force.",
            ),
            (
                3,
                0,
                0,
                PodStateName::Current,
                "All 3 injected pods run what is in force.",
            ),
            (
                1,
                0,
                1,
                PodStateName::Unknown,
                "What its one injected pod runs cannot be judged.",
            ),
            (
                3,
                0,
                3,
                PodStateName::Unknown,
                "3 of 3 injected pods cannot be judged.",
            ),
            (
                3,
                0,
                1,
                PodStateName::Unknown,
                "1 of 3 injected pods cannot be judged.",
            ),
            (
                3,
                1,
                1,
                PodStateName::Stale,
                "1 of 3 injected pods still runs an old setting. Delete it to apply. 1 cannot be judged.",
            ),
        ] {
            assert_eq!(said(injected, stale, unknown), (Some(state), words.to_owned()));
        }
        assert_eq!(verdict_words(PodCounts::default()).0, None);
    }
}
