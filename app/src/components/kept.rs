//! Unsaved changes, kept in this tab for as long as it lives: nothing can stop the *Back* button.

use web_sys::Storage;

use crate::{
    prelude::*,
    ui::{badge::Tone, button::Button, notice::Notice},
};

/// Hands over what was kept under `key` on an earlier visit, and keeps what is not saved on this one, as text.
pub(crate) fn keep(
    key: String,
    dirty: Memo<bool>,
    now: impl Fn() -> Option<String> + 'static,
    bring_back: impl Fn(&str) + 'static,
) {
    Effect::new(move |before: Option<()>| {
        if before.is_none()
            && let Some(kept) = read(&key)
        {
            bring_back(&kept);
        }
        if dirty.get() {
            write(&key, now());
        } else {
            forget(&key);
        }
    });
}

/// Said after a visit that ended without saving.
pub(crate) fn brought_back(discard: Callback<()>) -> AnyView {
    view! {
        <Notice tone=Tone::Info title="Your unsaved changes were kept">
            <p>"You left this page without saving. What you had entered is here again."</p>
            <p><Button on_press=discard>"Discard changes"</Button></p>
        </Notice>
    }
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn write(key: &str, kept: Option<String>) {
    let is_kept = kept
        .zip(storage())
        .is_some_and(|(kept, storage)| storage.set_item(key, &kept).is_ok());
    if !is_kept {
        // The browser forbids storage or has no room: the changes then last as long as the page. What was kept of them
        // earlier would come back as if it were all.
        forget(key);
    }
}

/// Keeps nothing under `key`.
pub(crate) fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
