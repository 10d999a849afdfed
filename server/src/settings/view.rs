//! A level as `GET` answers it.

use std::sync::Arc;

use api::{
    owner::OwnerView,
    setting::{LevelRef, SettingView, StoredSetting},
};
use domain::Level;
use kube::ResourceExt;

use super::place::Place;
use crate::{
    caller::{Caller, Readable, Visible},
    cluster::{
        pods::{Judge, in_force},
        resource::SidecarSetting,
        settings::SettingIndex,
    },
    owner,
    state::State,
};

/// The level as `GET` answers it, with `stored` in place of what our store may not have seen yet.
pub(super) async fn view(
    state: &State,
    caller: &Caller,
    place: &Place,
    stored: Option<&SidecarSetting>,
) -> SettingView {
    let cluster = &state.cluster;
    let mesh = cluster.mesh();
    let mut settings = cluster.stores.settings.state();
    settings.retain(|s| s.namespace().as_deref() != Some(&place.namespace) || s.name_any() != place.name);
    settings.extend(stored.cloned().map(Arc::new));
    let index = SettingIndex::of(&settings, mesh.root_namespace.as_deref());

    let read = stored.map(|s| s.spec.read());
    let selector = read.as_ref().and_then(|read| read.setting.selector.as_ref());
    let judge = Judge {
        stores: &cluster.stores,
        settings: &index,
        revisions: &mesh.revisions,
    };
    let (effective, _) = judge.level(&place.level, selector);
    let namespaces = match &place.level {
        Level::Global => cluster.snapshot().await.namespace_names(),
        _ => vec![place.namespace.clone()],
    };
    // A cluster that cannot be asked about rights must not make a failure of a save that it took: nothing is counted then,
    // nothing refused, and what is tried next will say so.
    let verb = if stored.is_some() { "update" } else { "create" };
    let (visible, refused) = futures::join!(
        caller.may_read(Readable::Pods, &namespaces),
        caller.refused(Readable::Settings, verb, &place.namespace, Some(&place.name)),
    );
    let visible = visible.unwrap_or(Visible::In(Vec::new()));
    let pods = cluster
        .pods_of(&place.level, selector, |namespace| visible.includes(namespace))
        .await;
    SettingView {
        level: LevelRef::from(&place.level),
        stored: stored.zip(read).map(|(stored, read)| StoredSetting {
            traffic: stored.spec.raw_traffic(),
            selector: stored.spec.raw_selector(),
            priority: stored.spec.priority.is_some().then_some(read.setting.priority),
            uid: stored.uid().unwrap_or_default(),
            version: stored.version(),
            invalid: read.errors,
        }),
        owner: stored.and_then(owner::of).as_ref().map(OwnerView::from),
        in_force: in_force(&effective),
        delivery: match &place.level {
            Level::Global => cluster.delivery.now(),
            _ => cluster.delivery.to(&place.namespace),
        },
        pods,
        reason_required: state.reason_required,
        refused: refused.unwrap_or_default(),
        change: None,
        notices: Vec::new(),
    }
}
