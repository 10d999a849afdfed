//! What became of a plan: a fold of events.

use serde::{Deserialize, Serialize};

/// Who answers for a run: the rights of this person are asked about before each workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    /// The user that the cluster knows.
    pub user: String,
    /// The groups that the cluster said the user is in.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What happened. Workloads are told by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Event {
    /// Somebody started it.
    Started {
        /// Who answers for it.
        by: Approver,
    },
    /// Nothing more begins; what is under way is watched to its end.
    Paused {
        /// Who did.
        by: String,
        /// Why, where the console did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// It goes on.
    Resumed {
        /// Who answers for it from now on.
        by: Approver,
    },
    /// Nothing more begins, for good; what is under way is left to Kubernetes.
    Cancelled {
        /// Who did.
        by: String,
    },
    /// A workload is about to be restarted.
    Began {
        /// Which.
        item: usize,
    },
    /// The cluster has taken the restart.
    Asked {
        /// Of which.
        item: usize,
        /// The change in the history.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<String>,
    },
    /// Its new pods are ready and carry the settings in force.
    Done {
        /// Which.
        item: usize,
    },
    /// They are not, or the cluster refused.
    Failed {
        /// Which.
        item: usize,
        /// Why.
        why: String,
    },
    /// It was not restarted.
    Skipped {
        /// Which.
        item: usize,
        /// Why.
        why: String,
        /// Whether it needs the restart all the same.
        #[serde(default)]
        needed: bool,
    },
    /// Nothing more begins because of a failure.
    Stopped {
        /// Which failure.
        why: String,
    },
    /// Everything is over.
    Ended,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// It is a plan.
    Planned,
    /// It goes on.
    Running,
    /// Nothing more begins until somebody resumes it.
    Paused,
    /// Everything was restarted or needed none.
    Succeeded,
    /// Something failed, or was left alone although it needs a restart.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl RunState {
    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// How a workload of a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemState {
    /// Its turn has not come.
    Waiting,
    /// Its new pods are coming.
    Restarting,
    /// Its new pods are ready and carry the settings in force.
    Done,
    /// They are not, or the cluster refused.
    Failed,
    /// It was not restarted.
    Skipped,
    /// Its restart was begun, and nobody watched it to its end: the run was cancelled.
    Left,
}

/// A workload of a run. Times are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How it stands.
    pub state: ItemState,
    /// When its restart began.
    pub began: Option<i64>,
    /// When it was over.
    pub ended: Option<i64>,
    /// When it was recorded that the cluster has taken the restart.
    pub asked: Option<i64>,
    /// The change in the history.
    pub change: Option<String>,
    /// Why, where it failed or was skipped.
    pub detail: Option<String>,
    /// Whether it was skipped although it needs a restart.
    pub needed: bool,
}

/// A plan and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How it stands.
    pub state: RunState,
    /// Its workloads, in the plan's order.
    pub items: Vec<Item>,
    /// Who answers for it.
    pub approver: Option<Approver>,
    /// Why nothing more begins, once something failed.
    pub stopping: Option<String>,
    /// Why it is paused, where the console paused it; who paused or cancelled it.
    pub detail: Option<String>,
    /// When it was started.
    pub started: Option<i64>,
    /// When it was resumed last.
    pub resumed: Option<i64>,
    /// When it was over.
    pub ended: Option<i64>,
    stops_on_failure: bool,
}

/// What cannot happen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not possible while the run is {0:?}")]
pub struct Illegal(pub RunState);

impl Run {
    /// A plan of so many workloads, of which nothing has happened yet.
    #[must_use]
    pub fn new(items: usize, stops_on_failure: bool) -> Self {
        let waiting = Item {
            state: ItemState::Waiting,
            began: None,
            ended: None,
            asked: None,
            change: None,
            detail: None,
            needed: false,
        };
        Self {
            state: RunState::Planned,
            items: vec![waiting; items],
            approver: None,
            stopping: None,
            detail: None,
            started: None,
            resumed: None,
            ended: None,
            stops_on_failure,
        }
    }

    /// Takes an event in, which happened at this time; refused where it cannot have.
    pub fn apply(&mut self, at: i64, event: &Event) -> Result<(), Illegal> {
        if !self.is_possible(event) {
            return Err(Illegal(self.state));
        }
        match event {
            Event::Started { by } => {
                self.state = RunState::Running;
                self.started = Some(at);
                self.approver = Some(by.clone());
            }
            Event::Paused { by, why } => {
                self.state = RunState::Paused;
                self.detail = Some(why.clone().unwrap_or_else(|| format!("paused by `{by}`")));
            }
            Event::Resumed { by } => {
                self.state = RunState::Running;
                self.detail = None;
                self.resumed = Some(at);
                self.approver = Some(by.clone());
            }
            Event::Cancelled { by } => {
                self.detail = Some(format!("cancelled by `{by}`"));
                for item in &mut self.items {
                    match item.state {
                        ItemState::Waiting => {
                            item.end(at, ItemState::Skipped, Some("the run was cancelled before its turn"));
                        }
                        ItemState::Restarting => item.end(
                            at,
                            ItemState::Left,
                            Some("the run was cancelled while its pods were replaced: Kubernetes goes on with it"),
                        ),
                        _ => {}
                    }
                }
                self.over(at, RunState::Cancelled);
            }
            Event::Began { item } => {
                self.items[*item].state = ItemState::Restarting;
                self.items[*item].began = Some(at);
            }
            Event::Asked { item, change } => {
                self.items[*item].asked = Some(at);
                if change.is_some() {
                    self.items[*item].change.clone_from(change);
                }
            }
            Event::Done { item } => self.items[*item].end(at, ItemState::Done, None),
            Event::Failed { item, why } => {
                self.items[*item].end(at, ItemState::Failed, Some(why.as_str()));
                if self.stops_on_failure && self.stopping.is_none() {
                    self.stopping = Some(why.clone());
                }
            }
            Event::Skipped { item, why, needed } => {
                self.items[*item].end(at, ItemState::Skipped, Some(why.as_str()));
                self.items[*item].needed = *needed;
            }
            Event::Stopped { why } => self.stopping = Some(why.clone()),
            Event::Ended => {
                let left = self.items.iter().filter(|item| item.needed).count();
                if left > 0 && self.stopping.is_none() {
                    self.detail = Some(format!(
                        "{left} that need a restart were left alone: why stands beside each"
                    ));
                }
                let failed = left > 0 || self.stopping.is_some() || self.has(ItemState::Failed);
                for item in &mut self.items {
                    if item.state == ItemState::Waiting {
                        item.end(at, ItemState::Skipped, Some("the run stopped before its turn"));
                    }
                }
                self.over(
                    at,
                    if failed {
                        RunState::Failed
                    } else {
                        RunState::Succeeded
                    },
                );
            }
        }
        Ok(())
    }

    /// Whether an event can happen now.
    fn is_possible(&self, event: &Event) -> bool {
        let item = |item: usize| self.items.get(item).map(|item| item.state);
        let (state, under_way) = (
            self.state,
            matches!(self.state, RunState::Running | RunState::Paused),
        );
        match event {
            Event::Started { .. } => state == RunState::Planned,
            Event::Paused { .. } | Event::Stopped { .. } => state == RunState::Running,
            Event::Resumed { .. } => state == RunState::Paused,
            Event::Cancelled { .. } => !state.is_over(),
            Event::Began { item: of } => {
                state == RunState::Running && self.stopping.is_none() && item(*of) == Some(ItemState::Waiting)
            }
            Event::Asked { item: of, .. } | Event::Done { item: of } => {
                under_way && item(*of) == Some(ItemState::Restarting)
            }
            Event::Failed { item: of, .. } | Event::Skipped { item: of, .. } => {
                under_way && matches!(item(*of), Some(ItemState::Waiting | ItemState::Restarting))
            }
            Event::Ended => under_way && !self.has(ItemState::Restarting),
        }
    }

    /// How many workloads stand so.
    #[must_use]
    pub fn count(&self, state: ItemState) -> usize {
        self.items.iter().filter(|item| item.state == state).count()
    }

    /// How many seconds the rest will take, by what those that are done have taken; nothing where that cannot be told.
    #[must_use]
    pub fn remaining_seconds(&self, max_in_flight: usize) -> Option<u64> {
        if self.state != RunState::Running || self.stopping.is_some() {
            return None;
        }
        let done = self.items.iter().filter(|item| item.state == ItemState::Done);
        let took: Vec<u64> = done
            .filter_map(|item| u64::try_from(item.ended? - item.began?).ok())
            .collect();
        let left = self.count(ItemState::Waiting) + self.count(ItemState::Restarting);
        let mean = took.iter().sum::<u64>() / u64::try_from(took.len()).ok().filter(|n| *n > 0)?;
        let rounds = u64::try_from(left.div_ceil(max_in_flight.max(1))).ok()?;
        Some((mean * rounds).div_ceil(1_000_000))
    }

    fn has(&self, state: ItemState) -> bool {
        self.items.iter().any(|item| item.state == state)
    }

    fn over(&mut self, at: i64, state: RunState) {
        self.state = state;
        self.ended = Some(at);
    }
}

impl Item {
    fn end(&mut self, at: i64, state: ItemState, detail: Option<&str>) {
        self.state = state;
        self.ended = Some(at);
        self.detail = detail.map(str::to_owned);
    }
}
