//! Who owns an object of the cluster, as its metadata tells, and the guard before a write that the owner would undo.

use domain::{
    Owner,
    owner::{Facts, Object, Reference},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;

use crate::error::Error;

/// The owner of an object that was read with its managed fields, or from a store that keeps their managers.
#[must_use]
pub fn of<K: Resource<DynamicType = ()>>(object: &K) -> Option<Owner> {
    of_meta(&K::group(&()), &K::kind(&()), object.meta())
}

/// The same, of an object of this group and kind with this metadata.
#[must_use]
pub fn of_meta(group: &str, kind: &str, meta: &ObjectMeta) -> Option<Owner> {
    let references: Vec<Reference<'_>> = meta
        .owner_references
        .iter()
        .flatten()
        .map(|reference| Reference {
            api_version: &reference.api_version,
            kind: &reference.kind,
            name: &reference.name,
        })
        .collect();
    // Who wrote only a status owns nothing that is edited.
    let managers: Vec<&str> = meta
        .managed_fields
        .iter()
        .flatten()
        .filter(|entry| entry.subresource.as_deref().is_none_or(str::is_empty))
        .filter_map(|entry| entry.manager.as_deref())
        .collect();
    let none = std::collections::BTreeMap::new();
    Owner::of(&Facts {
        object: Object {
            group,
            kind,
            namespace: meta.namespace.as_deref().unwrap_or_default(),
            name: meta.name.as_deref().unwrap_or_default(),
        },
        labels: meta.labels.as_ref().unwrap_or(&none),
        annotations: meta.annotations.as_ref().unwrap_or(&none),
        references: &references,
        managers: &managers,
    })
}

/// Refuses a write that `owner` would undo by itself, unless it `is_overridden`. `what` names the thing; `say` is what to
/// send to override it.
pub fn guard(what: &str, owner: Option<Owner>, is_overridden: bool, say: &'static str) -> Result<(), Error> {
    match owner {
        Some(owner) if owner.reverts.by_itself() && !is_overridden => Err(Error::Owned {
            what: what.to_owned(),
            owner: Box::new(owner),
            say,
        }),
        _ => Ok(()),
    }
}
