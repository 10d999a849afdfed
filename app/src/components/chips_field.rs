//! A list that is typed or pasted: each item a chip that can be taken away, or, where it is wrong, corrected.

use leptos::{ev, html};

use crate::prelude::*;

use crate::ui::attention::{focus, focus_soon};

/// An input with the items before it. What is typed becomes items at a separator, Enter, or when the input is left; what is
/// pasted does at once. Nothing typed is changed or thrown away.
#[component]
pub(crate) fn ChipsField(
    /// The input's id; those of the buttons begin with it.
    id: &'static str,
    /// The id of the element that names the input.
    labelled_by: String,
    /// The ids of the elements that describe it.
    #[prop(into)]
    described_by: Signal<String>,
    /// The items.
    #[prop(into)]
    items: Signal<Vec<String>>,
    /// What is typed and no item yet.
    #[prop(into)]
    text: Signal<String>,
    /// Which items are wrong.
    #[prop(into)]
    wrong: Signal<Vec<usize>>,
    /// The value as a whole is wrong.
    #[prop(into)]
    invalid: Signal<bool>,
    /// Where an item ends.
    separates: fn(char) -> bool,
    /// Takes the items and the text as they are from now on.
    on_change: Callback<(Vec<String>, String)>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let said = RwSignal::new(String::new());
    let field = Chips {
        id,
        input,
        items,
        text,
        separates,
        on_change,
        said,
    };
    let on_input = move |event: ev::Event| {
        let value = event_target_value(&event);
        // All before the last separator is done; after it one is still typing.
        let (done, rest) = value.rfind(separates).map_or(("", value.as_str()), |at| {
            let after = value[at..].chars().next().map_or(0, char::len_utf8);
            value.split_at(at + after)
        });
        field.add(done, rest);
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let typed = text.with_untracked(|text| !text.is_empty());
        let count = items.with_untracked(Vec::len);
        match event.key().as_str() {
            // Never sends the form: that is the button's.
            "Enter" if !event.is_composing() => {
                event.prevent_default();
                field.commit();
            }
            "Backspace" if !typed && count > 0 => {
                event.prevent_default();
                field.remove(count - 1, id.to_owned());
            }
            "ArrowLeft" if !typed && count > 0 => {
                event.prevent_default();
                focus(&remove_id(id, count - 1));
            }
            _ => {}
        }
    };
    // A line break in a paste is lost in an input: two ports would become one.
    let on_paste = move |event: ev::ClipboardEvent| {
        let pasted = event.clipboard_data().and_then(|data| data.get_data("text").ok());
        if let (Some(pasted), Some(input)) = (pasted, input.get_untracked()) {
            event.prevent_default();
            let [start, end] = [input.selection_start(), input.selection_end()]
                .map(|at| at.ok().flatten().and_then(|at| usize::try_from(at).ok()));
            text.with_untracked(|text| {
                // Positions count UTF-16: the same as here for all that can be right.
                let before = start.and_then(|at| text.get(..at)).unwrap_or(text);
                let after = end.and_then(|at| text.get(at..)).unwrap_or_default();
                field.add(&[before, &pasted, after].concat(), "");
            });
        }
    };
    let chips = move || {
        let wrong = wrong.get();
        items
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, item)| view! { <Chip field index item wrong=wrong.contains(&index)/> })
            .collect_view()
    };
    view! {
        <div class="chips" data-invalid=move || invalid.get().then_some("true")>
            <ul aria-labelledby=labelled_by.clone()>{move || chips()}</ul>
            <input
                type="text"
                id=id
                node_ref=input
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                enterkeyhint="done"
                aria-labelledby=labelled_by
                aria-describedby=described_by
                aria-invalid=move || invalid.get().then_some("true")
                value=text.get_untracked()
                prop:value=text
                on:input=on_input
                on:keydown=on_keydown
                on:paste=on_paste
                on:blur=move |_| field.commit()
            />
            <span class="visually-hidden" role="status">{said}</span>
        </div>
    }
}

#[derive(Clone, Copy)]
struct Chips {
    id: &'static str,
    input: NodeRef<html::Input>,
    items: Signal<Vec<String>>,
    text: Signal<String>,
    separates: fn(char) -> bool,
    on_change: Callback<(Vec<String>, String)>,
    said: RwSignal<String>,
}

impl Chips {
    /// Adds the items of `done`, and leaves `rest` in the input.
    fn add(self, done: &str, rest: &str) {
        let mut items = self.items.get_untracked();
        items.extend(
            done.split(self.separates)
                .filter(|item| !item.is_empty())
                .map(str::to_owned),
        );
        self.on_change.run((items, rest.to_owned()));
        // Where the text is the same as before, as when a separator was typed first, nothing else would take away what is
        // no longer part of it.
        if let Some(input) = self.input.get_untracked().filter(|input| input.value() != rest) {
            input.set_value(rest);
        }
    }

    fn commit(self) {
        // Left because the page is: then there is nothing to write to.
        if let Some(text) = self.text.try_get_untracked().filter(|text| !text.is_empty()) {
            self.add(&text, "");
        }
    }

    /// Takes an item away; the focus goes to `next`.
    fn remove(self, index: usize, next: String) {
        let mut items = self.items.get_untracked();
        if index < items.len() {
            let item = items.remove(index);
            self.on_change.run((items, self.text.get_untracked()));
            self.said.set(["Removed ", &item].concat());
            focus_soon(next);
        }
    }

    /// Puts an item back into the input, to be corrected there.
    fn correct(self, index: usize) {
        // What stands in the input becomes an item first.
        let mut items = self.items.get_untracked();
        if index < items.len() {
            let item = items.remove(index);
            let text = self.text.get_untracked();
            items.extend(
                text.split(self.separates)
                    .filter(|item| !item.is_empty())
                    .map(str::to_owned),
            );
            self.on_change.run((items, item));
            focus_soon(self.id.to_owned());
        }
    }
}

#[component]
fn Chip(field: Chips, index: usize, item: String, wrong: bool) -> impl IntoView {
    let id = field.id;
    let remove = ["Remove ", &item].concat();
    let count = move || field.items.with_untracked(Vec::len);
    let take_away = move || {
        // To the chip that moves up, else the one before, else the input.
        let next = match (index + 1 < count(), index) {
            (true, _) => remove_id(id, index),
            (false, 0) => id.to_owned(),
            (false, _) => remove_id(id, index - 1),
        };
        field.remove(index, next);
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let to = match event.key().as_str() {
            "Backspace" | "Delete" => {
                event.prevent_default();
                return take_away();
            }
            "ArrowLeft" if index > 0 => remove_id(id, index - 1),
            "ArrowRight" if index + 1 < count() => remove_id(id, index + 1),
            "ArrowRight" | "End" => id.to_owned(),
            "Home" => remove_id(id, 0),
            _ => return,
        };
        event.prevent_default();
        focus(&to);
    };
    let name = if wrong {
        let correct = ["Correct ", &item].concat();
        view! {
            <button type="button" class="chip-text" aria-label=correct.clone() title=correct on:click=move |_| field.correct(index)>
                {item}
            </button>
        }
        .into_any()
    } else {
        view! { <span class="chip-text">{item}</span> }.into_any()
    };
    view! {
        <li class="chip" data-wrong=wrong.then_some("true")>
            {name}
            <button
                type="button"
                class="chip-remove"
                id=remove_id(id, index)
                aria-label=remove
                on:click=move |_| take_away()
                on:keydown=on_keydown
            ></button>
        </li>
    }
}

fn remove_id(id: &str, index: usize) -> String {
    [id, "-remove-", &index.to_string()].concat()
}
