//! Two texts that were made of one, put together line by line. Where both changed the same lines, somebody has to choose.

use super::{Fate, lines};

/// A part of the merged text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What both say, or only one has changed.
    Agreed(Vec<String>),
    /// What both have changed, each in its way.
    Disputed(Dispute),
}

/// Lines that both have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dispute {
    /// What they were.
    pub(crate) was: Vec<String>,
    /// What one made of them.
    pub(crate) mine: Vec<String>,
    /// What the other made of them.
    pub(crate) theirs: Vec<String>,
}

/// Puts together what two have made of `was`.
pub(crate) fn merge(was: &str, mine: &str, theirs: &str) -> Vec<Part> {
    let base: Vec<&str> = was.lines().collect();
    let (my_lines, their_lines): (Vec<&str>, Vec<&str>) = (mine.lines().collect(), theirs.lines().collect());
    let (kept_mine, kept_theirs) = (kept(was, mine), kept(was, theirs));
    let mut parts = Vec::new();
    let (mut at, mut at_mine, mut at_theirs) = (0, 0, 0);
    // Up to each line that both have kept, and at last to the end.
    for line in 0..=base.len() {
        let (to_mine, to_theirs) = match line {
            end if end == base.len() => (my_lines.len(), their_lines.len()),
            _ => match (kept_mine[line], kept_theirs[line]) {
                (Some(mine), Some(theirs)) => (mine, theirs),
                _ => continue,
            },
        };
        between(
            &mut parts,
            &base[at..line],
            &my_lines[at_mine..to_mine],
            &their_lines[at_theirs..to_theirs],
        );
        if line < base.len() {
            agree(&mut parts, &base[line..=line]);
        }
        (at, at_mine, at_theirs) = (line + 1, to_mine + 1, to_theirs + 1);
    }
    parts
}

/// The text that comes of it, if `choose` is asked where both have changed the same lines.
pub(crate) fn text(parts: &[Part], mut choose: impl FnMut(usize, &Dispute) -> Vec<String>) -> String {
    let mut disputed = 0;
    let mut text = String::new();
    for part in parts {
        let lines = match part {
            Part::Agreed(lines) => lines.clone(),
            Part::Disputed(dispute) => {
                disputed += 1;
                choose(disputed - 1, dispute)
            }
        };
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Where each line of `was` is in the other text; nothing: it was changed.
fn kept(was: &str, other: &str) -> Vec<Option<usize>> {
    let mut kept = Vec::new();
    let mut at = 0;
    for (fate, _) in lines(was, other) {
        match fate {
            Fate::Kept => {
                kept.push(Some(at));
                at += 1;
            }
            Fate::Removed => kept.push(None),
            Fate::Added => at += 1,
        }
    }
    kept
}

fn between(parts: &mut Vec<Part>, was: &[&str], mine: &[&str], theirs: &[&str]) {
    if mine == was || mine == theirs {
        agree(parts, theirs);
    } else if theirs == was {
        agree(parts, mine);
    } else {
        parts.push(Part::Disputed(Dispute {
            was: owned(was),
            mine: owned(mine),
            theirs: owned(theirs),
        }));
    }
}

fn agree(parts: &mut Vec<Part>, lines: &[&str]) {
    if lines.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Agreed(last)) => last.extend(owned(lines)),
        _ => parts.push(Part::Agreed(owned(lines))),
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAS: &str = "a\nb\nc\nd\ne\n";

    fn merged(mine: &str, theirs: &str) -> (String, usize) {
        let parts = merge(WAS, mine, theirs);
        let mut disputed = 0;
        let text = text(&parts, |_, dispute| {
            disputed += 1;
            dispute.mine.clone()
        });
        (text, disputed)
    }

    #[test]
    fn changes_that_do_not_touch_are_put_together() {
        for (mine, theirs, both) in [
            (WAS, WAS, WAS),
            ("a\nB\nc\nd\ne\n", "a\nb\nc\nD\ne\n", "a\nB\nc\nD\ne\n"),
            (
                "x\na\nb\nc\nd\ne\n",
                "a\nb\nc\nd\ne\ny\n",
                "x\na\nb\nc\nd\ne\ny\n",
            ),
            ("a\nc\nd\ne\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
            ("a\nb\nX\nd\ne\n", "a\nb\nX\nd\ne\n", "a\nb\nX\nd\ne\n"),
            ("", WAS, ""),
        ] {
            assert_eq!(merged(mine, theirs), (both.to_owned(), 0), "{mine:?} {theirs:?}");
        }
    }

    #[test]
    fn where_both_changed_the_same_lines_somebody_chooses() {
        let (mine, theirs) = ("a\nb\nmine\nd\ne\n", "a\nb\ntheirs\nd\ne\n");
        assert_eq!(merged(mine, theirs), (mine.to_owned(), 1));
        let parts = merge(WAS, mine, theirs);
        assert_eq!(
            parts[1],
            Part::Disputed(Dispute {
                was: vec!["c".to_owned()],
                mine: vec!["mine".to_owned()],
                theirs: vec!["theirs".to_owned()],
            })
        );
        assert_eq!(text(&parts, |_, dispute| dispute.theirs.clone()), theirs);
    }
}
