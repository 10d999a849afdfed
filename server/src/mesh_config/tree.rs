//! The text as a tree whose nodes know where they stand.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag, options};

use super::refusal::Unreadable;

/// A node of a document. Aliases stay aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Its bytes in the text, without anchor and tag.
    pub(super) at: Range<usize>,
    /// Names it for [`Kind::Alias`]; zero for none.
    pub(super) anchor: usize,
    pub(super) tag: Option<Tag>,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar { value: String, style: ScalarStyle },
    Sequence(Vec<Node>),
    Mapping { flow: bool, entries: Vec<(Node, Node)> },
    Alias(usize),
}

/// The first document of a text: the one that Istio reads.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    /// Where `...` ends it, if it does.
    pub(super) end: Option<usize>,
    /// Whether something follows that is not a comment.
    pub(super) more: bool,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, Unreadable> {
        if let Some(odd) = text.chars().find(|c| is_odd(*c)) {
            return Err(Unreadable::Character(odd));
        }
        // As the parser of Istio has it: data that differs by this must not pass for the same.
        let options = options! { block_scalar_eof_without_line_feed: true, emit_comments: false };
        let mut events = Events(Parser::new_from_str_with_options(text, options));
        let mut root = None;
        let end = loop {
            let (event, span) = events.next()?;
            match event {
                Event::DocumentStart(_, Some(version)) if (version.major, version.minor) != (1, 1) => {
                    return Err(Unreadable::Version(version.major, version.minor));
                }
                Event::DocumentEnd => break (span.slice(text) == Some("...")).then(|| range(&span).start),
                Event::StreamEnd => break None,
                Event::StreamStart | Event::DocumentStart(..) => {}
                event => root = Some(events.node(event, &span)?),
            }
        };
        let more = root.is_some()
            && loop {
                match events.next() {
                    Ok((Event::StreamEnd, _)) => break false,
                    Ok((Event::DocumentStart(..), _)) | Err(_) => break true,
                    Ok(_) => {}
                }
            };
        let root = root.unwrap_or_else(|| Node::empty(text.len()));
        Ok(Self { root, end, more })
    }

    /// The node that an alias stands for.
    pub(super) fn resolve<'a>(&'a self, node: &'a Node) -> &'a Node {
        match node.kind {
            Kind::Alias(anchor) => self.root.anchored(anchor).unwrap_or(node),
            _ => node,
        }
    }
}

impl Node {
    /// Nothing at all.
    fn empty(at: usize) -> Self {
        Self {
            at: at..at,
            anchor: 0,
            tag: None,
            kind: Kind::Scalar {
                value: String::new(),
                style: ScalarStyle::Plain,
            },
        }
    }

    fn anchored(&self, anchor: usize) -> Option<&Self> {
        if self.anchor == anchor {
            return Some(self);
        }
        match &self.kind {
            Kind::Scalar { .. } | Kind::Alias(_) => None,
            Kind::Sequence(items) => items.iter().find_map(|item| item.anchored(anchor)),
            Kind::Mapping { entries, .. } => entries
                .iter()
                .find_map(|(key, value)| key.anchored(anchor).or_else(|| value.anchored(anchor))),
        }
    }
}

/// The parser of Istio knows line ends that YAML 1.2 has not, and refuses control characters.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

fn range(span: &Span) -> Range<usize> {
    span.byte_range().expect("a parser of a text knows its bytes")
}

struct Events<'input>(Parser<'input, granit_parser::StrInput<'input>>);

impl<'input> Events<'input> {
    /// The next event. After the last it is the end for ever.
    fn next(&mut self) -> Result<(Event<'input>, Span), Unreadable> {
        self.0
            .next_event()
            .unwrap_or_else(|| Ok((Event::StreamEnd, Span::default())))
            .map_err(|error| Unreadable::Yaml(error.to_string()))
    }

    /// The node that begins with `event`. The parser limits how deep they nest.
    fn node(&mut self, event: Event<'input>, span: &Span) -> Result<Node, Unreadable> {
        let at = range(span);
        let (anchor, tag, kind) = match event {
            Event::Scalar(value, style, anchor, tag) => {
                let value = value.into_owned();
                (anchor, tag, Kind::Scalar { value, style })
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mut items = Vec::new();
                while let Some(item) = self.item()? {
                    items.push(item);
                }
                (anchor, tag, Kind::Sequence(items))
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                let mut entries = Vec::new();
                while let Some(key) = self.item()? {
                    let value = self.item()?.expect("every key has a value");
                    entries.push((key, value));
                }
                (anchor, tag, Kind::Mapping { flow, entries })
            }
            Event::Alias(anchor) => (0, None, Kind::Alias(anchor)),
            other => return Err(Unreadable::Yaml(format!("{other:?} where a value is due"))),
        };
        Ok(Node {
            at,
            anchor,
            tag: tag.map(std::borrow::Cow::into_owned),
            kind,
        })
    }

    /// The next node of a collection, until it ends.
    fn item(&mut self) -> Result<Option<Node>, Unreadable> {
        match self.next()? {
            (Event::SequenceEnd | Event::MappingEnd, _) => Ok(None),
            (event, span) => self.node(event, &span).map(Some),
        }
    }
}
