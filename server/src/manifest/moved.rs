//! Annotations that stand on the workload itself, moved to its pod template.
//!
//! The text is edited line by line, so that comments and order stay. Then it is read again: where it does not say exactly
//! what was meant, or cannot be edited so, it is written anew instead.

use std::ops::Range;

use api::manifest::{Keep, LeftAnnotation, MoveAnnotations, MovedAnnotations};
use domain::annotation::misplaced;
use serde_json::{Map, Value};

use super::{
    check::remarks,
    object::{own_annotations, template_annotations, text},
    text::{Manifest, print},
    uses_cni,
};
use crate::{
    error::Error,
    state::State,
    yaml::{Kind, Node},
};

/// One annotation to move.
struct Move {
    key: String,
    value: String,
    /// Whether the pod template gets it; else it has the value that stays.
    put: bool,
}

/// Moves annotations in a text; nothing is stored.
pub fn move_annotations(state: &State, asked: &MoveAnnotations) -> Result<MovedAnnotations, Error> {
    let typed = Manifest::parse(&asked.yaml)?;
    let (moves, left) = plan(&typed.object, asked);
    let wanted = applied(&typed.object, &moves);
    let edited = edited(&typed, &moves)
        .filter(|edited| Manifest::parse(edited).is_ok_and(|edited| edited.object == wanted));
    let (yaml, reprinted) = match edited {
        Some(edited) => (edited, false),
        None if moves.is_empty() => (asked.yaml.clone(), false),
        None => (print(&wanted), true),
    };
    let after = Manifest::parse(&yaml)?;
    let cni = state.cluster.ready().is_ok() && uses_cni(state, text(&after.object, "namespace"));
    Ok(MovedAnnotations {
        moved: moves.into_iter().map(|one| one.key).collect(),
        left,
        reprinted,
        remarks: remarks(&after.object, Some(&after), cni),
        yaml,
    })
}

fn plan(object: &Value, asked: &MoveAnnotations) -> (Vec<Move>, Vec<LeftAnnotation>) {
    let (own, template) = (own_annotations(object), template_annotations(object));
    let (mut moves, mut left) = (Vec::new(), Vec::new());
    for one in misplaced(&own, &template) {
        if !asked.keys.is_empty() && !asked.keys.iter().any(|key| key == one.key) {
            continue;
        }
        match (one.template, asked.keep) {
            (Some(template), Keep::Both) if one.is_contradicted() => left.push(LeftAnnotation {
                key: one.key.to_owned(),
                here: one.value.to_owned(),
                template: template.to_owned(),
            }),
            _ => moves.push(Move {
                key: one.key.to_owned(),
                value: one.value.to_owned(),
                put: one.template.is_none() || one.is_contradicted() && asked.keep == Keep::Moved,
            }),
        }
    }
    (moves, left)
}

/// What the text shall say.
fn applied(object: &Value, moves: &[Move]) -> Value {
    let mut object = object.clone();
    for one in moves {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
            && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
        {
            annotations.remove(&one.key);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
        if one.put {
            let template = member(member(&mut object, "spec"), "template");
            let annotations = member(member(template, "metadata"), "annotations");
            annotations[&one.key] = Value::String(one.value.clone());
        }
    }
    object
}

/// A member that is an object, made where there is none.
fn member<'a>(of: &'a mut Value, key: &str) -> &'a mut Value {
    let member = &mut of[key];
    if !member.is_object() {
        *member = Value::Object(Map::new());
    }
    member
}

/// The text with whole lines taken out and put in; nothing where it cannot be done so.
fn edited(typed: &Manifest<'_>, moves: &[Move]) -> Option<String> {
    let text = typed.text;
    let (own_key, own) = entry(entry(&typed.root, "metadata")?.1, "annotations")?;
    let own_entries = block(own)?;
    let template = entry(entry(&typed.root, "spec")?.1, "template")?.1;
    let there = entry(template, "metadata").and_then(|(_, metadata)| entry(metadata, "annotations"));

    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for one in moves {
        let (key, value) = entry(own, &one.key)?;
        let at = whole_lines(text, key, value)?;
        if one.put {
            lines.extend(text[at.clone()].split_inclusive('\n'));
            // The value that is replaced goes.
            if let Some((key, value)) = there.and_then(|(_, annotations)| entry(annotations, &one.key)) {
                edits.push((whole_lines(text, key, value)?, String::new()));
            }
        }
        edits.push((at, String::new()));
    }
    if moves.len() == own_entries.len() {
        edits.push((line_at(text, own_key.at.start), String::new()));
    }
    if let Some(first) = lines.first() {
        let from = indent(first);
        let place = insertion(text, template, there)?;
        let mut new = place.heading;
        for line in &lines {
            let own = indent(line);
            new.push_str(&" ".repeat(place.indent + own.saturating_sub(from)));
            new.push_str(line.trim_start_matches(' '));
            if !line.ends_with('\n') {
                new.push('\n');
            }
        }
        if place.at > 0 && !text[..place.at].ends_with('\n') {
            new.insert(0, '\n');
        }
        edits.push((place.at..place.at, new));
    }
    // From the end on, so that what comes before keeps its place.
    edits.sort_by_key(|(at, _)| (at.start, at.end));
    let mut edited = text.to_owned();
    for (at, new) in edits.into_iter().rev() {
        edited.replace_range(at, &new);
    }
    Some(edited)
}

/// Where annotations are put into a pod template.
struct Insertion {
    at: usize,
    /// How far they are indented.
    indent: usize,
    /// The lines above them that the template lacks.
    heading: String,
}

fn insertion(text: &str, template: &Node, there: Option<(&Node, &Node)>) -> Option<Insertion> {
    if let Some((_, annotations)) = there {
        let entries = block(annotations)?;
        let (first, _) = entries.first()?;
        let (key, value) = entries.last()?;
        return Some(Insertion {
            at: whole_lines(text, key, value)?.end,
            indent: column(text, first.at.start),
            heading: String::new(),
        });
    }
    let (parent, names): (&Node, &[&str]) = match entry(template, "metadata") {
        Some((_, metadata)) => (metadata, &["annotations"]),
        None => (template, &["metadata", "annotations"]),
    };
    let (first, _) = block(parent)?.first()?;
    let indent = column(text, first.at.start);
    let heading = names
        .iter()
        .enumerate()
        .fold(String::new(), |heading, (depth, name)| {
            format!("{heading}{}{name}:\n", " ".repeat(indent + 2 * depth))
        });
    Some(Insertion {
        at: line_at(text, first.at.start).start,
        indent: indent + 2 * names.len(),
        heading,
    })
}

/// The entries of a mapping that has a line for each.
fn block(node: &Node) -> Option<&[(Node, Node)]> {
    match &node.kind {
        Kind::Mapping { flow: false, entries } if node.anchor == 0 => Some(entries),
        _ => None,
    }
}

fn entry<'a>(node: &'a Node, name: &str) -> Option<(&'a Node, &'a Node)> {
    let is_it = |key: &Node| matches!(&key.kind, Kind::Scalar { value, .. } if value == name);
    let found = block(node)?.iter().find(|(key, _)| is_it(key))?;
    Some((&found.0, &found.1))
}

/// The lines of an entry whose value is a scalar.
fn whole_lines(text: &str, key: &Node, value: &Node) -> Option<Range<usize>> {
    if !matches!(value.kind, Kind::Scalar { .. }) {
        return None;
    }
    let start = line_at(text, key.at.start).start;
    // A block of text ends where the next thing begins.
    let end = text[..value.at.end.max(key.at.end)].trim_end().len();
    Some(start..line_at(text, end.saturating_sub(1)).end)
}

/// The line in which a byte stands, with its end.
fn line_at(text: &str, byte: usize) -> Range<usize> {
    let start = text[..byte].rfind('\n').map_or(0, |end| end + 1);
    let end = text[byte..].find('\n').map_or(text.len(), |end| byte + end + 1);
    start..end
}

fn column(text: &str, byte: usize) -> usize {
    byte - line_at(text, byte).start
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: &str = "traffic.sidecar.istio.io/excludeInboundPorts";

    /// The text after a move; `None`: it had to be written anew.
    fn moved(yaml: &str, keep: Keep) -> Option<String> {
        let typed = Manifest::parse(yaml).expect("it is read");
        let asked = MoveAnnotations {
            yaml: yaml.to_owned(),
            keys: Vec::new(),
            keep,
        };
        let (moves, _) = plan(&typed.object, &asked);
        let wanted = applied(&typed.object, &moves);
        let edited = edited(&typed, &moves)?;
        let read = Manifest::parse(&edited).unwrap_or_else(|error| panic!("{error:?}\n{edited}"));
        assert_eq!(read.object, wanted, "{edited}");
        Some(edited)
    }

    #[test]
    fn a_line_moves_with_its_quotes_and_its_comment_and_nothing_else_does() {
        let before = format!(
            "# ours\nmetadata:\n  annotations: # all\n    team: shop # us\n    {PORTS}: '7001,7002' # old\n  name: cart\nspec:\n  template:\n    \
             metadata:\n      annotations:\n        # why\n        a: b\n      labels:\n        app: cart\n"
        );
        let after = format!(
            "# ours\nmetadata:\n  annotations: # all\n    team: shop # us\n  name: cart\nspec:\n  template:\n    \
             metadata:\n      annotations:\n        # why\n        a: b\n        {PORTS}: '7001,7002' # old\n      labels:\n        app: cart\n"
        );
        assert_eq!(moved(&before, Keep::Both), Some(after));
    }

    #[test]
    fn what_the_template_lacks_is_made() {
        let own = format!("metadata:\n  name: cart\n  annotations:\n    {PORTS}: \"80\"\n");
        for (template, expected) in [
            (
                "spec:\n  template:\n    metadata:\n      labels: {}\n",
                format!(
                    "metadata:\n  name: cart\nspec:\n  template:\n    metadata:\n      annotations:\n        {PORTS}: \"80\"\n      \
                     labels: {{}}\n"
                ),
            ),
            (
                "spec:\n  template:\n    spec: {}\n",
                format!(
                    "metadata:\n  name: cart\nspec:\n  template:\n    metadata:\n      annotations:\n        {PORTS}: \"80\"\n    \
                     spec: {{}}\n"
                ),
            ),
        ] {
            assert_eq!(moved(&format!("{own}{template}"), Keep::Both), Some(expected));
        }
    }

    #[test]
    fn of_two_values_the_one_stays_that_was_chosen() {
        let with = |own: &str, template: &str| {
            let line = |value: &str, indent: &str| match value {
                "" => String::new(),
                value => format!("{indent}{PORTS}: \"{value}\"\n"),
            };
            let own = match line(own, "    ") {
                own if own.is_empty() => own,
                own => format!("  annotations:\n{own}"),
            };
            format!(
                "metadata:\n{own}  name: cart\nspec:\n  template:\n    metadata:\n      annotations:\n        x: y\n{}",
                line(template, "        ")
            )
        };
        let both = with("1", "2");
        assert_eq!(moved(&both, Keep::Template), Some(with("", "2")));
        assert_eq!(moved(&both, Keep::Moved), Some(with("", "1")));
        assert_eq!(moved(&with("2", "2"), Keep::Both), Some(with("", "2")));
        assert_eq!(moved(&both, Keep::Both), Some(both.clone()));
    }

    #[test]
    fn a_value_of_several_lines_and_a_text_without_its_last_line_end_move_too() {
        let key = domain::annotation::PROXY_CONFIG;
        let before = format!(
            "metadata:\n  annotations:\n    {key}: |\n      concurrency: 1\n      a: b\n  name: cart\nspec:\n  template:\n    \
             metadata:\n      annotations:\n        x: y"
        );
        let after = format!(
            "metadata:\n  name: cart\nspec:\n  template:\n    metadata:\n      annotations:\n        x: y\n        {key}: |\n          \
             concurrency: 1\n          a: b\n"
        );
        assert_eq!(moved(&before, Keep::Both), Some(after));
    }

    #[test]
    fn what_is_written_in_braces_is_not_edited_by_lines() {
        let text = format!(
            "metadata: {{ annotations: {{ {PORTS}: \"80\" }} }}\nspec:\n  template:\n    spec: {{}}\n"
        );
        assert_eq!(moved(&text, Keep::Both), None);
    }
}
