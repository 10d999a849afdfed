//! *Delete* and *OK*: one dialog for all pods of a page.

use crate::prelude::*;
use api::{Client, Problem, access::Act, mesh::Delivery, pod::PodRow};
use leptos::task::spawn_local;

mod beside;
mod words;

use self::{
    beside::Beside,
    words::{Next, gain, guarded, next, refusal},
};
use crate::{
    components::{delivery::DeliveryState, pod_state::StateBadge},
    routes,
    ui::{
        announce::use_announcer, badge::Tone, button::Button, dialog::Dialog, notice::Notice, prose::Prose,
        steady::land,
    },
};

/// The pod that is asked about, and what was deleted last.
#[derive(Clone, Copy)]
pub(crate) struct Deletion {
    pod: RwSignal<Option<PodRow>>,
    open: RwSignal<bool>,
    done: RwSignal<Option<Done>>,
}

#[derive(Clone)]
struct Done {
    pod: PodRow,
    change: String,
}

impl Deletion {
    /// Nothing is asked yet.
    pub(crate) fn new() -> Self {
        Self {
            pod: RwSignal::new(None),
            open: RwSignal::new(false),
            done: RwSignal::new(None),
        }
    }

    /// Asks about `pod`, as the reader sees it now.
    pub(crate) fn ask(self, pod: PodRow) {
        self.pod.set(Some(pod));
        self.open.set(true);
    }
}

/// The dialog. `on_done` runs after a delete, also one that failed.
#[component]
pub(crate) fn DeletePod(deletion: Deletion, #[prop(into)] on_done: Callback<()>) -> impl IntoView {
    let client = StoredValue::new(expect_context::<Client>());
    let announcer = use_announcer();
    let problem = RwSignal::new(None::<Problem>);
    let delete = Action::new(move |(pod, evict): &(PodRow, bool)| {
        let (client, pod, evict) = (client.get_value(), pod.clone(), *evict);
        async move {
            let answer = if evict {
                client.evict_pod(&pod.namespace, &pod.name, &pod.uid).await
            } else {
                client.delete_pod(&pod.namespace, &pod.name, &pod.uid).await
            };
            match answer {
                Ok(deleted) => {
                    announcer.say(format!("Pod {} is being deleted", pod.name));
                    deletion.open.set(false);
                    let change = deleted.change;
                    deletion.done.set(Some(Done { pod, change }));
                    on_done.run(());
                }
                Err(refused) => {
                    problem.set(Some(refused));
                    // What became of the pod all the same.
                    on_done.run(());
                }
            }
        }
    });
    let (delivery, beside) = (beside::delivery(), RwSignal::new(None::<Beside>));
    // An answer about another pod may come later than that about this one.
    let read = move |pod: PodRow| {
        beside.set(None);
        spawn_local(async move {
            let answer = Beside::read(&client.get_value(), &pod).await;
            let asked = deletion.pod.try_get_untracked().flatten();
            if asked.is_some_and(|asked| asked.uid == pod.uid) {
                beside.set(Some(answer));
            }
        });
    };
    Effect::new(move |was_open: Option<bool>| {
        let open = deletion.open.get();
        if open {
            problem.set(None);
            if let Some(pod) = deletion.pod.get_untracked() {
                read(pod.clone());
                delivery.dispatch(pod.namespace);
            }
        } else if was_open == Some(true) {
            // The row that it was opened from may have gone meanwhile.
            land();
        }
        open
    });
    let busy = delete.pending();
    let evicting = RwSignal::new(false);
    // Not while it is under way: what came of it is said here.
    let close = move || {
        if !busy.get_untracked() {
            deletion.open.set(false);
        }
    };
    let title = Signal::derive(move || {
        let name = deletion.pod.with(|pod| pod.as_ref().map(|pod| pod.name.clone()));
        format!("Delete pod {}?", name.unwrap_or_default())
    });
    let content = move || {
        let pod = deletion.pod.get()?;
        let namespace = pod.namespace.clone();
        let delivery = Memo::new(move |_| {
            let answer = delivery.value().get();
            answer
                .filter(|(of, _)| *of == namespace)
                .map(|(_, delivery)| delivery)
        });
        let asked = pod.clone();
        let end = Callback::new(move |evict: bool| {
            problem.set(None);
            evicting.set(evict);
            delete.dispatch((asked.clone(), evict));
        });
        let guards = move || {
            let text = guarded(beside.get()?.budgets.as_deref())?;
            Some(view! { <p><Prose text/></p> })
        };
        Some(view! {
            <Question pod delivery=delivery.into()/>
            {guards}
            {move || problem.get().map(|problem| view! { <Refusal problem/> })}
            <div class="dialog-actions">
                <Button on_press=close>{move || if problem.with(|problem| is_final(problem.as_ref())) { "Close" } else { "Cancel" }}</Button>
                <Show when=move || !problem.with(|problem| is_final(problem.as_ref()))>
                    <Ends beside busy evicting end/>
                </Show>
            </div>
        })
    };
    view! { <Dialog id="delete-pod" title open=deletion.open on_close=close>{move || content()}</Dialog> }
}

/// The buttons that end the pod: an eviction where a budget can say no, and a delete. Off until it is known whether
/// there is such a budget.
#[component]
fn Ends(
    beside: RwSignal<Option<Beside>>,
    busy: Memo<bool>,
    evicting: RwSignal<bool>,
    end: Callback<bool>,
) -> impl IntoView {
    let may_not = move |act| {
        Signal::derive(move || {
            let beside = beside.get()?;
            beside.access?.refused(act).map(str::to_owned)
        })
    };
    let off = Signal::derive(move || busy.get() || beside.with(Option::is_none));
    let may_guard = Memo::new(move |_| beside.with(|beside| beside.as_ref().is_some_and(Beside::may_guard)));
    view! {
        <Show when=move || may_guard.get()>
            <Button class="primary" busy=off refused=may_not(Act::EvictPod) on_press=move || end.run(true)>
                {move || if busy.get() && evicting.get() { "Evicting…" } else { "Evict" }}
            </Button>
        </Show>
        <Button class="danger" busy=off refused=may_not(Act::DeletePod) on_press=move || end.run(false)>
            {move || if busy.get() && !evicting.get() { "Deleting…" } else { "OK" }}
        </Button>
    }
}

/// Whether asking again cannot help: the pod that was asked about is not there any more.
fn is_final(problem: Option<&Problem>) -> bool {
    problem.is_some_and(|problem| matches!(problem.status, 404 | 412))
}

/// Whether settings reach new pods: nothing until there is an answer; a failure, where it could not be read.
type Reach = Option<Result<Delivery, ()>>;

#[component]
fn Question(pod: PodRow, delivery: Signal<Reach>) -> impl IntoView {
    let (comes, sentence) = next(&pod);
    let state = pod.state.name();
    let replaced = if comes == Next::Never {
        view! { <Notice tone=Tone::Warning title=sentence>""</Notice> }.into_any()
    } else {
        view! { <p><Prose text=sentence/></p> }.into_any()
    };
    let (applies, namespace, owner) = (pod.state.applies(), pod.namespace.clone(), pod.owner.clone());
    let wanted = applies && matches!(comes, Next::Comes | Next::MayCome);
    let gained = move || {
        delivery.with(|delivery| {
            gain(
                &pod,
                comes,
                delivery.as_ref().and_then(|delivery| delivery.as_ref().ok()),
            )
        })
    };
    let trouble = move || match delivery.get().filter(|_| wanted)? {
        Ok(delivery) => (!delivery.state.is_ready()).then(|| view! { <DeliveryState delivery/> }.into_any()),
        Err(()) => Some(
            view! { <p class="more">"Whether settings reach the new one could not be read."</p> }.into_any(),
        ),
    };
    view! {
        <dl class="facts">
            <div><dt>"Namespace"</dt><dd>{namespace}</dd></div>
            <div>
                <dt>"Owner"</dt>
                <dd>{owner.map_or_else(|| "None".to_owned(), |owner| format!("{} {}", owner.kind, owner.name))}</dd>
            </div>
            <div><dt>"State"</dt><dd><StateBadge state/></dd></div>
        </dl>
        {replaced}
        <p>{move || view! { <Prose text=gained()/> }}</p>
        {move || trouble()}
    }
}

/// Why the pod was not deleted, or why that is not known, and what to do.
#[component]
fn Refusal(problem: Problem) -> impl IntoView {
    let (title, detail, way_out) = refusal(&problem);
    view! {
        <div role="alert">
            <Notice tone=Tone::Bad title>
                <p><Prose text=detail/></p>
                {way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
                {problem.request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            </Notice>
        </div>
    }
}

/// What was deleted last, with the way to its record. It stays until the next one: the announcement does not.
#[component]
pub(crate) fn Deleted(deletion: Deletion) -> impl IntoView {
    move || {
        deletion.done.get().map(|Done { pod, change }| {
            let (comes, sentence) = next(&pod);
            let sentence = (comes == Next::Comes).then_some(sentence);
            view! {
                <Notice tone=Tone::Info title=format!("Pod {} is being deleted", pod.name)>
                    <p>
                        {sentence.map(|text| view! { <Prose text/> " " })}
                        <a href=routes::change(&change)>"See it in the Audit History"</a>
                    </p>
                </Notice>
            }
        })
    }
}
