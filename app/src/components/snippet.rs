//! Text to copy, and lines that come and go.

use api::snippet::Snippet;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use crate::prelude::*;
use crate::ui::{announce::use_announcer, button::Button, prose::Prose};

/// Texts to copy, one below the other.
#[component]
pub(crate) fn Snippets(snippets: Vec<Snippet>) -> impl IntoView {
    snippets.into_iter().map(one).collect_view()
}

fn one(snippet: Snippet) -> AnyView {
    let Snippet {
        title, note, text, ..
    } = snippet;
    let copied = text.clone();
    let label = ["Copy: ", &title].concat();
    view! {
        <figure class="snippet">
            <figcaption>
                <span><Prose text=title/></span>
                <Copy label text=move || copied.clone()/>
            </figcaption>
            {note.map(|note| view! { <p class="field-note"><Prose text=note/></p> })}
            <pre tabindex="0"><code>{text}</code></pre>
        </figure>
    }
    .into_any()
}

/// A button that copies a text; `label` says which, for those who cannot see it beside the button.
#[component]
pub(crate) fn Copy(label: String, text: impl Fn() -> String + Send + Sync + 'static) -> impl IntoView {
    let announcer = use_announcer();
    let copy = move || {
        // Over plain HTTP from another machine the browser has no clipboard for pages.
        let asked = window()
            .is_secure_context()
            .then(|| window().navigator().clipboard().write_text(&text()));
        spawn_local(async move {
            let is_copied = match asked {
                Some(asked) => JsFuture::from(asked).await.is_ok(),
                None => false,
            };
            announcer.say(if is_copied {
                "Copied".to_owned()
            } else {
                "The browser does not let this page copy: select the text instead".to_owned()
            });
        });
    };
    view! {
        <Button class="small" on_press=copy>
            <span aria-hidden="true">"Copy"</span>
            <span class="visually-hidden">{label}</span>
        </Button>
    }
}

/// A unified diff: what goes struck, what comes marked.
#[component]
pub(crate) fn Diff(text: String) -> impl IntoView {
    let line = |line: &str| {
        let text = line.to_owned();
        match line.chars().next() {
            Some('+') => view! { <ins>{text}</ins> }.into_any(),
            Some('-') => view! { <del>{text}</del> }.into_any(),
            _ => view! { <span>{text}</span> }.into_any(),
        }
    };
    // The first line says where: the whole resource is shown.
    let lines = text.lines().filter(|line| !line.starts_with("@@"));
    let lines = lines.map(line).collect_view();
    view! { <pre class="unified-diff" tabindex="0"><code>{lines}</code></pre> }
}
