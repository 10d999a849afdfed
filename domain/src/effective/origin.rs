//! Names the levels a value can come from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a value comes from, lowest level first; a higher one replaces a lower one. In JSON
/// `{"level":"workload","name":"cart"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "level", content = "name")]
pub enum Origin {
    /// Nobody set it: the default of Istio's chart. The installed values always carries it, so a text there that equals the
    /// default counts as nobody's.
    BuiltIn,
    /// `global.proxy.*` of the revision.
    Install,
    /// The mesh's setting.
    Global,
    /// The namespace's setting.
    Namespace,
    /// The workload setting of that name.
    Workload(String),
    /// An annotation on the pod template.
    Pod,
}

impl Origin {
    /// Says whether Istio finds the value as an annotation on the pod: one that people wrote, or that our webhook added.
    #[must_use]
    pub const fn is_annotation(&self) -> bool {
        !matches!(self, Self::BuiltIn | Self::Install)
    }

    /// Says whether a value from here keeps one of `level` from having an effect: it is from a nearer level, or from another
    /// workload setting.
    #[must_use]
    pub fn shields_from(&self, level: &Self) -> bool {
        match (self, level) {
            (Self::Workload(own), Self::Workload(other)) => own != other,
            _ => self > level,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => formatter.write_str("Istio's default"),
            Self::Install => formatter.write_str("install values"),
            Self::Global => formatter.write_str("global setting"),
            Self::Namespace => formatter.write_str("namespace setting"),
            Self::Workload(name) => write!(formatter, "workload setting `{name}`"),
            Self::Pod => formatter.write_str("pod annotation"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn a_nearer_level_and_another_workload_setting_shield_and_nothing_shields_from_itself() {
        let workload = |name: &str| Origin::Workload(name.to_owned());
        for (value, level, shields) in [
            (Origin::Pod, Origin::Global, true),
            (Origin::Pod, workload("a"), true),
            (workload("a"), Origin::Namespace, true),
            (workload("a"), workload("b"), true),
            (workload("b"), workload("a"), true),
            (workload("a"), workload("a"), false),
            (Origin::Namespace, Origin::Namespace, false),
            (Origin::Global, Origin::Namespace, false),
            (Origin::BuiltIn, Origin::Global, false),
        ] {
            assert_eq!(value.shields_from(&level), shields, "{value} from {level}");
        }
    }
}
