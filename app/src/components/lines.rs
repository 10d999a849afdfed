//! Two texts, line by line: what goes, what comes, and what stays around it.

use crate::prelude::*;

pub(crate) mod merge;

/// What became of a line, or of an item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is on both sides.
    Kept,
    /// Only before.
    Removed,
    /// Only after.
    Added,
}

/// Changed lines that stand together, with those around them.
pub(crate) type Hunk = Vec<(Fate, String)>;

/// How many unchanged lines are shown around changed ones.
const AROUND: usize = 3;
/// Beyond so many pairs of lines no pairs are looked for: all that differs is removed and added.
const PAIRS: usize = 4_000_000;

/// Where two texts differ.
pub(crate) fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let lines = lines(before, after);
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut end = 0;
    for (at, (fate, _)) in lines.iter().enumerate() {
        if *fate == Fate::Kept {
            continue;
        }
        let from = at.saturating_sub(AROUND);
        let to = (at + AROUND + 1).min(lines.len());
        let new = lines[from.max(end)..to.max(end)]
            .iter()
            .map(|(fate, text)| (*fate, (*text).to_owned()));
        match hunks.last_mut() {
            Some(last) if from <= end => last.extend(new),
            _ => hunks.push(new.collect()),
        }
        end = to.max(end);
    }
    hunks
}

/// Changed lines as a unified diff.
pub(crate) fn shown(hunks: &[Hunk]) -> AnyView {
    let line = |(fate, text): &(Fate, String)| {
        let text = text.clone();
        match fate {
            Fate::Kept => view! { <span class="diff-line">"  "{text}"\n"</span> },
            Fate::Removed => view! { <del class="diff-line">"− "{text}"\n"</del> },
            Fate::Added => view! { <ins class="diff-line">"+ "{text}"\n"</ins> },
        }
    };
    let hunks = hunks.iter().map(|hunk| {
        let lines = hunk.iter().map(line).collect_view();
        view! { <pre class="diff-text" tabindex="0" role="group" aria-label="Changed lines"><code>{lines}</code></pre> }
    });
    hunks.collect_view().into_any()
}

/// All lines, in the order in which a reader goes from one text to the other: a longest common subsequence is kept.
fn lines<'a>(before: &'a str, after: &'a str) -> Vec<(Fate, &'a str)> {
    let (left, right): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = left.iter().zip(&right).take_while(same).count();
    let tail = left[head..].iter().rev().zip(right[head..].iter().rev());
    let tail = tail.take_while(same).count();
    let (old, new) = (&left[head..left.len() - tail], &right[head..right.len() - tail]);
    let kept = |lines: &[&'a str]| lines.iter().map(|line| (Fate::Kept, *line)).collect::<Vec<_>>();
    let mut all = kept(&left[..head]);
    if old.len().saturating_mul(new.len()) > PAIRS {
        all.extend(old.iter().map(|line| (Fate::Removed, *line)));
        all.extend(new.iter().map(|line| (Fate::Added, *line)));
    } else {
        all.extend(paired(old, new));
    }
    all.extend(kept(&left[left.len() - tail..]));
    all
}

fn paired<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Fate, &'a str)> {
    // How long the longest common subsequence of what is left of both is.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut all = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            all.push((Fate::Kept, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            all.push((Fate::Removed, old[i]));
            i += 1;
        } else {
            all.push((Fate::Added, new[j]));
            j += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let sign = |fate| match fate {
            Fate::Kept => ' ',
            Fate::Removed => '-',
            Fate::Added => '+',
        };
        let hunks = hunks(before, after);
        let lines = |hunk: &Hunk| {
            let lines = hunk.iter().map(|(fate, text)| format!("{}{text}", sign(*fate)));
            lines.collect::<Vec<_>>().join("|")
        };
        hunks.iter().map(lines).collect()
    }

    #[test]
    fn a_changed_line_is_told_with_those_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            told(before, &before.replace('5', "x")),
            [" 2| 3| 4|-5|+x| 6| 7| 8"]
        );
        assert_eq!(told(before, &before.replace("9\n", "")), [" 6| 7| 8|-9"]);
        assert_eq!(told("", "a\nb"), ["+a|+b"]);
        assert!(told(before, before).is_empty());
    }

    #[test]
    fn changes_far_from_each_other_stand_apart_and_near_ones_together() {
        let before = (1..=20).map(|n| n.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        let far = before.replace("2\n3\n", "3\n").replace("19\n", "x\n");
        let hunks = told(&before, &far);
        assert_eq!(hunks.len(), 2, "{hunks:?}");
        let near = told(
            &before,
            &before.replace("\n5\n", "\nx\n").replace("\n9\n", "\ny\n"),
        );
        assert_eq!(near, [" 2| 3| 4|-5|+x| 6| 7| 8|-9|+y| 10| 11| 12"]);
    }

    #[test]
    fn a_moved_line_keeps_the_others() {
        assert_eq!(told("a\nb\nc\n", "b\nc\na\n"), ["-a| b| c|+a"]);
    }
}
