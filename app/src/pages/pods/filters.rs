//! The filters of the pod list: the query of the page's address.

use crate::prelude::*;
use api::pod::PodQuery;

use crate::{
    components::{
        namespace_filter::NamespaceFilter,
        pod_state::{SIDECARS, STATES},
    },
    routes,
    ui::filter::{Choice, Filters, Kept, Search},
};

/// The form, and the owner as a filter that can be taken away.
#[component]
pub(crate) fn PodFilters(asked: Signal<PodQuery>) -> impl IntoView {
    let text = move |of: fn(&PodQuery) -> String| Signal::derive(move || asked.with(of));
    let states = STATES.map(|(_, value, _, word)| (value, word));
    let sidecars = SIDECARS.map(|(_, value, word)| (value, word));
    view! {
        <Filters label="Pods" path=routes::PODS>
            <Search name="q" label="Name contains" value=text(|asked| asked.q.clone().unwrap_or_default())/>
            <NamespaceFilter value=text(|asked| asked.namespace.clone().unwrap_or_default())/>
            <Choice name="state" label="State" options=options(&states) value=text(state)/>
            <Choice name="sidecar" label="Sidecar" options=options(&sidecars) value=text(sidecar)/>
            <Kept name="owner" value=text(|asked| asked.owner.clone().unwrap_or_default())/>
            <Kept name="sort" value=text(|asked| asked.sort.map(|sort| sort.to_string()).unwrap_or_default())/>
            <Kept name="limit" value=text(|asked| asked.limit.map(|limit| limit.to_string()).unwrap_or_default())/>
        </Filters>
        {move || asked.with(|asked| asked.owner.clone().map(|owner| {
            let without = routes::pods(&PodQuery { owner: None, cursor: None, ..asked.clone() });
            view! {
                <p class="kept-filter">
                    "Owned by " <strong>{owner}</strong>
                    <a class="button small" href=without aria-label="Show pods of any owner">"×"</a>
                </p>
            }
        }))}
    }
}

fn options(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = (String::new(), "All".to_owned());
    let each = of
        .iter()
        .map(|(value, word)| ((*value).to_owned(), (*word).to_owned()));
    std::iter::once(all).chain(each).collect()
}

fn state(asked: &PodQuery) -> String {
    let named = STATES.iter().find(|(state, ..)| asked.state == Some(*state));
    named
        .map(|(_, value, ..)| (*value).to_owned())
        .unwrap_or_default()
}

fn sidecar(asked: &PodQuery) -> String {
    let named = SIDECARS
        .iter()
        .find(|(sidecar, ..)| asked.sidecar == Some(*sidecar));
    named.map(|(_, value, _)| (*value).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use api::pod::{PodStateName, Sidecar};

    use super::*;

    #[test]
    fn the_words_of_a_choice_are_those_of_the_query() {
        for (name, value, ..) in STATES {
            let query = PodQuery {
                state: Some(name),
                ..PodQuery::default()
            };
            assert_eq!(routes::pods(&query), format!("/workloads/pods?state={value}"));
            assert_eq!(state(&query), value);
        }
        for (name, value, _) in SIDECARS {
            let query = PodQuery {
                sidecar: Some(name),
                ..PodQuery::default()
            };
            assert_eq!(routes::pods(&query), format!("/workloads/pods?sidecar={value}"));
            assert_eq!(sidecar(&query), value);
        }
        assert_eq!(state(&PodQuery::default()), "");
        assert!(STATES.iter().any(|(name, ..)| *name == PodStateName::Stale));
        assert!(SIDECARS.iter().any(|(name, ..)| *name == Sidecar::Native));
    }
}
