//! The rules of sidecar bypass. Pure: no I/O, no clock, no async; the same functions decide on the server, in the browser
//! and at admission.
//!
//! The story, in the order to read it:
//!
//! 1. A level says something about six [`Field`]s. Each is absent (inherit), explicitly empty, or a [`Value`]: a list of
//!    [`port::Ports`] or [`cidr::Cidrs`], or everything. Together they are [`Traffic`], stored in a [`SidecarSetting`], whose
//!    place in the cluster decides its [`Level`].
//! 2. [`resolve`] puts the [`Levels`] of a pod over each other: per field the nearest replaces all others. The result is
//!    [`Effective`], which remembers where every text came from and what it overrode.
//! 3. [`annotation::plan`] says what our webhook writes on a new pod, so that Istio's injector sees the same.
//! 4. [`TrafficArgs::expected`] says which arguments Istio gives the container that sets up redirection;
//!    [`TrafficArgs::parse`] reads those of a pod that runs.
//! 5. [`difference`] compares the two by meaning. A pod with a difference is *stale*: it was created before its settings.
//!    [`Applies`] says for which pods the question makes no sense.
//! 6. [`iptables`] makes the rules that the kernel gets from those arguments, and [`trace`] says what they do to a packet.
//! 7. [`restart`] says which workloads must be restarted so that no pod stays stale, which cannot be, and in which order.
//! 8. [`verify`] says what a request that was really sent proves: through Envoy, round it, blocked by it, or nothing.
//!
//! Where a rule is Istio's, the file it was read in is named. Messages are lower case, without a full stop, show inputs in
//! backticks and say what to change.

pub mod ambient;
pub mod annotation;
pub mod applies;
pub mod args;
pub mod caution;
pub mod cidr;
pub mod effective;
pub mod field;
pub mod install;
pub mod iptables;
pub mod lint;
pub mod name;
pub mod outbound_policy;
pub mod owner;
pub mod port;
pub mod restart;
pub mod running;
pub mod setting;
mod text;
pub mod trace;
pub mod traffic;
pub mod value;
pub mod verify;

pub use self::{
    ambient::is_left_to_ambient,
    annotation::{Marker, Patch, plan, user_annotations},
    applies::{Applies, PodFacts, Reason},
    args::{ParsedArgs, TrafficArgs},
    caution::{Caution, caution},
    cidr::{Cidr, CidrError, Cidrs},
    effective::{Effective, InForce, Levels, Origin, Overridden, WorkloadLayer, resolve},
    field::{Field, Kind, UnknownField},
    install::InstallValues,
    lint::Lint,
    outbound_policy::OutboundTrafficPolicyMode,
    owner::Owner,
    port::{Port, PortError, PortRange, Ports},
    running::{Capture, Difference, Reading, Running, difference},
    setting::{LabelError, Level, LevelError, Selector, SidecarSetting},
    traffic::{FieldError, RawTraffic, Traffic},
    value::{ItemError, Value, ValueError},
};
