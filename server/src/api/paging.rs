//! Pages by cursor. A cursor is the key of the last item seen, so that a page stays where it was when things come and
//! go meanwhile.

use api::{
    Page,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};

use crate::error::Error;

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

/// A name of two parts, `namespace/name`, as a cursor.
pub(super) fn cursor(text: Option<&str>) -> Result<Option<(&str, &str)>, Error> {
    text.map(|text| {
        text.split_once('/')
            .ok_or_else(|| Error::field("cursor", format!("`{text}` is not a cursor of this list")))
    })
    .transpose()
}

/// The page of `items` (sorted by `key`) after `cursor`.
pub(super) fn page<'a, T>(
    items: &[&'a T],
    key: impl Fn(&'a T) -> (&'a str, &'a str),
    cursor: Option<(&str, &str)>,
    limit: usize,
) -> Page<T>
where
    T: Clone,
{
    let start = cursor.map_or(0, |cursor| items.partition_point(|item| key(item) <= cursor));
    let end = (start + limit).min(items.len());
    let last = items[start..end]
        .last()
        .filter(|_| end < items.len())
        .map(|item| key(item));
    Page {
        items: items[start..end].iter().map(|item| (*item).clone()).collect(),
        total: items.len(),
        next: last.map(|(namespace, name)| format!("{namespace}/{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Item = (String, String);

    fn key(item: &Item) -> (&str, &str) {
        (&item.0, &item.1)
    }

    #[test]
    fn pages_cover_everything_once() {
        let all: Vec<Item> = (0..7)
            .map(|n| (format!("ns{}", n / 3), format!("pod{n}")))
            .collect();
        let items: Vec<&Item> = all.iter().collect();
        let mut seen = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = page(&items, key, cursor(next.as_deref()).expect("a cursor"), 3);
            assert_eq!(page.total, 7);
            seen.extend(page.items);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_page_goes_on_after_an_item_that_is_gone() {
        let all: Vec<Item> = vec![("a".into(), "1".into()), ("a".into(), "3".into())];
        let items: Vec<&Item> = all.iter().collect();
        assert_eq!(
            page(&items, key, Some(("a", "2")), 10).items,
            [("a".to_owned(), "3".to_owned())]
        );
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err());
        assert_eq!(limit(None).expect("the default"), 100);
    }
}
