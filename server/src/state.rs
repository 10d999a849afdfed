//! What handlers share.

use crate::{
    caller::Callers, clock::Clock, cluster::Cluster, history::History, outbound_policy::Istiods,
    restarts::store::Restarts, stopping::Stopping, verify::store::Verifications,
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
    /// Requests that were sent from inside pods, and what they proved.
    pub verifications: Verifications,
    /// The image of a container for debugging, where none of a pod's own can ask.
    pub debug_image: std::sync::Arc<str>,
    /// Makes callers of requests.
    pub callers: Callers,
    /// Where istiod can be asked what it goes by.
    pub istiods: Istiods,
    /// Whether a write of a setting or of the mesh's configuration must say why.
    pub reason_required: bool,
    /// What time it is.
    pub clock: Clock,
    /// Whether the process is about to stop.
    pub stopping: Stopping,
}
