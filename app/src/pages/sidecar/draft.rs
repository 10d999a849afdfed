//! What somebody is about to save: the six fields as they stand in the form. Pure data; the form only shows it.

use std::{collections::BTreeMap, ops::Range};

use api::setting::{RawTraffic, SaveSetting, SettingView};
use domain::{Caution, Field, Traffic, Value, caution};

/// The six fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft([Entry; 6]);

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Ticked: the level says something itself.
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

/// A field that a save would change. Nothing stands for *inherit*, an empty list for *explicitly empty*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The field.
    pub(crate) field: Field,
    /// As it was.
    pub(crate) from: Option<Vec<String>>,
    /// As it shall be.
    pub(crate) to: Option<Vec<String>>,
}

impl Entry {
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
    /// The form of what a level stores.
    pub(crate) fn of(stored: &RawTraffic) -> Self {
        Self(Field::ALL.map(|field| {
            stored
                .get(field.name())
                .map_or_else(Entry::default, |items| Entry {
                    overridden: true,
                    items: items.clone(),
                    text: String::new(),
                })
        }))
    }

    /// The form of a level as it was read.
    pub(crate) fn of_view(view: &SettingView) -> Self {
        view.stored
            .as_ref()
            .map_or_else(Self::default, |stored| Self::of(&stored.traffic))
    }

    /// A field.
    pub(crate) fn get(&self, field: Field) -> &Entry {
        &self.0[field as usize]
    }

    /// A field, to be edited.
    pub(crate) fn get_mut(&mut self, field: Field) -> &mut Entry {
        &mut self.0[field as usize]
    }

    /// Makes items of whatever is still in an input.
    pub(crate) fn commit(&mut self) {
        self.0.iter_mut().for_each(Entry::commit);
    }

    /// What a field says: nothing where it inherits.
    fn said(&self, field: Field) -> Option<Vec<String>> {
        let entry = self.get(field);
        entry.overridden.then(|| entry.typed())
    }

    /// The mistakes of a field, by the rules of `domain`. A field that inherits has none.
    pub(crate) fn mistakes(&self, field: Field) -> Vec<Mistake> {
        let parsed = self.said(field).map(|items| Value::parse_items(field, &items));
        let Some(Err(errors)) = parsed else {
            return Vec::new();
        };
        errors
            .into_iter()
            .map(|error| Mistake {
                index: error.index,
                message: error.to_string(),
            })
            .collect()
    }

    /// The fields with mistakes.
    pub(crate) fn wrong(&self) -> Vec<Field> {
        Field::ALL
            .into_iter()
            .filter(|field| !self.mistakes(*field).is_empty())
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

    /// Whether a save would change a field. Order and spelling that mean the same change nothing.
    pub(crate) fn is_changed(&self, field: Field, base: &Self) -> bool {
        match (self.said(field), base.said(field)) {
            (None, None) => false,
            (Some(mine), Some(theirs)) => {
                let read = |items: &[String]| Value::parse_items(field, items).ok();
                mine != theirs && (read(&mine).is_none() || read(&mine) != read(&theirs))
            }
            _ => true,
        }
    }

    /// Whether there is something to save, or to lose.
    pub(crate) fn is_dirty(&self, base: &Self) -> bool {
        Field::ALL.into_iter().any(|field| self.is_changed(field, base))
    }

    /// What a save would change.
    pub(crate) fn changes(&self, base: &Self) -> Vec<Change> {
        Field::ALL
            .into_iter()
            .filter(|field| self.is_changed(*field, base))
            .map(|field| Change {
                field,
                from: base.said(field),
                to: self.said(field),
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

    /// The body of a write.
    pub(crate) fn to_save(&self, reason: &str) -> SaveSetting {
        SaveSetting {
            traffic: self.to_raw(),
            reason: Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
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
    match said {
        None => "inherit".to_owned(),
        Some(items) if items.is_empty() => "explicitly empty".to_owned(),
        Some(items) => items.join(", "),
    }
}

#[cfg(test)]
mod tests;
