//! What has happened to a workload, as Kubernetes tells it for an hour.

use api::workload::{WorkloadDetail, WorkloadEvent};

use crate::{
    prelude::*,
    ui::{
        badge::{Badge, Tone},
        table::{Column, Table},
        time::Ago,
    },
};

/// The table, or why there is none.
pub(super) fn events(detail: &WorkloadDetail) -> AnyView {
    let Some(events) = &detail.events else {
        return view! { <p class="more">"Your account may not list events here."</p> };
    };
    if events.is_empty() {
        return view! { <p class="more">"Nothing has happened to it in the last hour."</p> };
    }
    let columns = vec![
        Column::text("Type"),
        Column::text("Reason"),
        Column::text("Message"),
        Column::number("Times"),
        Column::number("Last"),
    ];
    let rows = events.iter().cloned().map(row).collect_view();
    view! { <div class="cards"><Table caption="Events" columns=columns>{rows}</Table></div> }
}

fn row(event: WorkloadEvent) -> AnyView {
    let (tone, word) = if event.warning {
        (Tone::Warning, "Warning")
    } else {
        (Tone::Quiet, "Normal")
    };
    view! {
        <tr>
            <td data-label="Type"><Badge tone>{word}</Badge></td>
            <th scope="row">{event.reason}</th>
            <td class="sentence wide" data-label="Message">{event.message}</td>
            <td class="number" data-label="Times">{event.count}</td>
            <td class="number" data-label="Last">{event.last.map(|at| view! { <Ago at/> })}</td>
        </tr>
    }
}
