//! The browser's side of the stream.

use std::time::Duration;

use leptos::wasm_bindgen::{JsCast, closure::Closure};

use crate::prelude::*;
use send_wrapper::SendWrapper;
use web_sys::{EventSource, VisibilityState};

use super::{Kind, Live, State};

/// How long to wait when the browser itself gives up: it does so on an answer that is no stream.
const PAUSE: Duration = Duration::from_secs(5);

type Listener = Closure<dyn Fn()>;
type Slot = StoredValue<Option<SendWrapper<Stream>>>;

/// An open stream; dropped, it is closed.
struct Stream {
    source: EventSource,
    _listeners: Vec<Listener>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Opens the stream, and closes it while nobody looks.
pub(super) fn open(live: Live) {
    let slot: Slot = StoredValue::new(None);
    connect(live, slot);
    let watch = window_event_listener_untyped("visibilitychange", move |_| {
        if document().visibility_state() == VisibilityState::Hidden {
            slot.set_value(None);
        } else if slot.with_value(Option::is_none) {
            connect(live, slot);
            // What happened while nobody looked.
            live.changes.iter().for_each(Notify::notify);
        }
    });
    on_cleanup(move || watch.remove());
}

fn connect(live: Live, slot: Slot) {
    let Ok(source) = EventSource::new(api::path::EVENTS) else {
        return;
    };
    let mut listeners = Vec::new();
    let mut listen = |event: &str, react: Box<dyn Fn()>| {
        let listener = Closure::wrap(react);
        let _ = source.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
        listeners.push(listener);
    };
    for ((_, name), change) in Kind::ALL.into_iter().zip(live.changes) {
        listen(name, Box::new(move || change.notify()));
    }
    listen(
        "ready",
        Box::new(move || {
            // What has changed since the server made the page, or since the stream was lost, was not told.
            if live.state.get_untracked() != State::Live {
                live.changes.iter().for_each(Notify::notify);
            }
            live.state.set(State::Live);
        }),
    );
    let failing = source.clone();
    listen(
        "error",
        Box::new(move || {
            live.state.set(State::Lost);
            if failing.ready_state() == EventSource::CLOSED {
                set_timeout(
                    move || {
                        // Closed meanwhile because nobody looks: then looking again opens it.
                        if slot.with_value(Option::is_some) {
                            connect(live, slot);
                        }
                    },
                    PAUSE,
                );
            }
        }),
    );
    slot.set_value(Some(SendWrapper::new(Stream {
        source,
        _listeners: listeners,
    })));
}
