//! The stored settings as the levels that `domain` merges.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{InstallValues, Levels, Selector, Traffic, WorkloadLayer, setting::DEFAULT_NAME};
use kube::ResourceExt;

use super::resource::SidecarSetting;

/// The settings of the Global, Namespace and Workload levels, by namespace.
#[derive(Debug, Default)]
pub struct SettingIndex {
    global: Option<Traffic>,
    namespaces: HashMap<String, NamespaceSettings>,
}

#[derive(Debug, Default)]
struct NamespaceSettings {
    own: Option<Traffic>,
    workloads: Vec<WorkloadSetting>,
}

/// A setting of the Workload level.
#[derive(Debug)]
struct WorkloadSetting {
    name: String,
    priority: i32,
    selector: Selector,
    traffic: Traffic,
}

impl SettingIndex {
    /// Reads all settings; `root` is the namespace where the Global one lives.
    #[must_use]
    pub fn of(settings: &[Arc<SidecarSetting>], root: Option<&str>) -> Self {
        let mut index = Self::default();
        for stored in settings {
            let (namespace, name) = (stored.namespace().unwrap_or_default(), stored.name_any());
            let read = stored.spec.read();
            let is_default = name == DEFAULT_NAME;
            if Some(namespace.as_str()) == root {
                // A selector here, or another name, is refused at the door; stored all the same, it sets nothing.
                if is_default && stored.spec.selector.is_none() {
                    index.global = Some(read.setting.traffic);
                }
                continue;
            }
            let of_namespace = index.namespaces.entry(namespace).or_default();
            match read.setting.selector {
                None if is_default && stored.spec.selector.is_none() => {
                    of_namespace.own = Some(read.setting.traffic);
                }
                Some(selector) if !is_default => of_namespace.workloads.push(WorkloadSetting {
                    name,
                    priority: read.setting.priority,
                    selector,
                    traffic: read.setting.traffic,
                }),
                // A name without a selector or a selector on `default`: nobody could say whom it is for.
                _ => {}
            }
        }
        index
    }

    /// The levels that apply to a pod with these labels and annotations, for `domain` to merge.
    #[must_use]
    pub fn levels<'a>(
        &'a self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        annotations: &'a BTreeMap<String, String>,
        install: &'a InstallValues,
    ) -> Levels<'a> {
        let of_namespace = self.namespaces.get(namespace);
        Levels {
            install,
            global: self.global.as_ref(),
            namespace: of_namespace.and_then(|settings| settings.own.as_ref()),
            workloads: of_namespace
                .into_iter()
                .flat_map(|settings| &settings.workloads)
                .filter(|setting| setting.selector.matches(labels))
                .map(|setting| WorkloadLayer {
                    name: &setting.name,
                    priority: setting.priority,
                    traffic: &setting.traffic,
                })
                .collect(),
            pod: annotations,
        }
    }

    /// Whether there is a Global setting.
    #[must_use]
    pub fn has_global_setting(&self) -> bool {
        self.global.is_some()
    }

    /// Whether the namespace has a setting of its own.
    #[must_use]
    pub fn has_namespace_setting(&self, namespace: &str) -> bool {
        self.namespaces
            .get(namespace)
            .is_some_and(|settings| settings.own.is_some())
    }

    /// How many settings of the Workload level the namespace has.
    #[must_use]
    pub fn workload_settings(&self, namespace: &str) -> usize {
        self.namespaces
            .get(namespace)
            .map_or(0, |settings| settings.workloads.len())
    }
}
