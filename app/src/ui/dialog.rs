//! A question that must be answered first: the browser's own dialog, which traps the focus and gives it back.

use leptos::{ev, html};

use crate::prelude::*;

use super::InBrowser;

/// A modal dialog with a title. `open` says whether it is shown; the reader's Esc runs `on_close`, which must make `open`
/// false. `children` are made anew each time it opens, and `actions` stand below them, the safe one first.
#[component]
pub(crate) fn Dialog(
    /// Unique in the page: labels refer to it.
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] on_close: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    view! {
        <dialog
            class="dialog"
            aria-labelledby=labelled_by
            node_ref=dialog
            on:cancel=move |event: ev::Event| {
                event.prevent_default();
                on_close.run(());
            }
            // A click on the backdrop is a click on the dialog itself; its content lies in a box of its own.
            on:click=move |event| if event.target() == event.current_target() { on_close.run(()) }
        >
            <div class="dialog-box">
                <h2 id=heading>{title}</h2>
                {move || open.get().then(|| {
                    provide_context(InBrowser);
                    children()
                })}
            </div>
        </dialog>
    }
}
