//! The mesh as its ConfigMaps and webhooks tell: revisions, root namespace, install values.
//!
//! Names and labels after spec/istio.md §1.8 C–D and §5.1; nothing is assumed to be in `istio-system`.

use std::{collections::BTreeMap, sync::Arc};

use domain::InstallValues;
use k8s_openapi::api::{
    admissionregistration::v1::MutatingWebhookConfiguration,
    core::v1::{ConfigMap, Namespace},
};
use kube::ResourceExt;
use serde::Deserialize;

mod config;
mod injectors;

pub use self::config::MeshConfig;
pub(crate) use self::injectors::ISTIO_INJECTOR;
use self::injectors::Injectors;

/// The label that names a revision, on ConfigMaps, webhooks, namespaces and pods.
pub const REVISION_LABEL: &str = "istio.io/rev";
/// Namespaces that the injector leaves alone whatever their labels (spec/istio.md §1.8 B).
const NEVER_INJECTED: [&str; 4] = [
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "local-path-storage",
];
/// The ConfigMap of an injector; of a revision that is not the default with its name after a dash.
pub(crate) const INJECTOR: &str = "istio-sidecar-injector";
const INJECTION_LABEL: &str = "istio-injection";
const DATAPLANE_LABEL: &str = "istio.io/dataplane-mode";

/// What the ConfigMaps and webhooks tell of the mesh.
#[derive(Clone, Debug, Default)]
pub struct MeshFacts {
    /// Where the Global setting lives; `None` where no Istio was found.
    pub root_namespace: Option<String>,
    /// The control planes.
    pub revisions: Revisions,
}

impl MeshFacts {
    /// Reads the mesh.
    #[must_use]
    pub fn of(config_maps: &[Arc<ConfigMap>], webhooks: &[Arc<MutatingWebhookConfiguration>]) -> Self {
        Self {
            root_namespace: root_namespace(config_maps),
            revisions: Revisions::of(config_maps, webhooks),
        }
    }
}

/// A control plane revision.
#[derive(Clone, Debug)]
pub struct Revision {
    /// `default`, or its name.
    pub name: String,
    /// The namespace of its control plane.
    pub namespace: String,
    /// The proxy version that it injects.
    pub version: Option<String>,
    /// The ConfigMap with its install values.
    pub config_map: String,
    /// Its install values.
    pub install: InstallValues,
    /// Tags that point at it.
    pub tags: Vec<String>,
    /// What else its ConfigMaps say that decides about traffic.
    pub config: MeshConfig,
}

impl Revision {
    /// The ConfigMap with its mesh configuration, in the namespace of its control plane.
    #[must_use]
    pub fn mesh_config_map(&self) -> String {
        mesh_config_map(&self.config_map)
    }
}

/// The ConfigMap with the mesh configuration that belongs to an injector's ConfigMap.
fn mesh_config_map(injector: &str) -> String {
    injector.replacen(INJECTOR, "istio", 1)
}

/// The revisions of the mesh.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    all: Vec<Revision>,
    injectors: Injectors,
}

#[derive(Deserialize)]
struct VersionValues {
    #[serde(default)]
    global: GlobalTag,
}

#[derive(Default, Deserialize)]
struct GlobalTag {
    #[serde(default)]
    tag: serde_json::Value,
}

impl Revisions {
    /// Reads the revisions from their injector ConfigMaps and the tags from the webhooks.
    #[must_use]
    pub fn of(config_maps: &[Arc<ConfigMap>], webhooks: &[Arc<MutatingWebhookConfiguration>]) -> Self {
        let mut revisions: Vec<Revision> = config_maps
            .iter()
            .filter_map(|injector| revision(injector, config_maps))
            .collect();
        revisions.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.namespace.cmp(&b.namespace)));
        for webhook in webhooks {
            let labels = webhook.labels();
            if let (Some(tag), Some(points_at)) = (labels.get("istio.io/tag"), labels.get(REVISION_LABEL))
                && let Some(revision) = revisions.iter_mut().find(|r| r.name == *points_at)
                && !revision.tags.contains(tag)
            {
                revision.tags.push(tag.clone());
            }
        }
        Self {
            all: revisions,
            injectors: Injectors::of(webhooks),
        }
    }

    /// Whether a webhook of Istio's is asked about a pod with these labels in a namespace with those; nothing where none is
    /// known.
    #[must_use]
    pub fn select(
        &self,
        namespace: &BTreeMap<String, String>,
        pod: &BTreeMap<String, String>,
    ) -> Option<bool> {
        self.injectors.select(namespace, pod)
    }

    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> &[Revision] {
        &self.all
    }

    /// The revision of this tag or name. A tag comes first: `istioctl tag set default` lets a tag have the name of a
    /// revision, and disables what injected by that name (`istioctl/pkg/tag/generate.go`).
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Revision> {
        let tagged = self.all.iter().find(|r| r.tags.iter().any(|tag| tag == name));
        tagged.or_else(|| self.all.iter().find(|r| r.name == name))
    }

    /// The revision that injects pods of a namespace with these labels, were one made now.
    #[must_use]
    pub fn of_namespace(&self, labels: &BTreeMap<String, String>) -> Option<&Revision> {
        match (
            labels.get(INJECTION_LABEL).map(String::as_str),
            labels.get(REVISION_LABEL),
        ) {
            (Some("enabled"), _) | (None, None) => self.default(),
            (None, Some(name)) => self.named(name),
            (Some(_), _) => None,
        }
    }

    /// The revision that has the tag `default`, else the revision `default`, else the only one.
    #[must_use]
    pub fn default(&self) -> Option<&Revision> {
        self.named("default").or(match self.all.as_slice() {
            [only] => Some(only),
            _ => None,
        })
    }

    /// Whether a control plane lives in `namespace`.
    #[must_use]
    pub fn live_in(&self, namespace: &str) -> bool {
        self.all.iter().any(|r| r.namespace == namespace)
    }
}

fn revision(config_map: &ConfigMap, all: &[Arc<ConfigMap>]) -> Option<Revision> {
    let name = config_map.name_any();
    if name != INJECTOR && !name.strip_prefix(INJECTOR)?.starts_with('-') {
        return None;
    }
    let values = config_map.data.as_ref()?.get("values")?;
    let install = serde_json::from_str(values)
        .inspect_err(|error| {
            tracing::warn!("the install values in ConfigMap `{name}` cannot be read: {error}");
        })
        .unwrap_or_default();
    let version = serde_json::from_str::<VersionValues>(values)
        .ok()
        .and_then(|v| match v.global.tag {
            serde_json::Value::String(tag) => Some(tag),
            serde_json::Value::Number(tag) => Some(tag.to_string()),
            _ => None,
        });
    Some(Revision {
        name: config_map
            .labels()
            .get(REVISION_LABEL)
            .cloned()
            .unwrap_or_else(|| "default".to_owned()),
        namespace: config_map.namespace().unwrap_or_default(),
        version: version.filter(|v| !v.is_empty()),
        config: MeshConfig::read(mesh_config(config_map, all), values),
        config_map: name,
        install,
        tags: Vec::new(),
    })
}

/// The namespaces in which control planes live.
#[must_use]
pub fn control_planes(config_maps: &[Arc<ConfigMap>]) -> Vec<String> {
    Revisions::of(config_maps, &[])
        .all()
        .iter()
        .map(|revision| revision.namespace.clone())
        .collect()
}

/// The mesh's root namespace: `rootNamespace` of the mesh config, else where the control plane is.
#[must_use]
pub fn root_namespace(config_maps: &[Arc<ConfigMap>]) -> Option<String> {
    // `default`, else the first by name: the same one whatever the order of the list.
    let injectors = config_maps
        .iter()
        .filter(|cm| cm.name_any().starts_with(INJECTOR));
    let injector = injectors.min_by_key(|cm| (revision_name(cm) != Some("default"), cm.name_any()))?;
    let configured = mesh_config(injector, config_maps).and_then(configured_root);
    configured.or_else(|| injector.namespace())
}

/// The text of the mesh configuration that belongs to an injector's ConfigMap.
fn mesh_config<'a>(injector: &ConfigMap, config_maps: &'a [Arc<ConfigMap>]) -> Option<&'a str> {
    let name = mesh_config_map(&injector.name_any());
    let mesh = config_maps
        .iter()
        .find(|cm| cm.name_any() == name && cm.namespace() == injector.namespace())?;
    mesh.data.as_ref()?.get("mesh").map(String::as_str)
}

fn revision_name(config_map: &ConfigMap) -> Option<&str> {
    config_map.labels().get(REVISION_LABEL).map(String::as_str)
}

fn configured_root(mesh: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct MeshConfig {
        root_namespace: Option<String>,
    }
    serde_saphyr::from_str::<MeshConfig>(mesh)
        .ok()?
        .root_namespace
        .filter(|name| !name.is_empty())
}

/// Whether a namespace's labels ask for sidecars.
#[must_use]
pub fn namespace_injection(
    namespace: &Namespace,
    revisions: &Revisions,
) -> api::namespace::NamespaceInjection {
    use api::namespace::NamespaceInjection as Injection;
    let labels = namespace.labels();
    if revisions.live_in(&namespace.name_any()) {
        Injection::ControlPlane
    } else if NEVER_INJECTED.contains(&namespace.name_any().as_str()) {
        Injection::System
    } else if labels.get(INJECTION_LABEL).is_some_and(|v| v == "enabled") {
        Injection::Enabled
    } else if labels.contains_key(INJECTION_LABEL) {
        Injection::Disabled
    } else if labels.contains_key(REVISION_LABEL) {
        Injection::Enabled
    } else if labels.get(DATAPLANE_LABEL).is_some_and(|v| v == "ambient") {
        Injection::Ambient
    } else {
        Injection::Unlabelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_map(name: &str, revision: &str, data: &[(&str, &str)]) -> Arc<ConfigMap> {
        let mut cm = ConfigMap::default();
        cm.metadata.name = Some(name.to_owned());
        cm.metadata.namespace = Some("mesh-control".to_owned());
        cm.labels_mut()
            .insert(REVISION_LABEL.to_owned(), revision.to_owned());
        cm.data = Some(
            data.iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        );
        Arc::new(cm)
    }

    #[test]
    fn a_revision_is_read_from_its_injector_config_map() {
        let maps = [
            config_map("istio", "default", &[("mesh", "accessLogFile: /dev/stdout\n")]),
            config_map(
                "istio-sidecar-injector-canary",
                "canary",
                &[("values", r#"{"global":{"tag":1.31}}"#)],
            ),
            config_map(
                "istio-sidecar-injector",
                "default",
                &[(
                    "values",
                    r#"{"global":{"tag":"1.31.0","proxy":{"excludeIPRanges":"10.0.0.0/8"}}}"#,
                )],
            ),
        ];
        let revisions = Revisions::of(&maps, &[]);
        let names: Vec<_> = revisions
            .all()
            .iter()
            .map(|r| (r.name.as_str(), r.version.as_deref()))
            .collect();
        assert_eq!(names, [("canary", Some("1.31")), ("default", Some("1.31.0"))]);
        assert_eq!(root_namespace(&maps).as_deref(), Some("mesh-control"));
    }

    #[test]
    fn the_mesh_config_may_name_another_root_namespace() {
        let maps = [
            config_map("istio", "default", &[("mesh", "rootNamespace: mesh-root\n")]),
            config_map("istio-sidecar-injector", "default", &[("values", "{}")]),
        ];
        assert_eq!(root_namespace(&maps).as_deref(), Some("mesh-root"));
    }

    #[test]
    fn a_tag_beats_a_revision_of_the_same_name() {
        let maps = [
            config_map("istio-sidecar-injector", "default", &[("values", "{}")]),
            config_map("istio-sidecar-injector-canary", "canary", &[("values", "{}")]),
        ];
        let mut tag = MutatingWebhookConfiguration::default();
        tag.metadata.name = Some("istio-revision-tag-default".to_owned());
        for (key, value) in [("istio.io/tag", "default"), (REVISION_LABEL, "canary")] {
            tag.labels_mut().insert(key.to_owned(), value.to_owned());
        }
        let revisions = Revisions::of(&maps, &[Arc::new(tag)]);
        let injected_by = |key: &str, value: &str| {
            let labels = [(key.to_owned(), value.to_owned())].into();
            revisions.of_namespace(&labels).map(|r| r.name.clone())
        };
        for (key, value) in [
            ("istio-injection", "enabled"),
            (REVISION_LABEL, "default"),
            (REVISION_LABEL, "canary"),
        ] {
            assert_eq!(
                injected_by(key, value).as_deref(),
                Some("canary"),
                "{key}={value}"
            );
        }
        assert_eq!(revisions.default().map(|r| r.name.as_str()), Some("canary"));
    }

    #[test]
    fn the_namespace_label_beats_the_revision_label() {
        let maps = [
            config_map("istio-sidecar-injector", "default", &[("values", "{}")]),
            config_map("istio-sidecar-injector-canary", "canary", &[("values", "{}")]),
        ];
        let revisions = Revisions::of(&maps, &[]);
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let name = |pairs| revisions.of_namespace(&labels(pairs)).map(|r| r.name.clone());
        assert_eq!(name(&[("istio.io/rev", "canary")]).as_deref(), Some("canary"));
        assert_eq!(
            name(&[("istio.io/rev", "canary"), ("istio-injection", "enabled")]).as_deref(),
            Some("default")
        );
        assert_eq!(
            name(&[("istio.io/rev", "canary"), ("istio-injection", "disabled")]),
            None
        );
    }
}
