//! Annotation Reference: every annotation that decides what goes round the sidecar.

use crate::prelude::*;
use domain::annotation::reference::{self, Reference, SetAt};

use crate::{components::page::PageHeader, routes, ui::prose::Prose};

const LEAD: &str = "The annotations by which Istio decides what goes round the sidecar. Sidestep's webhook writes the first \
                    six, as the settings say; where one of them is on the pod template, it is left as it is.";

/// The page. It is text that `domain` has, and reads nothing.
pub(super) fn annotations_page() -> AnyView {
    let general = reference::GENERAL
        .into_iter()
        .map(|text| view! { <li><Prose text=text.to_owned()/></li> })
        .collect_view();
    view! {
        <PageHeader title="Annotation Reference" lead=LEAD/>
        <Index/>
        <section class="panel" aria-labelledby="general">
            <h2 id="general">"What holds for all of them"</h2>
            <ul class="reference-points">{general}</ul>
        </section>
        {reference::all().map(entry).collect_view()}
    }
    .into_any()
}

/// Links to the annotations below.
#[component]
fn Index() -> impl IntoView {
    let links = |of_a_setting| {
        reference::all()
            .filter(|reference| reference.field.is_some() == of_a_setting)
            .map(|reference| {
                view! {
                    <li>
                        <a href=routes::annotation(reference.key)>{name(reference.key)}</a>
                        <span>{reference.title}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <nav class="panel reference-index" aria-label="Annotations">
            <section>
                <h2>"With a form here"</h2>
                <ul>{links(true)}</ul>
            </section>
            <section>
                <h2>"Related, without a form"</h2>
                <ul>{links(false)}</ul>
            </section>
        </nav>
    }
}

/// One annotation.
fn entry(reference: &'static Reference) -> AnyView {
    let Reference {
        key,
        title,
        effect,
        format,
        example,
        default,
        empty,
        set_at,
        traps,
        ..
    } = *reference;
    let form = reference.field.map(|field| {
        view! {
            <a class="button small" href=routes::GLOBAL aria-label=format!("Open the form: {field}")>"Open the form"</a>
        }
    });
    let traps = traps
        .iter()
        .map(|trap| view! { <li><Prose text=(*trap).to_owned()/></li> })
        .collect_view();
    view! {
        <section class="panel reference" id=key aria-labelledby=heading(key)>
            <div class="panel-title">
                <h2 id=heading(key)><a href=routes::annotation(key)>{name(key)}</a></h2>
                {form}
            </div>
            <p class="reference-title">{title}</p>
            <dl class="reference-facts">
                <div><dt>"Effect"</dt><dd><Prose text=effect.to_owned()/></dd></div>
                <div><dt>"Format"</dt><dd><Prose text=format.to_owned()/></dd></div>
                <div><dt>"Example"</dt><dd>{sample(reference, example)}</dd></div>
                <div><dt>"Default"</dt><dd><Prose text=default.to_owned()/></dd></div>
                <div><dt>"When it is empty"</dt><dd><Prose text=empty.to_owned()/></dd></div>
                <div>
                    <dt>"May be set at"</dt>
                    <dd><ol class="reference-levels">{set_at.iter().map(|place| level(*place)).collect_view()}</ol></dd>
                </div>
                <div><dt>"Traps"</dt><dd><ul class="reference-points traps">{traps}</ul></dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// A key, which a narrow page may break after its domain.
fn name(key: &'static str) -> AnyView {
    let (domain, name) = key.split_once('/').unwrap_or_default();
    view! { <code>{domain}"/"<wbr/>{name}</code> }.into_any()
}

fn heading(key: &str) -> String {
    format!("{key}-title")
}

/// The example: as YAML where people write it, as it is where only we do.
fn sample(reference: &Reference, example: &'static str) -> AnyView {
    if reference.set_at == [SetAt::Webhook] {
        return view! { <code>{example}</code> }.into_any();
    }
    let yaml = format!(
        "spec:\n  template:\n    metadata:\n      annotations:\n        {}: \"{example}\"",
        reference.key
    );
    // Reachable by keyboard, so that a narrow window can be scrolled without a mouse.
    view! { <pre tabindex="0" aria-label="Example in YAML" role="group"><code>{yaml}</code></pre> }.into_any()
}

/// A place where it may be set, with the form that does it.
fn level(place: SetAt) -> AnyView {
    let name = place.name();
    let form = match place {
        SetAt::Global => Some(routes::GLOBAL),
        SetAt::Namespace => Some(routes::NAMESPACES),
        SetAt::Workload => Some(routes::WORKLOADS),
        _ => None,
    };
    let name = match form {
        Some(form) => view! { <a href=form>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let key = place.key().map(|key| view! { " " <code>{key}</code> });
    view! { <li>{name}{key}</li> }.into_any()
}
