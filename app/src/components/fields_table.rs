//! The six fields of a pod: what the next one gets and from which level, what this one was given, where they differ.

use crate::prelude::*;
use api::{
    pod::{FieldDifference, FieldText},
    setting::{FieldInForce, OverriddenValue},
};

use crate::{
    components::origin::{origin_words, value_words},
    routes,
    ui::{
        badge::{Badge, Tone},
        prose::Prose,
        table::{Column, Table},
    },
};

/// From how many characters on a value is folded: 256 addresses would push everything else off the page.
const LONG: usize = 160;

/// What a running pod was given, and where that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// The values.
    pub(crate) values: Vec<FieldText>,
    /// The fields that differ.
    pub(crate) differences: Vec<FieldDifference>,
}

/// The table. Without `given`, what the next pod gets alone.
#[component]
pub(crate) fn FieldsTable(
    namespace: String,
    desired: Vec<FieldInForce>,
    #[prop(optional_no_strip)] given: Option<Given>,
) -> impl IntoView {
    let mut columns = vec![
        Column::text("Field"),
        Column::text("Desired: the next pod"),
        Column::text("From"),
    ];
    if given.is_some() {
        columns.push(Column::text("Running: this pod"));
        columns.push(Column::text("Difference"));
    }
    let rows = desired
        .into_iter()
        .map(|field| row(field, given.as_ref(), &namespace))
        .collect_view();
    view! { <div class="fields-table cards"><Table caption="Fields" columns=columns>{rows}</Table></div> }
}

fn row(field: FieldInForce, given: Option<&Given>, namespace: &str) -> AnyView {
    let FieldInForce {
        field,
        label,
        text,
        origin,
        overrode,
        invalid,
    } = field;
    let differs = given.is_some_and(|given| given.differences.iter().any(|d| d.field == field));
    let running = given.map(|given| running(&field, &text, given));
    let desired = value_words(&text, &origin);
    view! {
        <tr class:differs=differs>
            <th scope="row">
                <span class="field-label">{label}</span>
                <code class="field-name">{field}</code>
            </th>
            <td data-label="Desired">
                <Value words=desired empty=text.is_empty()/>
                {invalid.map(|why| view! {
                    <p class="field-note"><Badge tone=Tone::Bad>"Refused"</Badge> " " <Prose text=why/></p>
                })}
            </td>
            <td data-label="From">
                <From origin namespace=namespace.to_owned()/>
                {overrode.into_iter().map(|value| view! { <Overrode value/> }).collect_view()}
            </td>
            {running}
        </tr>
    }
    .into_any()
}

fn running(field: &str, desired: &str, given: &Given) -> AnyView {
    let text = given
        .values
        .iter()
        .find(|value| value.field == field)
        .map(|value| value.text.clone());
    let empty = text.as_ref().is_some_and(String::is_empty);
    let words = text
        .as_ref()
        .map_or_else(|| "not told".to_owned(), |text| value_words(text, "builtIn"));
    let difference = given.differences.iter().find(|d| d.field == field);
    // Istio's own ports are left out of the values; where they are the difference, it says so itself.
    let exactly = difference.filter(|_| text.as_deref() == Some(desired)).map(|d| {
        let of = |text: &str| value_words(text, "builtIn");
        view! {
            <p class="field-note">
                "as Istio reads it: " <code>{of(&d.running)}</code> ", next " <code>{of(&d.desired)}</code>
            </p>
        }
    });
    let differs = difference.is_some();
    view! {
        <td data-label="Running"><Value words empty/></td>
        <td data-label="Difference">
            {if differs {
                view! { <Badge tone=Tone::Warning>"differs"</Badge> }.into_any()
            } else {
                view! { <span class="more">"same"</span> }.into_any()
            }}
            {exactly}
        </td>
    }
    .into_any()
}

/// A value in words; a long one is folded.
#[component]
fn Value(words: String, empty: bool) -> impl IntoView {
    if empty {
        return view! { <span class="no-value">{words}</span> }.into_any();
    }
    if words.len() <= LONG {
        return view! { <code>{words}</code> }.into_any();
    }
    let items = words.split(", ").count();
    let first: Vec<&str> = words.split(", ").take(3).collect();
    let first = first.join(", ");
    view! {
        <details class="long-value">
            <summary><code>{first}</code> ", … " {items} " in all"</summary>
            <code>{words}</code>
        </details>
    }
    .into_any()
}

/// The level that a value is from, with the way to where it is set.
#[component]
fn From(origin: String, namespace: String) -> impl IntoView {
    let words = origin_words(&origin);
    let to = match origin.as_str() {
        "global" => Some(routes::GLOBAL.to_owned()),
        "namespace" => Some(routes::namespace(&namespace)),
        other => other
            .strip_prefix("workload/")
            .map(|name| routes::workload_setting(&namespace, name)),
    };
    match to {
        Some(to) => view! { <a href=to><Prose text=words/></a> }.into_any(),
        None => view! { <Prose text=words/> }.into_any(),
    }
}

/// What a lower level said, quietly.
#[component]
fn Overrode(value: OverriddenValue) -> impl IntoView {
    let level = origin_words(&value.origin);
    let words = value_words(&value.text, &value.origin);
    view! {
        <p class="field-note">
            "over " <Prose text=level/> ": " <Value words empty=value.text.is_empty()/>
        </p>
    }
}
