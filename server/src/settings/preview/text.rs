//! A change in words and as lines of the resource, and the same change made by other means.

use api::{
    Precondition,
    preview::FieldChange,
    snippet::{Snippet, SnippetKind},
    words::said_words,
};
use domain::{Field, Level, SidecarSetting as Setting};
use serde_json::{Value, json};

use crate::{cluster::resource::SidecarSettingSpec, shell::Call};

/// What the level says of each part before and after, where that differs.
pub(super) fn changes(before: Option<&Setting>, after: Option<&Setting>) -> Vec<FieldChange> {
    let mut changes: Vec<FieldChange> = Vec::new();
    let mut compare = |field: &str, before: String, after: String| {
        if before != after {
            changes.push(FieldChange {
                field: field.to_owned(),
                before,
                after,
            });
        }
    };
    let labels = |setting: Option<&Setting>| {
        let selector = setting.and_then(|setting| setting.selector.as_ref());
        let labels = selector.into_iter().flat_map(domain::Selector::match_labels);
        let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={value}")).collect();
        if labels.is_empty() {
            "none".to_owned()
        } else {
            labels.join(", ")
        }
    };
    compare("selector", labels(before), labels(after));
    let priority = |setting: Option<&Setting>| setting.map_or(0, |setting| setting.priority).to_string();
    compare("priority", priority(before), priority(after));
    for field in Field::ALL {
        let said = |setting: Option<&Setting>| {
            let value = setting.and_then(|setting| setting.traffic.get(field));
            said_words(value.map(domain::Value::items).as_deref())
        };
        compare(field.name(), said(before), said(after));
    }
    changes
}

/// The resource as one would write it into a file.
pub(super) fn manifest(namespace: &str, name: &str, setting: &Setting) -> String {
    let manifest = json!({
        "apiVersion": "sidestep.dev/v1alpha1",
        "kind": "SidecarSetting",
        "metadata": { "name": name, "namespace": namespace },
        "spec": SidecarSettingSpec::of(setting),
    });
    serde_saphyr::to_string(&manifest).expect("JSON is YAML")
}

/// The lines that change between two states of the resource, as a unified diff; nothing where none does.
pub(super) fn diff(before: Option<&str>, after: Option<&str>) -> String {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(20)
        .to_string()
}

/// A change that is to be written down: of which level, stored where, based on what, to what.
pub(super) struct Wanted<'a> {
    pub(super) level: &'a Level,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) based_on: Precondition,
    /// Nothing: what is stored is to be removed.
    pub(super) setting: Option<&'a Setting>,
    /// Why, for the history.
    pub(super) reason: Option<&'a str>,
}

impl Wanted<'_> {
    /// The same change by other means: this API, `kubectl` and Git, Istio's chart, the pod template.
    pub(super) fn snippets(&self) -> Vec<Snippet> {
        let mut snippets = vec![self.curl()];
        match self.setting {
            None => snippets.push(Snippet {
                kind: SnippetKind::Kubectl,
                title: "With kubectl".to_owned(),
                note: None,
                text: format!(
                    "kubectl delete sidecarsetting {} --namespace {}",
                    self.name, self.namespace
                ),
            }),
            Some(setting) => {
                snippets.push(self.manifest(setting));
                snippets.extend(self.chart(setting));
                snippets.extend(self.template(setting));
            }
        }
        snippets
    }

    fn curl(&self) -> Snippet {
        let body = self.setting.map(|setting| {
            let mut body = serde_json::to_value(SidecarSettingSpec::of(setting)).unwrap_or_default();
            if let (Some(reason), Value::Object(members)) = (self.reason, &mut body) {
                members.insert("reason".to_owned(), reason.into());
            }
            body
        });
        let call = Call {
            method: if body.is_some() { "PUT" } else { "DELETE" },
            precondition: match &self.based_on {
                Precondition::Absent => "If-None-Match: *".to_owned(),
                Precondition::Version(version) => format!("If-Match: \"{version}\""),
            },
            path: api::path::setting(self.level),
            body,
        };
        call.snippet()
    }

    fn manifest(&self, setting: &Setting) -> Snippet {
        let (command, note) = match self.based_on {
            Precondition::Absent => ("kubectl apply -f -", None),
            // Without the annotation that `apply` keeps, it would not take away the fields that are left out.
            Precondition::Version(_) => (
                "kubectl replace -f -",
                Some("`kubectl apply` would not remove a field that is no longer there, unless it wrote it"),
            ),
        };
        Snippet {
            kind: SnippetKind::Manifest,
            title: format!("As YAML, for Git or `{command}`"),
            note: note.map(ToOwned::to_owned),
            text: manifest(self.namespace, self.name, setting),
        }
    }

    /// Istio's own values, which hold for the whole mesh.
    fn chart(&self, setting: &Setting) -> Option<Snippet> {
        if *self.level != Level::Global || setting.traffic.is_empty() {
            return None;
        }
        let values = setting.traffic.iter();
        let values: serde_json::Map<String, Value> = values
            .map(|(field, value)| (field.install_key().to_owned(), value.to_istio().into()))
            .collect();
        Some(Snippet {
            kind: SnippetKind::HelmValues,
            title: "As values of the chart `istiod`".to_owned(),
            note: Some(
                "they are the level below Global: they show only where nothing is set here. Istio's chart has no values for a \
                 namespace or a workload"
                    .to_owned(),
            ),
            text: serde_saphyr::to_string(&json!({ "global": { "proxy": values } })).expect("JSON is YAML"),
        })
    }

    /// What does the same on the pods of one workload, where the level is for such.
    fn template(&self, setting: &Setting) -> Option<Snippet> {
        if !matches!(self.level, Level::Workload { .. }) || setting.traffic.is_empty() {
            return None;
        }
        let values = setting.traffic.iter();
        let annotations: serde_json::Map<String, Value> = values
            .map(|(field, value)| (field.annotation().to_owned(), value.to_istio().into()))
            .collect();
        Some(Snippet {
            kind: SnippetKind::Annotations,
            title: "As annotations of the pod template".to_owned(),
            note: Some(
                "of `spec.template.metadata` of each workload; most charts call them `podAnnotations`. They override every \
                 setting"
                    .to_owned(),
            ),
            text: serde_saphyr::to_string(&json!({ "annotations": annotations })).expect("JSON is YAML"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::Traffic;

    use super::*;
    use SnippetKind::{Annotations, Curl, HelmValues, Manifest};

    fn setting(traffic: &[(&str, &[&str])]) -> Setting {
        let raw: BTreeMap<String, Vec<String>> = traffic
            .iter()
            .map(|(field, items)| {
                (
                    (*field).to_owned(),
                    items.iter().map(ToString::to_string).collect(),
                )
            })
            .collect();
        Setting {
            traffic: Traffic::parse(&raw).expect("a setting"),
            ..Setting::default()
        }
    }

    fn wanted<'a>(level: &'a Level, setting: &'a Setting) -> Wanted<'a> {
        Wanted {
            level,
            namespace: "istio-system",
            name: "default",
            based_on: Precondition::Version("u.1".to_owned()),
            setting: Some(setting),
            reason: None,
        }
    }

    #[test]
    fn each_part_that_differs_is_told_in_words() {
        let before = setting(&[
            ("excludeInboundPorts", &["7001"]),
            ("excludeOutboundPorts", &["80"]),
        ]);
        let after = setting(&[("excludeInboundPorts", &[]), ("excludeOutboundPorts", &["80"])]);
        let told = changes(Some(&before), Some(&after));
        let told: Vec<_> = told.iter().map(|c| [&c.field[..], &c.before, &c.after]).collect();
        assert_eq!(told, [["excludeInboundPorts", "7001", "explicitly empty"]]);
        assert_eq!(changes(None, Some(&before))[0].before, "inherit");
        assert_eq!(changes(Some(&before), Some(&before)), []);
    }

    #[test]
    fn the_diff_names_the_lines_that_come_and_go() {
        let manifest = |ports| manifest("shop", "default", &setting(&[("excludeInboundPorts", ports)]));
        let diff = diff(Some(&manifest(&["7001"])), Some(&manifest(&["7002"])));
        let marked: Vec<&str> = diff
            .lines()
            .filter(|line| line.starts_with(['+', '-']))
            .map(str::trim_end)
            .collect();
        assert_eq!(marked.len(), 2, "{diff}");
        assert!(marked[0].starts_with('-') && marked[0].contains("7001"), "{diff}");
        assert!(marked[1].starts_with('+') && marked[1].contains("7002"), "{diff}");
    }

    #[test]
    fn istios_chart_is_offered_for_the_mesh_only_and_annotations_for_a_workload_only() {
        let setting = setting(&[
            ("excludeOutboundIPRanges", &["10.0.0.0/8"]),
            ("excludeInboundPorts", &["7001-7003"]),
        ]);
        let kinds = |level: &Level| -> Vec<SnippetKind> {
            wanted(level, &setting)
                .snippets()
                .into_iter()
                .map(|s| s.kind)
                .collect()
        };
        assert_eq!(kinds(&Level::Global), [Curl, Manifest, HelmValues]);
        assert_eq!(kinds(&Level::Namespace("shop".to_owned())), [Curl, Manifest]);
        let workload = Level::Workload {
            namespace: "shop".to_owned(),
            name: "cart".to_owned(),
        };
        assert_eq!(kinds(&workload), [Curl, Manifest, Annotations]);
        let values = wanted(&Level::Global, &setting)
            .chart(&setting)
            .expect("values")
            .text;
        let read: Value = serde_saphyr::from_str(&values).expect("YAML");
        assert_eq!(read["global"]["proxy"]["excludeIPRanges"], "10.0.0.0/8");
        assert_eq!(read["global"]["proxy"]["excludeInboundPorts"], "7001,7002,7003");
    }
}
