//! Ports and ranges of ports, as people write them. Lists of them are [`Ports`].
//!
//! Istio takes lists of single ports only (`pkg/kube/inject/validate.go`); ranges are ours and are expanded before
//! Istio sees them. What Istio accepts but reads otherwise (`0070` is octal to iptables) is refused here.

mod list;

use std::{fmt, num::NonZeroU16, str::FromStr};

use thiserror::Error;

pub use self::list::Ports;
use crate::text::{is_digits, quote, trim};

/// A port number from 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

/// A port, or a closed range of ports: `80`, `80-90`. The first is never after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: Port,
    last: Port,
}

/// Why a text is not a port, a range of ports or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PortError {
    /// An item without text.
    #[error("an item is blank: write a port or remove the item")]
    Blank,
    /// `*` where a port is wanted.
    #[error("`*` is not a port: list the ports")]
    Wildcard,
    /// A line break, a tab inside, or any other control character.
    #[error("{} holds a control character: remove it", quote(.0))]
    Control(String),
    /// Several ports in one item.
    #[error("{} holds a comma: write each port as an item of its own", quote(.0))]
    Comma(String),
    /// Port 0.
    #[error("{} is not a port: ports start at 1", quote(.0))]
    Zero(String),
    /// A zero before the number; iptables reads such a number as octal.
    #[error("{} starts with a zero and Istio would read {} as octal: write {}", quote(.input), quote(.input), quote(.meant))]
    LeadingZero {
        /// What was written.
        input: String,
        /// The same without the zeros.
        meant: String,
    },
    /// A number above 65535.
    #[error("{} is not a port: ports end at 65535", quote(.0))]
    TooLarge(String),
    /// `+80` or `-80`.
    #[error("{} has a sign: write {}", quote(.input), quote(.meant))]
    Signed {
        /// What was written.
        input: String,
        /// The same without the sign.
        meant: String,
    },
    /// iptables' own form of a range, `80:90`.
    #[error("{} has a colon: write {}", quote(.input), quote(.meant))]
    Colon {
        /// What was written.
        input: String,
        /// The same range with a dash.
        meant: String,
    },
    /// A service name such as `http`.
    #[error("{} is a name: write the port's number", quote(.0))]
    Name(String),
    /// `80 - 90`.
    #[error("{} has a blank beside the dash: write {}", quote(.input), quote(.meant))]
    BlankInRange {
        /// What was written.
        input: String,
        /// The same range without blanks.
        meant: String,
    },
    /// A dash, but not exactly two ports around it.
    #[error("{} is not a range of ports: write the first and the last port, as in `80-90`", quote(.0))]
    NotARange(String),
    /// A range that ends before it starts.
    #[error("{} ends before it starts: write {}", quote(.input), quote(.meant))]
    Reversed {
        /// What was written.
        input: String,
        /// The same range, lower end first.
        meant: String,
    },
    /// Anything else.
    #[error("{} is not a port: ports are numbers from 1 to 65535", quote(.0))]
    NotAPort(String),
    /// More ports than one field takes.
    #[error("the list names {0} ports, more than the {max} that one field takes: shorten it", max = Ports::MAX)]
    TooMany(usize),
}

impl Port {
    /// Returns the port of that number, or nothing for 0.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Returns the number, 1 to 65535.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// Reads a text that is already trimmed.
    fn read(text: &str) -> Result<Self, PortError> {
        let input = || text.to_owned();
        if text.is_empty() {
            return Err(PortError::Blank);
        }
        if text == "*" {
            return Err(PortError::Wildcard);
        }
        if text.contains(char::is_control) {
            return Err(PortError::Control(input()));
        }
        if text.contains(',') {
            return Err(PortError::Comma(input()));
        }
        if is_digits(text) {
            let meant = text.trim_start_matches('0');
            if meant.is_empty() {
                return Err(PortError::Zero(input()));
            }
            // Digits that are not all zeros: too large is the only mistake left.
            let port = meant
                .parse()
                .map(Self)
                .map_err(|_| PortError::TooLarge(input()))?;
            if meant.len() != text.len() {
                return Err(PortError::LeadingZero {
                    input: input(),
                    meant: meant.to_owned(),
                });
            }
            return Ok(port);
        }
        if let Some(meant) = text.strip_prefix(['+', '-']).filter(|rest| is_digits(rest)) {
            return Err(PortError::Signed {
                input: input(),
                meant: meant.to_owned(),
            });
        }
        let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        Err(if is_name {
            PortError::Name(input())
        } else {
            PortError::NotAPort(input())
        })
    }
}

impl PortRange {
    /// Returns the range from `first` to `last`, both included, or nothing if it ends before it starts.
    #[must_use]
    pub fn new(first: Port, last: Port) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// Returns the lower end.
    #[must_use]
    pub const fn first(self) -> Port {
        self.first
    }

    /// Returns the upper end, which belongs to the range.
    #[must_use]
    pub const fn last(self) -> Port {
        self.last
    }

    /// Returns how many ports the range has: 1 to 65535.
    #[must_use]
    pub fn size(self) -> usize {
        usize::from(self.last.get() - self.first.get()) + 1
    }

    /// Lists the port numbers in rising order.
    pub fn ports(self) -> impl Iterator<Item = u16> + Clone {
        self.first.get()..=self.last.get()
    }

    /// Says whether the port lies in the range.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first.get()..=self.last.get()).contains(&port)
    }
}

impl From<Port> for PortRange {
    fn from(port: Port) -> Self {
        Self {
            first: port,
            last: port,
        }
    }
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        Self::read(trim(text))
    }
}

impl FromStr for PortRange {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let text = trim(text);
        if !text.starts_with(|first: char| first.is_ascii_digit()) || text.contains(',') {
            return Port::read(text).map(Self::from);
        }
        if let Some((first, last)) = text.split_once(':')
            && let (Ok(first), Ok(last)) = (Port::read(first), Port::read(last))
        {
            let meant = Self {
                first: first.min(last),
                last: first.max(last),
            };
            return Err(PortError::Colon {
                input: text.to_owned(),
                meant: meant.to_string(),
            });
        }
        let Some((first, last)) = text.split_once('-') else {
            return Port::read(text).map(Self::from);
        };
        let (left, right) = (trim(first), trim(last));
        if left.len() != first.len() || right.len() != last.len() {
            let meant = format!("{left}-{right}");
            return Err(PortError::BlankInRange {
                input: text.to_owned(),
                meant,
            });
        }
        if last.is_empty() || last.contains('-') {
            return Err(PortError::NotARange(text.to_owned()));
        }
        let (first, last) = (Port::read(first)?, Port::read(last)?);
        Self::new(first, last).ok_or_else(|| PortError::Reversed {
            input: text.to_owned(),
            meant: Self {
                first: last,
                last: first,
            }
            .to_string(),
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(formatter)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}
