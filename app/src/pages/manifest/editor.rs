//! The text while it is edited: a `<textarea>`, over which the editor lays itself where it can be loaded.

use api::FieldProblem;
use domain::annotation::for_pods;
use leptos::{html, wasm_bindgen::JsCast};
use serde_json::json;
use web_sys::HtmlTextAreaElement;

use super::state::{Manifest, Outcome, TEXT};
use crate::prelude::*;

/// The id of the script.
const SCRIPT: &str = "yaml-editor-code";
/// How high a line of the plain text is, in pixels: to bring one into sight.
const LINE: i32 = 20;

/// The text.
pub(super) fn editor(manifest: Manifest) -> AnyView {
    let text = NodeRef::<html::Textarea>::new();
    let Manifest { draft, goto, .. } = manifest;
    Effect::new(move |_| load());
    Effect::new(move |_| {
        let (line, times) = goto.get();
        if times > 0
            && let Some(text) = text.get_untracked()
            && !text.hidden()
        {
            show_line(&text, line);
        }
    });
    let marks = Memo::new(move |_| {
        // In another text the lines are others.
        let is_old = manifest.is_old().get();
        manifest.outcome.with(|outcome| match outcome {
            Some(Outcome::Refused(problem)) if !is_old => marks(&problem.errors),
            _ => "[]".to_owned(),
        })
    });
    let wish = move || {
        let (line, times) = goto.get();
        (times > 0).then(|| [line.to_string(), times.to_string()].join("#"))
    };
    let keys: Vec<&str> = for_pods().collect();
    let label = ["YAML of ", &manifest.words()].concat();
    view! {
        <yaml-editor data-marks=marks data-goto=wish data-keys=json!(keys).to_string()>
            <textarea
                id=TEXT
                class="manifest-text"
                node_ref=text
                rows="30"
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                wrap="off"
                aria-label=label
                prop:value=draft
                on:input=move |event| draft.set(event_target_value(&event))
            ></textarea>
        </yaml-editor>
    }
}

/// Asks for the editor's script, once in a tab. Where it cannot be had the text is edited as it is.
fn load() {
    let document = document();
    if document.get_element_by_id(SCRIPT).is_some() {
        return;
    }
    let address = document
        .query_selector("meta[name=editor]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    if let (Some(address), Ok(script), Some(head)) =
        (address, document.create_element("script"), document.head())
    {
        let _ = script.set_attribute("id", SCRIPT);
        let _ = script.set_attribute("type", "module");
        let _ = script.set_attribute("src", &address);
        let _ = head.append_child(script.unchecked_ref());
    }
}

/// Refused lines as the editor reads them.
fn marks(errors: &[FieldProblem]) -> String {
    let marks = errors.iter().filter_map(|error| {
        let at = error.at?;
        Some(json!({ "line": at.line, "message": error.message, "severity": "error" }))
    });
    serde_json::Value::Array(marks.collect()).to_string()
}

/// Selects a line of the plain text.
fn show_line(text: &HtmlTextAreaElement, line: usize) {
    let value = text.value();
    let before = value.split_inclusive('\n').take(line.saturating_sub(1));
    // The browser counts as JavaScript does.
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or_default();
    let start: u32 = before.map(units).sum();
    let length = value
        .lines()
        .nth(line.saturating_sub(1))
        .map(units)
        .unwrap_or_default();
    let _ = text.focus();
    let _ = text.set_selection_range(start, start + length);
    text.set_scroll_top(LINE * (i32::try_from(line).unwrap_or_default() - 5).max(0));
}
