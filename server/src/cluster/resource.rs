//! `SidecarSetting`, the custom resource: the truth about what is set.

use std::borrow::Cow;

use api::{FieldProblem, setting::RawTraffic, setting::SelectorBody};
use domain::{SidecarSetting as Setting, Traffic};
use k8s_openapi::{NamespaceResourceScope, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Resource, core::TypeMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A `SidecarSetting` as the cluster has it. Written by hand rather than derived: the derive's `spec` must parse, and one
/// object that does not would keep the console from reading all others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SidecarSetting {
    /// `apiVersion` and `kind`; lists leave them out.
    #[serde(flatten, default)]
    pub types: Option<TypeMeta>,
    /// Name, namespace, versions.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// What is set.
    #[serde(default)]
    pub spec: SidecarSettingSpec,
    /// What the console makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SettingStatus>,
}

/// The spec as stored. Its parts are kept as JSON: one that is invalid all the same (written before the schema, or with
/// validation off) is named, not fatal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct SidecarSettingSpec {
    /// Which pods it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Value>,
    /// Which of several wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Value>,
    /// The six fields.
    pub traffic: Value,
}

impl From<Value> for SidecarSettingSpec {
    fn from(stored: Value) -> Self {
        match stored {
            Value::Object(mut members) => Self {
                selector: members.remove("selector"),
                priority: members.remove("priority"),
                traffic: members.remove("traffic").unwrap_or_default(),
            },
            // No object at all: it stands where reading says that it is none.
            other => Self {
                traffic: other,
                ..Self::default()
            },
        }
    }
}

impl Resource for SidecarSetting {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        "SidecarSetting".into()
    }

    fn group((): &()) -> Cow<'_, str> {
        "sidestep.dev".into()
    }

    fn version((): &()) -> Cow<'_, str> {
        "v1alpha1".into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        "sidecarsettings".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl SidecarSetting {
    /// A setting to be created.
    #[must_use]
    pub fn new(name: &str, spec: SidecarSettingSpec) -> Self {
        Self {
            types: Some(TypeMeta::resource::<Self>()),
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            spec,
            status: None,
        }
    }

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
#[serde(rename_all = "camelCase", from = "Value")]
pub struct SettingStatus {
    /// The generation that this is about.
    pub observed_generation: Option<i64>,
    /// `Accepted`, `Delivered`.
    pub conditions: Vec<Condition>,
    /// How many pods with a sidecar it is for.
    pub pods_matched: Option<i32>,
}

impl From<Value> for SettingStatus {
    /// Whatever cannot be read counts as not written yet: the console writes it anew.
    fn from(stored: Value) -> Self {
        fn member<T: serde::de::DeserializeOwned>(stored: &Value, name: &str) -> Option<T> {
            serde_json::from_value(stored.get(name)?.clone()).ok()
        }
        Self {
            observed_generation: member(&stored, "observedGeneration"),
            conditions: member(&stored, "conditions").unwrap_or_default(),
            pods_matched: member(&stored, "podsMatched"),
        }
    }
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
            // What cannot be read is not said: saving over it mends it.
            && self.read().errors.is_empty()
            && other.read().errors.is_empty()
    }
}

fn problem(path: &str, message: &str) -> FieldProblem {
    FieldProblem::new(path, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored(spec: &Value) -> SidecarSetting {
        serde_json::from_value(json!({ "metadata": { "name": "default" }, "spec": spec }))
            .expect("anything is read")
    }

    #[test]
    fn an_object_that_is_no_setting_at_all_is_read_and_named() {
        for spec in [
            json!([]),
            json!("text"),
            json!(7),
            json!({ "traffic": [] }),
            json!({ "traffic": { "excludeInboundPorts": 80 } }),
        ] {
            let read = stored(&spec).spec.read();
            assert!(!read.errors.is_empty(), "{spec}");
            assert!(read.setting.traffic.is_empty(), "{spec}");
        }
        let without: SidecarSetting =
            serde_json::from_value(json!({ "metadata": {}, "status": "text" })).expect("read");
        assert_eq!(without.status, Some(SettingStatus::default()));
    }

    #[test]
    fn a_bad_field_counts_as_inherit_and_the_good_ones_stay() {
        let spec = json!({ "traffic": { "excludeInboundPorts": ["0"], "excludeOutboundPorts": ["3306"], "other": ["1"] } });
        let read = stored(&spec).spec.read();
        let paths: Vec<&str> = read.errors.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(paths, ["traffic.excludeInboundPorts[0]", "traffic.other"]);
        assert_eq!(read.setting.traffic.len(), 1);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let raw = [("excludeInboundPorts".to_owned(), vec!["80".to_owned()])].into();
        let setting = Setting {
            selector: Some(
                domain::Selector::new([("app".to_owned(), "cart".to_owned())].into()).expect("labels"),
            ),
            priority: 7,
            traffic: Traffic::parse(&raw).expect("fields"),
        };
        let written = serde_json::to_value(SidecarSettingSpec::of(&setting)).expect("JSON");
        let read = stored(&written).spec.read();
        assert!(read.errors.is_empty(), "{:?}", read.errors);
        assert_eq!(read.setting, setting);
    }
}
