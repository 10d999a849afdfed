//! Parts that could be in anybody's console: small, and native HTML underneath.

use leptos::prelude::*;

pub(crate) mod badge;
pub(crate) mod button;
pub(crate) mod empty;
pub(crate) mod loading;
pub(crate) mod notice;
pub(crate) mod prose;
pub(crate) mod table;

/// Whether the browser has taken over: until then nothing answers a press.
pub(crate) fn use_hydrated() -> ReadSignal<bool> {
    let (hydrated, set_hydrated) = signal(false);
    // Effects run in the browser only, and after the first render, which must equal the server's.
    Effect::new(move |_| set_hydrated.set(true));
    hydrated
}
