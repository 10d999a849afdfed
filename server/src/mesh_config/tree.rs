//! The text as a tree whose nodes know where they stand.

use granit_parser::{Event, options};

use super::refusal::Unreadable;
use crate::yaml::{Events, range};
pub(super) use crate::yaml::{Kind, Node};

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
        let mut events = Events::of(text, options);
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

/// The parser of Istio knows line ends that YAML 1.2 has not, and refuses control characters.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}
