//! Unsaved changes are not left behind unasked.

use leptos::{
    ev,
    wasm_bindgen::{JsCast, closure::Closure},
};

use crate::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use send_wrapper::SendWrapper;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use crate::ui::{button::Button, dialog::Dialog};

/// What would be lost.
#[derive(Clone)]
pub(crate) struct Guarded {
    /// Whether there is anything to lose.
    pub(crate) dirty: Signal<bool>,
    /// Lets it go.
    pub(crate) discard: Callback<()>,
    /// Its name, as in "The changes to …".
    pub(crate) name: String,
}

/// The page's guard: it knows what is edited, if anything is, and where the reader wants to go.
#[derive(Clone, Copy)]
pub(crate) struct Guard {
    guarded: StoredValue<Vec<Guarded>>,
    leaving: RwSignal<Option<String>>,
    navigate: Callback<String>,
}

impl Guard {
    /// A guard that watches links and the tab's end.
    pub(crate) fn new() -> Self {
        let navigate = use_navigate();
        let guard = Self {
            guarded: StoredValue::new(Vec::new()),
            leaving: RwSignal::new(None),
            navigate: Callback::new(move |to: String| navigate(&to, NavigateOptions::default())),
        };
        Effect::new(move |_| guard.watch());
        guard
    }

    /// Guards this too; what has the same name was an earlier form of it.
    pub(crate) fn guard(self, guarded: Guarded) {
        self.guarded.update_value(|all| {
            all.retain(|one| one.name != guarded.name);
            all.push(guarded);
        });
    }

    /// Goes there without asking.
    pub(crate) fn leave(self, to: String) {
        self.navigate.run(to);
    }

    /// Goes there, unless something would be lost: then asks first.
    pub(crate) fn go(self, to: String) {
        if self.is_dirty() {
            self.leaving.set(Some(to));
        } else {
            self.navigate.run(to);
        }
    }

    /// What would be lost now.
    fn lost(self) -> Vec<Guarded> {
        let mut all = self.guarded.try_get_value().unwrap_or_default();
        // What is not in the page any more has no signal either.
        all.retain(|one| one.dirty.try_get_untracked() == Some(true));
        all
    }

    fn is_dirty(self) -> bool {
        !self.lost().is_empty()
    }

    fn watch(self) {
        let unload = window_event_listener(ev::beforeunload, move |event| {
            if self.is_dirty() {
                event.prevent_default();
                event.set_return_value("unsaved");
            }
        });
        // Before the router sees the click: it would already be gone.
        let click = Closure::<dyn Fn(MouseEvent)>::new(move |event: MouseEvent| {
            if self.is_dirty()
                && let Some(to) = destination(&event)
            {
                event.prevent_default();
                event.stop_propagation();
                self.leaving.set(Some(to));
            }
        });
        let listener = click.as_ref().unchecked_ref();
        let _ = document().add_event_listener_with_callback_and_bool("click", listener, true);
        let click = SendWrapper::new(click);
        on_cleanup(move || {
            unload.remove();
            let listener = click.as_ref().unchecked_ref();
            let _ = document().remove_event_listener_with_callback_and_bool("click", listener, true);
        });
    }
}

/// Where a click leads, if to another page of ours in this tab.
fn destination(event: &MouseEvent) -> Option<String> {
    let modified = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    if event.button() != 0 || modified {
        return None;
    }
    let element: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = element.closest("a[href]").ok()??.dyn_into().ok()?;
    let here = window().location();
    let to = [link.pathname(), link.search()].concat();
    let same_page = to == [here.pathname().ok()?, here.search().ok()?].concat();
    let elsewhere =
        !link.target().is_empty() || link.has_attribute("download") || link.host() != here.host().ok()?;
    (!same_page && !elsewhere).then(|| [to, link.hash()].concat())
}

/// The question.
#[component]
pub(crate) fn LeaveDialog(guard: Guard) -> impl IntoView {
    let stay = move || guard.leaving.set(None);
    let leave = move || {
        let to = guard.leaving.get_untracked();
        guard.leaving.set(None);
        for guarded in guard.lost() {
            guarded.discard.run(());
        }
        if let Some(to) = to {
            guard.navigate.run(to);
        }
    };
    let names = move || {
        let names = guard.lost().into_iter().map(|guarded| guarded.name);
        names.collect::<Vec<_>>().join(" and ")
    };
    view! {
        <Dialog
            id="leave"
            title="Leave without saving?"
            open=Signal::derive(move || guard.leaving.with(Option::is_some))
            on_close=stay
        >
            <p>
                "The changes to "
                {names()}
                " are not saved and would be lost."
            </p>
            <div class="dialog-actions">
                <Button on_press=stay>"Stay"</Button>
                <Button class="danger" on_press=leave>"Leave"</Button>
            </div>
        </Dialog>
    }
}
