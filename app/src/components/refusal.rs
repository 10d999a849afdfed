//! Why something was refused, where it was asked for.

use api::Problem;

use crate::{
    prelude::*,
    ui::{badge::Tone, notice::Notice, prose::Prose},
};

/// What happened, and the way out.
pub(crate) fn refusal(problem: Problem) -> AnyView {
    view! {
        <Notice tone=Tone::Bad title=problem.title>
            <p><Prose text=problem.detail/></p>
            {problem.way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
        </Notice>
    }
}
