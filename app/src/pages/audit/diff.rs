//! What a change changed, read from the states before and after as the server records them: for a setting the resource's
//! spec, for a pod its uid, node and state, for a mesh configuration its text, for install values what they say of traffic.
//! Whatever has another shape is left to the reader as JSON.

use api::{
    audit::{Action, Change},
    pod::PodState,
};
use domain::Field;

use super::words::{CONFIG_MAP, SETTING};
pub(super) use crate::components::lines::Fate;
use crate::components::lines::{Hunk, hunks};

mod read;

/// What was changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Diff {
    /// A setting, or the fields of a workload that were edited, part by part.
    Setting(Vec<Line>),
    /// A mesh configuration, line by line: where something changed, with what is around it.
    Text(Vec<Hunk>),
    /// A pod, as it was before it was deleted.
    Pod(Pod),
    /// A restart.
    Restart(Restart),
    /// The record has a shape that this version does not know.
    Unreadable,
}

/// A part of a setting before and after.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Which part.
    pub(super) part: Part,
    /// What it said before.
    pub(super) before: Said,
    /// What it was asked to say.
    pub(super) after: Said,
}

/// A part of a setting, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// One of the six.
    Field(Field),
    /// One of the six, as install values have it.
    Install(Field),
    /// A field that this version does not know.
    Other(String),
    /// A field of a workload, by its path.
    Path(String),
    /// Which pods it is for.
    Selector,
    /// Which of several wins.
    Priority,
}

/// What a part says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing: a field inherits.
    Nothing,
    /// These, in order; none: explicitly empty.
    Items(Vec<String>),
    /// Something that is no list, as JSON.
    Odd(String),
}

/// A restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Restart {
    /// The time that the template was given.
    pub(super) at: String,
    /// The plan that it was part of.
    pub(super) plan: Option<String>,
}

/// A pod that was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    /// Its uid.
    pub(super) uid: String,
    /// Its node, once it had one.
    pub(super) node: Option<String>,
    /// What it ran against what was in force, where that can be read.
    pub(super) state: Option<PodState>,
}

impl Diff {
    /// Reads a change.
    pub(super) fn of(change: &Change) -> Self {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let read = match change.target.kind.as_str() {
            SETTING => read::setting(before, after).map(Self::Setting),
            CONFIG_MAP => read::mesh(before, after)
                .map(|(before, after)| Self::Text(hunks(&before, &after)))
                .or_else(|| read::install(before, after).map(Self::Setting)),
            _ if change.action == Action::EditWorkload => read::edited(before, after).map(Self::Setting),
            _ if change.action == Action::RestartWorkload => after.and_then(read::restart).map(Self::Restart),
            // They have one shape that people know: that of the cluster.
            _ if change.action == Action::AddDebugContainer || change.target.kind == "Sidecar" => {
                let (before, after) = (read::plain(before), read::plain(after));
                Some(Self::Text(hunks(&before, &after)))
            }
            _ => before.and_then(read::pod).map(Self::Pod),
        };
        read.unwrap_or(Self::Unreadable)
    }
}

impl Line {
    /// Whether the change is about this part.
    pub(super) fn is_changed(&self) -> bool {
        self.before != self.after
    }

    /// The items before, each with what became of it.
    pub(super) fn left(&self) -> Vec<(Fate, &str)> {
        fates(&self.before, &self.after, Fate::Removed)
    }

    /// The items after, each with where it comes from.
    pub(super) fn right(&self) -> Vec<(Fate, &str)> {
        fates(&self.after, &self.before, Fate::Added)
    }
}

fn fates<'a>(one: &'a Said, other: &Said, alone: Fate) -> Vec<(Fate, &'a str)> {
    let fate = |item| {
        if other.items().contains(item) {
            Fate::Kept
        } else {
            alone
        }
    };
    one.items()
        .iter()
        .map(|item| (fate(item), item.as_str()))
        .collect()
}

impl Part {
    /// Its name in the resource.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Field(field) => field.name(),
            Self::Install(field) => field.install_key(),
            Self::Other(name) | Self::Path(name) => name,
            Self::Selector => "selector",
            Self::Priority => "priority",
        }
    }

    /// What it means that nothing is said.
    pub(super) fn nothing(&self) -> &'static str {
        match self {
            Self::Field(_) | Self::Other(_) => "inherit",
            Self::Install(_) | Self::Path(_) => "not there",
            Self::Selector | Self::Priority => "none",
        }
    }
}

impl Said {
    fn items(&self) -> &[String] {
        match self {
            Self::Items(items) => items,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(items: &[&str]) -> Said {
        Said::Items(items.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn items_tell_what_became_of_them() {
        let line = Line {
            part: Part::Field(Field::ExcludeInboundPorts),
            before: items(&["1", "2"]),
            after: items(&["2", "3"]),
        };
        assert_eq!(line.left(), [(Fate::Removed, "1"), (Fate::Kept, "2")]);
        assert_eq!(line.right(), [(Fate::Kept, "2"), (Fate::Added, "3")]);
    }
}
