//! Two changes of one level: what each would make of it, and a choice field by field. Pure data.

use domain::Field;

use super::draft::{Draft, words};

/// The level as both found it, as this form has it, and as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    was: Draft,
    mine: Draft,
    theirs: Draft,
}

/// Whose value of a field is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// This form's.
    Mine,
    /// What is stored now.
    Theirs,
}

/// A field on which both differ, each value in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The field.
    pub(crate) field: Field,
    /// What both began with.
    pub(crate) was: String,
    /// What this form says.
    pub(crate) mine: String,
    /// What is stored now.
    pub(crate) theirs: String,
    /// What to keep unless the reader says otherwise.
    pub(crate) suggested: Side,
}

impl Conflict {
    /// `mine` and `theirs` both began as `was`.
    pub(crate) fn new(was: Draft, mut mine: Draft, theirs: Draft) -> Self {
        mine.commit();
        Self { was, mine, theirs }
    }

    /// The fields on which both differ. Where only one side changed a field, that side is suggested; where both did, mine:
    /// somebody is about to save it.
    pub(crate) fn rows(&self) -> Vec<Row> {
        Field::ALL
            .into_iter()
            .filter(|field| self.mine.is_changed(*field, &self.theirs))
            .map(|field| Row {
                field,
                was: said(&self.was, field),
                mine: said(&self.mine, field),
                theirs: said(&self.theirs, field),
                suggested: if self.mine.is_changed(field, &self.was) {
                    Side::Mine
                } else {
                    Side::Theirs
                },
            })
            .collect()
    }

    /// The form after the choice. A field on which both agree is taken as it is stored now.
    pub(crate) fn merged(&self, choice: impl Fn(Field) -> Side) -> Draft {
        let mut merged = self.theirs.clone();
        for Row { field, .. } in self.rows() {
            if choice(field) == Side::Mine {
                self.mine.get(field).clone_into(merged.get_mut(field));
            }
        }
        merged
    }
}

fn said(draft: &Draft, field: Field) -> String {
    let entry = draft.get(field);
    words(entry.overridden.then_some(&entry.items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(fields: &[(Field, &[&str])]) -> Draft {
        Draft::of(
            &fields
                .iter()
                .map(|(field, items)| {
                    (
                        field.name().to_owned(),
                        items.iter().map(|item| (*item).to_owned()).collect(),
                    )
                })
                .collect(),
        )
    }

    #[test]
    fn each_side_keeps_what_only_it_has_changed() {
        let was = draft(&[(Field::ExcludeOutboundPorts, &["80"])]);
        let mine = draft(&[
            (Field::ExcludeOutboundPorts, &["80"]),
            (Field::ExcludeInboundPorts, &["7001"]),
        ]);
        let theirs = draft(&[(Field::ExcludeOutboundPorts, &["80", "81"])]);
        let conflict = Conflict::new(was, mine, theirs);
        let rows = conflict.rows();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].field, rows[0].suggested),
            (Field::ExcludeInboundPorts, Side::Mine)
        );
        assert_eq!(
            (rows[1].field, rows[1].suggested),
            (Field::ExcludeOutboundPorts, Side::Theirs)
        );
        assert_eq!(
            (
                rows[1].was.as_str(),
                rows[1].mine.as_str(),
                rows[1].theirs.as_str()
            ),
            ("80", "80", "80, 81")
        );
        let merged = conflict.merged(|field| {
            rows.iter()
                .find(|row| row.field == field)
                .map_or(Side::Theirs, |row| row.suggested)
        });
        assert_eq!(
            merged,
            draft(&[
                (Field::ExcludeInboundPorts, &["7001"]),
                (Field::ExcludeOutboundPorts, &["80", "81"])
            ])
        );
    }

    #[test]
    fn mine_is_suggested_where_both_changed_a_field_and_what_both_changed_alike_is_no_conflict() {
        let was = draft(&[]);
        let mine = draft(&[
            (Field::ExcludeInboundPorts, &["1"]),
            (Field::ExcludeOutboundPorts, &["2", "3"]),
        ]);
        let theirs = draft(&[
            (Field::ExcludeInboundPorts, &["9"]),
            (Field::ExcludeOutboundPorts, &["3", "2"]),
        ]);
        let conflict = Conflict::new(was, mine.clone(), theirs.clone());
        let rows = conflict.rows();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].was.as_str(), rows[0].suggested), ("inherit", Side::Mine));
        assert_eq!(conflict.merged(|_| Side::Theirs), theirs);
        assert!(!conflict.merged(|_| Side::Mine).is_dirty(&mine));
    }

    #[test]
    fn a_level_that_was_reset_meanwhile_inherits() {
        let was = draft(&[(Field::ExcludeInboundPorts, &["7001"])]);
        let mine = draft(&[
            (Field::ExcludeInboundPorts, &["7001"]),
            (Field::ExcludeOutboundPorts, &[]),
        ]);
        let conflict = Conflict::new(was, mine, Draft::default());
        let words: Vec<_> = conflict
            .rows()
            .into_iter()
            .map(|row| (row.mine, row.theirs, row.suggested))
            .collect();
        assert_eq!(
            words,
            [
                ("7001".to_owned(), "inherit".to_owned(), Side::Theirs),
                ("explicitly empty".to_owned(), "inherit".to_owned(), Side::Mine),
            ]
        );
    }

    #[test]
    fn what_is_typed_and_no_item_yet_is_part_of_mine() {
        let mut mine = draft(&[(Field::ExcludeInboundPorts, &["1"])]);
        mine.get_mut(Field::ExcludeInboundPorts).text = "2".to_owned();
        let conflict = Conflict::new(Draft::default(), mine, Draft::default());
        assert_eq!(conflict.rows()[0].mine, "1, 2");
    }
}
