//! What a field would be if its level said nothing. Pure data.

use api::setting::{FieldInForce, LevelRef, OverriddenValue, SettingView};
use domain::Field;

/// What all levels say about a field, the nearest first, whether or not they win.
fn said(in_force: &FieldInForce) -> impl Iterator<Item = OverriddenValue> + '_ {
    let wins = OverriddenValue {
        origin: in_force.origin.clone(),
        text: in_force.text.clone(),
    };
    [wins].into_iter().chain(in_force.overrode.iter().cloned())
}

fn find(fields: &[FieldInForce], field: Field) -> Option<&FieldInForce> {
    fields.iter().find(|in_force| in_force.field == field.name())
}

/// The value below `level`, and where it comes from, by what is in force where the level is.
pub(super) fn below(fields: &[FieldInForce], level: &LevelRef, field: Field) -> OverriddenValue {
    let own = origin(level);
    let all: Vec<_> = find(fields, field).into_iter().flat_map(said).collect();
    let after_own = all
        .iter()
        .position(|value| value.origin == own)
        .map_or(0, |own| own + 1);
    // The default is never among what was replaced.
    all.into_iter().nth(after_own).unwrap_or_else(|| OverriddenValue {
        origin: "builtIn".to_owned(),
        text: field.built_in().to_owned(),
    })
}

/// The value below the level that was read.
pub(super) fn inherited(view: &SettingView, field: Field) -> OverriddenValue {
    below(&view.in_force, &view.level, field)
}

/// Who says otherwise and wins, although `level` sets the field: another workload setting for the same pods.
pub(super) fn overruled(fields: &[FieldInForce], level: &LevelRef, field: Field) -> Option<OverriddenValue> {
    let all: Vec<_> = said(find(fields, field)?).collect();
    let own = all.iter().position(|value| value.origin == origin(level))?;
    (own > 0).then(|| all[0].clone())
}

/// Why Istio would not take the inherited value, where a level that we do not write says it.
pub(super) fn refused(view: &SettingView, field: Field) -> Option<String> {
    find(&view.in_force, field)?.invalid.clone()
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
    use api::mesh::{Delivery, DeliveryState, PodCounts};

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
            owner: None,
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
            reason_required: false,
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
    fn a_stronger_workload_setting_is_no_level_below() {
        let fields = view(
            &value("workload/strong", "1"),
            vec![value("workload/weak", "2"), value("namespace", "3")],
        )
        .in_force;
        let level = |name: &str| LevelRef::Workload {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        };
        let field = Field::ExcludeInboundPorts;
        assert_eq!(below(&fields, &level("weak"), field), value("namespace", "3"));
        assert_eq!(
            overruled(&fields, &level("weak"), field),
            Some(value("workload/strong", "1"))
        );
        assert_eq!(
            below(&fields, &level("strong"), field),
            value("workload/weak", "2")
        );
        assert_eq!(overruled(&fields, &level("strong"), field), None);
        // One that does not set the field inherits whatever is in force.
        assert_eq!(
            below(&fields, &level("other"), field),
            value("workload/strong", "1")
        );
        assert_eq!(overruled(&fields, &level("other"), field), None);
    }

    #[test]
    fn below_all_levels_is_the_default() {
        let own = view(&value("namespace", ""), Vec::new());
        assert_eq!(inherited(&own, Field::ExcludeInboundPorts), value("builtIn", ""));
        assert_eq!(inherited(&own, Field::IncludeInboundPorts), value("builtIn", "*"));
    }
}
