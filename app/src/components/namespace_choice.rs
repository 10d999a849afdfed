//! The choice of a namespace: a box to type in that proposes those which the reader may see.

use std::time::Duration;

use api::{
    Client, Page, Problem,
    namespace::{NamespaceQuery, NamespaceRow},
};
use leptos::{ev, html, leptos_dom::helpers::debounce, task::spawn_local};

use crate::prelude::*;

use crate::{
    components::injection::Injection,
    ui::{attention::reveal, use_hydrated},
};

/// How many are proposed; who types a letter or two finds the others.
const SHOWN: usize = 30;
/// How long to wait after a key for the next one.
const TYPING: Duration = Duration::from_millis(150);
const LIST: &str = "namespace-choice-list";

/// A combobox labelled *Namespace*. What is typed filters on the server; `on_choose` gets the name.
#[component]
pub(crate) fn NamespaceChoice(
    /// The one that is chosen; empty: none yet.
    #[prop(into)]
    chosen: Signal<String>,
    #[prop(into)] on_choose: Callback<String>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let input = NodeRef::<html::Input>::new();
    let choice = Choice {
        client: StoredValue::new(expect_context()),
        input,
        chosen,
        on_choose,
        found: RwSignal::new(None),
        open: RwSignal::new(false),
        active: RwSignal::new(None),
        asked: StoredValue::new(0),
        typing: StoredValue::new(Typing::Answered),
    };
    let mut search = debounce(TYPING, move |q: String| choice.search(q));
    let on_input = move |event: ev::Event| {
        choice.typed();
        search(event_target_value(&event));
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        if choice.key(&event.key()) {
            event.prevent_default();
        }
    };
    let active_id = move || choice.active.get().filter(|_| choice.open.get()).map(option_id);
    view! {
        <div class="combobox">
            <label for="namespace-choice">"Namespace"</label>
            <div class="combobox-box">
                <input
                    type="text"
                    id="namespace-choice"
                    node_ref=input
                    role="combobox"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder="Choose a namespace"
                    aria-autocomplete="list"
                    aria-controls=LIST
                    aria-expanded=move || if choice.open.get() { "true" } else { "false" }
                    aria-activedescendant=active_id
                    disabled=move || !hydrated.get()
                    value=chosen.get_untracked()
                    prop:value=chosen
                    on:input=on_input
                    on:keydown=on_keydown
                    on:click=move |_| choice.open_all()
                    on:blur=move |_| choice.close()
                />
                <div class="combobox-list" hidden=move || !choice.open.get()>
                    <ul id=LIST role="listbox" aria-label="Namespaces">{move || choice.options()}</ul>
                    {move || choice.rest()}
                </div>
            </div>
        </div>
    }
}

/// The namespaces that can have settings of their own: in the mesh's root namespace there is only the Global one.
pub(crate) fn with_own_settings(mut page: Page<NamespaceRow>) -> Page<NamespaceRow> {
    let before = page.items.len();
    page.items.retain(|row| !row.is_root);
    page.total -= before - page.items.len();
    page
}

#[derive(Clone, Copy)]
struct Choice {
    client: StoredValue<Client>,
    input: NodeRef<html::Input>,
    chosen: Signal<String>,
    on_choose: Callback<String>,
    found: RwSignal<Option<Result<Page<NamespaceRow>, Problem>>>,
    open: RwSignal<bool>,
    active: RwSignal<Option<usize>>,
    /// How often was asked: an answer to an older question is not shown.
    asked: StoredValue<u32>,
    typing: StoredValue<Typing>,
}

/// Whether what is proposed fits what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typing {
    /// It does.
    Answered,
    /// It is of what was typed before.
    Waiting,
    /// The same, and *Enter* was pressed: the first that fits is chosen once it is known.
    Entered,
}

impl Choice {
    /// Forgets what the list was about.
    fn typed(self) {
        self.show();
        self.active.set(None);
        self.typing.set_value(Typing::Waiting);
        self.asked.update_value(|asked| *asked += 1);
    }

    fn search(self, q: String) {
        let Some(client) = self.client.try_get_value() else {
            return;
        };
        // Left before it was asked.
        if !self.open.get_untracked() {
            return;
        }
        let question = self.asked.get_value() + 1;
        self.asked.set_value(question);
        let query = NamespaceQuery {
            q: Some(q.trim().to_owned()).filter(|q| !q.is_empty()),
            limit: Some(SHOWN),
            cursor: None,
        };
        let typed = query.q.is_some();
        spawn_local(async move {
            let found = client.namespaces(&query).await.map(with_own_settings);
            if self.asked.try_get_value() != Some(question) {
                return;
            }
            // Who typed wants the first that fits; who only opened the list looks for the one that is chosen.
            let at = found.as_ref().ok().and_then(|page| {
                let chosen = self.chosen.get_untracked();
                let same = page.items.iter().position(|row| row.name == chosen);
                if typed {
                    (!page.items.is_empty()).then_some(0)
                } else {
                    same
                }
            });
            self.active.set(at);
            self.found.set(Some(found));
            let entered = self.typing.get_value() == Typing::Entered;
            self.typing.set_value(Typing::Answered);
            if let Some(at) = at.filter(|_| entered) {
                self.choose(at);
            }
        });
    }

    fn show(self) {
        self.open.set(true);
    }

    fn open_all(self) {
        if !self.open.get_untracked() {
            self.show();
            self.search(String::new());
            if let Some(input) = self.input.get_untracked() {
                input.select();
            }
        }
    }

    /// Closes the list, and shows what is chosen again.
    fn close(self) {
        if self.open.try_get_untracked() == Some(true) {
            self.open.set(false);
            self.active.set(None);
            self.typing.set_value(Typing::Answered);
            // What is still on its way would be about a list that is closed.
            self.asked.update_value(|asked| *asked += 1);
            if let Some(input) = self.input.get_untracked() {
                input.set_value(&self.chosen.get_untracked());
            }
        }
    }

    fn count(self) -> usize {
        self.found.with_untracked(|found| match found {
            Some(Ok(page)) => page.items.len(),
            _ => 0,
        })
    }

    fn choose(self, index: usize) {
        let name = self.found.with_untracked(|found| match found {
            Some(Ok(page)) => page.items.get(index).map(|row| row.name.clone()),
            _ => None,
        });
        self.close();
        if let Some(name) = name.filter(|name| *name != self.chosen.get_untracked()) {
            self.on_choose.run(name);
        }
    }

    /// What a key does; says whether it did something.
    fn key(self, key: &str) -> bool {
        let open = self.open.get_untracked();
        let (active, count) = (self.active.get_untracked(), self.count());
        match (key, open) {
            ("ArrowDown" | "ArrowUp", false) => self.open_all(),
            ("ArrowDown", true) => self.activate(active.map_or(0, |active| (active + 1) % count.max(1))),
            ("ArrowUp", true) => self.activate(
                active
                    .filter(|active| *active > 0)
                    .unwrap_or(count)
                    .saturating_sub(1),
            ),
            ("Home", true) if count > 0 => self.activate(0),
            ("End", true) if count > 0 => self.activate(count - 1),
            ("Enter", true) => {
                if let Some(active) = active {
                    self.choose(active);
                } else if self.typing.get_value() == Typing::Waiting {
                    self.typing.set_value(Typing::Entered);
                }
            }
            ("Escape", true) => self.close(),
            _ => return false,
        }
        true
    }

    fn activate(self, index: usize) {
        if index < self.count() {
            self.active.set(Some(index));
            reveal(&option_id(index));
        }
    }

    fn options(self) -> impl IntoView {
        let rows = self.found.with(|found| match found {
            Some(Ok(page)) => page.items.clone(),
            _ => Vec::new(),
        });
        rows.into_iter()
            .enumerate()
            .map(|(index, row)| {
                let active = move || {
                    if self.active.get() == Some(index) {
                        "true"
                    } else {
                        "false"
                    }
                };
                view! {
                    <li
                        id=option_id(index)
                        role="option"
                        aria-selected=active
                        // Not a click: the input would have lost the focus, and the list be gone, before it.
                        on:mousedown=move |event| {
                            event.prevent_default();
                            self.choose(index);
                        }
                    >
                        <span>{row.name}</span>
                        <Injection state=row.injection/>
                    </li>
                }
            })
            .collect_view()
    }

    /// What is not in the list.
    fn rest(self) -> impl IntoView {
        self.found.with(|found| {
            let words = match found {
                None => "Searching…".to_owned(),
                Some(Err(problem)) => problem.to_string(),
                Some(Ok(page)) if page.items.is_empty() => {
                    "None that you may see has this in its name.".to_owned()
                }
                Some(Ok(page)) if page.total > page.items.len() => {
                    format!("{} of {}: type to find the others", page.items.len(), page.total)
                }
                Some(Ok(_)) => return None,
            };
            Some(view! { <p class="combobox-rest" role="status">{words}</p> })
        })
    }
}

fn option_id(index: usize) -> String {
    ["namespace-choice-", &index.to_string()].concat()
}
