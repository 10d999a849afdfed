//! A plain table that scrolls in its own box.

use crate::prelude::*;

/// A table of rows below a row of [`Column`]s, which may change with the order: the rows stay.
#[component]
pub(crate) fn Table(
    caption: &'static str,
    #[prop(into)] columns: Signal<Vec<Column>>,
    children: Children,
) -> impl IntoView {
    let heads = move || columns.get().into_iter().map(Column::head).collect_view();
    view! {
        // Reachable by keyboard, so that a narrow window can be scrolled without a mouse.
        <div class="table-box" tabindex="0" role="group" aria-label=caption>
            <table>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{move || heads()}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    name: &'static str,
    number: bool,
    hidden: bool,
    order: Option<(Sorted, String)>,
}

/// How a list is sorted by a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// By another column.
    No,
    /// By this one.
    Up,
    /// By this one, largest first.
    Down,
}

impl Column {
    /// A column of words.
    pub(crate) fn text(name: &'static str) -> Self {
        Self {
            name,
            number: false,
            hidden: false,
            order: None,
        }
    }

    /// A column of numbers, aligned at the end.
    pub(crate) fn number(name: &'static str) -> Self {
        Self {
            number: true,
            ..Self::text(name)
        }
    }

    /// A column of buttons: its name is only read out.
    pub(crate) fn actions(name: &'static str) -> Self {
        Self {
            hidden: true,
            ..Self::text(name)
        }
    }

    /// The same, with a link that sorts by it (or turns the order round, where it is sorted by it).
    pub(crate) fn sorted(self, sorted: Sorted, link: String) -> Self {
        Self {
            order: Some((sorted, link)),
            ..self
        }
    }

    fn head(self) -> impl IntoView {
        let aria = self.order.as_ref().and_then(|(sorted, _)| match sorted {
            Sorted::No => None,
            Sorted::Up => Some("ascending"),
            Sorted::Down => Some("descending"),
        });
        let (name, hidden) = (self.name, self.hidden);
        let content = match self.order {
            Some((_, link)) => view! { <a class="sort" href=link>{name}</a> }.into_any(),
            None => view! { <span class:visually-hidden=hidden>{name}</span> }.into_any(),
        };
        view! { <th scope="col" class:number=self.number aria-sort=aria>{content}</th> }
    }
}
