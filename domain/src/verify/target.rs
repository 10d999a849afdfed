//! What is asked for: a URL that means the same to every tool, and nothing else to any of them.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest URL that is taken.
const MAX: usize = 2048;

/// How it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Headers only.
    #[default]
    #[serde(rename = "HEAD")]
    Head,
    /// With a body, which is thrown away inside the pod.
    #[serde(rename = "GET")]
    Get,
}

impl Method {
    /// Returns its name in HTTP.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
        }
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "HEAD" => Ok(Self::Head),
            "GET" => Ok(Self::Get),
            _ => Err(format!(
                "`{text}` is not asked: write `HEAD` or `GET`, which change nothing"
            )),
        }
    }
}

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A URL, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Its scheme.
    pub scheme: Scheme,
    /// Its host: a name in lower case, or an address without brackets.
    pub host: String,
    /// Its port, the scheme's own if it names none.
    pub port: u16,
    /// Path and query, with the slash at its beginning.
    pub path: String,
}

/// Why a text is no URL that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The scheme is missing or another one.
    #[error("`{0}` is no URL of the web: write it with `http://` or `https://`")]
    Scheme(String),
    /// It is too long.
    #[error("a URL of {0} characters is too long: write at most {MAX}")]
    TooLong(usize),
    /// A character that is not taken as it is.
    #[error("`{0}` cannot stand in a URL as it is: write it as `%{1:02X}`")]
    Character(char, u32),
    /// A user or password.
    #[error("a URL with a user or a password is not taken: it would stand in the history")]
    User,
    /// A masked address as documentation prints it.
    #[error("`{0}` is masked, as documentation prints it: write the real address")]
    Masked(String),
    /// No name and no address.
    #[error(
        "`{0}` is no host: write a name as in `reviews.bookinfo`, or an address as in `198.51.100.10` or `[2001:db8::9]`"
    )]
    Host(String),
    /// No port.
    #[error("`{0}` is not a port: write a number from 1 to 65535")]
    Port(String),
}

impl Target {
    /// Returns the host as an address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.len() > MAX {
            return Err(TargetError::TooLong(text.len()));
        }
        // What a tool could take for the beginning of a pattern, of another URL or of a line.
        let odd = |c: &char| !c.is_ascii_graphic() || r#""'<>\^`{|}#"#.contains(*c);
        if let Some(c) = text.chars().find(odd) {
            return Err(TargetError::Character(c, u32::from(c)));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            _ => return Err(TargetError::Scheme(text.to_owned())),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetError::User);
        }
        let (host, port) = split(authority)?;
        let port = match port {
            None | Some("") => scheme.port(),
            Some(port) => {
                let number = port.parse().ok().filter(|number| *number > 0);
                number
                    .filter(|_| port.bytes().all(|b| b.is_ascii_digit()))
                    .ok_or_else(|| TargetError::Port(port.to_owned()))?
            }
        };
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            scheme,
            host,
            port,
            path,
        })
    }
}

/// The host without brackets, and the text of the port.
fn split(authority: &str) -> Result<(String, Option<&str>), TargetError> {
    let refused = || TargetError::Host(authority.to_owned());
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or_else(refused)?;
        let address: std::net::Ipv6Addr = address.parse().map_err(|_| refused())?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((address.to_string(), Some(port))),
            None if after.is_empty() => Ok((address.to_string(), None)),
            None => Err(refused()),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_masked = |part: &str| part.eq_ignore_ascii_case("xx") || part == "*";
    if host.split('.').count() == 4 && host.split('.').any(is_masked) {
        return Err(TargetError::Masked(host.to_owned()));
    }
    let host = host.to_ascii_lowercase();
    let labels = host.strip_suffix('.').unwrap_or(&host).split('.');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let mut all = labels.clone();
    // `0x7f.1`, `2130706433`, `10.1`: a number at the end is an address to some tools and a name to others.
    let looks_like_address = labels
        .clone()
        .next_back()
        .is_some_and(|last| last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()));
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok();
    if host.len() > 253 || !all.all(is_label) || (looks_like_address && !is_address) {
        return Err(refused());
    }
    Ok((host, port))
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme.as_str())?;
        if self.host.contains(':') {
            write!(formatter, "[{}]", self.host)?;
        } else {
            formatter.write_str(&self.host)?;
        }
        if self.port != self.scheme.port() {
            write!(formatter, ":{}", self.port)?;
        }
        formatter.write_str(&self.path)
    }
}
