//! The heads of a list that the server sorts.

use api::page::{Column as By, Order};

use crate::ui::table::{Column, Sorted};

/// How a list is sorted now, and where it would be by another order.
pub(crate) struct Sorting<'a, C> {
    /// What the address asks for.
    pub(crate) asked: Option<Order<C>>,
    /// The order of a list for which the address asks for none.
    pub(crate) default: Order<C>,
    /// Where the list is by that order; none is the default one.
    pub(crate) link: &'a dyn Fn(Option<Order<C>>) -> String,
}

impl<C: By> Sorting<'_, C> {
    /// A column that sorts by `by`, smallest first.
    pub(crate) fn by(&self, column: Column, by: C) -> Column {
        self.column(column, by, false, false)
    }

    /// A column that sorts by `by`, largest first.
    pub(crate) fn down_by(&self, column: Column, by: C) -> Column {
        self.column(column, by, true, false)
    }

    /// A column of ages, which sorts by the time of making, youngest first: what was made first is oldest.
    pub(crate) fn age_by(&self, column: Column, by: C) -> Column {
        self.column(column, by, true, true)
    }

    fn column(&self, column: Column, by: C, first_down: bool, is_age: bool) -> Column {
        let now = self.asked.unwrap_or(self.default);
        let sorted = match (now.by == by, now.descending ^ is_age) {
            (false, _) => Sorted::No,
            (true, false) => Sorted::Up,
            (true, true) => Sorted::Down,
        };
        let next = Order {
            by,
            descending: if now.by == by { !now.descending } else { first_down },
        };
        let link = (self.link)((next != self.default).then_some(next));
        column.sorted(sorted, link)
    }
}

#[cfg(test)]
mod tests {
    use api::pod::PodColumn;

    use super::*;

    const BY_NAMESPACE: Order<PodColumn> = Order {
        by: PodColumn::Namespace,
        descending: false,
    };

    fn link(order: Option<Order<PodColumn>>) -> String {
        order.map_or_else(|| "default".to_owned(), |order| order.to_string())
    }

    fn sorting(asked: Option<&str>) -> Sorting<'static, PodColumn> {
        Sorting {
            asked: asked.and_then(|asked| asked.parse().ok()),
            default: BY_NAMESPACE,
            link: &link,
        }
    }

    #[test]
    fn the_default_order_is_marked_and_its_column_turns_it_round() {
        let name = Column::text("Namespace");
        assert_eq!(
            sorting(None).by(name.clone(), PodColumn::Namespace),
            name.clone().sorted(Sorted::Up, "-namespace".into())
        );
        assert_eq!(
            sorting(Some("-namespace")).by(name.clone(), PodColumn::Namespace),
            name.sorted(Sorted::Down, "default".into())
        );
    }

    #[test]
    fn an_age_falls_as_the_time_of_making_rises() {
        let age = Column::text("Age");
        let of = |asked| sorting(asked).age_by(age.clone(), PodColumn::Created);
        assert_eq!(of(None), age.clone().sorted(Sorted::No, "-created".into()));
        assert_eq!(
            of(Some("-created")),
            age.clone().sorted(Sorted::Up, "created".into())
        );
        assert_eq!(
            of(Some("created")),
            age.clone().sorted(Sorted::Down, "-created".into())
        );
    }
}
