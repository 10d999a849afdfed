//! Address ranges in CIDR form. Lists of them are [`Cidrs`].
//!
//! Istio's injector reads them with Go's `netip.ParsePrefix` and tolerates neither blanks nor a missing mask
//! (`pkg/kube/inject/validate.go`); the kernel clears host bits. Here both are put right before Istio sees them.

mod list;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::IpNet;
use thiserror::Error;

pub use self::list::Cidrs;
use crate::text::{is_digits, quote, trim};

/// An IPv4 or IPv6 address range with its host bits cleared. IPv4 comes before IPv6, then by address, then by prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

/// Why a text is not an address range or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CidrError {
    /// An item without text.
    #[error("an item is blank: write an address range or remove the item")]
    Blank,
    /// `*` where a range is wanted.
    #[error("`*` is not an address range: list the ranges")]
    Wildcard,
    /// A line break or another control character.
    #[error("{} holds a control character: remove it", quote(.0))]
    Control(String),
    /// Several ranges in one item.
    #[error("{} holds a comma: write each address range as an item of its own", quote(.0))]
    Comma(String),
    /// Digits replaced by X, as documentation prints addresses.
    #[error("{} has digits masked out, as documentation prints addresses: write the real address", quote(.0))]
    Masked(String),
    /// `fe80::1%eth0`.
    #[error("{} names a zone: remove everything from the `%` to the mask", quote(.0))]
    Zone(String),
    /// An IPv4 address in IPv6 form; Istio would put it into the IPv6 rules, where it matches nothing.
    #[error("{} is IPv4 written as IPv6 and would match nothing: write the IPv4 range", quote(.0))]
    Mapped(String),
    /// A zero before an octet or the mask; Go refuses those.
    #[error("{} has a leading zero, which Istio refuses: write the number without it", quote(.0))]
    LeadingZero(String),
    /// A prefix longer than the address.
    #[error("{} has too long a mask: it ends at /{max}", quote(.input))]
    MaskTooLong {
        /// What was written.
        input: String,
        /// 32 for IPv4, 128 for IPv6.
        max: u8,
    },
    /// Something after the slash that is not a number.
    #[error("{} has no valid mask: write the prefix length as a number, as in `10.0.0.0/8`", quote(.0))]
    Mask(String),
    /// `10.0.0.1-10.0.0.9`.
    #[error("{} is a range with a dash: write it as one or more CIDR blocks, as in `10.0.0.0/28`", quote(.0))]
    Dash(String),
    /// A name instead of an address.
    #[error("{} is a host name: the rules know addresses only, write the address range", quote(.0))]
    HostName(String),
    /// A blank around an item of an annotation; Istio refuses the pod for it.
    #[error("{} has a blank around it, which Istio refuses: remove the blank", quote(.0))]
    BlankAround(String),
    /// An address without a mask in an annotation; Istio refuses the pod for it.
    #[error("{} has no mask, which Istio refuses: add `/32` for one IPv4 address, `/128` for one IPv6 address", quote(.0))]
    NoMask(String),
    /// Anything else.
    #[error("{} is not an address range: write it as in `10.0.0.0/8` or `2001:db8::/32`", quote(.0))]
    NotACidr(String),
    /// More ranges than one field takes.
    #[error("the list has {0} address ranges, more than the {max} that one field takes: merge some", max = Cidrs::MAX)]
    TooMany(usize),
}

impl Cidr {
    /// Returns the range of an address and a prefix length, with host bits cleared.
    ///
    /// # Errors
    /// [`CidrError::MaskTooLong`], or [`CidrError::Mapped`] for IPv4 in IPv6 form.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, CidrError> {
        let input = || format!("{address}/{prefix}");
        if matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
            return Err(CidrError::Mapped(input()));
        }
        let max = if address.is_ipv4() { 32 } else { 128 };
        let net = IpNet::new(address, prefix).map_err(|_| CidrError::MaskTooLong { input: input(), max })?;
        Ok(Self(net.trunc()))
    }

    /// Returns the range as `ipnet` has it.
    #[must_use]
    pub const fn net(self) -> IpNet {
        self.0
    }

    /// Says whether the address lies in the range; never across families.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

/// Reads a dotted address; the caller has made sure that there is no colon.
fn ipv4(input: &str, address: &str) -> Result<Ipv4Addr, CidrError> {
    let octets: Vec<&str> = address.split('.').collect();
    let masked = |octet: &&str| octet.contains(['x', 'X', '*']);
    let plain = |octet: &&str| {
        octet
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"xX*".contains(&byte))
    };
    if octets.len() == 4 && octets.iter().any(masked) && octets.iter().all(plain) {
        return Err(CidrError::Masked(input.to_owned()));
    }
    if address.contains(char::is_alphabetic) {
        return Err(CidrError::HostName(input.to_owned()));
    }
    let numbers = octets.len() == 4 && octets.iter().all(|octet| is_digits(octet));
    if numbers
        && octets
            .iter()
            .any(|octet| octet.len() > 1 && octet.starts_with('0'))
    {
        return Err(CidrError::LeadingZero(input.to_owned()));
    }
    address.parse().map_err(|_| CidrError::NotACidr(input.to_owned()))
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads an address range; an address without a mask is completed with /32 or /128.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let text = trim(text);
        let input = || text.to_owned();
        if text.is_empty() {
            return Err(CidrError::Blank);
        }
        if text == "*" {
            return Err(CidrError::Wildcard);
        }
        if text.contains(char::is_control) {
            return Err(CidrError::Control(input()));
        }
        if text.contains(',') {
            return Err(CidrError::Comma(input()));
        }
        if text.contains('%') {
            return Err(CidrError::Zone(input()));
        }
        if text
            .split_once('-')
            .is_some_and(|(first, _)| trim(first).parse::<IpAddr>().is_ok())
        {
            return Err(CidrError::Dash(input()));
        }
        let (address, mask) = text
            .split_once('/')
            .map_or((text, None), |(address, mask)| (address, Some(mask)));
        let (address, max) = if address.contains(':') {
            let address: Ipv6Addr = address.parse().map_err(|_| CidrError::NotACidr(input()))?;
            if address.to_ipv4_mapped().is_some() {
                return Err(CidrError::Mapped(input()));
            }
            (IpAddr::V6(address), 128)
        } else {
            (IpAddr::V4(ipv4(text, address)?), 32)
        };
        let prefix = match mask {
            None => max,
            Some(mask) if !is_digits(mask) => return Err(CidrError::Mask(input())),
            Some(mask) if mask.len() > 1 && mask.starts_with('0') => {
                return Err(CidrError::LeadingZero(input()));
            }
            // Digits only: a number that does not fit is too long a mask as well.
            Some(mask) => mask.parse().unwrap_or(u8::MAX),
        };
        let net = IpNet::new(address, prefix).map_err(|_| CidrError::MaskTooLong { input: input(), max })?;
        Ok(Self(net.trunc()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
