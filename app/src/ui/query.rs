//! The query of the page's address, read as the API reads its own.

use crate::prelude::*;
use leptos_router::hooks::use_location;
use serde::de::DeserializeOwned;

/// The query as `T`; where it cannot be read, why.
pub(crate) fn use_url_query<T>() -> Memo<Result<T, String>>
where
    T: DeserializeOwned + PartialEq + Send + Sync + 'static,
{
    use_url_query_beside("")
}

/// The same, for a page whose address holds one thing more, by this name, that is not part of `T`.
pub(crate) fn use_url_query_beside<T>(name: &'static str) -> Memo<Result<T, String>>
where
    T: DeserializeOwned + PartialEq + Send + Sync + 'static,
{
    let search = use_location().search;
    Memo::new(move |_| {
        search.with(|search| {
            let said = said(search.trim_start_matches('?'), name);
            api::query::read(&said).map_err(|error| error.to_string())
        })
    })
}

/// The part of a query that says something, but for `beside`: a form that the browser sends by itself names its empty
/// fields too.
fn said(query: &str, beside: &str) -> String {
    let says = |pair: &&str| !pair.ends_with('=') && pair.split('=').next() != Some(beside);
    let pairs: Vec<&str> = query.split('&').filter(says).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_leaves_empty_is_not_asked_for() {
        assert_eq!(said("q=&state=stale&limit=", ""), "state=stale");
        assert_eq!(said("q=", ""), "");
        assert_eq!(said("", ""), "");
    }

    #[test]
    fn what_stands_beside_is_left_out() {
        assert_eq!(
            said("namespace=shop&change=1&pod=change", "change"),
            "namespace=shop&pod=change"
        );
    }
}
