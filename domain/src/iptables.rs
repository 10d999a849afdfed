//! The rules that `istio-iptables` writes for a pod, as data: the same that the kernel gets, so that [`crate::trace`] can walk
//! them.
//!
//! [`Config`] is read from the arguments and the environment of `istio-init`, [`Rules::of`] makes the rules of both families
//! in the order of Istio's `tools/istio-iptables/pkg/capture/run.go`, and [`Rules::restore`] prints what `iptables-restore`
//! is fed with.

mod build;
mod config;
mod flags;
mod matching;
mod plugin;
mod restore;
mod rule;

pub use self::{
    build::Rules,
    config::{Config, Dns, Host, Mode, RuleError},
    matching::{Match, Owner, PortSpan, Prefix},
    rule::{Chain, Origin, Rule, Table, Target},
};

/// An address family; each has rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}
