//! A normalised list of address ranges.

use std::{fmt, net::IpAddr, str::FromStr};

use super::{Cidr, CidrError};

/// A list of address ranges in normal form: IPv4 before IPv6, in rising order, exact duplicates dropped. A range inside
/// another one stays, so that removing the wider one later leaves what was asked for.
///
/// At most [`Cidrs::MAX`] ranges **as written**, that is counted before duplicates are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidrs(Vec<Cidr>);

impl Cidrs {
    /// The most address ranges one field takes. Each is a kernel rule in every pod.
    pub const MAX: usize = 256;

    /// Normalises a list.
    ///
    /// # Errors
    /// [`CidrError::TooMany`] if there are more than [`Cidrs::MAX`] ranges.
    pub fn new(mut ranges: Vec<Cidr>) -> Result<Self, CidrError> {
        if ranges.len() > Self::MAX {
            return Err(CidrError::TooMany(ranges.len()));
        }
        ranges.sort_unstable();
        ranges.dedup();
        Ok(Self(ranges))
    }

    /// Says whether the list has no range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many different ranges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Lists the ranges in rising order.
    pub fn iter(&self) -> impl Iterator<Item = Cidr> + '_ {
        self.0.iter().copied()
    }

    /// Says whether one of the ranges holds the address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

impl FromStr for Cidrs {
    type Err = CidrError;

    /// Reads a comma-separated list; an empty text is an empty list. Reports the first mistake.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        if crate::text::trim(text).is_empty() {
            return Ok(Self::default());
        }
        let ranges = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Self::new(ranges)
    }
}

impl fmt::Display for Cidrs {
    /// Writes `10.0.0.0/8,2001:db8::/32`, the form Istio takes.
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
