//! That the process is about to stop, told to what would stay open for ever.

use tokio::sync::watch;

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Stopping(watch::Sender<bool>);

impl Stopping {
    /// Tells everybody. There is no way back.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the process is about to stop.
    pub async fn begun(&self) {
        // It cannot fail: the other end is held here.
        let _ = self.0.subscribe().wait_for(|stopping| *stopping).await;
    }
}
