//! One value changed in the text, in the text's own style.

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::{
    MODE, Mode, POLICY, POLICY_PROTO, is_policy,
    read::{self, entries, is_key, is_mapping, is_merge, is_null},
    refusal::{Reason, Refusal},
    tree::{Document, Kind, Node},
};

/// Changes the mode in the text, and nothing else: every other byte stays.
///
/// The text then says the mode itself: where it only follows from a default it is written down, because what applies
/// without it is not in this text alone (`SHARED_MESH_CONFIG`). A text that says it already is returned as it is.
pub fn set_mode(text: &str, mode: &Mode) -> Result<String, Refusal> {
    changed(text, mode).map_err(|reason| Refusal::new(reason, mode))
}

fn changed(text: &str, mode: &Mode) -> Result<String, Reason> {
    if !is_writable(mode) {
        return Err(Reason::Name(mode.to_string()));
    }
    let document = Document::parse(text)?;
    // Whether it can be read comes first: what istiod refuses must not look as if only the place were wrong.
    read::mode(&document)?;
    let Some((at, new)) = edit(text, &document, mode)? else {
        return Ok(text.to_owned());
    };
    let changed = [&text[..at.start], &new, &text[at.end..]].concat();
    let after = Document::parse(&changed).map_err(|_| Reason::Check)?;
    let same = !after.more && without_mode(&document.root) == without_mode(&after.root);
    if same && read::mode(&after).as_ref() == Ok(mode) {
        Ok(changed)
    } else {
        Err(Reason::Check)
    }
}

/// A name as protos have it, or a number.
fn is_writable(mode: &Mode) -> bool {
    let name = mode.as_str();
    is_number(mode)
        || name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.len() > 3
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            // `NULL`, `TRUE`, `FALSE` are none.
            && !matches!(name, "NULL" | "TRUE" | "FALSE")
}

fn is_number(mode: &Mode) -> bool {
    let name = mode.as_str();
    name.parse::<i32>().is_ok_and(|number| number.to_string() == name)
}

/// What to put in place of which bytes; nothing where the text says it already.
fn edit(text: &str, document: &Document, mode: &Mode) -> Result<Option<(Range<usize>, String)>, Reason> {
    let root = &document.root;
    if document.more {
        return Err(Reason::Documents);
    }
    is_plain(root, "the mesh configuration")?;
    let place = Place { text, mode };
    if is_null(root) {
        return Ok(Some(if root.at.is_empty() {
            place.append(document, 0, 2)
        } else {
            (root.at.clone(), place.policy_in_flow(ScalarStyle::Plain))
        }));
    }
    let Some((key, policy)) = only(document, root, POLICY, &[POLICY, POLICY_PROTO])? else {
        return place.policy(document).map(Some);
    };
    is_plain(policy, POLICY)?;
    if is_null(policy) {
        return place.instead_of_null(root, key, policy).map(Some);
    }
    let Some((key, value)) = only(document, policy, MODE, &[MODE])? else {
        return place.mode(policy, key_style(key)).map(Some);
    };
    is_plain(value, "outboundTrafficPolicy.mode")?;
    if !is_null(value) && read::of_value(value).as_ref() == Ok(mode) {
        return Ok(None);
    }
    place.value(key, value).map(Some)
}

/// The only entry with one of these names.
fn only<'a>(
    document: &Document,
    mapping: &'a Node,
    name: &'static str,
    names: &[&str],
) -> Result<Option<(&'a Node, &'a Node)>, Reason> {
    let mut found = None;
    for (key, value) in entries(mapping) {
        if is_merge(key) {
            return Err(Reason::Merge);
        }
        for name_of_key in names {
            if is_key(document, key, name_of_key)? && found.replace((key, value)).is_some() {
                return Err(Reason::Duplicate(name));
            }
        }
    }
    Ok(found)
}

fn is_plain(node: &Node, name: &'static str) -> Result<(), Reason> {
    if matches!(node.kind, Kind::Alias(_)) {
        Err(Reason::Alias(name))
    } else if node.anchor != 0 {
        Err(Reason::Anchor(name))
    } else if node.tag.is_some() {
        Err(Reason::Tag(name))
    } else {
        Ok(())
    }
}

fn key_style(key: &Node) -> ScalarStyle {
    match key.kind {
        Kind::Scalar { style, .. } => style,
        _ => ScalarStyle::Plain,
    }
}

fn quoted(text: &str, style: ScalarStyle) -> String {
    match style {
        ScalarStyle::DoubleQuoted => format!("\"{text}\""),
        ScalarStyle::SingleQuoted => format!("'{text}'"),
        _ => text.to_owned(),
    }
}

/// Where new text goes, and how it looks there.
struct Place<'a> {
    text: &'a str,
    mode: &'a Mode,
}

type Edit = (Range<usize>, String);

impl Place<'_> {
    /// The mode as a value; a number never has quotes: with them it would be a name.
    fn written(&self, style: ScalarStyle) -> String {
        let style = if is_number(self.mode) {
            ScalarStyle::Plain
        } else {
            style
        };
        quoted(self.mode.as_str(), style)
    }

    /// `mode: …` in the style of the keys around.
    fn entry(&self, style: ScalarStyle) -> String {
        format!("{}: {}", quoted(MODE, style), self.written(style))
    }

    fn policy_in_flow(&self, style: ScalarStyle) -> String {
        format!("{{{}}}", self.policy_entry(style))
    }

    fn policy_entry(&self, style: ScalarStyle) -> String {
        format!("{}: {{{}}}", quoted(POLICY, style), self.entry(style))
    }

    /// In place of the value that is there.
    fn value(&self, key: &Node, value: &Node) -> Result<Edit, Reason> {
        let Kind::Scalar { value: old, style } = &value.kind else {
            return Err(Reason::Place);
        };
        if value.at.is_empty() {
            let colon = self.colon(key)?;
            return Ok((colon..colon, format!(" {}", self.written(ScalarStyle::Plain))));
        }
        let slice = &self.text[value.at.clone()];
        match style {
            ScalarStyle::Plain if slice == old => {}
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !slice.contains(['\n', '\r']) => {}
            _ => return Err(Reason::Lines),
        }
        Ok((value.at.clone(), self.written(*style)))
    }

    /// `mode` in a policy that has none.
    fn mode(&self, policy: &Node, style: ScalarStyle) -> Result<Edit, Reason> {
        let Kind::Mapping { flow, entries } = &policy.kind else {
            return Err(Reason::Place);
        };
        if *flow {
            return self.in_flow(policy, entries, |style| self.entry(style), style);
        }
        let (first, _) = entries.first().ok_or(Reason::Place)?;
        let indent = self.indent(first)?;
        let line = format!(
            "{}{}{}",
            self.entry(ScalarStyle::Plain),
            self.line_end(),
            " ".repeat(indent)
        );
        Ok((first.at.start..first.at.start, line))
    }

    /// The policy in a text that has none.
    fn policy(&self, document: &Document) -> Result<Edit, Reason> {
        let Kind::Mapping { flow, entries } = &document.root.kind else {
            return Err(Reason::Place);
        };
        if *flow {
            return self.in_flow(
                &document.root,
                entries,
                |style| self.policy_entry(style),
                ScalarStyle::Plain,
            );
        }
        let (first, _) = entries.first().ok_or(Reason::Place)?;
        let indent = self.indent(first)?;
        Ok(self.append(document, indent, self.step(entries, indent)))
    }

    /// Below a key without a value, or in place of `null`.
    fn instead_of_null(&self, root: &Node, key: &Node, policy: &Node) -> Result<Edit, Reason> {
        if !policy.at.is_empty() {
            return Ok((policy.at.clone(), format!("{{{}}}", self.entry(key_style(key)))));
        }
        if matches!(root.kind, Kind::Mapping { flow: true, .. }) {
            return Err(Reason::Place);
        }
        let indent = self.indent(key)?;
        let colon = self.colon(key)?;
        let rest = &self.text[colon..];
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        if !line.trim_start().is_empty() && !line.trim_start().starts_with('#') {
            return Err(Reason::Place);
        }
        let end = colon + line.len();
        let step = self.step(entries(root), indent);
        let below = " ".repeat(indent + step);
        let line = format!("{}{below}{}", self.line_end(), self.entry(ScalarStyle::Plain));
        Ok((end..end, line))
    }

    /// As the first entry between braces.
    fn in_flow(
        &self,
        mapping: &Node,
        entries: &[(Node, Node)],
        entry: impl Fn(ScalarStyle) -> String,
        style: ScalarStyle,
    ) -> Result<Edit, Reason> {
        let open = mapping.at.start + 1;
        if self.text.get(mapping.at.start..open) != Some("{") {
            return Err(Reason::Place);
        }
        let Some((first, _)) = entries.first() else {
            return Ok((open..open, entry(style)));
        };
        let at = first.at.start;
        if !self.text[open..at].trim().is_empty() {
            return Err(Reason::Place);
        }
        Ok((at..at, format!("{}, ", entry(key_style(first)))))
    }

    /// At the end of the document: a comment above the first key stays where it belongs.
    fn append(&self, document: &Document, indent: usize, step: usize) -> Edit {
        let end_of_line = self.line_end();
        let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + step));
        let lines = format!(
            "{outer}{POLICY}:{end_of_line}{inner}{}",
            self.entry(ScalarStyle::Plain)
        );
        let at = document.end.unwrap_or(self.text.len());
        let before = self.text[..at].trim_start_matches('\u{feff}');
        let line_is_open = !before.is_empty() && !before.ends_with(['\n', '\r']);
        // A text that ends with a line end goes on doing so, and one without does not begin to.
        let lines = if line_is_open {
            format!("{end_of_line}{lines}")
        } else {
            format!("{lines}{end_of_line}")
        };
        (at..at, lines)
    }

    /// How far a key of a block is from the margin. It must be first on its line.
    fn indent(&self, key: &Node) -> Result<usize, Reason> {
        let before = &self.text[..key.at.start];
        let line = &before[before.rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
        let blanks = line.trim_start_matches('\u{feff}');
        if blanks.chars().all(|c| c == ' ') {
            Ok(blanks.len())
        } else {
            Err(Reason::Place)
        }
    }

    /// How much deeper the text goes with each level: what the first nested block has, else two.
    fn step(&self, entries: &[(Node, Node)], indent: usize) -> usize {
        let nested = entries.iter().find_map(|(_, value)| match &value.kind {
            Kind::Mapping { flow: false, entries } => self.indent(&entries.first()?.0).ok(),
            _ => None,
        });
        nested
            .and_then(|nested| nested.checked_sub(indent))
            .filter(|step| *step > 0)
            .unwrap_or(2)
    }

    /// Just behind the colon of a key.
    fn colon(&self, key: &Node) -> Result<usize, Reason> {
        let rest = &self.text[key.at.end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[blanks..].starts_with(':') {
            Ok(key.at.end + blanks + 1)
        } else {
            Err(Reason::Place)
        }
    }

    fn line_end(&self) -> &'static str {
        match self.text.find(['\n', '\r']) {
            Some(at) if self.text[at..].starts_with("\r\n") => "\r\n",
            Some(at) if self.text[at..].starts_with('\r') => "\r",
            _ => "\n",
        }
    }
}

/// The data without the mode: what must be the same before and after. A policy that says nothing more is left out.
fn without_mode(root: &Node) -> Node {
    let mut root = unplaced(root);
    if is_null(&root) {
        root.kind = Kind::Mapping {
            flow: false,
            entries: Vec::new(),
        };
    }
    if let Kind::Mapping { entries, .. } = &mut root.kind {
        entries.retain_mut(|(key, policy)| {
            if !named(key, is_policy) {
                return true;
            }
            if let Kind::Mapping { entries, .. } = &mut policy.kind {
                entries.retain(|(key, _)| !named(key, |name| name == MODE));
            }
            is_mapping(policy) && !read::entries(policy).is_empty()
        });
    }
    root
}

fn named(key: &Node, name: impl Fn(&str) -> bool) -> bool {
    matches!(&key.kind, Kind::Scalar { value, .. } if name(value))
}

/// The same node with nothing of its place and looks.
fn unplaced(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Sequence(items) => Kind::Sequence(items.iter().map(unplaced).collect()),
        Kind::Mapping { entries, .. } => Kind::Mapping {
            flow: false,
            entries: entries
                .iter()
                .map(|(key, value)| (unplaced(key), unplaced(value)))
                .collect(),
        },
        other => other.clone(),
    };
    Node {
        at: 0..0,
        anchor: node.anchor,
        tag: node.tag.clone(),
        kind,
    }
}
