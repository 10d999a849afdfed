//! The things whose changes from outside are recorded, and what of them.

use std::collections::HashMap;

use api::audit::Target;
use domain::Field;
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Api, Client, ResourceExt};
use serde_json::{Map, Value, json};

use super::Mark;
use crate::{
    cluster::{mesh::INJECTOR, resource::SidecarSetting, watch::Stores},
    history::{Edit, Found},
};

/// A kind of thing that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Our settings: their spec.
    Setting,
    /// Istio's ConfigMaps: of a revision's mesh configuration the text, of its install values what they say of traffic.
    ConfigMap,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Setting, Self::ConfigMap];

    /// Its name in the history.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Setting => "SidecarSetting",
            Self::ConfigMap => "ConfigMap",
        }
    }

    /// The kind of a thing; nothing: it is not watched.
    #[must_use]
    pub fn of(target: &Target) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == target.kind)
    }

    pub(super) fn target(self, (namespace, name): &(String, String)) -> Target {
        Target {
            kind: self.name().to_owned(),
            namespace: namespace.clone(),
            name: name.clone(),
        }
    }

    /// Whether the watch shows what the cluster has.
    pub(super) fn is_seen(self, stores: &Stores) -> bool {
        match self {
            Self::Setting => {
                let store = &stores.settings;
                store.is_ready() && !store.is_absent() && store.unseen().is_none()
            }
            Self::ConfigMap => stores.config_maps.is_ready() && stores.config_maps.unseen().is_none(),
        }
    }

    /// What of each thing tells that it may have changed.
    pub(super) fn marks(self, stores: &Stores) -> HashMap<(String, String), Mark> {
        match self {
            Self::Setting => {
                let settings = stores.settings.state();
                settings
                    .iter()
                    .map(|setting| {
                        (
                            place(&setting.metadata),
                            mark(setting.version(), &setting.metadata),
                        )
                    })
                    .collect()
            }
            Self::ConfigMap => {
                let maps = stores.config_maps.state();
                maps.iter()
                    .filter(|map| is_watched(map))
                    .map(|map| (place(&map.metadata), mark(config_map_version(map), &map.metadata)))
                    .collect()
            }
        }
    }

    /// Everything that the watch shows.
    pub(super) fn things(self, stores: &Stores) -> Vec<(Target, Found)> {
        let of = |meta: &ObjectMeta, found| (self.target(&place(meta)), found);
        match self {
            Self::Setting => {
                let settings = stores.settings.state();
                settings.iter().map(|s| of(&s.metadata, setting(s))).collect()
            }
            Self::ConfigMap => {
                let maps = stores.config_maps.state();
                let watched = maps.iter().filter(|map| is_watched(map));
                watched.map(|map| of(&map.metadata, config_map(map))).collect()
            }
        }
    }

    /// A thing as the cluster has it now.
    pub(super) async fn read(self, client: &Client, target: &Target) -> kube::Result<Option<Found>> {
        let namespace = &target.namespace;
        match self {
            Self::Setting => {
                let api = Api::<SidecarSetting>::namespaced(client.clone(), namespace);
                Ok(api.get_opt(&target.name).await?.as_ref().map(setting))
            }
            Self::ConfigMap => {
                let api = Api::<ConfigMap>::namespaced(client.clone(), namespace);
                Ok(api.get_opt(&target.name).await?.as_ref().map(config_map))
            }
        }
    }
}

/// The version of a ConfigMap as the history has it: uid and resource version.
#[must_use]
pub fn config_map_version(map: &ConfigMap) -> String {
    let uid = map.metadata.uid.as_deref().unwrap_or_default();
    let version = map.metadata.resource_version.as_deref().unwrap_or_default();
    format!("{uid}.{version}")
}

fn place(meta: &ObjectMeta) -> (String, String) {
    (
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    )
}

fn mark(version: String, meta: &ObjectMeta) -> Mark {
    let newest = edits(meta).into_iter().map(|edit| edit.at).max();
    (version, newest.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn setting(setting: &SidecarSetting) -> Found {
    Found {
        version: setting.version(),
        body: serde_json::to_value(&setting.spec).unwrap_or_default(),
        edits: edits(&setting.metadata),
    }
}

fn config_map(map: &ConfigMap) -> Found {
    let text = |key| map.data.as_ref().and_then(|data| data.get(key));
    let body = if is_injector(&map.name_any()) {
        traffic(text("values").map_or("", String::as_str))
    } else {
        text("mesh").map_or_else(|| json!({}), |mesh| json!({ "mesh": mesh }))
    };
    Found {
        version: config_map_version(map),
        body,
        edits: edits(&map.metadata),
    }
}

/// What the install values say of traffic: the six fields, where they are there.
fn traffic(values: &str) -> Value {
    let values: Value = serde_json::from_str(values).unwrap_or_default();
    let proxy = &values["global"]["proxy"];
    let fields: Map<String, Value> = Field::ALL
        .into_iter()
        .filter_map(|field| {
            let name = field.install_key();
            Some((name.to_owned(), proxy.get(name)?.clone()))
        })
        .collect();
    json!({ "global": { "proxy": fields } })
}

/// Who edited an object. Who wrote only its status did not.
fn edits(meta: &ObjectMeta) -> Vec<Edit> {
    let entries = meta.managed_fields.iter().flatten();
    entries
        .filter(|entry| entry.subresource.as_deref().is_none_or(str::is_empty))
        .filter_map(|entry| {
            Some(Edit {
                manager: entry.manager.clone()?,
                at: entry.time.as_ref()?.0,
            })
        })
        .collect()
}

/// Whether it is a mesh configuration or an injector's, of whichever revision.
fn is_watched(map: &ConfigMap) -> bool {
    let (name, data) = (map.name_any(), map.data.as_ref());
    let has = |key| data.is_some_and(|data| data.contains_key(key));
    is_injector(&name) || ((name == "istio" || name.starts_with("istio-")) && has("mesh"))
}

fn is_injector(name: &str) -> bool {
    let rest = name.strip_prefix(INJECTOR);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_install_values_only_what_they_say_of_traffic_is_recorded() {
        let values = r#"{"global":{"hub":"x","proxy":{"excludeIPRanges":"10.0.0.0/8","includeInboundPorts":"*","image":"p"}},
            "revision":"a"}"#;
        let recorded =
            json!({ "global": { "proxy": { "excludeIPRanges": "10.0.0.0/8", "includeInboundPorts": "*" } } });
        assert_eq!(traffic(values), recorded);
        assert_eq!(traffic("no JSON"), json!({ "global": { "proxy": {} } }));
    }

    #[test]
    fn the_config_maps_of_each_revision_are_watched_and_no_others() {
        let named = |name: &str, key: &str| {
            let mut map = ConfigMap::default();
            map.metadata.name = Some(name.to_owned());
            map.data = Some([(key.to_owned(), String::new())].into());
            map
        };
        for (name, key, expected) in [
            ("istio", "mesh", true),
            ("istio-canary", "mesh", true),
            ("istio-sidecar-injector", "values", true),
            ("istio-sidecar-injector-canary", "values", true),
            ("istio-ca-root-cert", "root-cert.pem", false),
            ("other", "mesh", false),
        ] {
            assert_eq!(is_watched(&named(name, key)), expected, "{name}");
        }
    }
}
