//! A stored setting: the custom resource's `spec`, its selector and the level that its place gives it.

mod level;
mod selector;

use serde::{Deserialize, Serialize};

pub use self::{
    level::{DEFAULT_NAME, Level, LevelError},
    selector::{LabelError, Selector},
};
use crate::traffic::Traffic;

/// The `spec` of a `SidecarSetting`. Unknown members are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SidecarSetting {
    /// Which pods of the namespace; without it the setting is the namespace's or the mesh's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Which of several settings that select the same pod wins, field by field: the higher, then the alphabetically
    /// first name. Means nothing without a selector.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// The six fields; all may inherit, but the member must be there.
    pub traffic: Traffic,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_zero(priority: &i32) -> bool {
    *priority == 0
}
