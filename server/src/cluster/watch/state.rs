//! Whether a watch sees what it is for.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use kube::runtime::watcher;

/// How long an error of a watch counts.
const FRESH: Duration = Duration::from_secs(10);

/// What is known of one watch.
pub(super) struct WatchState {
    pub(super) what: String,
    pub(super) listed: AtomicBool,
    /// The cluster does not know the resource: there is nothing of it, but that may change at any time.
    pub(super) absent: AtomicBool,
    pub(super) error: Mutex<Option<(Instant, String)>>,
}

impl WatchState {
    pub(super) fn unlisted(&self) -> Option<String> {
        if self.listed.load(Ordering::Acquire) || self.absent.load(Ordering::Acquire) {
            return None;
        }
        Some(
            match &*self.error.lock().unwrap_or_else(PoisonError::into_inner) {
                Some((_, error)) => format!("{} cannot be listed: {error}", self.what),
                None => format!("{} are being listed", self.what),
            },
        )
    }

    /// A watch that fails is tried every two seconds, and one that has recovered may say nothing for long: it counts as
    /// failing for as long as its last error is fresh.
    pub(super) fn missing(&self) -> Option<String> {
        if self.absent.load(Ordering::Acquire) {
            return Some(format!(
                "the cluster does not know {}: Sidestep is not installed there",
                self.what
            ));
        }
        self.unlisted().or_else(|| {
            let error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
            let (at, words) = error.as_ref()?;
            (at.elapsed() < FRESH).then(|| format!("{} cannot be watched: {words}", self.what))
        })
    }
}

/// An error of a watch in words; where the cluster does not know the resource, that is noted.
pub(super) fn watch_error(error: &watcher::Error, watch: &WatchState) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let status = deepest.downcast_ref::<Box<kube::core::Status>>().map(Box::as_ref);
    if status
        .or_else(|| deepest.downcast_ref())
        .is_some_and(|status| status.code == 404)
    {
        watch.absent.store(true, Ordering::Release);
        return "the cluster does not know this resource".to_owned();
    }
    deepest.to_string()
}
