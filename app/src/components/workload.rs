//! A workload by name.

use crate::{prelude::*, routes};

/// Its kind and its name, with a link where there is a page of it.
pub(crate) fn workload_name(kind: &str, namespace: &str, name: &str) -> AnyView {
    let link = routes::owner(kind, namespace, name);
    let (kind, name) = (kind.to_owned(), name.to_owned());
    let named = match link {
        Some(link) => view! { <a href=link>{name}</a> }.into_any(),
        None => view! { <span>{name}</span> }.into_any(),
    };
    view! { <span class="more">{kind}</span> " " {named} }.into_any()
}
