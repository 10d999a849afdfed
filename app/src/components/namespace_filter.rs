//! A list's filter by namespace.

use crate::prelude::*;
use api::{
    Page, ask,
    namespace::{NamespaceQuery, NamespaceRow},
    page::MAX_LIMIT,
};

use crate::{
    components::{
        live::{self, Kind},
        load::Data,
    },
    ui::filter::{Choice, follows},
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
    // Without them the list can still be filtered by the address, and says itself why it is refused.
    let names = move || data.get().and_then(Result::ok).map(names).unwrap_or_default();
    let known = Memo::new(move |_| names());
    // Decided once: a field that became another would lose what is entered in it.
    let many = Memo::new(move |before: Option<&Option<bool>>| {
        let now = || known.with(|known| (!known.is_empty()).then_some(known.len() > FEW));
        before.copied().flatten().or_else(now)
    });
    let fallback = move || choice(known, value);
    view! {
        <Transition fallback>
            {move || {
                // The server waits for what is read here. In the browser it would make the field anew with each answer, under
                // the reader's hand.
                let many = if cfg!(target_arch = "wasm32") { many.get() == Some(true) } else { names().len() > FEW };
                if many { proposals(known, value) } else { choice(known, value) }
            }}
        </Transition>
    }
}

fn names(page: Page<NamespaceRow>) -> Vec<String> {
    page.items.into_iter().map(|row| row.name).collect()
}

fn choice(names: Memo<Vec<String>>, value: Signal<String>) -> AnyView {
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), "All".to_owned())];
        names.with(|names| options.extend(names.iter().map(|name| (name.clone(), name.clone()))));
        options
    });
    view! { <Choice name="namespace" label="Namespace" options value/> }.into_any()
}

fn proposals(names: Memo<Vec<String>>, value: Signal<String>) -> AnyView {
    let options = move || {
        let names = names.get().into_iter();
        names
            .map(|name| view! { <option value=name></option> })
            .collect_view()
    };
    let input = follows(value);
    view! {
        <label class="filter">
            <span>"Namespace"</span>
            <input
                type="search"
                name="namespace"
                list="namespace-names"
                placeholder="All"
                node_ref=input
                value=value.get_untracked()
                autocomplete="off"
                spellcheck="false"
            />
            <datalist id="namespace-names">{move || options()}</datalist>
        </label>
    }
    .into_any()
}
