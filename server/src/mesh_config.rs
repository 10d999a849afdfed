//! The outbound traffic policy in the text of the mesh configuration: key `mesh` of ConfigMap `istio[-revision]`.
//!
//! [`read`] understands the text as istiod does, [`set_mode`] changes the one value and not one byte besides. Where that
//! is not safe it refuses, with the lines for a person to put there. Both are judged by Istio's own code:
//! `server/tests/mesh_config`.

mod edit;
mod read;
mod refusal;
mod scalar;
mod tree;

use domain::OutboundTrafficPolicyMode as Mode;

pub use self::{
    edit::set_mode,
    read::read,
    refusal::{Reason, Refusal, Unreadable},
};

const POLICY: &str = "outboundTrafficPolicy";
/// The field's name in the proto, which is accepted as well.
const POLICY_PROTO: &str = "outbound_traffic_policy";
const MODE: &str = "mode";

fn is_policy(name: &str) -> bool {
    name == POLICY || name == POLICY_PROTO
}
