//! Pages by cursor, in any order. A cursor is the key of the last item seen, so that a page stays where it was when
//! things come and go meanwhile.

use std::{borrow::Cow, cmp::Ordering, fmt::Write};

use api::{
    Page,
    page::{Column, DEFAULT_LIMIT, MAX_LIMIT, Order},
};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// An item's place in a list: by the column that was asked for, among equals by namespace and name. No two items of a
/// list have the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) column: Value<'a>,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

/// What an item has in a column.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Value<'a> {
    /// Nothing beyond namespace and name.
    Nothing,
    /// A number.
    Number(i64),
    /// A text; a missing one is empty and comes first.
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// What an item has in a column of texts.
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// Which page of which list is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    limit: usize,
    /// The list and its order: a cursor is one of these.
    order: String,
    descending: bool,
    after: Option<Vec<u8>>,
}

/// A cursor's content.
#[derive(Serialize, Deserialize)]
struct Place<'a> {
    order: &'a str,
    #[serde(borrow)]
    column: Value<'a>,
    namespace: &'a str,
    name: &'a str,
}

impl Asked {
    /// A page of `list`, sorted by `order`.
    pub(super) fn of<C: Column>(
        list: &str,
        order: Order<C>,
        limit: Option<usize>,
        cursor: Option<&str>,
    ) -> Result<Self, Error> {
        Self::sorted(format!("{list} {order}"), order.descending, limit, cursor)
    }

    /// A page of `list`, which has one order only: by name.
    pub(super) fn by_name(list: &str, limit: Option<usize>, cursor: Option<&str>) -> Result<Self, Error> {
        Self::sorted(list.to_owned(), false, limit, cursor)
    }

    fn sorted(
        order: String,
        descending: bool,
        asked: Option<usize>,
        cursor: Option<&str>,
    ) -> Result<Self, Error> {
        let limit = limit(asked)?;
        let after = cursor.map(|text| {
            unhex(text)
                .filter(|place| serde_json::from_slice(place).is_ok_and(|place: Place| place.order == order))
                .ok_or_else(|| {
                    Error::field(
                        "cursor",
                        format!("`{text}` is no cursor of this list in this order: start without one"),
                    )
                })
        });
        Ok(Self {
            after: after.transpose()?,
            limit,
            order,
            descending,
        })
    }

    /// The page of `rows`, which are in any order.
    pub(super) fn page<'a, T: Clone>(&self, mut rows: Vec<&'a T>, key: impl Fn(&'a T) -> Key<'a>) -> Page<T> {
        let total = rows.len();
        let after = self
            .after
            .as_deref()
            .and_then(|place| serde_json::from_slice::<Place>(place).ok());
        if let Some(Place {
            column,
            namespace,
            name,
            ..
        }) = after
        {
            let after = Key {
                column,
                namespace,
                name,
            };
            rows.retain(|row| self.compare(&key(row), &after).is_gt());
        }
        let more = rows.len() > self.limit;
        if more {
            // Of thousands of rows only the page's own are sorted.
            rows.select_nth_unstable_by(self.limit, |a, b| self.compare(&key(a), &key(b)));
            rows.truncate(self.limit);
        }
        rows.sort_unstable_by(|a, b| self.compare(&key(a), &key(b)));
        let last = rows.last().filter(|_| more).map(|last| key(last));
        Page {
            items: rows.into_iter().cloned().collect(),
            total,
            next: last.map(|last| self.cursor(last)),
        }
    }

    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let ascending = a.cmp(b);
        if self.descending {
            ascending.reverse()
        } else {
            ascending
        }
    }

    fn cursor(&self, last: Key) -> String {
        let place = Place {
            order: &self.order,
            column: last.column,
            namespace: last.namespace,
            name: last.name,
        };
        hex(&serde_json::to_vec(&place).expect("texts and a number are JSON"))
    }
}

/// The number of items that a page may have.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Error> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(limit) => Err(Error::field(
            "limit",
            format!("`{limit}` is not from 1 to {MAX_LIMIT}"),
        )),
    }
}

/// Whether a name contains what was searched for. Names in Kubernetes are lower case, what people type is not always.
pub(super) fn search(q: Option<&str>) -> impl Fn(&str) -> bool {
    let q = q.map(str::to_ascii_lowercase);
    move |name| q.as_ref().is_none_or(|q| name.contains(q.as_str()))
}

/// Bytes as a text that goes into a URL as it is, and that nobody is tempted to write by hand.
fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes every write");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() {
        return None;
    }
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use api::pod::PodColumn;

    use super::*;

    /// A namespace, a name and a number to sort by.
    type Item = (String, String, i64);

    fn key(item: &Item) -> Key<'_> {
        Key {
            column: Value::Number(item.2),
            namespace: &item.0,
            name: &item.1,
        }
    }

    fn items() -> Vec<Item> {
        (0..23)
            .map(|n| (format!("ns{}", n / 5), format!("pod{n}"), n % 3))
            .collect()
    }

    fn order(text: &str) -> Order<PodColumn> {
        text.parse().expect("an order")
    }

    fn page(order_text: &str, limit: usize, cursor: Option<&str>, items: &[Item]) -> Page<Item> {
        Asked::of("pods", order(order_text), Some(limit), cursor)
            .expect("a page")
            .page(items.iter().collect(), key)
    }

    #[test]
    fn pages_cover_everything_once_in_both_directions() {
        let all = items();
        let mut sorted = all.clone();
        sorted.sort_by(|a, b| key(a).cmp(&key(b)));
        for direction in ["state", "-state"] {
            for limit in [1, 2, 7, 22, 23, 24] {
                let mut seen = Vec::new();
                let mut next: Option<String> = None;
                loop {
                    let page = page(direction, limit, next.as_deref(), &all);
                    assert_eq!(page.total, all.len());
                    seen.extend(page.items);
                    next = page.next;
                    if next.is_none() {
                        break;
                    }
                }
                assert_eq!(seen, sorted, "{direction} by {limit}");
            }
            sorted.reverse();
        }
    }

    #[test]
    fn what_comes_and_goes_between_pages_moves_nothing_else() {
        for direction in ["state", "-state"] {
            let mut all = items();
            let first = page(direction, 5, None, &all);
            let cursor = first.next.as_deref();
            let expected = page(direction, 500, cursor, &all).items;
            // What the cursor names goes, and something comes before it.
            all.retain(|item| Some(item) != first.items.last());
            let before = if direction.starts_with('-') { 9 } else { -1 };
            all.push(("ns".into(), "new".into(), before));
            assert_eq!(page(direction, 500, cursor, &all).items, expected, "{direction}");
        }
    }

    #[test]
    fn a_cursor_of_another_list_or_order_is_refused() {
        let cursor = page("state", 3, None, &items()).next.expect("there is more");
        let refused = |list: &str, text: &str, cursor: &str| {
            let asked = Asked::of(list, order(text), None, Some(cursor));
            matches!(asked, Err(Error::Invalid(errors)) if errors[0].path == "cursor")
        };
        assert!(!refused("pods", "state", &cursor));
        assert!(refused("pods", "-state", &cursor));
        assert!(refused("pods", "name", &cursor));
        assert!(refused("deployments", "state", &cursor));
        for rubbish in ["", "x", "ä", "é1", "7b7d", "shop/web", "+1+2"] {
            assert!(refused("pods", "state", rubbish), "{rubbish}");
        }
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err());
        assert_eq!(limit(None).expect("the default"), 100);
    }

    #[test]
    fn a_search_does_not_mind_the_case() {
        assert!(search(Some("Cart"))("my-cart-1") && search(None)("cart"));
        assert!(!search(Some("card"))("my-cart-1"));
    }
}
