//! The query of the page's address, read as the API reads its own.

use crate::prelude::*;
use leptos_router::hooks::use_location;
use serde::de::DeserializeOwned;

/// The query as `T`; where it cannot be read, why.
pub(crate) fn use_url_query<T>() -> Memo<Result<T, String>>
where
    T: DeserializeOwned + PartialEq + Send + Sync + 'static,
{
    let search = use_location().search;
    Memo::new(move |_| {
        search.with(|search| {
            serde_urlencoded::from_str(&said(search.trim_start_matches('?')))
                .map_err(|error| error.to_string())
        })
    })
}

/// The part of a query that says something: a form that the browser sends by itself names its empty fields too.
fn said(query: &str) -> String {
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.ends_with('=')).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_leaves_empty_is_not_asked_for() {
        assert_eq!(said("q=&state=stale&limit="), "state=stale");
        assert_eq!(said("q="), "");
        assert_eq!(said(""), "");
    }
}
