//! What makes the answer to a question about a packet uncertain.

use crate::prelude::*;

use crate::ui::{badge::Tone, notice::Notice, prose::Prose};

/// Each reason; nothing where there is none.
pub(crate) fn uncertain(reasons: Vec<String>) -> Option<AnyView> {
    if reasons.is_empty() {
        return None;
    }
    let lines = reasons
        .into_iter()
        .map(|reason| view! { <li><Prose text=reason/></li> })
        .collect_view();
    let notice = view! {
        <Notice tone=Tone::Warning title="This answer is uncertain">
            <ul>{lines}</ul>
        </Notice>
    };
    Some(notice.into_any())
}
