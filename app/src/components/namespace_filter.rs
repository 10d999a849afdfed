//! A list's filter by namespace.

use api::{ask, namespace::NamespaceQuery, page::MAX_LIMIT};
use leptos::prelude::*;

use crate::{
    components::{
        live::{self, Kind},
        load::Data,
    },
    ui::filter::Choice,
};

/// Up to how many namespaces are offered as a choice; more are quicker found by typing.
const FEW: usize = 60;

/// A choice of the namespaces that the reader may see; where they are many, a box to type in that proposes them.
#[component]
pub(crate) fn NamespaceFilter(#[prop(into)] value: Signal<String>) -> impl IntoView {
    let data = Data::read(|| {
        ask::namespaces(&NamespaceQuery {
            limit: Some(MAX_LIMIT),
            ..NamespaceQuery::default()
        })
    });
    live::on(&[Kind::Namespaces], move || data.refetch());
    let fallback = move || choice(&[], value);
    view! {
        <Transition fallback>
            {move || {
                // Without them the list can still be filtered by the address, and says itself why it is refused.
                let page = data.get().and_then(Result::ok);
                let names: Vec<String> =
                    page.map(|page| page.items.into_iter().map(|row| row.name).collect()).unwrap_or_default();
                if names.len() > FEW { proposals(&names, value) } else { choice(&names, value) }
            }}
        </Transition>
    }
}

fn choice(names: &[String], value: Signal<String>) -> AnyView {
    let now = value.get_untracked();
    let mut options = vec![(String::new(), "All".to_owned())];
    options.extend(names.iter().map(|name| (name.clone(), name.clone())));
    // One that is gone or hidden is still what the address asks for.
    if !now.is_empty() && !names.contains(&now) {
        options.push((now.clone(), now));
    }
    view! { <Choice name="namespace" label="Namespace" options value/> }.into_any()
}

fn proposals(names: &[String], value: Signal<String>) -> AnyView {
    let options = names
        .iter()
        .map(|name| view! { <option value=name.clone()></option> })
        .collect_view();
    view! {
        <label class="filter">
            <span>"Namespace"</span>
            <input
                type="search"
                name="namespace"
                list="namespace-names"
                placeholder="All"
                value=value.get_untracked()
                prop:value=move || value.get()
                autocomplete="off"
                spellcheck="false"
            />
            <datalist id="namespace-names">{options}</datalist>
        </label>
    }
    .into_any()
}
