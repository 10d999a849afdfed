//! Where the reader is taken: the focus, and what comes into sight.

use leptos::wasm_bindgen::JsCast;

use crate::prelude::*;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Focuses the element with this id.
pub(crate) fn focus(id: &str) {
    let found = document().get_element_by_id(id);
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Focuses an element that is about to be shown.
pub(crate) fn focus_soon(id: String) {
    request_animation_frame(move || focus(&id));
}

/// Scrolls no further than to bring the element with this id into sight.
pub(crate) fn reveal(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// The same for an element that is about to be shown.
pub(crate) fn reveal_soon(id: &'static str) {
    request_animation_frame(move || reveal(id));
}
