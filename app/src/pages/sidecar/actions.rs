//! What can be done with the form: *Update Settings*, *Discard changes*, *Reset to inherited*.

use crate::prelude::*;
use domain::{Caution, Level};

use super::{
    field::go_to,
    form::{Busy, Form, GONE},
    guard::name_of,
    inherited::inherited,
    owned::OVERRIDE,
    review,
    whom::NAME,
};
use crate::{
    components::origin::{ValueText, origin_words},
    ui::{
        attention::focus_soon,
        badge::{Badge, Tone},
        button::Button,
        dialog::Dialog,
        prose::Prose,
        steady::land_on,
        use_hydrated,
    },
};

/// The id of *Update Settings*.
pub(super) const SAVE: &str = "update-settings";

/// The id of the reason's input.
const REASON: &str = "reason";

/// Questions that are open.
#[derive(Clone, Copy)]
pub(super) struct Questions {
    /// What should be asked about before it is saved.
    cautions: RwSignal<Vec<Caution>>,
    /// Whether the whole level shall inherit.
    resetting: RwSignal<bool>,
}

impl Questions {
    /// None.
    pub(super) fn new() -> Self {
        Self {
            cautions: RwSignal::new(Vec::new()),
            resetting: RwSignal::new(false),
        }
    }
}

/// *Update Settings* was pressed: saves, asks, or says why not.
pub(super) fn press(form: Form, questions: Questions) {
    if form.busy.get_untracked().is_some() {
        return;
    }
    if form.gone().get_untracked() {
        return form.say(GONE);
    }
    form.draft.update(super::draft::Draft::commit);
    let draft = form.draft.get_untracked();
    if let Some(why) = untrack(|| form.name_mistake()) {
        form.say(why);
        return focus_soon(NAME.to_owned());
    }
    if let Some(first) = draft.wrong().first() {
        form.say(blocked(draft.wrong().len()));
        return go_to(*first);
    }
    if !form.dirty.get_untracked() {
        return form.say("Nothing to update");
    }
    if form.overtaken.get_untracked() {
        form.choosing.set(true);
        return;
    }
    if let Some((why, place)) = untrack(|| missing(form)) {
        form.say(why);
        return focus_soon(place.to_owned());
    }
    let cautions = form.base.with_untracked(|base| draft.cautions(&base.draft));
    if cautions.is_empty() {
        form.save();
    } else {
        questions.cautions.set(cautions);
    }
}

/// What must be said before anything is written, and where.
fn missing(form: Form) -> Option<(&'static str, &'static str)> {
    if form.view.with(|view| view.reason_required) && form.reason.with(|reason| reason.trim().is_empty()) {
        return Some(("Say why: this console keeps a reason with every change", REASON));
    }
    let is_undone = form.view.with(|view| {
        let owner = view.owner.as_ref();
        owner.is_some_and(|owner| owner.reverts_by.by_itself())
    });
    (is_undone && !form.overrides_owner().get()).then_some((
        "Its owner would undo this: tick that it shall be updated all the same",
        OVERRIDE,
    ))
}

/// *Discard changes* was pressed, which goes with them.
pub(super) fn discard(form: Form) {
    form.discard();
    land_on(SAVE);
}

fn blocked(fields: usize) -> String {
    match fields {
        1 => "One field needs a correction first".to_owned(),
        n => format!("{n} fields need a correction first"),
    }
}

/// The reason, the state of the form, and its buttons.
#[component]
pub(super) fn Actions(form: Form, questions: Questions) -> impl IntoView {
    let hydrated = use_hydrated();
    let wrong = Memo::new(move |_| form.draft.with(|draft| draft.wrong().len()));
    let changes = Memo::new(move |_| {
        let count = |draft: &super::draft::Draft| form.base.with(|base| draft.changes(&base.draft).len());
        form.draft.with(count)
    });
    let is_off = move || form.busy.get().is_some() || form.gone().get();
    let ready = move || form.dirty.get() && wrong.get() == 0 && !is_off();
    let state = move || match (form.busy.get(), wrong.get()) {
        (Some(Busy::Saving), _) => "Saving, until new pods get it…".to_owned(),
        (Some(Busy::Resetting), _) => "Resetting, until new pods get it…".to_owned(),
        _ if form.gone().get() => GONE.to_owned(),
        (None, 0) if form.dirty.get() => String::new(),
        (None, 0) => "Nothing to update".to_owned(),
        (None, n) => blocked(n),
    };
    let told = move || match changes.get() {
        1 => "One field changed".to_owned(),
        n => format!("{n} fields changed"),
    };
    let remove = remove_words(&form.level());
    let is_stored = move || form.view.with(|view| view.stored.is_some());
    view! {
        <div class="form-end">
            <label class="reason">
                <span>
                    {move || if form.view.with(|view| view.reason_required) {
                        "Reason (for the history)"
                    } else {
                        "Reason (optional, for the history)"
                    }}
                </span>
                <input
                    type="text"
                    id=REASON
                    name="reason"
                    aria-required=move || form.view.with(|view| view.reason_required).then_some("true")
                    maxlength="500"
                    autocomplete="off"
                    prop:value=form.reason
                    on:input=move |event| form.reason.set(event_target_value(&event))
                />
            </label>
            {move || is_stored().then(|| view! {
                <Button busy=Signal::derive(is_off) on_press=move || questions.resetting.set(true)>
                    {remove}
                </Button>
            })}
        </div>
        <div class="form-actions">
            <div class="form-state">
                {move || form.dirty.get().then(|| view! {
                    <p>
                        <Badge tone=Tone::Info>"Unsaved changes"</Badge> " " <span>{move || told()}</span>
                        " · " <Button class="link" on_press=review::show>"Preview"</Button>
                    </p>
                })}
                <p id="form-state">{move || state()}</p>
            </div>
            <button
                type="submit"
                id=SAVE
                class="button primary"
                disabled=move || !hydrated.get()
                aria-disabled=move || (!ready()).then_some("true")
                aria-describedby="form-state"
            >
                {move || match (form.busy.get(), form.name().is_some()) {
                    (Some(Busy::Saving), _) => "Updating…",
                    (_, true) => "Create Setting",
                    (_, false) => "Update Settings",
                }}
            </button>
            {move || form.dirty.get().then(|| view! {
                <Button on_press=move || discard(form)>"Discard changes"</Button>
            })}
        </div>
    }
}

/// The questions in dialogs. They lie outside the form: their buttons are not its own.
#[component]
pub(super) fn Dialogs(form: Form, questions: Questions) -> impl IntoView {
    let Questions { cautions, resetting } = questions;
    let (remove, level) = (remove_words(&form.level()), name_of(&form.level()));
    let title = if is_workload(&form.level()) {
        ["Delete ", &level, "?"].concat()
    } else {
        ["Reset ", &level, " to inherited?"].concat()
    };
    let go_back = move || cautions.set(Vec::new());
    let save = move || {
        cautions.set(Vec::new());
        form.save();
    };
    let stay = move || resetting.set(false);
    let reset = move || {
        resetting.set(false);
        match untrack(|| missing(form)) {
            Some((why, place)) => {
                form.say(why);
                focus_soon(place.to_owned());
            }
            None => form.reset(),
        }
    };
    view! {
        <Dialog
            id="caution"
            title="Take this traffic from the sidecar?"
            open=Signal::derive(move || cautions.with(|cautions| !cautions.is_empty()))
            on_close=go_back
        >
            <ul class="cautions">
                {move || cautions.get().into_iter().map(|caution| view! {
                    <li><code>{caution.field.name()}</code> ": " {caution.sentence}</li>
                }).collect_view()}
            </ul>
            <p>"It holds for every new pod of this level that no nearer level says otherwise for."</p>
            <div class="dialog-actions">
                <Button on_press=go_back>"Go back"</Button>
                <Button class="danger" on_press=save>"Update Settings"</Button>
            </div>
        </Dialog>
        <Dialog
            id="reset"
            title=title
            open=resetting
            on_close=stay
        >
            <p>"What is stored at this level is removed. In force for new pods will then be:"</p>
            <dl class="after-reset">{move || after_reset(form)}</dl>
            {move || form.dirty.get().then_some(view! { <p>"The unsaved changes in the form are lost too."</p> })}
            <div class="dialog-actions">
                <Button on_press=stay>"Keep it"</Button>
                <Button class="danger" on_press=reset>{remove}</Button>
            </div>
        </Dialog>
    }
}

/// What it is called to remove what a level stores.
fn remove_words(level: &Level) -> &'static str {
    if is_workload(level) {
        "Delete setting"
    } else {
        "Reset to inherited"
    }
}

fn is_workload(level: &Level) -> bool {
    matches!(level, Level::Workload { .. })
}

/// What each stored field will be.
fn after_reset(form: Form) -> impl IntoView {
    form.view.with(|view| {
        let stored = view.stored.as_ref();
        domain::Field::ALL
            .into_iter()
            .filter(|field| stored.is_some_and(|stored| stored.traffic.contains_key(field.name())))
            .map(|field| {
                let value = inherited(view, field);
                let level = origin_words(&value.origin);
                view! {
                    <div>
                        <dt><code>{field.name()}</code></dt>
                        <dd><ValueText text=value.text origin=value.origin/> " (" <Prose text=level/> ")"</dd>
                    </div>
                }
            })
            .collect_view()
    })
}
