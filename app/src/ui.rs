//! Parts that could be in anybody's console: small, and native HTML underneath.

use crate::prelude::*;

pub(crate) mod announce;
pub(crate) mod attention;
pub(crate) mod badge;
pub(crate) mod button;
pub(crate) mod dialog;
pub(crate) mod empty;
pub(crate) mod filter;
pub(crate) mod loading;
pub(crate) mod menu;
pub(crate) mod notice;
pub(crate) mod pager;
pub(crate) mod prose;
pub(crate) mod query;
pub(crate) mod steady;
pub(crate) mod table;
pub(crate) mod tabs;
pub(crate) mod time;

/// In the context of what is only ever made by the browser: there, everything answers from the first moment.
#[derive(Clone, Copy)]
pub(crate) struct InBrowser;

/// Whether the browser has taken over: until then nothing answers a press.
pub(crate) fn use_hydrated() -> ReadSignal<bool> {
    let (hydrated, set_hydrated) = signal(use_context::<InBrowser>().is_some());
    // Effects run in the browser only, and after the first render, which must equal the server's.
    Effect::new(move |_| set_hydrated.set(true));
    hydrated
}
