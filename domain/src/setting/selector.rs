//! Which pods a workload setting is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de};
use thiserror::Error;

use crate::{
    name::{check_label_key, check_label_value},
    text::quote,
    traffic::FieldError,
};

/// Labels that a pod must have, all of them. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    match_labels: BTreeMap<String, String>,
}

/// A mistake in a list of labels.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct LabelError {
    /// Which item has it; nothing: the list as a whole.
    pub index: Option<usize>,
    /// What is wrong and what to change.
    pub message: String,
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

    /// Reads labels as people write them: `key=value`, one an item, blanks around it ignored. An item that is there twice
    /// counts once.
    ///
    /// # Errors
    /// Every mistake, with the item that has it where there is one.
    pub fn parse_items<S: AsRef<str>>(items: &[S]) -> Result<Self, Vec<LabelError>> {
        let mut labels = BTreeMap::new();
        let mut errors = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut refuse = |message| {
                errors.push(LabelError {
                    index: Some(index),
                    message,
                });
            };
            let item = item.as_ref().trim();
            let Some((key, value)) = item.split_once('=') else {
                refuse(format!("{} is not a label: write `name=value`", quote(item)));
                continue;
            };
            for checked in [check_label_key(key), check_label_value(value)] {
                if let Err(error) = checked {
                    refuse(error.to_string());
                }
            }
            let other = labels.insert(key.to_owned(), value.to_owned());
            if other.is_some_and(|other| other != value) {
                refuse(format!(
                    "{} is asked for with two values: no pod has both",
                    quote(key)
                ));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Self::new(labels).map_err(|refused| {
            let whole = refused.into_iter().map(|error| LabelError {
                index: None,
                message: error.message,
            });
            whole.collect()
        })
    }

    /// Returns the labels as [`Selector::parse_items`] reads them.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        self.match_labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
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
    fn labels_are_read_as_people_write_them_and_written_back() {
        let selector = Selector::parse_items(&["app=cart ", "tier=", "app=cart"]).unwrap();
        assert_eq!(*selector.match_labels(), labels(&[("app", "cart"), ("tier", "")]));
        assert_eq!(selector.items(), ["app=cart", "tier="]);
        assert_eq!(Selector::parse_items(&selector.items()), Ok(selector));
    }

    #[test]
    fn a_label_that_is_none_is_refused_where_it_stands() {
        let places = |items: &[&str]| {
            let errors = Selector::parse_items(items).unwrap_err();
            errors.into_iter().map(|error| error.index).collect::<Vec<_>>()
        };
        assert_eq!(places(&[]), [None]);
        assert_eq!(places(&["app=cart", "tier"]), [Some(1)]);
        assert_eq!(places(&["app=cart", "app=till"]), [Some(1)]);
        assert_eq!(places(&["a b=-", "app==cart"]), [Some(0), Some(0), Some(1)]);
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
