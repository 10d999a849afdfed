//! The text of a YAML document as a tree whose nodes know where they stand.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag};

/// A node of a document. Aliases stay aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its bytes in the text, without anchor and tag.
    pub(crate) at: Range<usize>,
    /// Names it for [`Kind::Alias`]; zero for none.
    pub(crate) anchor: usize,
    pub(crate) tag: Option<Tag>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar { value: String, style: ScalarStyle },
    Sequence(Vec<Node>),
    Mapping { flow: bool, entries: Vec<(Node, Node)> },
    Alias(usize),
}

impl Node {
    /// Nothing at all.
    pub(crate) fn empty(at: usize) -> Self {
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

    /// The node that has this anchor, here or below.
    pub(crate) fn anchored(&self, anchor: usize) -> Option<&Self> {
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

/// The bytes of a span.
pub(crate) fn range(span: &Span) -> Range<usize> {
    span.byte_range().expect("a parser of a text knows its bytes")
}

/// What the parser reads, one after the other.
pub(crate) struct Events<'input>(Parser<'input, StrInput<'input>>);

impl<'input> Events<'input> {
    /// Those of a text.
    pub(crate) fn of(text: &'input str, options: Options) -> Self {
        Self(Parser::new_from_str_with_options(text, options))
    }

    /// The next event. After the last it is the end for ever.
    pub(crate) fn next(&mut self) -> Result<(Event<'input>, Span), ScanError> {
        self.0
            .next_event()
            .unwrap_or_else(|| Ok((Event::StreamEnd, Span::default())))
    }

    /// The node that begins with `event`. The parser limits how deep they nest.
    pub(crate) fn node(&mut self, event: Event<'input>, span: &Span) -> Result<Node, ScanError> {
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
            other => {
                let what = format!("{other:?} where a value is due");
                return Err(ScanError::new(span.start, what));
            }
        };
        Ok(Node {
            at,
            anchor,
            tag: tag.map(std::borrow::Cow::into_owned),
            kind,
        })
    }

    /// The next node of a collection, until it ends.
    fn item(&mut self) -> Result<Option<Node>, ScanError> {
        match self.next()? {
            (Event::SequenceEnd | Event::MappingEnd, _) => Ok(None),
            (event, span) => self.node(event, &span).map(Some),
        }
    }
}
