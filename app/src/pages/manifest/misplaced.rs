//! Annotations that stand where nobody reads them, and those that Istio stumbles over.

use api::manifest::{Keep, LeftAnnotation, ManifestRemark};

use super::state::{Busy, Manifest};
use crate::{
    prelude::*,
    ui::{badge::Tone, button::Button, notice::Notice, prose::Prose},
};

/// What is remarkable, with the way out where there is one.
pub(super) fn misplaced(manifest: Manifest, remarks: Vec<ManifestRemark>) -> Option<AnyView> {
    if remarks.is_empty() {
        return None;
    }
    let can_edit = manifest.now.with_untracked(|now| now.refused.is_none()) && !manifest.gone().get();
    let (movable, others): (Vec<_>, Vec<_>) = remarks.into_iter().partition(|remark| remark.movable);
    let list = |remarks: Vec<ManifestRemark>| {
        let items = remarks
            .into_iter()
            .map(|remark| view! { <li><Prose text=remark.message/></li> });
        view! { <ul class="manifest-remarks">{items.collect_view()}</ul> }
    };
    let busy = Signal::derive(move || manifest.busy.get() == Some(Busy::Moving));
    let wrong_level = (!movable.is_empty()).then(|| {
        view! {
            <Notice tone=Tone::Warning title="Annotations on the wrong level">
                {list(movable)}
                {can_edit.then(|| view! {
                    <p><Button busy on_press=move || manifest.move_annotations(Keep::Both)>"Move to the pod template"</Button></p>
                })}
            </Notice>
        }
    });
    let stumbled = (!others.is_empty()).then(|| {
        view! { <Notice tone=Tone::Bad title="Istio stumbles over this">{list(others)}</Notice> }
    });
    Some(view! { {wrong_level} {stumbled} })
}

/// Annotations that have two values: which shall stay.
pub(super) fn two_values(manifest: Manifest, left: Vec<LeftAnnotation>) -> Option<AnyView> {
    if left.is_empty() {
        return None;
    }
    let items = left
        .into_iter()
        .map(|one| {
            view! {
                <li>
                    <code>{one.key}</code> ": the pod template says " <code>{one.template}</code>
                    ", which is in force; the workload itself says " <code>{one.here}</code>
                </li>
            }
        })
        .collect_view();
    Some(view! {
        <Notice tone=Tone::Warning title="The pod template has another value already">
            <ul class="manifest-remarks">{items}</ul>
            <div class="dialog-actions">
                <Button on_press=move || manifest.move_annotations(Keep::Template)>"Keep the template's"</Button>
                <Button on_press=move || manifest.move_annotations(Keep::Moved)>"Replace the template's"</Button>
            </div>
        </Notice>
    })
}
