//! A list's filters: a form whose fields are the query of the page's address. Without scripts the browser sends it; with
//! them it takes effect while one types, and the page stays.

use std::time::Duration;

use leptos::{
    ev::{Event, SubmitEvent},
    html,
    leptos_dom::helpers::debounce,
    wasm_bindgen::JsCast,
};

use crate::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use web_sys::{FormData, HtmlFormElement, HtmlSelectElement, UrlSearchParams};

/// How long to wait after a key for the next one.
const TYPING: Duration = Duration::from_millis(250);

/// The form: `children` are its fields, each named as the query has it.
#[component]
pub(crate) fn Filters(
    /// What is filtered, for screen readers.
    label: &'static str,
    /// Where the list is.
    path: &'static str,
    children: Children,
) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let (navigate, location) = (use_navigate(), use_location());
    let go = move |form: &HtmlFormElement| {
        let query = query_of(form);
        if query != location.search.get_untracked() {
            let to = if query.is_empty() {
                path.to_owned()
            } else {
                format!("{path}?{query}")
            };
            // Every key would be a step of the history otherwise.
            navigate(
                &to,
                NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                },
            );
        }
    };
    let now = {
        let go = go.clone();
        move || {
            if let Some(form) = form.get_untracked() {
                go(&form);
            }
        }
    };
    let submit = {
        let now = now.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            now();
        }
    };
    // A choice is made at once: there is nothing more to wait for.
    let choose = move |event: Event| {
        let is_choice = event
            .target()
            .is_some_and(|target| target.has_type::<HtmlSelectElement>());
        if is_choice {
            now();
        }
    };
    let mut changed = debounce(TYPING, move |()| {
        if let Some(form) = form.try_get_untracked().flatten() {
            go(&form);
        }
    });
    view! {
        <form
            class="filters"
            role="search"
            aria-label=label
            method="get"
            action=path
            node_ref=form
            on:submit=submit
            on:input=move |_| changed(())
            on:change=choose
        >
            {children()}
            <noscript><button class="button">"Filter"</button></noscript>
        </form>
    }
}

/// What the form's fields say, without those that say nothing.
fn query_of(form: &HtmlFormElement) -> String {
    let filled = UrlSearchParams::new().ok();
    let fields = FormData::new_with_form(form)
        .and_then(|data| UrlSearchParams::new_with_str_sequence_sequence(data.unchecked_ref()));
    let (Some(filled), Ok(fields)) = (filled, fields) else {
        return String::new();
    };
    for entry in js_sys::try_iter(&fields)
        .into_iter()
        .flatten()
        .flatten()
        .flatten()
    {
        let entry = js_sys::Array::from(&entry);
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string())
            && !value.trim().is_empty()
        {
            filled.append(&name, value.trim());
        }
    }
    filled.to_string().into()
}

/// A box to search in.
#[component]
pub(crate) fn Search(
    name: &'static str,
    label: &'static str,
    #[prop(into)] value: Signal<String>,
) -> impl IntoView {
    let input = follows(value);
    view! {
        <label class="filter">
            <span>{label}</span>
            <input
                type="search"
                name=name
                node_ref=input
                value=value.get_untracked()
                autocomplete="off"
                spellcheck="false"
            />
        </label>
    }
}

/// Lets a box to type in follow the address. What is typed before the browser has taken over stays, and so does what is
/// typed while the address follows.
pub(crate) fn follows(value: Signal<String>) -> NodeRef<html::Input> {
    let input = NodeRef::<html::Input>::new();
    // Not `prop:value`: that would be set when the browser takes over, too.
    Effect::new(move |before: Option<String>| {
        let now = value.get();
        if let Some(input) = input.get_untracked()
            && before.is_some_and(|before| before != now)
            && !input.matches(":focus").unwrap_or(false)
        {
            input.set_value(&now);
        }
        now
    });
    input
}

/// What a field of the form holds: the address' value, and what the reader has entered since.
pub(crate) fn entered(value: Signal<String>) -> RwSignal<String> {
    let entered = RwSignal::new(value.get_untracked());
    Effect::new(move |_| entered.set(value.get()));
    entered
}

/// A choice of one: `options` are values and their words; the first value is usually empty, for all. What is chosen stays
/// when the options are others meanwhile, and what the address asks for can be chosen although no option is it.
#[component]
pub(crate) fn Choice(
    name: &'static str,
    label: &'static str,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    #[prop(into)] value: Signal<String>,
) -> impl IntoView {
    let chosen = entered(value);
    let options = Signal::derive(move || with_asked(options.get(), value.get()));
    // By their values: were an option made another in its place, the browser would take that for what was chosen.
    let option = move |(option, words): (String, String)| {
        let same = option.clone();
        view! { <option value=option selected=move || chosen.get() == same>{words}</option> }
    };
    view! {
        <label class="filter">
            <span>{label}</span>
            <select
                name=name
                prop:value=chosen
                on:change=move |event| chosen.set(event_target_value(&event))
            >
                <For each=move || options.get() key=|(option, _)| option.clone() children=option/>
            </select>
        </label>
    }
}

/// The options, with the address' own value: of something that is gone, hidden, or newer than this page. The form would
/// leave it out otherwise, and the list silently hold all.
fn with_asked(mut options: Vec<(String, String)>, asked: String) -> Vec<(String, String)> {
    if !asked.is_empty() && !options.iter().any(|(option, _)| *option == asked) {
        options.push((asked.clone(), asked));
    }
    options
}

/// Part of the query that the form keeps although it does not show it: the order.
#[component]
pub(crate) fn Kept(name: &'static str, #[prop(into)] value: Signal<String>) -> impl IntoView {
    view! { <input type="hidden" name=name value=move || value.get()/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_asks_for_is_an_option() {
        let all = || {
            vec![
                (String::new(), "All".to_owned()),
                ("a".to_owned(), "A".to_owned()),
            ]
        };
        assert_eq!(with_asked(all(), String::new()), all());
        assert_eq!(with_asked(all(), "a".to_owned()), all());
        let other = with_asked(all(), "b".to_owned());
        assert_eq!(other.last(), Some(&("b".to_owned(), "b".to_owned())));
        assert_eq!(other.len(), 3);
    }
}
