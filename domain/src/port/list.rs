//! A normalised list of ports.

use std::{fmt, str::FromStr};

use super::{PortError, PortRange};

/// A list of ports and ranges in normal form: in rising order, without duplicates, overlapping items merged.
/// Neighbours stay as they were written (`7001,7002` does not become `7001-7002`), so that people recognise their list.
///
/// At most [`Ports::MAX`] ports **as written**, that is counted before duplicates are dropped: the rule in the custom
/// resource can then count in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports(Vec<PortRange>);

impl Ports {
    /// The most ports one field takes. Each is one or two kernel rules in every pod.
    pub const MAX: usize = 256;

    /// Normalises a list.
    ///
    /// # Errors
    /// [`PortError::TooMany`] if the items add up to more than [`Ports::MAX`] ports.
    pub fn new(mut ranges: Vec<PortRange>) -> Result<Self, PortError> {
        let written = ranges.iter().map(|range| range.size()).sum();
        if written > Self::MAX {
            return Err(PortError::TooMany(written));
        }
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let overlaps = next.first <= kept.last;
            if overlaps {
                kept.last = kept.last.max(next.last);
            }
            overlaps
        });
        Ok(Self(ranges))
    }

    /// Says whether the list has no port.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many different ports the list names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|range| range.size()).sum()
    }

    /// Returns the items in rising order.
    #[must_use]
    pub fn ranges(&self) -> &[PortRange] {
        &self.0
    }

    /// Lists every port number once, in rising order, ranges expanded.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().flat_map(|range| range.ports())
    }

    /// Says whether the list names the port.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|range| range.contains(port))
    }

    /// Writes the form Istio takes: single ports, comma separated, without blanks.
    pub(crate) fn expanded(&self) -> String {
        let mut text = String::with_capacity(self.len() * 6);
        for range in &self.0 {
            for port in range.first.get()..=range.last.get() {
                push_number(&mut text, port);
            }
        }
        text.pop();
        text
    }
}

/// Appends a number and a comma without the formatting machinery: lists are expanded for every pod at admission.
fn push_number(text: &mut String, mut number: u16) {
    let mut bytes = *b"00000,";
    let mut start = 5;
    while number > 0 {
        start -= 1;
        bytes[start] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    text.push_str(str::from_utf8(&bytes[start..]).unwrap_or_default());
}

impl FromStr for Ports {
    type Err = PortError;

    /// Reads a comma-separated list; an empty text is an empty list. Reports the first mistake.
    fn from_str(text: &str) -> Result<Self, PortError> {
        if crate::text::trim(text).is_empty() {
            return Ok(Self::default());
        }
        let ranges = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Self::new(ranges)
    }
}

impl fmt::Display for Ports {
    /// Writes `80,443,8000-8100`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, range) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(",")?;
            }
            range.fmt(formatter)?;
        }
        Ok(())
    }
}
