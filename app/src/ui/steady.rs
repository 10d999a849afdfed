//! Data that change while somebody works in a table: the focus stays where it is.

use std::{rc::Rc, time::Duration};

use leptos::wasm_bindgen::JsCast;

use crate::prelude::*;
use send_wrapper::SendWrapper;
use web_sys::{Element, FocusOptions, HtmlElement};

/// When the focus is looked after once more.
const LATER: Duration = Duration::from_millis(300);

/// `data`, with the focus put back after each change that took it away: a browser drops it from a row that moves. From a row
/// that has gone it passes to the table's box, and from a table that has gone to the page's content.
pub(crate) fn steadily<T>(data: Signal<T>) -> Signal<T>
where
    T: Clone + Send + Sync + 'static,
{
    let (shown, set_shown) = signal(data.get_untracked());
    Effect::new(move |before: Option<()>| {
        let new = data.get();
        if before.is_some() {
            let focus = focused();
            set_shown.set(new);
            if let Some(focus) = focus {
                soon(move || put_back(&focus));
            }
        }
    });
    shown.into()
}

type Focus = SendWrapper<(Element, Element)>;

/// What has the focus, and the box of the table that it is in.
fn focused() -> Option<Focus> {
    let element = document().active_element()?;
    let table = element.closest(".table-box").ok().flatten()?;
    Some(SendWrapper::new((element, table)))
}

fn put_back(focus: &Focus) {
    if !is_nowhere() {
        return;
    }
    let (element, table) = &**focus;
    match [element, table].into_iter().find(|place| place.is_connected()) {
        Some(place) => put_on(place),
        // The last row has gone, and its table with it.
        None => put_on_first(),
    }
}

/// Gives the focus a place where it has none, once what happens now is in the page: on the first table, or on the page's
/// content. A dialog gives it back to what it was opened from, which may be gone by then.
pub(crate) fn land() {
    soon(|| {
        if is_nowhere() {
            put_on_first();
        }
    });
}

/// The same, on the element with this id where there is one.
pub(crate) fn land_on(id: &'static str) {
    soon(move || {
        if is_nowhere() {
            match document().get_element_by_id(id) {
                Some(place) => put_on(&place),
                None => put_on_first(),
            }
        }
    });
}

/// What follows from a change is in the page before the next frame; where the browser is busy, some time later.
fn soon(look: impl Fn() + 'static) {
    let look = Rc::new(look);
    let later = look.clone();
    request_animation_frame(move || look());
    set_timeout(move || later(), LATER);
}

fn put_on_first() {
    let first = |place| document().query_selector(place).ok().flatten();
    if let Some(place) = first("main .table-box").or_else(|| first("main")) {
        put_on(&place);
    }
}

fn is_nowhere() -> bool {
    document()
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY")
}

fn put_on(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let still = FocusOptions::new();
        still.set_prevent_scroll(true);
        let _ = element.focus_with_options(&still);
    }
}
