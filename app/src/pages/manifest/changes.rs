//! What differs: what was typed against what it is an edit of, and what the cluster would store.

use super::state::{Manifest, Outcome};
use crate::{
    components::lines::{hunks, shown},
    prelude::*,
};

/// The tab *Changes*.
pub(super) fn changes(manifest: Manifest) -> AnyView {
    let Manifest {
        base, draft, outcome, ..
    } = manifest;
    let is_old = manifest.is_old();
    let typed = Memo::new(move |_| base.with(|base| draft.with(|draft| hunks(&base.yaml, draft))));
    let stored = Memo::new(move |_| {
        let is_old = is_old.get();
        outcome.with(|outcome| match outcome {
            Some(Outcome::Checked(view)) if !is_old => Some(base.with(|base| hunks(&base.yaml, &view.yaml))),
            _ => None,
        })
    });
    view! {
        {move || typed.with(|typed| if typed.is_empty() {
            view! { <p class="more">"The text says what the cluster has: there is nothing to update."</p> }
        } else {
            shown(typed)
        })}
        {move || stored.get().filter(|stored| typed.with(|typed| stored != typed)).map(|stored| view! {
            <h3>"What the cluster would store"</h3>
            <p class="more">"With what it fills in by itself."</p>
            {if stored.is_empty() { view! { <p>"Nothing differs."</p> } } else { shown(&stored) }}
        })}
    }
}
