//! A manifest as it is typed: one YAML document, read into an object, whose fields know where they stand.

use api::{FieldProblem, Place};
use granit_parser::{Event, ScanError, options};
use serde_json::Value;

use crate::{
    error::Error,
    yaml::{Events, Kind, Node},
};

/// A text that is one YAML document with a mapping in it.
pub(super) struct Manifest<'a> {
    pub(super) text: &'a str,
    pub(super) root: Node,
    pub(super) object: Value,
}

/// Where a refusal of a text as a whole belongs.
const WHOLE: &str = "yaml";

impl<'a> Manifest<'a> {
    /// Reads a text; what cannot be read is refused with line and column.
    pub(super) fn parse(text: &'a str) -> Result<Self, Error> {
        let refuse = |error: &ScanError| {
            let at = Place {
                line: error.marker().line(),
                column: error.marker().col() + 1,
            };
            refused(format!("this is not valid YAML: {}", error.info()), Some(at))
        };
        let mut documents = documents(text).map_err(|error| refuse(&error))?;
        let root = match documents.len() {
            0 => return Err(refused("the text says nothing: it holds no document", None)),
            1 => documents.remove(0),
            _ => {
                let at = place(text, documents[1].at.start);
                return Err(refused(
                    "the text holds several documents: one object is edited at a time",
                    Some(at),
                ));
            }
        };
        let object = read(text).map_err(|error| {
            let at = error.location().and_then(|location| {
                Some(Place {
                    line: location.line().try_into().ok()?,
                    column: location.column().try_into().ok()?,
                })
            });
            refused(sentence(&error), at)
        })?;
        if !object.is_object() {
            return Err(refused(
                "this is no manifest: it has no fields such as `kind`",
                Some(place(text, root.at.start)),
            ));
        }
        Ok(Self { text, root, object })
    }

    /// Where the field at `path` stands, or the nearest around it that is there.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        let at = nearest(&self.root, path)?;
        Some(place(self.text, at))
    }

    /// A problem with the field at `path`, with its place.
    pub(super) fn problem(&self, path: impl Into<String>, message: impl Into<String>) -> FieldProblem {
        let path = path.into();
        FieldProblem {
            at: self.place(&path),
            ..FieldProblem::new(path, message)
        }
    }
}

/// Reads as `kubectl` does: `0644` is a mode in octal, `on` is a boolean.
fn read(text: &str) -> Result<Value, serde_saphyr::Error> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    serde_saphyr::from_str_with_options(text, options)
}

/// A manifest's object as text, in the order and the style of `kubectl`.
pub(super) fn print(value: &Value) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_string_with_options(value, options).expect("JSON is YAML")
}

fn documents(text: &str) -> Result<Vec<Node>, ScanError> {
    let mut events = Events::of(text, options! { emit_comments: false });
    let mut documents = Vec::new();
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            event => documents.push(events.node(event, &span)?),
        }
    }
}

fn refused(message: impl Into<String>, at: Option<Place>) -> Error {
    Error::Invalid(vec![FieldProblem {
        at,
        ..FieldProblem::new(WHOLE, message)
    }])
}

/// An error of the reader in one line, without the place that is told beside it.
fn sentence(error: &serde_saphyr::Error) -> String {
    let words = error.without_snippet().to_string();
    let line = words.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).trim().to_owned()
}

/// Line and column of a byte.
pub(super) fn place(text: &str, byte: usize) -> Place {
    let before = &text[..byte.min(text.len())];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[start..].chars().count() + 1,
    }
}

/// The byte at which the field at `path` begins, with its key; of a field that is not there the nearest around it.
fn nearest(root: &Node, path: &str) -> Option<usize> {
    let mut node = root;
    let mut found = None;
    for step in steps(path) {
        match &node.kind {
            Kind::Mapping { entries, .. } => {
                let is_it = |key: &Node| matches!(&key.kind, Kind::Scalar { value, .. } if *value == step);
                let Some((key, value)) = entries.iter().find(|(key, _)| is_it(key)) else {
                    break;
                };
                found = Some(key.at.start);
                node = value;
            }
            Kind::Sequence(items) => {
                let Some(item) = step.parse::<usize>().ok().and_then(|index| items.get(index)) else {
                    break;
                };
                found = Some(item.at.start);
                node = item;
            }
            Kind::Scalar { .. } | Kind::Alias(_) => break,
        }
    }
    found
}

/// A path as Kubernetes writes it, `spec.containers[0].resources.limits[cpu]`, step by step.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(step.trim_matches('"'));
            rest = after;
        } else {
            let bare = rest.strip_prefix('.').unwrap_or(rest);
            let end = bare.find(['.', '[']).unwrap_or(bare.len());
            steps.push(&bare[..end]);
            rest = &bare[end..];
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(text: &str) -> FieldProblem {
        match Manifest::parse(text) {
            Err(Error::Invalid(mut errors)) => errors.remove(0),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{text:?} was read"),
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for (text, line, word) in [
            ("kind: a\n  b: c\n", 2, "YAML"),
            ("kind: [a\n", 1, "YAML"),
            ("kind: a\nkind: b\n", 2, "duplicate"),
            ("kind: a\n---\nkind: b\n", 3, "several documents"),
            ("just words\n", 1, "no manifest"),
            ("kind: *nothing\n", 1, "anchor"),
        ] {
            let problem = refusal(text);
            assert_eq!(problem.at.map(|at| at.line), Some(line), "{text:?} {problem:?}");
            assert!(problem.message.contains(word), "{text:?} {problem:?}");
        }
        assert!(refusal("# nothing\n").message.contains("says nothing"));
    }

    #[test]
    fn a_path_of_kubernetes_leads_to_its_line_or_the_nearest_around_it() {
        let text = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: x\n      - name: log\n        resources:\n          limits:\n            a.b/c: 1\n";
        let manifest = Manifest::parse(text).expect("it is read");
        for (path, line) in [
            ("kind", 1),
            ("spec.template.spec.containers[0].image", 7),
            ("spec.template.spec.containers[1].resources.limits[a.b/c]", 11),
            ("spec.template.spec.containers[1].image", 8),
            ("spec.template.spec.containers[7]", 5),
            ("spec.template.metadata.labels", 3),
        ] {
            assert_eq!(manifest.place(path).map(|at| at.line), Some(line), "{path}");
        }
        assert_eq!(manifest.place("metadata.name"), None);
        assert_eq!(manifest.place("spec.template").map(|at| at.column), Some(3));
    }

    #[test]
    fn what_is_printed_is_read_again_as_it_was() {
        let long = format!("{}  two blanks {}", "word ".repeat(60), "x".repeat(200));
        let texts = [
            "",
            " ",
            "on",
            "y",
            "no",
            "null",
            "~",
            "012",
            "0x1",
            "1e3",
            "1_000",
            "12:30:45",
            "2026-01-01",
            "7001,7002",
            "*",
            "&a",
            "- a",
            "a: b",
            "a #b",
            "#",
            "%",
            "@",
            "`",
            "\"",
            "'",
            "\\",
            "a\nb",
            "a\nb\n",
            "a\n\n",
            "\n",
            "  a\n b",
            "\ta",
            "a\t",
            "tail ",
            "é→\u{1f600}",
            "\u{7}",
            "a\r\nb",
            "---",
            "...",
            "<<",
            "=",
            "!t",
            "{}",
            "[a]",
            "key: |\n  text\n",
            long.as_str(),
        ];
        let mut object = json!({ "list": texts.as_slice(), "nested": [[1, [true, null]], { "a": [] , "b": {} }], "f": 1.5, "n": -7 });
        for (index, text) in texts.iter().enumerate() {
            object["map"][format!("{index}{text}")] = json!(text);
            object["keys"][*text] = json!(index);
        }
        let printed = print(&object);
        let read = read(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        assert_eq!(read, object, "{printed}");
    }

    #[test]
    fn plain_values_are_what_kubectl_makes_of_them() {
        for (text, value) in [
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("0x1F", json!(31)),
            ("on", json!(true)),
            ("No", json!(false)),
            ("~", json!(null)),
            ("", json!(null)),
            ("25%", json!("25%")),
            ("7001,7002", json!("7001,7002")),
            ("10m", json!("10m")),
            ("2026-01-01", json!("2026-01-01")),
            ("12:30", json!("12:30")),
            ("'0644'", json!("0644")),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(
                read(&format!("v: {text}\n")).expect("it is read"),
                json!({ "v": value }),
                "{text}"
            );
        }
        let merged = "a: &a { x: 1 }\nb:\n  <<: *a\n  y: 2\n";
        assert_eq!(
            read(merged).expect("it is read"),
            json!({ "a": { "x": 1 }, "b": { "x": 1, "y": 2 } })
        );
    }
}
