//! What a run does next.

use super::run::{ItemState, Run, RunState};

/// Times are microseconds since 1970.
const SECOND: i64 = 1_000_000;

/// How fast a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// At most so many workloads are restarted at a time.
    pub max_in_flight: usize,
    /// At most so many pods begin to be replaced in a second, over all workloads.
    pub pods_per_second: u32,
    /// So many seconds lie between the end of a wave and the next.
    pub pause_seconds: u32,
    /// When workloads may begin.
    pub window: Option<Window>,
}

/// A window of time, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Nothing begins before.
    pub from: i64,
    /// Nothing begins from then on, unless somebody resumes the run after that.
    pub to: i64,
}

impl Window {
    /// Whether it has closed for a run. Who resumes a run that the window's end has paused wants it to go on.
    #[must_use]
    pub fn has_closed(self, run: &Run, now: i64) -> bool {
        now >= self.to && run.resumed.is_none_or(|resumed| resumed < self.to)
    }
}

/// A workload's place in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its wave.
    pub wave: usize,
    /// How many pods it has.
    pub pods: u32,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Restart this workload.
    Begin(usize),
    /// Nothing, until this time or until something has changed.
    Wait(Option<i64>),
    /// Pause: the window has closed.
    Close,
    /// Everything is over: say so.
    End,
}

/// Decides. `places` are the plan's workloads in order: waves do not decrease.
#[must_use]
pub fn next(pace: &Pace, places: &[Place], run: &Run, now: i64) -> Step {
    if run.state.is_over() || run.state == RunState::Planned {
        return Step::Wait(None);
    }
    let in_flight = run.count(ItemState::Restarting);
    let waiting = run.items.iter().position(|item| item.state == ItemState::Waiting);
    if in_flight == 0 && (waiting.is_none() || run.stopping.is_some()) {
        return Step::End;
    }
    let Some(item) = waiting.filter(|_| run.state == RunState::Running && run.stopping.is_none()) else {
        return Step::Wait(None);
    };
    if let Some(window) = pace.window {
        if window.has_closed(run, now) {
            return Step::Close;
        }
        if now < window.from {
            return Step::Wait(Some(window.from));
        }
    }
    if in_flight >= pace.max_in_flight {
        return Step::Wait(None);
    }
    match not_before(pace, places, run, item) {
        None => Step::Wait(None),
        Some(time) if time > now => Step::Wait(Some(time)),
        Some(_) => Step::Begin(item),
    }
}

/// When a waiting workload may begin; `None`: when the wave before is over.
fn not_before(pace: &Pace, places: &[Place], run: &Run, item: usize) -> Option<i64> {
    let wave = places[item].wave;
    let begun = || {
        run.items
            .iter()
            .zip(places)
            .filter(|(item, _)| item.began.is_some())
    };
    let mut time = i64::MIN;
    let is_first = !begun().any(|(_, place)| place.wave == wave);
    for (before, _) in begun().filter(|(_, place)| place.wave < wave) {
        let ended = before.ended?;
        if is_first {
            time = time.max(ended + i64::from(pace.pause_seconds) * SECOND);
        }
    }
    // The last one has its share of the pods in a second.
    let last = begun().max_by_key(|(item, _)| item.began);
    if let Some((last, place)) = last {
        let share = i64::from(place.pods) * SECOND / i64::from(pace.pods_per_second.max(1));
        time = time.max(last.began.unwrap_or(i64::MIN) + share);
    }
    Some(time)
}
