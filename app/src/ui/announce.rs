//! What just happened, said once: shown for a moment, read out by screen readers.

use std::time::Duration;

use crate::prelude::*;

/// How long a message stays; it is also where it happened, so nothing is lost with it.
const STAY: Duration = Duration::from_secs(8);

#[derive(Clone, Copy)]
struct Message(RwSignal<Option<(u32, String)>>);

/// The place for messages, for code that runs later than a component: handlers and tasks have no context.
#[derive(Clone, Copy)]
pub(crate) struct Announcer(Message);

/// The place for messages.
pub(crate) fn use_announcer() -> Announcer {
    Announcer(expect_context())
}

/// Makes the place for messages known to the pages.
pub(crate) fn provide() {
    provide_context(Message(RwSignal::new(None)));
}

impl Announcer {
    /// Says `text` to the reader.
    pub(crate) fn say(self, text: String) {
        let Self(Message(message)) = self;
        let number = message.get_untracked().map_or(0, |(number, _)| number + 1);
        message.set(Some((number, text)));
        set_timeout(
            move || {
                message.maybe_update(|message| {
                    let same = message.as_ref().is_some_and(|(last, _)| *last == number);
                    if same {
                        *message = None;
                    }
                    same
                });
            },
            STAY,
        );
    }
}

/// The place itself.
#[component]
pub(crate) fn Announcements() -> impl IntoView {
    let Message(message) = expect_context();
    view! {
        <div class="announcements" role="status">
            {move || message.get().map(|(_, text)| view! { <p class="announcement">{text}</p> })}
        </div>
    }
}
