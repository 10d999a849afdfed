//! Settings to save, and short ways to save and read them.

use std::collections::BTreeMap;

use api::{
    Precondition, Problem,
    setting::{DeleteSetting, FieldInForce, SaveSetting, SelectorBody, SettingView},
};
use domain::Level;
use journeys::Console;

/// Fields and their items.
pub(crate) fn traffic(fields: &[(&str, &[&str])]) -> SaveSetting {
    let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    SaveSetting {
        traffic: fields
            .iter()
            .map(|(name, items)| ((*name).to_owned(), owned(items)))
            .collect(),
        ..SaveSetting::default()
    }
}

/// The values of the reference page.
pub(crate) fn reference_page() -> SaveSetting {
    traffic(&[
        ("excludeInboundPorts", &["7001", "7002", "7005"]),
        ("includeOutboundPorts", &["7001", "7002", "7005"]),
        ("excludeOutboundIPRanges", &["47.100.20.144/32"]),
    ])
}

/// For the pods with a label.
pub(crate) fn selecting(mut setting: SaveSetting, key: &str, value: &str) -> SaveSetting {
    let labels = BTreeMap::from([(key.to_owned(), value.to_owned())]);
    setting.selector = Some(SelectorBody { match_labels: labels });
    setting
}

/// Saves over whatever is there.
pub(crate) async fn put(
    console: &Console,
    level: &Level,
    setting: &SaveSetting,
) -> Result<SettingView, Problem> {
    let api = console.api();
    let based_on = match api.setting(level).await {
        Ok(SettingView {
            stored: Some(stored), ..
        }) => Precondition::Version(stored.version),
        Ok(_) => Precondition::Absent,
        Err(problem) if problem.status == 404 => Precondition::Absent,
        Err(problem) => return Err(problem),
    };
    api.save_setting(level, &based_on, setting).await
}

/// Removes what is there.
pub(crate) async fn delete(console: &Console, level: &Level) -> SettingView {
    let api = console.api();
    let stored = api.setting(level).await.expect("the level can be read").stored;
    let version = stored.expect("a setting is stored").version;
    let removed = api
        .delete_setting(level, &Precondition::Version(version), &DeleteSetting::default())
        .await;
    removed.expect("the setting can be removed")
}

/// A field's text and the level that it comes from.
pub(crate) fn in_force<'a>(fields: &'a [FieldInForce], name: &str) -> (&'a str, &'a str) {
    let found = fields.iter().find(|field| field.field == name);
    let field = found.unwrap_or_else(|| panic!("no field {name} among {fields:?}"));
    (&field.text, &field.origin)
}
