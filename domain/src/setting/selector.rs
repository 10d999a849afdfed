//! Which pods a workload setting is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de};

use crate::{
    name::{check_label_key, check_label_value},
    traffic::FieldError,
};

/// Labels that a pod must have, all of them. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    match_labels: BTreeMap<String, String>,
}

impl Selector {
    /// The most labels of a selector. The custom resource's schema needs a bound, or the cost of its rules has none.
    pub const MAX: usize = 16;

    /// Checks the labels.
    ///
    /// # Errors
    /// Every mistake: no label at all, too many, or keys and values that Kubernetes refuses.
    pub fn new(match_labels: BTreeMap<String, String>) -> Result<Self, Vec<FieldError>> {
        const PATH: &str = "selector.matchLabels";
        let mut errors = Vec::new();
        if match_labels.is_empty() {
            let message = "no labels are named: name one, or remove the selector".to_owned();
            errors.push(FieldError {
                path: PATH.to_owned(),
                message,
            });
        }
        if match_labels.len() > Self::MAX {
            let message = format!(
                "{} labels are named: at most {} are taken",
                match_labels.len(),
                Self::MAX
            );
            errors.push(FieldError {
                path: PATH.to_owned(),
                message,
            });
        }
        for (key, value) in &match_labels {
            for result in [check_label_key(key), check_label_value(value)] {
                if let Err(error) = result {
                    errors.push(FieldError {
                        path: format!("{PATH}[{key}]"),
                        message: error.to_string(),
                    });
                }
            }
        }
        if errors.is_empty() {
            Ok(Self { match_labels })
        } else {
            Err(errors)
        }
    }

    /// Returns the labels.
    #[must_use]
    pub const fn match_labels(&self) -> &BTreeMap<String, String> {
        &self.match_labels
    }

    /// Says whether a pod with these labels is selected: it must have every label of the selector.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Raw {
            match_labels: BTreeMap<String, String>,
        }
        Self::new(Raw::deserialize(deserializer)?.match_labels).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            de::Error::custom(lines.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_pod_must_have_every_label() {
        let selector = Selector::new(labels(&[("app", "cart"), ("tier", "")])).unwrap();
        assert!(selector.matches(&labels(&[("app", "cart"), ("tier", ""), ("more", "x")])));
        assert!(!selector.matches(&labels(&[("app", "cart")])));
        assert!(!selector.matches(&labels(&[("app", "shop"), ("tier", "")])));
    }

    #[test]
    fn an_empty_selector_is_refused() {
        assert_eq!(
            Selector::new(BTreeMap::new()).unwrap_err()[0].path,
            "selector.matchLabels"
        );
    }

    #[test]
    fn labels_that_kubernetes_refuses_are_refused_by_name() {
        let errors = Selector::new(labels(&[("a b", "-"), ("ok", "ok")])).unwrap_err();
        assert_eq!(errors.len(), 2);
        assert!(
            errors
                .iter()
                .all(|error| error.path == "selector.matchLabels[a b]")
        );
    }

    #[test]
    fn misspelt_members_are_refused() {
        assert!(serde_json::from_str::<Selector>(r#"{"matchLabels":{"app":"cart"}}"#).is_ok());
        assert!(
            serde_json::from_str::<Selector>(r#"{"matchLabels":{"app":"cart"},"matchExpressions":[]}"#)
                .is_err()
        );
        assert!(serde_json::from_str::<Selector>(r"{}").is_err());
    }
}
