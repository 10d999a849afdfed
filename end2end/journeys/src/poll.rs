//! Waiting for what comes by itself, with a deadline and words for what did not come.

use std::{
    fmt::Display,
    future::Future,
    time::{Duration, Instant},
};

/// How long things may take that should take a moment. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(40);

/// Looks until there is something to return.
///
/// # Panics
/// After 30 s, with `what` was waited for and what was seen last.
pub async fn eventually<T, E, F>(what: &str, look: impl FnMut() -> F) -> T
where
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    within(PATIENCE, what, look).await
}

/// As [`eventually`], with a deadline of one's own.
pub async fn within<T, E, F>(patience: Duration, what: &str, mut look: impl FnMut() -> F) -> T
where
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + patience;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => {
                panic!("waited {patience:?} in vain for {what}; last seen: {seen}")
            }
            Err(_) => tokio::time::sleep(EVERY).await,
        }
    }
}
