//! Whether a workload needs a restart, can have one, and what to look at before.

use std::fmt;

use super::facts::{Budget, Facts, Kind, Rollout};

/// The code of a workload whose restart takes it out of the mesh.
pub const LOSES_SIDECAR: &str = "loses-sidecar";

/// What is to become of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will be restarted.
    Restart,
    /// No pod of it runs an old setting, or it has no pods.
    NotNeeded,
    /// It is left alone, and why.
    Blocked(Block),
    /// It will be restarted once others are: until then there might be more pods missing than a budget allows.
    Later,
}

/// Why a workload is not restarted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Its rollouts are paused.
    Paused,
    /// Its pods are replaced only when somebody deletes them.
    OnDelete,
    /// Only a part of its pods would be replaced.
    Partition {
        /// The first ordinal that would be.
        from: u32,
    },
    /// Nobody would make the pod again.
    BarePod,
    /// A Job's pods run to their end.
    Job,
    /// Its pods belong to something that is not restarted in this way.
    Foreign {
        /// What it is.
        kind: String,
    },
    /// Its new pods would get no sidecar, and those that are there have one.
    LosesSidecar {
        /// Why they would get none.
        why: String,
    },
    /// All its pods would be gone for a moment.
    WouldInterrupt,
    /// More pods would be missing at a time than a PodDisruptionBudget allows.
    Budget {
        /// The budget.
        name: String,
        /// How many more pods may be missing now.
        allowed: u32,
        /// How many the rollout may take down at a time.
        takes_down: u32,
    },
}

impl Block {
    /// The reason in one word, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::OnDelete => "on-delete",
            Self::Partition { .. } => "partition",
            Self::BarePod => "bare-pod",
            Self::Job => "job",
            Self::Foreign { .. } => "foreign-owner",
            Self::LosesSidecar { .. } => LOSES_SIDECAR,
            Self::WouldInterrupt => "would-interrupt",
            Self::Budget { .. } => "disruption-budget",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn way_out(&self) -> &'static str {
        match self {
            Self::Paused => "resume its rollouts (`kubectl rollout resume`), then plan again",
            Self::OnDelete => "delete its pods one by one, or change its update strategy to `RollingUpdate`",
            Self::Partition { .. } => "set the partition of its update strategy to 0, then plan again",
            Self::BarePod => "delete the pod and make it again: nobody else will",
            Self::Job => "wait for its next run: new pods get the settings in force",
            Self::Foreign { .. } => "restart it with the tool that owns it",
            Self::LosesSidecar { .. } => {
                "make its next pods part of the mesh again; to take it out of the mesh, restart it by its name"
            }
            Self::WouldInterrupt => {
                "give it a second replica or a surge, or let fewer pods be missing at a time (`maxUnavailable`), or plan with \
                 `allowInterruption` and accept the gap"
            }
            Self::Budget { .. } => {
                "set `maxUnavailable: 0` with a surge in its strategy, or wait until the budget allows it"
            }
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused => formatter.write_str("its rollouts are paused: a restart would not begin"),
            Self::OnDelete => formatter.write_str(
                "its update strategy is `OnDelete`: pods are replaced only when somebody deletes them",
            ),
            Self::Partition { from } => write!(
                formatter,
                "its update strategy has a partition: only pods from ordinal {from} on would be replaced"
            ),
            Self::BarePod => formatter.write_str("nobody owns the pod, so nobody would make it again"),
            Self::Job => formatter.write_str("a Job's pods run to their end and are not restarted"),
            Self::Foreign { kind } => {
                write!(
                    formatter,
                    "its pods belong to a `{kind}`, which is not restarted in this way"
                )
            }
            Self::LosesSidecar { why } => write!(formatter, "its new pods would have no sidecar: {why}"),
            Self::WouldInterrupt => {
                formatter.write_str("all its pods would be gone until the first new one is ready")
            }
            Self::Budget {
                name,
                allowed,
                takes_down,
            } => write!(
                formatter,
                "PodDisruptionBudget `{name}` allows {allowed} missing pods now, and the rollout may take down {takes_down} at a time"
            ),
        }
    }
}

/// What to look at before a workload is restarted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Some of its pods are not ready already.
    NotAllReady {
        /// How many are.
        ready: u32,
        /// How many should be.
        replicas: u32,
    },
    /// Its new pods will get no sidecar, and those that are there have one.
    LosesSidecar {
        /// Why they will get none.
        why: String,
    },
    /// There will be a gap, and that was accepted.
    Interrupts,
    /// Kubernetes takes a container of it for ready as soon as it runs.
    NoReadinessProbe,
    /// The budgets could not be read.
    BudgetsUnknown,
    /// An autoscaler may change the number of pods meanwhile.
    Autoscaler {
        /// Its name.
        name: String,
    },
    /// Another tool may take the restart back, or show it as drift.
    Owner {
        /// Which.
        tool: &'static str,
        /// What of the tool's it belongs to.
        name: String,
        /// Whether it undoes changes by itself.
        reverts: bool,
    },
}

impl Remark {
    /// The remark in one word, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllReady { .. } => "not-all-ready",
            Self::LosesSidecar { .. } => LOSES_SIDECAR,
            Self::Interrupts => "interrupts",
            Self::NoReadinessProbe => "no-readiness-probe",
            Self::BudgetsUnknown => "budgets-unknown",
            Self::Autoscaler { .. } => "autoscaler",
            Self::Owner { .. } => "owner",
        }
    }

    /// Whether it speaks against the restart; otherwise it is only good to know.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::NotAllReady { .. }
            | Self::LosesSidecar { .. }
            | Self::Interrupts
            | Self::NoReadinessProbe
            | Self::BudgetsUnknown => true,
            Self::Owner { reverts, .. } => *reverts,
            Self::Autoscaler { .. } => false,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllReady { ready, replicas } => {
                write!(formatter, "only {ready} of its {replicas} pods are ready before the restart")
            }
            Self::LosesSidecar { why } => {
                write!(formatter, "its new pods will have no sidecar, those of now have one: {why}")
            }
            Self::Interrupts => {
                formatter.write_str("all its pods will be gone until the first new one is ready")
            }
            Self::NoReadinessProbe => formatter.write_str(
                "a container of it has no readiness probe: it counts as ready as soon as it runs, and old pods may end then",
            ),
            Self::BudgetsUnknown => {
                formatter.write_str("the console may not read PodDisruptionBudgets, so none is respected")
            }
            Self::Autoscaler { name } => write!(
                formatter,
                "HorizontalPodAutoscaler `{name}` may change the number of its pods meanwhile"
            ),
            Self::Owner {
                tool,
                name,
                reverts: true,
            } => write!(
                formatter,
                "{tool} (`{name}`) owns it and may take the annotation of the restart back, which restarts it again"
            ),
            Self::Owner { tool, name, .. } => write!(
                formatter,
                "{tool} (`{name}`) owns it: the annotation of the restart stays until its next release"
            ),
        }
    }
}

/// Judges a workload. `wanted`: it is to be restarted although no pod of it is stale. `interrupting`: a gap is accepted.
#[must_use]
pub fn assess(facts: &Facts, wanted: bool, interrupting: bool) -> (Verdict, Vec<Remark>) {
    let verdict = verdict(facts, wanted, interrupting);
    let remarks = if verdict == Verdict::Restart {
        remarks(facts)
    } else {
        Vec::new()
    };
    (verdict, remarks)
}

fn verdict(facts: &Facts, wanted: bool, interrupting: bool) -> Verdict {
    if !wanted && facts.stale_pods == 0 {
        return Verdict::NotNeeded;
    }
    let block = match &facts.kind {
        Kind::Pod => Some(Block::BarePod),
        Kind::Job => Some(Block::Job),
        Kind::Other(kind) => Some(Block::Foreign { kind: kind.clone() }),
        _ if facts.replicas == 0 => return Verdict::NotNeeded,
        _ if facts.paused => Some(Block::Paused),
        _ => match (facts.rollout, &facts.loses_sidecar) {
            // Who names a workload may want just that.
            (_, Some(why)) if !wanted => Some(Block::LosesSidecar { why: why.clone() }),
            (Rollout::OnDelete, _) => Some(Block::OnDelete),
            (Rollout::Partition { from, .. }, _) if from > 0 => Some(Block::Partition { from }),
            _ if !interrupting && interrupts(facts) => Some(Block::WouldInterrupt),
            _ => return within_budgets(facts),
        },
    };
    block.map_or(Verdict::Restart, Verdict::Blocked)
}

/// Whether all pods are gone at some moment. A DaemonSet's pods serve their own node, and each has its gap anyway.
fn interrupts(facts: &Facts) -> bool {
    facts.kind != Kind::DaemonSet && facts.takes_down() >= facts.replicas
}

/// What the budgets say of it. One that is used up by restarts under way will have room again.
fn within_budgets(facts: &Facts) -> Verdict {
    let takes_down = facts.takes_down();
    let budgets = facts.budgets.iter().flatten();
    let (used_up, tight): (Vec<&Budget>, Vec<&Budget>) = budgets
        .filter(|budget| budget.left() < takes_down)
        .partition(|budget| budget.taken > 0);
    match tight.into_iter().min_by_key(|budget| budget.allowed) {
        Some(tightest) => Verdict::Blocked(Block::Budget {
            name: tightest.name.clone(),
            allowed: tightest.allowed,
            takes_down,
        }),
        None if used_up.is_empty() => Verdict::Restart,
        None => Verdict::Later,
    }
}

fn remarks(facts: &Facts) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if facts.ready < facts.replicas {
        remarks.push(Remark::NotAllReady {
            ready: facts.ready,
            replicas: facts.replicas,
        });
    }
    if let Some(why) = &facts.loses_sidecar {
        remarks.push(Remark::LosesSidecar { why: why.clone() });
    }
    if interrupts(facts) {
        remarks.push(Remark::Interrupts);
    }
    if !facts.has_readiness_probe {
        remarks.push(Remark::NoReadinessProbe);
    }
    if facts.budgets.is_none() {
        remarks.push(Remark::BudgetsUnknown);
    }
    if let Some(owner) = &facts.owner {
        remarks.push(Remark::Owner {
            tool: owner.tool,
            name: owner.name.clone(),
            reverts: owner.reverts,
        });
    }
    if let Some(autoscaler) = &facts.autoscaler {
        remarks.push(Remark::Autoscaler {
            name: autoscaler.name.clone(),
        });
    }
    remarks.sort_by_key(|remark| !remark.is_warning());
    remarks
}
