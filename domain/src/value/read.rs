//! Reads values from their three written forms.

use super::{ItemError, Value, ValueError};
use crate::{
    cidr::{CidrError, Cidrs},
    field::{Field, Kind},
    port::{Port, PortError, PortRange, Ports},
    text::trim,
};

impl Value {
    /// The most characters of an item, blanks around it included. No port or address range needs more; the custom
    /// resource's schema needs a bound, or the cost of its rules has none.
    pub const MAX_ITEM_LENGTH: usize = 64;

    /// Reads a list in which each element is one item; `["*"]` alone is [`Value::All`], `[]` is explicitly empty.
    ///
    /// # Errors
    /// Every mistake, in the order of the items.
    pub fn parse_items<S: AsRef<str>>(field: Field, items: &[S]) -> Result<Self, Vec<ItemError>> {
        if let [only] = items
            && trim(only.as_ref()) == "*"
            && field.takes_wildcard()
            && !is_too_long(only.as_ref())
        {
            return Ok(Self::All);
        }
        match field.kind() {
            Kind::Ports => Ports::new(each(field, items, str::parse::<PortRange>)?)
                .map(Self::Ports)
                .map_err(whole),
            Kind::Cidrs => Cidrs::new(each(field, items, str::parse)?)
                .map(Self::Cidrs)
                .map_err(whole),
        }
    }

    /// Reads what a person types or pastes: items between commas (also the full-width one), line breaks and blanks.
    /// A text without items is explicitly empty. Errors count the items from 0.
    ///
    /// # Errors
    /// Every mistake, in the order of the items.
    pub fn parse_text(field: Field, text: &str) -> Result<Self, Vec<ItemError>> {
        let items: Vec<&str> = text
            .split(|character: char| matches!(character, ',' | '，') || character.is_whitespace())
            .filter(|item| !item.is_empty())
            .collect();
        Self::parse_items(field, &items)
    }

    /// Reads an annotation or an install value as Istio does, and refuses what we would not write: between commas only
    /// ports (blanks around them allowed) or address ranges (no blanks, mask required); `*` only alone and exact.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse_istio(field: Field, text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Ok(Self::empty(field));
        }
        if text == "*" && field.takes_wildcard() {
            return Ok(Self::All);
        }
        if text.split(',').any(|item| trim(item) == "*") {
            return Err(wildcard(field));
        }
        match field.kind() {
            Kind::Ports => {
                let ports = text
                    .split(',')
                    .map(|item| item.parse::<Port>().map(PortRange::from));
                Ok(Self::Ports(Ports::new(ports.collect::<Result<_, PortError>>()?)?))
            }
            Kind::Cidrs => {
                let ranges = text.split(',').map(|item| match item.parse() {
                    Ok(_) if trim(item).len() != item.len() => Err(CidrError::BlankAround(item.to_owned())),
                    Ok(_) if !item.contains('/') => Err(CidrError::NoMask(item.to_owned())),
                    result => result,
                });
                Ok(Self::Cidrs(Cidrs::new(
                    ranges.collect::<Result<_, CidrError>>()?,
                )?))
            }
        }
    }
}

/// Reads every item and collects the mistakes of all.
fn each<T, E, S>(
    field: Field,
    items: &[S],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Vec<ItemError>>
where
    ValueError: From<E>,
    S: AsRef<str>,
{
    let mut errors = Vec::new();
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let item = item.as_ref();
        let error = if is_too_long(item) {
            ValueError::ItemTooLong(item.to_owned())
        } else if trim(item) == "*" {
            wildcard(field)
        } else {
            match parse(item) {
                Ok(value) => {
                    values.push(value);
                    continue;
                }
                Err(error) => error.into(),
            }
        };
        errors.push(ItemError {
            index: Some(index),
            error,
        });
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(errors)
    }
}

/// Says whether an item is longer than the custom resource's schema lets it be.
fn is_too_long(item: &str) -> bool {
    item.chars().nth(Value::MAX_ITEM_LENGTH).is_some()
}

/// Says what is wrong with `*` where it is not the only item of a field that takes it.
fn wildcard(field: Field) -> ValueError {
    if field.takes_wildcard() {
        ValueError::WildcardNotAlone
    } else {
        ValueError::WildcardNotTaken(field)
    }
}

fn whole<E>(error: E) -> Vec<ItemError>
where
    ValueError: From<E>,
{
    vec![ItemError {
        index: None,
        error: error.into(),
    }]
}
