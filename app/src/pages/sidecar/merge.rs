//! Two changes of one level: what each would make of it, and a choice part by part. Pure data.

use super::draft::{Draft, Part, words};

/// The level as both found it, as this form has it, and as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    was: Draft,
    mine: Draft,
    theirs: Draft,
}

/// Whose value of a part is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// This form's.
    Mine,
    /// What is stored now.
    Theirs,
}

/// A part on which both differ, each value in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which part.
    pub(crate) part: Part,
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

    /// The parts on which both differ. Where only one side changed a part, that side is suggested; where both did, mine:
    /// somebody is about to save it.
    pub(crate) fn rows(&self) -> Vec<Row> {
        Part::ALL
            .into_iter()
            .filter(|part| self.mine.is_changed(*part, &self.theirs))
            .map(|part| Row {
                part,
                was: words(self.was.said(part).as_ref()),
                mine: words(self.mine.said(part).as_ref()),
                theirs: words(self.theirs.said(part).as_ref()),
                suggested: if self.mine.is_changed(part, &self.was) {
                    Side::Mine
                } else {
                    Side::Theirs
                },
            })
            .collect()
    }

    /// The form after the choice. A part on which both agree is taken as it is stored now.
    pub(crate) fn merged(&self, choice: impl Fn(Part) -> Side) -> Draft {
        let mut merged = self.theirs.clone();
        for Row { part, .. } in self.rows() {
            if choice(part) == Side::Mine {
                self.mine.get(part).clone_into(merged.get_mut(part));
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use domain::Field;

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
            (rows[0].part, rows[0].suggested),
            (Part::Field(Field::ExcludeInboundPorts), Side::Mine)
        );
        assert_eq!(
            (rows[1].part, rows[1].suggested),
            (Part::Field(Field::ExcludeOutboundPorts), Side::Theirs)
        );
        assert_eq!(
            (
                rows[1].was.as_str(),
                rows[1].mine.as_str(),
                rows[1].theirs.as_str()
            ),
            ("80", "80", "80, 81")
        );
        let merged = conflict.merged(|part| {
            rows.iter()
                .find(|row| row.part == part)
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
