//! Judges what was typed: it is an edit of this object, and its annotations do what they say.

use std::collections::BTreeMap;

use api::{FieldProblem, manifest::ManifestRemark};
use domain::annotation::{self, Stumble};
use serde_json::Value;

use super::{
    Named,
    object::{own_annotations, template_annotations},
    text::Manifest,
};
use crate::{error::Error, proxy_config};

/// The annotations of the pod template, as a path.
pub(super) const TEMPLATE: &str = "spec.template.metadata.annotations";
/// Those of the object itself.
pub(super) const OWN: &str = "metadata.annotations";

/// Refuses a text that is no edit of `now`, or whose pods Istio would not let run. What was wrong before is no reason to
/// refuse another edit.
pub(super) fn typed(typed: &Manifest<'_>, named: &Named, now: &Value, cni: bool) -> Result<(), Error> {
    let mut errors = identity(typed, named, now);
    errors.extend(no_texts(typed));
    let (before, after) = (template_annotations(now), template_annotations(&typed.object));
    let there = stumbles(&before, cni);
    // One annotation may break pods because of what another says no more.
    let is_new =
        |stumble: &Stumble| before.get(stumble.key) != after.get(stumble.key) || !there.contains(stumble);
    errors.extend(
        stumbles(&after, cni)
            .into_iter()
            .filter(|stumble| stumble.breaks_pods() && is_new(stumble))
            .map(|stumble| typed.problem(format!("{TEMPLATE}[{}]", stumble.key), stumble.message)),
    );
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(errors))
    }
}

fn stumbles(template: &BTreeMap<String, String>, cni: bool) -> Vec<Stumble> {
    let mode = proxy_config::interception_mode(template);
    let mode = mode.as_ref().map(Option::as_deref).map_err(String::as_str);
    annotation::stumbles(template, mode, cni)
}

/// What names the object must be what the URL names.
fn identity(typed: &Manifest<'_>, named: &Named, now: &Value) -> Vec<FieldProblem> {
    let metadata = &typed.object["metadata"];
    let uid = &now["metadata"]["uid"];
    let expected = [
        (
            "apiVersion",
            &typed.object["apiVersion"],
            named.kind.api_version(),
        ),
        ("kind", &typed.object["kind"], named.kind.kind()),
        ("metadata.name", &metadata["name"], &named.name),
        ("metadata.namespace", &metadata["namespace"], &named.namespace),
    ];
    let mut errors: Vec<FieldProblem> = expected
        .into_iter()
        .filter(|(_, said, expected)| said.as_str() != Some(expected))
        .map(|(path, said, expected)| {
            let found = match said {
                Value::Null => "it is not there".to_owned(),
                Value::String(text) => format!("it says `{text}`"),
                other => format!("it says `{other}`"),
            };
            let thing = named.words();
            typed.problem(
                path,
                format!("this is the manifest of {thing}: write `{expected}` ({found})"),
            )
        })
        .collect();
    if !metadata["uid"].is_null() && metadata["uid"] != *uid {
        errors.push(typed.problem(
            "metadata.uid",
            "this is the manifest of another object that had the same name: read it again",
        ));
    }
    errors
}

/// Annotations are texts: what YAML reads as something else needs quotes.
fn no_texts(typed: &Manifest<'_>) -> Vec<FieldProblem> {
    let places = [
        (OWN, &typed.object["metadata"]["annotations"]),
        (
            TEMPLATE,
            &typed.object["spec"]["template"]["metadata"]["annotations"],
        ),
    ];
    let mut errors = Vec::new();
    for (path, annotations) in places {
        for (key, value) in annotations.as_object().into_iter().flatten() {
            if !value.is_string() {
                errors.push(typed.problem(
                    format!("{path}[{key}]"),
                    format!("an annotation is a text: put quotes around it, as in `\"{value}\"`"),
                ));
            }
        }
    }
    errors
}

/// What is remarkable about an object's annotations; with the lines of `printed`, where there is a text.
pub(super) fn remarks(object: &Value, printed: Option<&Manifest<'_>>, cni: bool) -> Vec<ManifestRemark> {
    let (own, template) = (own_annotations(object), template_annotations(object));
    let line = |path: &str, key: &str| Some(printed?.place(&format!("{path}[{key}]"))?.line);
    let mut remarks = misplaced(&own, &template, line);
    remarks.extend(
        stumbles(&template, cni)
            .into_iter()
            .map(|stumble| ManifestRemark {
                key: stumble.key.to_owned(),
                path: TEMPLATE.to_owned(),
                line: line(TEMPLATE, stumble.key),
                message: stumble.message,
                movable: false,
            }),
    );
    remarks
}

fn misplaced(
    own: &BTreeMap<String, String>,
    template: &BTreeMap<String, String>,
    line: impl Fn(&str, &str) -> Option<usize>,
) -> Vec<ManifestRemark> {
    let remark = |one: annotation::Misplaced<'_>| {
        let rest = match one.template {
            Some(other) if one.is_contradicted() => {
                format!("the pod template says `{other}`, which is what is in force")
            }
            Some(_) => "the pod template says the same, so it can go".to_owned(),
            None => format!("it belongs under `{TEMPLATE}`"),
        };
        ManifestRemark {
            key: one.key.to_owned(),
            path: OWN.to_owned(),
            line: line(OWN, one.key),
            message: format!(
                "`{}` stands on the workload itself, where nobody reads it: {rest}",
                one.key
            ),
            movable: true,
        }
    };
    annotation::misplaced(own, template)
        .into_iter()
        .map(remark)
        .collect()
}
