//! The manifest, to be looked at.

use super::{
    misplaced::misplaced,
    state::{EDIT, Manifest},
    whole::{Whole, tick},
};
use crate::{
    components::{owner::Owned, snippet::Copy},
    prelude::*,
    ui::{badge::Tone, notice::Notice, prose::Prose, use_hydrated},
};

/// The text, and what one may do with it.
pub(super) fn look(manifest: Manifest) -> AnyView {
    let now = manifest.now;
    let hydrated = use_hydrated();
    let whole = Whole::of(manifest);
    let refused = Memo::new(move |_| now.with(|now| now.refused.clone()));
    let owner = Memo::new(move |_| now.with(|now| now.owner.clone()));
    let yaml = Memo::new(move |_| now.with(|now| now.yaml.clone()));
    let remarks = Memo::new(move |_| now.with(|now| now.remarks.clone()));
    let status = Memo::new(move |_| now.with(|now| now.status.clone()));
    let shown = move || whole.text().unwrap_or_else(|| yaml.get());
    let can_edit = Memo::new(move |_| refused.with(Option::is_none) && !manifest.gone().get());
    let label = ["YAML of ", &manifest.words()].concat();
    let name_of_copy = ["Copy: ", &label].concat();
    view! {
        <section class="panel manifest-look" aria-labelledby="manifest-text">
            <div class="panel-title">
                <h2 id="manifest-text">"View in YAML"</h2>
                <div class="panel-actions">
                    {tick(manifest, whole)}
                    <Copy label=name_of_copy text=move || untrack(shown)/>
                    {move || can_edit.get().then(|| view! {
                        <button
                            type="button"
                            id=EDIT
                            class="button primary"
                            disabled=move || !hydrated.get()
                            on:click=move |_| manifest.edit()
                        >
                            "Edit YAML"
                        </button>
                    })}
                </div>
            </div>
            <noscript><p class="more">"Editing needs JavaScript; the text is whole without it."</p></noscript>
            {move || refused.get().map(|why| view! {
                <Notice tone=Tone::Info title="You may look, not update"><p><Prose text=why/></p></Notice>
            })}
            {move || owner.get().map(|owner| {
                let tone = if owner.reverts_by.by_itself() { Tone::Warning } else { Tone::Info };
                view! { <Notice tone title="This has an owner"><Owned owner/></Notice> }
            })}
            {move || misplaced(manifest, remarks.get())}
            <pre class="manifest-text" tabindex="0" role="region" aria-label=label><code>{shown}</code></pre>
            {move || Some(status.get()).filter(|status| !status.is_empty()).map(|status| view! {
                <details class="disclosure">
                    <summary>"Status (written by the cluster)"</summary>
                    <pre class="manifest-text" tabindex="0" role="region" aria-label="Status"><code>{status}</code></pre>
                </details>
            })}
        </section>
    }
}
