//! Live updates: the server says what kind of thing has changed, and pages read it again.
//!
//! One stream of server-sent events for the whole tab, and only while the tab is seen: a browser opens few connections to
//! one host, and ten forgotten tabs must not starve the eleventh.

use std::time::Duration;

use crate::prelude::*;

mod stream;

/// How often it is asked where changes are not told.
const POLL: Duration = Duration::from_secs(5);
/// How often at most is read what the console itself asks the cluster for each time.
const CALM: Duration = Duration::from_secs(3);

/// What may change, by the names of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The mesh's configuration, delivery, contact with the cluster.
    Mesh,
    /// Namespaces.
    Namespaces,
    /// Settings.
    Settings,
    /// Deployments, StatefulSets, DaemonSets.
    Workloads,
    /// Pods, and what they run against what is in force.
    Pods,
    /// The history.
    History,
    /// Plans of restarts, and what became of them.
    Restarts,
}

impl Kind {
    const ALL: [(Self, &str); 7] = [
        (Self::Mesh, "mesh"),
        (Self::Namespaces, "namespaces"),
        (Self::Settings, "settings"),
        (Self::Workloads, "workloads"),
        (Self::Pods, "pods"),
        (Self::History, "history"),
        (Self::Restarts, "restarts"),
    ];
}

/// Whether changes arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The page has not been taken over by the browser yet.
    Off,
    /// Changes arrive.
    Live,
    /// They do not; it is tried again.
    Lost,
}

#[derive(Clone, Copy)]
struct Live {
    /// Whether a page listens. The stream opens then: what it tells first must not be missed.
    wanted: RwSignal<bool>,
    state: RwSignal<State>,
    /// How often each kind has changed, in the order of [`Kind::ALL`].
    changes: [Trigger; 7],
}

/// Makes the stream known to the pages. Opened by the browser only.
pub(crate) fn provide() {
    let live = Live {
        wanted: RwSignal::new(false),
        state: RwSignal::new(State::Off),
        changes: std::array::from_fn(|_| Trigger::new()),
    };
    provide_context(live);
    Effect::new(move |_| {
        if live.wanted.get() {
            stream::open(live);
        }
    });
}

/// Opens the stream on a page that reads nothing and so waits for no change.
pub(crate) fn start() {
    on(&[], || {});
}

/// Runs `read_again` whenever one of `kinds` has changed, and when the stream opens: what happened since the server made the
/// page, or since the stream was lost, is not told.
pub(crate) fn on(kinds: &'static [Kind], read_again: impl Fn() + 'static) {
    let live = expect_context::<Live>();
    Effect::new(move |before: Option<()>| {
        for ((kind, _), change) in Kind::ALL.iter().zip(live.changes) {
            if kinds.contains(kind) {
                change.track();
            }
        }
        // The first run only says what to wait for.
        if before.is_some() {
            untrack(&read_again);
        } else if !live.wanted.get_untracked() {
            live.wanted.set(true);
        }
    });
}

/// The same for what is not read from the console's memory: at once, then no more often than every few seconds.
pub(crate) fn on_calmly(kinds: &'static [Kind], read_again: impl Fn() + 'static) {
    let (due, quiet) = (RwSignal::new(false), RwSignal::new(false));
    on(kinds, move || due.set(true));
    Effect::new(move |_| {
        if due.get() && !quiet.get() {
            due.set(false);
            quiet.set(true);
            // The page may be left by then.
            set_timeout(move || _ = quiet.try_set(false), CALM);
            untrack(&read_again);
        }
    });
}

/// Runs `read_again` every few seconds while changes do not arrive: what stands between the browser and the console may let
/// answers through and hold a stream up.
pub(crate) fn or_poll(read_again: impl Fn() + Clone + 'static) {
    let live = expect_context::<Live>();
    poll(move || {
        if live.state.get_untracked() == State::Lost {
            read_again();
        }
    });
}

/// Runs `look` every few seconds, for what no event tells of.
pub(crate) fn poll(look: impl Fn() + Clone + 'static) {
    Effect::new(move |_| {
        if let Ok(interval) = set_interval_with_handle(look.clone(), POLL) {
            on_cleanup(move || interval.clear());
        }
    });
}

/// A word on whether the page follows the cluster.
#[component]
pub(crate) fn LiveState() -> impl IntoView {
    let live = expect_context::<Live>();
    let words = move || match live.state.get() {
        State::Off => ("off", "", ""),
        State::Live => ("live", "Live", "Changes in the cluster appear by themselves"),
        State::Lost => (
            "lost",
            "Not live",
            "The console does not answer. It is asked again until it does.",
        ),
    };
    view! {
        <span class="live-state" data-state=move || words().0 title=move || words().2 role="status">
            {move || words().1}
        </span>
    }
}
