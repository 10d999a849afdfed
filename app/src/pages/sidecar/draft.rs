//! What somebody is about to save: a level as it stands in the form. Pure data; the form only shows it.

use std::{collections::BTreeMap, ops::Range};

use api::setting::{LevelRef, RawTraffic, SaveSetting, SelectorBody, SettingView};
use domain::{Caution, Field, Selector, Traffic, Value, caution};

/// The parts of a form, in the order of [`Part::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft([Entry; 8]);

/// A part of a level that a form says something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// One of the six fields.
    Field(Field),
    /// Which pods it is for; of the Workload level only.
    Selector,
    /// Which of several for the same pod wins; of the Workload level only.
    Priority,
}

/// What stands in one part of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Ticked: the level says something itself. Selector and priority are never ticked: the level has them or has not.
    pub(crate) overridden: bool,
    /// The items, as typed. They outlive the tick, so that to tick again brings them back.
    pub(crate) items: Vec<String>,
    /// What is typed and not an item yet. It counts all the same.
    pub(crate) text: String,
}

/// A mistake in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Which of [`Entry::typed`] has it; nothing: the list as a whole.
    pub(crate) index: Option<usize>,
    /// What to change, for `Prose`.
    pub(crate) message: String,
}

/// A part that a save would change. Nothing stands for *inherit*, an empty list for *explicitly empty*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Which part.
    pub(crate) part: Part,
    /// As it was.
    pub(crate) from: Option<Vec<String>>,
    /// As it shall be.
    pub(crate) to: Option<Vec<String>>,
}

impl Part {
    /// All parts: the fields as the reference page has them, then what only the Workload level has.
    pub(crate) const ALL: [Self; 8] = {
        let mut all = [Self::Selector; 8];
        let mut index = 0;
        while index < Field::ALL.len() {
            all[index] = Self::Field(Field::ALL[index]);
            index += 1;
        }
        all[7] = Self::Priority;
        all
    };

    /// Its name in the resource; the id of its input.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Selector => "selector",
            Self::Priority => "priority",
        }
    }

    /// What it is called in the form.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Field(field) => field.label(),
            Self::Selector => "Labels That a Pod Must Have",
            Self::Priority => "Priority",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Field(field) => field as usize,
            Self::Selector => 6,
            Self::Priority => 7,
        }
    }

    /// What items mean: equal meanings are no change.
    fn read(self, items: &[String]) -> Result<Meaning, Vec<Mistake>> {
        let told = |index, message| Mistake { index, message };
        match self {
            Self::Field(field) => Value::parse_items(field, items)
                .map(Meaning::Value)
                .map_err(|errors| {
                    let mistakes = errors
                        .into_iter()
                        .map(|error| told(error.index, error.to_string()));
                    mistakes.collect()
                }),
            Self::Selector => Selector::parse_items(items)
                .map(Meaning::Selector)
                .map_err(|errors| {
                    let mistakes = errors.into_iter().map(|error| told(error.index, error.message));
                    mistakes.collect()
                }),
            Self::Priority => match items {
                [] => Ok(Meaning::Priority(0)),
                [one] if one.parse::<i32>().is_ok() => Ok(Meaning::Priority(one.parse().unwrap_or_default())),
                _ => Err(vec![told(
                    None,
                    format!("a priority is one whole number from {} to {}", i32::MIN, i32::MAX),
                )]),
            },
        }
    }
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

/// What the items of a part mean.
#[derive(PartialEq, Eq)]
enum Meaning {
    Value(Value),
    Selector(Selector),
    Priority(i32),
}

impl Entry {
    /// An entry that says `items`.
    fn saying(items: Vec<String>) -> Self {
        Self {
            overridden: true,
            items,
            text: String::new(),
        }
    }

    /// The items with those of the text that is still in the input.
    pub(crate) fn typed(&self) -> Vec<String> {
        let mut typed = self.items.clone();
        typed.extend(split(&self.text));
        typed
    }

    /// Makes items of the text in the input.
    pub(crate) fn commit(&mut self) {
        self.items = self.typed();
        self.text.clear();
    }

    /// Which of [`Entry::typed`] are still in the input.
    pub(crate) fn uncommitted(&self) -> Range<usize> {
        self.items.len()..self.typed().len()
    }
}

/// The items of a text: what stands between commas, semicolons, blanks and line breaks.
pub(crate) fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(is_separator)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
}

/// Whether an item ends here. The full-width forms are what a Chinese or Japanese keyboard writes.
pub(crate) fn is_separator(character: char) -> bool {
    matches!(character, ',' | ';' | '，' | '；' | '、') || character.is_whitespace()
}

impl Draft {
    /// The form of what a level stores of the six fields.
    pub(crate) fn of(stored: &RawTraffic) -> Self {
        Self(Part::ALL.map(|part| {
            stored
                .get(part.name())
                .map_or_else(Entry::default, |items| Entry::saying(items.clone()))
        }))
    }

    /// The form of a level as it was read.
    pub(crate) fn of_view(view: &SettingView) -> Self {
        let stored = view.stored.as_ref();
        let mut draft = stored.map_or_else(Self::default, |stored| Self::of(&stored.traffic));
        if matches!(view.level, LevelRef::Workload { .. }) {
            let labels = stored
                .and_then(|stored| stored.selector.as_ref())
                .map(|selector| {
                    let items = selector
                        .match_labels
                        .iter()
                        .map(|(name, value)| [name, "=", value].concat());
                    items.collect()
                });
            draft.put(Part::Selector, labels.unwrap_or_default());
            let priority = stored.and_then(|stored| stored.priority).unwrap_or_default();
            draft.put(Part::Priority, vec![priority.to_string()]);
        }
        draft
    }

    /// Says `items` in a part.
    pub(crate) fn put(&mut self, part: Part, items: Vec<String>) {
        *self.get_mut(part) = Entry::saying(items);
    }

    /// A part.
    pub(crate) fn get(&self, part: impl Into<Part>) -> &Entry {
        &self.0[part.into().index()]
    }

    /// A part, to be edited.
    pub(crate) fn get_mut(&mut self, part: impl Into<Part>) -> &mut Entry {
        &mut self.0[part.into().index()]
    }

    /// Makes items of whatever is still in an input.
    pub(crate) fn commit(&mut self) {
        self.0.iter_mut().for_each(Entry::commit);
    }

    /// What a part says: nothing where it inherits.
    pub(crate) fn said(&self, part: impl Into<Part>) -> Option<Vec<String>> {
        let entry = self.get(part);
        entry.overridden.then(|| entry.typed())
    }

    /// The mistakes of a part, by the rules of `domain`. A field that inherits has none.
    pub(crate) fn mistakes(&self, part: impl Into<Part>) -> Vec<Mistake> {
        let part = part.into();
        match self.said(part).map(|items| part.read(&items)) {
            Some(Err(mistakes)) => mistakes,
            _ => Vec::new(),
        }
    }

    /// The parts with mistakes.
    pub(crate) fn wrong(&self) -> Vec<Part> {
        Part::ALL
            .into_iter()
            .filter(|part| !self.mistakes(*part).is_empty())
            .collect()
    }

    /// How a field will be stored, where that is not as it was typed: host bits cleared, duplicates dropped.
    pub(crate) fn normalised(&self, field: Field) -> Option<Vec<String>> {
        let mut typed = self.said(field)?;
        let stored = Value::parse_items(field, &typed).ok()?.items();
        let mut sorted = stored.clone();
        sorted.sort_unstable();
        typed.sort_unstable();
        (sorted != typed).then_some(stored)
    }

    /// Whether a field is explicitly empty.
    pub(crate) fn is_empty(&self, field: Field) -> bool {
        self.said(field).is_some_and(|items| items.is_empty())
    }

    /// Whether a save would change a part. Order and spelling that mean the same change nothing.
    pub(crate) fn is_changed(&self, part: impl Into<Part>, base: &Self) -> bool {
        let part = part.into();
        match (self.said(part), base.said(part)) {
            (None, None) => false,
            (Some(mine), Some(theirs)) => {
                mine != theirs
                    && match (part.read(&mine), part.read(&theirs)) {
                        (Ok(mine), Ok(theirs)) => mine != theirs,
                        _ => true,
                    }
            }
            _ => true,
        }
    }

    /// Whether there is something to save, or to lose.
    pub(crate) fn is_dirty(&self, base: &Self) -> bool {
        Part::ALL.into_iter().any(|part| self.is_changed(part, base))
    }

    /// What a save would change.
    pub(crate) fn changes(&self, base: &Self) -> Vec<Change> {
        Part::ALL
            .into_iter()
            .filter(|part| self.is_changed(*part, base))
            .map(|part| Change {
                part,
                from: base.said(part),
                to: self.said(part),
            })
            .collect()
    }

    /// The fields as the API takes them, item by item as typed, so that its answer names the same items.
    pub(crate) fn to_raw(&self) -> RawTraffic {
        Field::ALL
            .into_iter()
            .filter_map(|field| Some((field.name().to_owned(), self.said(field)?)))
            .collect::<BTreeMap<_, _>>()
    }

    /// What each part says, in the order of [`Part::ALL`].
    pub(crate) fn parts(&self) -> Vec<Option<Vec<String>>> {
        Part::ALL.into_iter().map(|part| self.said(part)).collect()
    }

    /// The form in which each part says this.
    pub(crate) fn of_parts(parts: Vec<Option<Vec<String>>>) -> Self {
        let mut draft = Self::default();
        for (part, said) in Part::ALL.into_iter().zip(parts) {
            if let Some(items) = said {
                draft.put(part, items);
            }
        }
        draft
    }

    /// The body of a write that does not say why.
    pub(crate) fn to_save(&self) -> SaveSetting {
        let meant = |part: Part| self.said(part).and_then(|items| part.read(&items).ok());
        let selector = match meant(Part::Selector) {
            Some(Meaning::Selector(selector)) => Some(SelectorBody {
                match_labels: selector.match_labels().clone(),
            }),
            _ => None,
        };
        let priority = match meant(Part::Priority) {
            Some(Meaning::Priority(priority)) => Some(priority),
            _ => None,
        };
        SaveSetting {
            traffic: self.to_raw(),
            selector,
            priority,
            ..SaveSetting::default()
        }
    }

    /// What takes (nearly) all traffic of a kind from the sidecar.
    pub(crate) fn all_cautions(&self) -> Vec<Caution> {
        let (traffic, _) = Traffic::parse_lenient(&self.to_raw());
        caution(&traffic)
    }

    /// What should be asked about before this is saved over `base`: what is already so is not asked about again.
    pub(crate) fn cautions(&self, base: &Self) -> Vec<Caution> {
        self.all_cautions()
            .into_iter()
            .filter(|caution| self.is_changed(caution.field, base))
            .collect()
    }
}

/// What a field says, in words.
pub(crate) fn words(said: Option<&Vec<String>>) -> String {
    api::words::said_words(said.map(Vec::as_slice))
}

#[cfg(test)]
mod tests;
