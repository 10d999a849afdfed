//! The normal form of one argument.

use std::{collections::BTreeSet, fmt};

use crate::{
    cidr::{Cidr, Cidrs},
    field::{Field, Kind},
    port::{Port, PortRange, Ports},
    value::Value,
};

/// What an argument means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// `*` where it means everything.
    All,
    /// A set of items.
    Items(BTreeSet<Item>),
}

/// A part of an argument.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A port.
    Port(Port),
    /// An address range, host bits cleared.
    Cidr(Cidr),
    /// Anything we do not read, blanks around it removed.
    Text(String),
}

impl Reading {
    /// Reads an argument: at commas, empty parts dropped. Install values are validated by nobody, so anything may be here.
    #[must_use]
    pub fn of(field: Field, text: &str) -> Self {
        if text == "*" && field.takes_wildcard() {
            return Self::All;
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Self::Items(parts.map(|part| Item::of(field, part)).collect())
    }

    /// Returns the same as a value of the field, or nothing if a part is not one we take or there are too many.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<Value> {
        let items = match self {
            Self::All => return field.takes_wildcard().then_some(Value::All),
            Self::Items(items) => items,
        };
        match field.kind() {
            Kind::Ports => {
                let ports = items.iter().map(|item| {
                    if let Item::Port(port) = item {
                        Some(*port)
                    } else {
                        None
                    }
                });
                let ports = ports
                    .map(|port| port.map(PortRange::from))
                    .collect::<Option<_>>()?;
                Ports::new(ports).ok().map(Value::Ports)
            }
            Kind::Cidrs => {
                let ranges = items.iter().map(|item| {
                    if let Item::Cidr(range) = item {
                        Some(*range)
                    } else {
                        None
                    }
                });
                Cidrs::new(ranges.collect::<Option<_>>()?).ok().map(Value::Cidrs)
            }
        }
    }

    pub(super) fn add_ports(&mut self, ports: &[u16]) {
        if let Self::Items(items) = self {
            items.extend(ports.iter().filter_map(|port| Port::new(*port)).map(Item::Port));
        }
    }

    pub(super) fn remove_ports(&mut self, ports: &[u16]) {
        if let Self::Items(items) = self {
            items.retain(|item| !matches!(item, Item::Port(port) if ports.contains(&port.get())));
        }
    }
}

impl Item {
    fn of(field: Field, part: &str) -> Self {
        let read = match field.kind() {
            Kind::Ports => part.parse().ok().map(Self::Port),
            // Istio does not complete a mask, so neither does this.
            Kind::Cidrs => part.parse().ok().filter(|_| part.contains('/')).map(Self::Cidr),
        };
        read.unwrap_or_else(|| Self::Text(part.to_owned()))
    }
}

impl fmt::Display for Reading {
    /// Writes the items in order, comma separated; `*` for all.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = match self {
            Self::All => return formatter.write_str("*"),
            Self::Items(items) => items,
        };
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                formatter.write_str(",")?;
            }
            item.fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(formatter),
            Self::Cidr(range) => range.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}
