//! What is remarkable: the same words wherever a setting or a workload is shown.

use crate::prelude::*;
use api::lint::{About, LintView, Severity};

use crate::{
    routes,
    ui::{
        badge::{Badge, Tone},
        prose::Prose,
    },
};

/// Remarks, one below the other. `about`: with the things that each is about, which a page of one thing need not name.
#[component]
pub(crate) fn Remarks(lints: Vec<LintView>, #[prop(optional)] about: bool) -> impl IntoView {
    let items = lints
        .into_iter()
        .map(|lint| view! { <li class="remark">{remark(lint, about)}</li> })
        .collect_view();
    view! { <ul class="remarks">{items}</ul> }
}

/// What is remarkable about the thing that a page is about, below its settings.
pub(crate) fn remarkable(lints: &[LintView]) -> AnyView {
    if lints.is_empty() {
        return ().into_any();
    }
    view! {
        <h3 class="remarks-title">"Remarkable about the next pod"</h3>
        <Remarks lints=lints.to_vec()/>
    }
    .into_any()
}

/// A severity in a word.
#[component]
pub(crate) fn SeverityBadge(severity: Severity) -> impl IntoView {
    let (tone, word) = match severity {
        Severity::Error => (Tone::Bad, "Error"),
        Severity::Warning => (Tone::Warning, "Warning"),
        Severity::Info => (Tone::Info, "Info"),
    };
    view! { <Badge tone>{word}</Badge> }
}

fn remark(lint: LintView, about: bool) -> AnyView {
    let LintView {
        code,
        severity,
        title,
        field,
        sentence,
        way_out,
        snippet,
        clients,
        about: things,
        about_total,
    } = lint;
    let clients = (!clients.is_empty()).then(|| clients.join(", "));
    let things = (about && !things.is_empty()).then(|| named(things, about_total));
    view! {
        <p>
            <SeverityBadge severity/>
            " "
            <strong>{title}</strong>
            {field.map(|field| view! { " " <code>{field}</code> })}
            " "
            <span class="remark-code">{code}</span>
        </p>
        <p><Prose text=sentence/></p>
        {clients.map(|clients| view! { <p class="more">"Clients with a sidecar run in: " {clients}</p> })}
        <p class="way-out">"What to do: " <Prose text=way_out/></p>
        {snippet.map(|yaml| view! {
            <details>
                <summary>"YAML to apply"</summary>
                <pre tabindex="0"><code>{yaml}</code></pre>
            </details>
        })}
        {things}
    }
    .into_any()
}

fn named(things: Vec<About>, total: usize) -> impl IntoView {
    let more = total.saturating_sub(things.len());
    let things = things
        .into_iter()
        .enumerate()
        .map(|(n, thing)| view! { {(n > 0).then_some(", ")} {named_one(thing)} })
        .collect_view();
    view! {
        <p class="more">
            "About: " {things}
            {(more > 0).then(|| view! { " and " {more} " more" })}
        </p>
    }
}

fn named_one(
    About {
        kind,
        namespace,
        name,
    }: About,
) -> AnyView {
    let to = match (kind.as_str(), name.as_str()) {
        ("Global", _) => Some(routes::GLOBAL.to_owned()),
        ("SidecarSetting", "default") => Some(routes::namespace(&namespace)),
        ("SidecarSetting", _) => Some(routes::workload_setting(&namespace, &name)),
        _ => routes::owner(&kind, &namespace, &name),
    };
    let words = match kind.as_str() {
        "Global" => "the global setting".to_owned(),
        kind => [kind, " ", &namespace, "/", &name].concat(),
    };
    match to {
        Some(to) => view! { <a href=to>{words}</a> }.into_any(),
        None => words.into_any(),
    }
}
