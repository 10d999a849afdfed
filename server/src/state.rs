//! What handlers share.

use crate::{
    caller::Callers, clock::Clock, cluster::Cluster, history::History, restarts::store::Restarts,
    stopping::Stopping,
};

/// Built once, in [`crate::serve`], and passed down. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The cluster as the console sees it.
    pub cluster: Cluster,
    /// Who changed what.
    pub history: History,
    /// Restart plans, and what became of them.
    pub restarts: Restarts,
    /// Makes callers of requests.
    pub callers: Callers,
    /// What time it is.
    pub clock: Clock,
    /// Whether the process is about to stop.
    pub stopping: Stopping,
}
