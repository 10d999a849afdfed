//! What a field would be if its level said nothing. Pure data.

use api::setting::{LevelRef, OverriddenValue, SettingView};
use domain::Field;

/// The value below the level, and where it comes from.
pub(super) fn inherited(view: &SettingView, field: Field) -> OverriddenValue {
    let found = view
        .in_force
        .iter()
        .find(|in_force| in_force.field == field.name());
    match found {
        Some(in_force) if in_force.origin != origin(&view.level) => OverriddenValue {
            origin: in_force.origin.clone(),
            text: in_force.text.clone(),
        },
        // The default is never among what was replaced.
        own => own
            .and_then(|own| own.overrode.first().cloned())
            .unwrap_or_else(|| OverriddenValue {
                origin: "builtIn".to_owned(),
                text: field.built_in().to_owned(),
            }),
    }
}

/// Why Istio would not take the inherited value, where a level that we do not write says it.
pub(super) fn refused(view: &SettingView, field: Field) -> Option<String> {
    let found = view
        .in_force
        .iter()
        .find(|in_force| in_force.field == field.name())?;
    found.invalid.clone()
}

/// How `FieldInForce::origin` names a level.
fn origin(level: &LevelRef) -> String {
    match level {
        LevelRef::Global => "global".to_owned(),
        LevelRef::Namespace { .. } => "namespace".to_owned(),
        LevelRef::Workload { name, .. } => ["workload/", name].concat(),
    }
}

#[cfg(test)]
mod tests {
    use api::{
        mesh::{Delivery, DeliveryState, PodCounts},
        setting::FieldInForce,
    };

    use super::*;

    fn value(origin: &str, text: &str) -> OverriddenValue {
        OverriddenValue {
            origin: origin.to_owned(),
            text: text.to_owned(),
        }
    }

    fn view(in_force: &OverriddenValue, overrode: Vec<OverriddenValue>) -> SettingView {
        SettingView {
            level: LevelRef::Namespace {
                namespace: "shop".to_owned(),
            },
            stored: None,
            in_force: vec![FieldInForce {
                field: Field::ExcludeInboundPorts.name().to_owned(),
                label: String::new(),
                text: in_force.text.clone(),
                origin: in_force.origin.clone(),
                overrode,
                invalid: None,
            }],
            delivery: Delivery {
                state: DeliveryState::Ready,
                message: String::new(),
                way_out: None,
            },
            pods: PodCounts::default(),
            refused: None,
            change: None,
            notices: Vec::new(),
        }
    }

    #[test]
    fn a_field_that_is_not_set_here_inherits_what_is_in_force() {
        let global = value("global", "80");
        let view = view(&global, vec![value("install", "81")]);
        assert_eq!(inherited(&view, Field::ExcludeInboundPorts), global);
    }

    #[test]
    fn a_field_that_is_set_here_would_inherit_what_it_replaced() {
        let own = value("namespace", "90");
        let view = view(&own, vec![value("global", "80"), value("install", "81")]);
        assert_eq!(
            inherited(&view, Field::ExcludeInboundPorts),
            value("global", "80")
        );
    }

    #[test]
    fn below_all_levels_is_the_default() {
        let own = view(&value("namespace", ""), Vec::new());
        assert_eq!(inherited(&own, Field::ExcludeInboundPorts), value("builtIn", ""));
        assert_eq!(inherited(&own, Field::IncludeInboundPorts), value("builtIn", "*"));
    }
}
