//! Who owns an object in the cluster, and what becomes of an edit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The owner of an object, as its labels, annotations, owner references and field managers tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerView {
    /// What it is: `sail`, `argoCd`, `fluxKustomization`, `fluxHelmRelease`, `helm`, `istioctl`.
    pub kind: String,
    /// The name of the application, release or resource, where the object tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where that is, where the object tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Who owns the object, in a sentence.
    pub sentence: String,
    /// What becomes of an edit, in a sentence.
    pub effect: String,
    /// Where the change belongs instead, in a clause.
    pub instead: String,
    /// When an edit is undone.
    pub reverts_by: RevertsBy,
}

/// When an owner writes its own value over an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RevertsBy {
    /// As soon as it sees the edit.
    AtOnce,
    /// When it looks next, which it does by itself.
    Regularly,
    /// When somebody installs or upgrades next.
    AtUpgrade,
}

impl From<domain::owner::Reverts> for RevertsBy {
    fn from(reverts: domain::owner::Reverts) -> Self {
        match reverts {
            domain::owner::Reverts::AtOnce => Self::AtOnce,
            domain::owner::Reverts::Regularly => Self::Regularly,
            domain::owner::Reverts::AtUpgrade => Self::AtUpgrade,
        }
    }
}

impl RevertsBy {
    /// Whether an edit is undone without anybody doing anything: it is refused unless the request says otherwise.
    #[must_use]
    pub fn by_itself(self) -> bool {
        !matches!(self, Self::AtUpgrade)
    }
}

impl From<&domain::Owner> for OwnerView {
    fn from(owner: &domain::Owner) -> Self {
        Self {
            kind: owner.kind.as_str().to_owned(),
            name: owner.name.clone(),
            namespace: owner.namespace.clone(),
            sentence: owner.sentence(),
            effect: owner.effect(),
            instead: owner.instead(),
            reverts_by: owner.reverts.into(),
        }
    }
}
