//! `SidecarSetting`, the custom resource: the truth about what is set.

use api::{FieldProblem, setting::RawTraffic, setting::SelectorBody};
use domain::{SidecarSetting as Setting, Traffic};
use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The spec as stored. Its parts are kept as JSON: one that is invalid all the same (written before the schema, or with
/// validation off) must not keep the console from reading the others.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "sidestep.dev",
    version = "v1alpha1",
    kind = "SidecarSetting",
    plural = "sidecarsettings",
    namespaced,
    status = "SettingStatus",
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct SidecarSettingSpec {
    /// Which pods it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Value>,
    /// Which of several wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Value>,
    /// The six fields.
    #[serde(default)]
    pub traffic: Value,
}

impl SidecarSetting {
    /// The version that a write is based on: uid and generation. The resource version would not do, it changes with
    /// every status that the console itself writes.
    #[must_use]
    pub fn version(&self) -> String {
        let uid = self.metadata.uid.as_deref().unwrap_or_default();
        format!("{}.{}", uid, self.metadata.generation.unwrap_or_default())
    }
}

/// What the console makes of a setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingStatus {
    /// The generation that this is about.
    #[serde(default)]
    pub observed_generation: Option<i64>,
    /// `Accepted`, `Delivered`.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// How many pods with a sidecar it is for.
    #[serde(default)]
    pub pods_matched: Option<i32>,
}

/// A condition, as Kubernetes has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
    /// One word for programs.
    pub reason: String,
    /// One sentence for people.
    pub message: String,
    /// When `status` changed, RFC 3339.
    pub last_transition_time: String,
    /// The generation that it is about.
    #[serde(default)]
    pub observed_generation: Option<i64>,
}

/// A stored setting, read leniently: a field that `domain` refuses counts as *inherit* and is named in `errors`.
#[derive(Clone, Debug)]
pub struct ReadSetting {
    /// The setting; `selector` is `None` also where the stored one is unusable, see `errors`.
    pub setting: Setting,
    /// What is invalid, with its path as in our bodies.
    pub errors: Vec<FieldProblem>,
}

impl SidecarSettingSpec {
    /// The spec that stores `setting`.
    #[must_use]
    pub fn of(setting: &Setting) -> Self {
        Self {
            selector: setting
                .selector
                .as_ref()
                .map(|selector| serde_json::json!({ "matchLabels": selector.match_labels() })),
            priority: setting.selector.is_some().then(|| Value::from(setting.priority)),
            traffic: serde_json::to_value(setting.traffic.to_raw()).unwrap_or_default(),
        }
    }

    /// The fields as they are stored, where they are lists of strings at all.
    #[must_use]
    pub fn raw_traffic(&self) -> RawTraffic {
        self.raw().0
    }

    /// The selector as it is stored, where it is one.
    #[must_use]
    pub fn raw_selector(&self) -> Option<SelectorBody> {
        self.selector
            .clone()
            .and_then(|selector| serde_json::from_value(selector).ok())
    }

    fn raw(&self) -> (RawTraffic, Vec<FieldProblem>) {
        let mut raw = RawTraffic::new();
        let mut errors = Vec::new();
        if let Value::Object(fields) = &self.traffic {
            for (name, value) in fields {
                match serde_json::from_value::<Vec<String>>(value.clone()) {
                    Ok(items) => drop(raw.insert(name.clone(), items)),
                    Err(error) => errors.push(problem(&format!("traffic.{name}"), &error.to_string())),
                }
            }
        } else if !self.traffic.is_null() {
            errors.push(problem("traffic", "is not an object"));
        }
        (raw, errors)
    }

    /// Reads what is stored.
    #[must_use]
    pub fn read(&self) -> ReadSetting {
        let (raw, mut errors) = self.raw();
        let (traffic, refused) = Traffic::parse_lenient(&raw);
        errors.extend(refused.into_iter().map(|e| problem(&e.path, &e.message)));
        let mut selector = None;
        if let Some(stored) = &self.selector {
            match serde_json::from_value::<SelectorBody>(stored.clone()) {
                Ok(body) => match domain::Selector::new(body.match_labels) {
                    Ok(valid) => selector = Some(valid),
                    Err(refused) => errors.extend(refused.into_iter().map(|e| problem(&e.path, &e.message))),
                },
                Err(error) => errors.push(problem("selector", &error.to_string())),
            }
        }
        let priority = match &self.priority {
            None => 0,
            Some(stored) => {
                if let Some(priority) = stored.as_i64().and_then(|n| i32::try_from(n).ok()) {
                    priority
                } else {
                    errors.push(problem("priority", "is not a 32-bit number"));
                    0
                }
            }
        };
        ReadSetting {
            setting: Setting {
                selector,
                priority,
                traffic,
            },
            errors,
        }
    }

    /// Whether both store the same, whatever the order of the fields.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.raw_traffic() == other.raw_traffic()
            && self.raw_selector() == other.raw_selector()
            && self.read().setting.priority == other.read().setting.priority
    }
}

fn problem(path: &str, message: &str) -> FieldProblem {
    FieldProblem {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}
