//! Restarting workloads so that their pods get the settings in force, without an outage.
//!
//! 1. [`Facts`] are what is known of a workload; [`assess`] says whether it needs a restart (only a proven difference
//!    counts), whether it cannot have one and why ([`Block`]), and what to look at before ([`Remark`]).
//! 2. [`waves`] puts those that will be restarted into an order.
//! 3. A [`Run`] is the fold of [`Event`]s: what happened to a plan since it was made. [`next`] says what to do next.
//!
//! Nothing here restarts anything: the server does, one [`Step`] at a time, and writes an [`Event`] for each.

mod amount;
mod assess;
mod facts;
mod next;
mod run;
mod waves;

pub use self::{
    amount::{Amount, AmountError, at_a_time, rolling},
    assess::{Block, LOSES_SIDECAR, Remark, Verdict, assess},
    facts::{Autoscaler, Budget, Facts, Kind, Owner, Rollout},
    next::{Pace, Place, Step, Window, next},
    run::{Approver, Event, Illegal, Item, ItemState, Run, RunState},
    waves::{Order, waves},
};

/// The annotation of a pod template that `kubectl rollout restart` writes: the time of the restart.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// The annotation of a pod template that says by which plan it was restarted last.
pub const RESTART: &str = "sidestep.dev/restart";
