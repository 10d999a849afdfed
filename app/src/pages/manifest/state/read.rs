//! What is read while the page is shown.

use api::{
    Problem,
    manifest::{ManifestQuery, ManifestView},
};
use leptos::task::spawn_local;

use super::Manifest;
use crate::{prelude::*, ui::steady::land};

impl Manifest {
    /// Reads again what the cluster has; what is typed stays.
    pub(in crate::pages::manifest) fn read_again(self) {
        if self.busy.get_untracked().is_some() || self.gone().get_untracked() {
            return;
        }
        let number = self.begin();
        let read = self.read(false);
        spawn_local(async move {
            let read = read.await;
            if self.fixed.try_with_value(|fixed| fixed.begun) != Some(number) {
                return;
            }
            match read {
                Ok(view) => self.now.maybe_update(|now| {
                    let differs = *now != view;
                    if differs {
                        *now = view;
                    }
                    differs
                }),
                Err(problem) if problem.status == 404 => self.went(),
                // Told by the page's header; what is shown here stays.
                Err(_) => {}
            }
        });
    }

    /// Reads it, with what the cluster counts by itself or without.
    pub(in crate::pages::manifest) fn read(
        self,
        managed_fields: bool,
    ) -> impl Future<Output = Result<ManifestView, Problem>> {
        let (client, (kind, namespace, name)) = (self.client(), self.place());
        let query = ManifestQuery { managed_fields };
        async move { client.manifest(kind, &namespace, &name, &query).await }
    }

    /// It is not in the cluster any more.
    pub(in crate::pages::manifest) fn went(self) {
        if self.gone().try_set(true).is_none() {
            // *Edit YAML* goes, and may have had the focus.
            land();
        }
    }
}
