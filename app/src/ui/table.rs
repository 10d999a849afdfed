//! A plain table that scrolls in its own box.

use leptos::prelude::*;

/// A table of rows; a column whose name begins with `#` holds numbers.
#[component]
pub(crate) fn Table(
    caption: &'static str,
    columns: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|column| {
            let name = column.trim_start_matches('#');
            view! { <th scope="col" class:number=name.len() < column.len()>{name}</th> }
        })
        .collect_view();
    view! {
        // Reachable by keyboard, so that a narrow window can be scrolled without a mouse.
        <div class="table-box" tabindex="0" role="group" aria-label=caption>
            <table>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
