//! What is known of a workload that may be restarted.

/// What makes a workload's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A Job, also one of a CronJob.
    Job,
    /// Nobody: a pod alone.
    Pod,
    /// Something that Kubernetes itself does not know how to restart: an Argo `Rollout`, a lone `ReplicaSet`.
    Other(String),
}

/// How it replaces its pods when its template changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// Pod by pod; at most so many of them are missing at a time.
    Rolling {
        /// How many pods may be missing at a time.
        takes_down: u32,
    },
    /// All old pods end before the first new one starts.
    Recreate,
    /// From the last ordinal down, and only pods from this ordinal on.
    Partition {
        /// The first ordinal that is replaced.
        from: u32,
        /// How many pods may be missing at a time: more than one only where the cluster honours `maxUnavailable`.
        takes_down: u32,
    },
    /// Pods are replaced when somebody deletes them.
    OnDelete,
}

/// A PodDisruptionBudget that selects its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Its name.
    pub name: String,
    /// How many more of the pods may be missing now.
    pub allowed: u32,
    /// How many of them restarts that are under way may take, seen in `allowed` already or not.
    pub taken: u32,
}

impl Budget {
    /// How many more may be missing whatever the restarts under way still take.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.allowed.saturating_sub(self.taken)
    }
}

/// A HorizontalPodAutoscaler that scales it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// Its name.
    pub name: String,
}

/// Who else keeps the workload as it is: Git-ops tools that would take a change of the template back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The tool: `Argo CD`, `Flux`, `Helm`.
    pub tool: &'static str,
    /// What of the tool's it belongs to.
    pub name: String,
    /// Whether the tool undoes changes by itself. Helm does so only with its next release.
    pub reverts: bool,
}

/// A workload, as far as a restart is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// How many pods it asks for.
    pub replicas: u32,
    /// How many of them are ready.
    pub ready: u32,
    /// How it replaces them.
    pub rollout: Rollout,
    /// Whether its rollouts are paused.
    pub paused: bool,
    /// Whether Kubernetes can tell when a new pod is ready.
    pub has_readiness_probe: bool,
    /// The budgets that select its pods; `None`: they could not be read.
    pub budgets: Option<Vec<Budget>>,
    /// What scales it.
    pub autoscaler: Option<Autoscaler>,
    /// Who else keeps it.
    pub owner: Option<Owner>,
    /// How many of its pods run an old setting.
    pub stale_pods: u32,
    /// Why its next pods would get no sidecar, where pods of it have one now.
    pub loses_sidecar: Option<String>,
}

impl Facts {
    /// How many of its pods its rollout lets be missing at a time.
    #[must_use]
    pub fn takes_down(&self) -> u32 {
        match self.rollout {
            Rollout::Rolling { takes_down } | Rollout::Partition { takes_down, .. } => {
                takes_down.min(self.replicas)
            }
            Rollout::Recreate => self.replicas,
            Rollout::OnDelete => 0,
        }
    }
}
