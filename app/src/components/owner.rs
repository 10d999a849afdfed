//! Who owns something in the cluster.

use api::owner::OwnerView;

use crate::prelude::*;
use crate::ui::prose::Prose;

/// Who it is, what becomes of an edit, and where the change belongs.
#[component]
pub(crate) fn Owned(owner: OwnerView) -> impl IntoView {
    view! {
        <p><Prose text=owner.sentence/> " " <Prose text=owner.effect/></p>
        <p class="way-out"><Prose text=owner.instead/></p>
    }
}
