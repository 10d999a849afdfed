//! One pod: what it runs, what the next one gets, and why.

use crate::prelude::*;
use api::{
    access::Act,
    ask,
    mesh::Delivery,
    pod::{PodDetail, PodRow, PodState, Running},
    setting::SettingView,
    trace::TraceQuery,
};
use domain::Level;

use crate::{
    components::{
        access::{Rights, refused},
        delete_pod::Deletion,
        delivery::DeliveryState,
        fields_table::{FieldsTable, Given},
        load::Data,
        pod_state::{SidecarKind, StateBadge, sentence, status_tone},
        pod_table::{OwnerLink, Restarts},
        remarks::remarkable,
    },
    routes,
    ui::{badge::Badge, button::Button, empty::Empty, prose::Prose, time::Ago},
};

type Place = (String, String);

/// The setting of a pod's namespace, which tells whether it reaches new pods.
pub(super) type Undelivered = Data<(String, SettingView)>;

/// Begins to read it.
pub(super) fn undelivered(place: Memo<Place>) -> Undelivered {
    Data::about(Signal::derive(move || Ok(place.get().0)), |namespace| {
        ask::setting(&Level::Namespace(namespace.clone()))
    })
}

/// Why settings do not reach new pods; nothing where they do, or it is not known.
fn undelivered_now(setting: Undelivered) -> Option<Delivery> {
    let (_, setting) = setting.get()?.ok()?;
    Some(setting.delivery).filter(|delivery| !delivery.state.is_ready())
}

/// The page below its header.
pub(super) fn detail(
    answer: Signal<(Place, PodDetail)>,
    delivery: Undelivered,
    rights: Rights,
    deletion: Deletion,
) -> AnyView {
    let pod = Memo::new(move |_| answer.with(|(_, pod)| pod.row.clone()));
    let in_root = Memo::new(move |_| answer.with(|(_, pod)| pod.in_root_namespace));
    let applies = Memo::new(move |_| pod.with(|pod| pod.state.applies()));
    view! {
        <section class="panel" aria-labelledby="state">
            <h2 id="state" class="visually-hidden">"State"</h2>
            <div class="panel-title">
                <p class="verdict">{move || pod.with(verdict)}</p>
                <Button class="danger" refused=refused(rights, Act::DeletePod) on_press=move || deletion.ask(pod.get_untracked())>"Delete"</Button>
            </div>
            // Whether what is said of the next pod will come true: told only where it will not.
            {move || undelivered_now(delivery).filter(|_| applies.get()).map(|delivery| view! { <DeliveryState delivery/> })}
            {move || facts(pod.get(), in_root.get())}
        </section>
        <section class="panel" aria-labelledby="fields">
            <h2 id="fields">"Settings"</h2>
            {move || answer.with(|(_, pod)| fields(pod))}
            {move || answer.with(|(_, pod)| remarkable(&pod.lints))}
            {move || applies.get().then(|| pod.with(verify))}
        </section>
        {move || answer.with(|(_, pod)| injected(pod.running.clone(), pod.applied.clone()))}
    }
    .into_any()
}

/// The way to ask what all this does to a packet.
fn verify(pod: &PodRow) -> impl IntoView + use<> {
    let question = TraceQuery {
        namespace: pod.namespace.clone(),
        pod: pod.name.clone(),
        ..TraceQuery::default()
    };
    view! { <p><a href=routes::verify(&question)>"Verify what happens to a packet"</a></p> }
}

fn verdict(pod: &PodRow) -> impl IntoView + use<> {
    view! {
        <StateBadge state=pod.state.name()/>
        " "
        <Prose text=sentence(pod)/>
    }
}

fn facts(pod: PodRow, in_root: bool) -> impl IntoView {
    let namespace = pod.namespace.clone();
    let above = routes::setting_of(&namespace, in_root);
    let tone = status_tone(&pod.status);
    view! {
        <dl class="facts">
            <div><dt>"Status"</dt><dd><Badge tone>{pod.status}</Badge></dd></div>
            <div><dt>"Ready"</dt><dd>{format!("{} of {}", pod.ready, pod.containers)}</dd></div>
            <div><dt>"Restarts"</dt><dd><Restarts count=pod.restarts last=pod.last_restart/></dd></div>
            <div><dt>"Namespace"</dt><dd><a href=above>{namespace.clone()}</a></dd></div>
            <div><dt>"Owner"</dt><dd><OwnerLink namespace owner=pod.owner/></dd></div>
            <div><dt>"Sidecar"</dt><dd><SidecarKind sidecar=pod.sidecar/></dd></div>
            <div><dt>"Node"</dt><dd>{pod.node.unwrap_or_else(|| "None yet".to_owned())}</dd></div>
            {pod.created.map(|at| view! { <div><dt>"Made"</dt><dd><Ago at/></dd></div> })}
        </dl>
    }
}

fn fields(pod: &PodDetail) -> impl IntoView + use<> {
    let given = pod.running.as_ref().map(|running| Given {
        values: running.values.clone(),
        differences: pod.differences.clone(),
    });
    let lead = match (&pod.row.state, &given) {
        (PodState::NotApplicable { .. }, _) => {
            "Settings have no effect on this pod. These are in force for its namespace and labels all the same."
        }
        (_, None) => {
            "What the next pod in its place gets. What this one was given is not told: it has no container that says so."
        }
        (_, Some(_)) => {
            "Desired is what the next pod in its place gets. Running is what this one was given when it was made, without the \
             ports that Istio adds to every pod."
        }
    };
    view! {
        <p class="more">{lead}</p>
        <FieldsTable namespace=pod.row.namespace.clone() desired=pod.desired.clone() given/>
    }
}

/// What the injected container was given, word by word.
fn injected(running: Option<Running>, applied: Option<String>) -> impl IntoView {
    let running = running.map(|running| {
        let unknown = (!running.unknown_args.is_empty()).then(|| {
            let args = running.unknown_args.join(" ");
            view! {
                <div>
                    <dt>"Arguments that Sidestep does not know"</dt>
                    <dd><code>{args}</code>" What they do is not judged."</dd>
                </div>
            }
        });
        view! {
            <div><dt>"Container"</dt><dd><code>{running.container}</code></dd></div>
            <div><dt>"Arguments"</dt><dd><code class="block">{lines(&running.args)}</code></dd></div>
            {unknown}
        }
    });
    let applied = match applied {
        Some(mark) => view! { <code>{mark}</code> }.into_any(),
        None => "Nothing: the pod does not carry its mark.".into_any(),
    };
    view! {
        <details class="panel injected">
            <summary><h2>"What Istio injected"</h2></summary>
            <dl class="described">
                {running}
                <div><dt>"Written by Sidestep's webhook"</dt><dd>{applied}</dd></div>
            </dl>
        </details>
    }
}

/// A flag and its value on a line of their own.
fn lines(args: &[String]) -> String {
    let mut text = String::new();
    for arg in args {
        if !text.is_empty() {
            text.push(if arg.starts_with('-') { '\n' } else { ' ' });
        }
        text.push_str(if arg.is_empty() { "\"\"" } else { arg });
    }
    text
}

/// Said where the pod is not (any more).
pub(super) fn gone(namespace: String, name: String) -> AnyView {
    let others = routes::pods(&api::pod::PodQuery {
        namespace: Some(namespace.clone()),
        ..api::pod::PodQuery::default()
    });
    view! {
        <section class="panel" aria-labelledby="state">
            <h2 id="state" class="visually-hidden">"State"</h2>
            <Empty title="This pod is gone">
                <p>
                    "There is no pod " <code>{name}</code> " in namespace " <code>{namespace}</code>
                    " any more. A new one in its place has another name, unless a StatefulSet made it."
                </p>
                <p><a href=others>"Show the pods of this namespace"</a></p>
            </Empty>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_flag_by_flag() {
        let args = ["istio-iptables", "-p", "15001", "-i", "*", "-x", "", "-b", "*"].map(str::to_owned);
        assert_eq!(lines(&args), "istio-iptables\n-p 15001\n-i *\n-x \"\"\n-b *");
    }
}
