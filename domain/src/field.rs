//! The six settings that decide which traffic goes round the sidecar.

mod nearest;
mod words;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{annotation, text::quote};

/// One of the six settings, in the order of the reference page's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Field {
    /// Address ranges whose outbound traffic goes through the sidecar.
    #[serde(rename = "includeOutboundIPRanges")]
    IncludeOutboundIPRanges,
    /// Address ranges whose outbound traffic goes round the sidecar.
    #[serde(rename = "excludeOutboundIPRanges")]
    ExcludeOutboundIPRanges,
    /// Ports whose inbound traffic goes through the sidecar.
    #[serde(rename = "includeInboundPorts")]
    IncludeInboundPorts,
    /// Ports whose outbound traffic goes through the sidecar even outside the included ranges.
    #[serde(rename = "includeOutboundPorts")]
    IncludeOutboundPorts,
    /// Ports whose inbound traffic goes round the sidecar.
    #[serde(rename = "excludeInboundPorts")]
    ExcludeInboundPorts,
    /// Ports whose outbound traffic goes round the sidecar.
    #[serde(rename = "excludeOutboundPorts")]
    ExcludeOutboundPorts,
}

/// What a field is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Ports and ranges of ports.
    Ports,
    /// Address ranges in CIDR form.
    Cidrs,
}

/// A name that is none of the six.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} is not a setting: {advice}", quote(.name), advice = advice(*.nearest))]
pub struct UnknownField {
    /// What was written.
    pub name: String,
    /// The field that was probably meant.
    pub nearest: Option<Field>,
}

fn advice(nearest: Option<Field>) -> String {
    nearest.map_or_else(
        || format!("write one of {}", Field::ALL.map(Field::name).join(", ")),
        |field| format!("did you mean `{field}`?"),
    )
}

impl Field {
    /// All six, in the order of the reference page's table.
    pub const ALL: [Self; 6] = [
        Self::IncludeOutboundIPRanges,
        Self::ExcludeOutboundIPRanges,
        Self::IncludeInboundPorts,
        Self::IncludeOutboundPorts,
        Self::ExcludeInboundPorts,
        Self::ExcludeOutboundPorts,
    ];

    /// Returns the name in the custom resource, which is the last part of Istio's annotation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => "includeOutboundIPRanges",
            Self::ExcludeOutboundIPRanges => "excludeOutboundIPRanges",
            Self::IncludeInboundPorts => "includeInboundPorts",
            Self::IncludeOutboundPorts => "includeOutboundPorts",
            Self::ExcludeInboundPorts => "excludeInboundPorts",
            Self::ExcludeOutboundPorts => "excludeOutboundPorts",
        }
    }

    /// Returns the key of the pod annotation that Istio reads.
    #[must_use]
    pub const fn annotation(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => annotation::INCLUDE_OUTBOUND_IP_RANGES,
            Self::ExcludeOutboundIPRanges => annotation::EXCLUDE_OUTBOUND_IP_RANGES,
            Self::IncludeInboundPorts => annotation::INCLUDE_INBOUND_PORTS,
            Self::IncludeOutboundPorts => annotation::INCLUDE_OUTBOUND_PORTS,
            Self::ExcludeInboundPorts => annotation::EXCLUDE_INBOUND_PORTS,
            Self::ExcludeOutboundPorts => annotation::EXCLUDE_OUTBOUND_PORTS,
        }
    }

    /// Returns the key under `global.proxy` in the install values.
    #[must_use]
    pub const fn install_key(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => "includeIPRanges",
            Self::ExcludeOutboundIPRanges => "excludeIPRanges",
            other => other.name(),
        }
    }

    /// Returns the flag of `istio-iptables` (Istio's `files/injection-template.yaml`).
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => "-i",
            Self::ExcludeOutboundIPRanges => "-x",
            Self::IncludeInboundPorts => "-b",
            Self::IncludeOutboundPorts => "-q",
            Self::ExcludeInboundPorts => "-d",
            Self::ExcludeOutboundPorts => "-o",
        }
    }

    /// Returns what the field is a list of.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::IncludeOutboundIPRanges | Self::ExcludeOutboundIPRanges => Kind::Cidrs,
            _ => Kind::Ports,
        }
    }

    /// Says whether `*`, alone, is a value of this field.
    #[must_use]
    pub const fn takes_wildcard(self) -> bool {
        matches!(self, Self::IncludeOutboundIPRanges | Self::IncludeInboundPorts)
    }

    /// Returns what holds when nobody sets the field: the default of Istio's chart.
    #[must_use]
    pub const fn built_in(self) -> &'static str {
        if self.takes_wildcard() { "*" } else { "" }
    }

    /// Returns the position in [`Field::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Returns the field that a misspelt name most likely means: another case, an install key, a whole annotation key,
    /// or a few letters off.
    #[must_use]
    pub fn nearest(name: &str) -> Option<Self> {
        nearest::nearest(name)
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        Self::ALL
            .into_iter()
            .find(|field| field.name() == name)
            .ok_or_else(|| UnknownField {
                name: name.to_owned(),
                nearest: Self::nearest(name),
            })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
