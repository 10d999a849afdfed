//! Where a stored setting stands.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    name::{NameError, check_namespace, check_object},
    text::quote,
};

/// The name of a setting without a selector.
pub const DEFAULT_NAME: &str = "default";

/// The level of a stored setting, lowest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Every injected pod of the mesh.
    Global,
    /// Every injected pod of the namespace.
    Namespace(String),
    /// The pods of the namespace that the setting's selector matches.
    Workload {
        /// The namespace.
        namespace: String,
        /// The setting's name, never `default`.
        name: String,
    },
}

/// Why a setting cannot stand where it does.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LevelError {
    /// The namespace has an impossible name.
    #[error("namespace: {0}")]
    Namespace(#[source] NameError),
    /// The setting has an impossible name.
    #[error("name: {0}")]
    Name(#[source] NameError),
    /// `default` with a selector.
    #[error(
        "a setting named `default` is for the whole namespace: remove the selector, or choose another name"
    )]
    DefaultWithSelector,
    /// Another name without a selector.
    #[error("{} has no selector: add one, or name the setting `default` for the whole namespace", quote(.0))]
    NamedWithoutSelector(String),
    /// A selector in the root namespace.
    #[error("{} is the root namespace, whose setting is for the whole mesh: remove the selector, or move the setting to the workload's namespace", quote(.0))]
    SelectorInRoot(String),
}

impl Level {
    /// Returns the level of a setting: no selector if and only if it is named `default`; in the root namespace that is
    /// Global, and a selector there is refused.
    pub fn of(
        root_namespace: &str,
        namespace: &str,
        name: &str,
        has_selector: bool,
    ) -> Result<Self, LevelError> {
        check_namespace(namespace).map_err(LevelError::Namespace)?;
        check_object(name).map_err(LevelError::Name)?;
        let in_root = namespace == root_namespace;
        match (name == DEFAULT_NAME, has_selector) {
            (_, true) if in_root => Err(LevelError::SelectorInRoot(namespace.to_owned())),
            (true, true) => Err(LevelError::DefaultWithSelector),
            (false, false) => Err(LevelError::NamedWithoutSelector(name.to_owned())),
            (true, false) if in_root => Ok(Self::Global),
            (true, false) => Ok(Self::Namespace(namespace.to_owned())),
            (false, true) => Ok(Self::Workload {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
        }
    }

    /// Returns the namespace and the name under which a setting of this level is stored.
    #[must_use]
    pub fn stored_as<'a>(&'a self, root_namespace: &'a str) -> (&'a str, &'a str) {
        match self {
            Self::Global => (root_namespace, DEFAULT_NAME),
            Self::Namespace(namespace) => (namespace, DEFAULT_NAME),
            Self::Workload { namespace, name } => (namespace, name),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => formatter.write_str("the whole mesh"),
            Self::Namespace(namespace) => write!(formatter, "namespace `{namespace}`"),
            Self::Workload { namespace, name } => {
                write!(formatter, "workload `{name}` in namespace `{namespace}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_setting_decides_its_level() {
        let level = |namespace, name, selector| Level::of("istio-system", namespace, name, selector);
        let cart = Level::Workload {
            namespace: "shop".into(),
            name: "cart".into(),
        };
        assert_eq!(level("istio-system", "default", false), Ok(Level::Global));
        assert_eq!(
            level("shop", "default", false),
            Ok(Level::Namespace("shop".into()))
        );
        assert_eq!(level("shop", "cart", true), Ok(cart));
        assert_eq!(
            level("shop", "default", true),
            Err(LevelError::DefaultWithSelector)
        );
        assert_eq!(
            level("shop", "cart", false),
            Err(LevelError::NamedWithoutSelector("cart".into()))
        );
        assert_eq!(
            level("istio-system", "cart", true),
            Err(LevelError::SelectorInRoot("istio-system".into()))
        );
        assert_eq!(
            level("istio-system", "default", true),
            Err(LevelError::SelectorInRoot("istio-system".into()))
        );
        assert_eq!(
            level("istio-system", "cart", false),
            Err(LevelError::NamedWithoutSelector("cart".into()))
        );
        assert!(matches!(
            level("Shop", "default", false),
            Err(LevelError::Namespace(_))
        ));
        assert!(matches!(level("shop", "a,b", true), Err(LevelError::Name(_))));
    }

    #[test]
    fn a_level_is_stored_where_it_is_read_from() {
        for (namespace, name, selector) in [
            ("istio-system", "default", false),
            ("shop", "default", false),
            ("shop", "cart", true),
        ] {
            let level = Level::of("istio-system", namespace, name, selector).unwrap();
            assert_eq!(level.stored_as("istio-system"), (namespace, name));
        }
    }
}
