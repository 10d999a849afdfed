//! A request that was refused: what, why, and the way out.

use api::Problem;
use leptos::prelude::*;

use crate::ui::{badge::Tone, button::Button, notice::Notice, prose::Prose};

/// Shows a problem where its data would have been.
#[component]
pub(crate) fn Failure(what: &'static str, problem: Problem, on_retry: Callback<()>) -> impl IntoView {
    view! {
        <section class="panel" role="alert">
            <h2>{what}</h2>
            <Notice tone=Tone::Bad title=problem.title>
                <p><Prose text=problem.detail/></p>
                {problem.way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
                {problem.request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            </Notice>
            <Button on_press=on_retry>"Try again"</Button>
        </section>
    }
}
