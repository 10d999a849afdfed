//! The annotation by which we know our own writing again.

use std::{collections::BTreeMap, fmt, str::FromStr};

use thiserror::Error;

use super::APPLIED;
use crate::{
    effective::Origin,
    field::Field,
    name::{NameError, check_object},
    text::quote,
};

/// Which keys our webhook wrote, from which level, and a hash of what it wrote. As text:
/// `excludeInboundPorts=namespace,excludeOutboundPorts=workload/cart,hash=0f1e2d3c4b5a6978`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    fields: BTreeMap<Field, Origin>,
    hash: u64,
}

/// Why a text is not a marker; such a marker counts as absent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MarkerError {
    /// A part that is not `field=level` or `hash=…`.
    #[error("{} is not a part of a marker: parts are `field=level` and `hash=` with 16 hexadecimal digits", quote(.0))]
    Part(String),
    /// A part that is there twice.
    #[error("{} is there twice", quote(.0))]
    Twice(String),
    /// No hash, or no field.
    #[error("a marker has at least one field, and a hash")]
    Incomplete,
    /// A workload setting that cannot exist.
    #[error("workload setting: {0}")]
    Workload(#[from] NameError),
}

impl Marker {
    /// Returns the marker for these texts, or nothing if there are none. Levels other than Global, Namespace and Workload
    /// are never ours and are left out.
    #[must_use]
    pub fn new(written: &BTreeMap<Field, (Origin, String)>) -> Option<Self> {
        let ours = |origin: &Origin| origin.is_annotation() && *origin != Origin::Pod;
        let ours: Vec<_> = written.iter().filter(|(_, (origin, _))| ours(origin)).collect();
        if ours.is_empty() {
            return None;
        }
        let mut hash = Fnv::default();
        for (field, (_, text)) in &ours {
            hash.add(field.name());
            hash.add("=");
            hash.add(text);
            hash.add("\n");
        }
        let fields = ours
            .into_iter()
            .map(|(field, (origin, _))| (*field, origin.clone()))
            .collect();
        Some(Self { fields, hash: hash.0 })
    }

    /// Reads the marker among a pod's annotations; a damaged one counts as absent.
    #[must_use]
    pub fn among(annotations: &BTreeMap<String, String>) -> Option<Self> {
        annotations.get(APPLIED)?.parse().ok()
    }

    /// Says whether our webhook wrote the field.
    #[must_use]
    pub fn lists(&self, field: Field) -> bool {
        self.fields.contains_key(&field)
    }

    /// Returns which fields our webhook wrote and from which level.
    #[must_use]
    pub const fn fields(&self) -> &BTreeMap<Field, Origin> {
        &self.fields
    }

    /// Returns the hash of the texts written: FNV-1a, 64 bit. It tells settings apart and proves nothing.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }
}

/// Returns a pod's annotations without the ones our webhook wrote and without its marker: what people, or other tools, set.
///
/// On a pod under Istio CNI the injector has written annotations as well; there take the owner's template instead.
#[must_use]
pub fn user_annotations(annotations: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut kept = annotations.clone();
    if let Some(marker) = Marker::among(annotations) {
        for field in marker.fields.keys() {
            kept.remove(field.annotation());
        }
    }
    kept.remove(APPLIED);
    kept
}

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, origin) in &self.fields {
            match origin {
                Origin::Workload(name) => write!(formatter, "{field}=workload/{name},")?,
                Origin::Namespace => write!(formatter, "{field}=namespace,")?,
                _ => write!(formatter, "{field}=global,")?,
            }
        }
        write!(formatter, "hash={:016x}", self.hash)
    }
}

impl FromStr for Marker {
    type Err = MarkerError;

    fn from_str(text: &str) -> Result<Self, MarkerError> {
        let mut fields = BTreeMap::new();
        let mut hash = None;
        for part in text.split(',') {
            let bad = || MarkerError::Part(part.to_owned());
            let (key, value) = part.split_once('=').ok_or_else(bad)?;
            let twice = if key == "hash" {
                let digits =
                    value.len() == 16 && value.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
                let number = u64::from_str_radix(value, 16)
                    .ok()
                    .filter(|_| digits)
                    .ok_or_else(bad)?;
                hash.replace(number).is_some()
            } else {
                let field: Field = key.parse().map_err(|_| bad())?;
                let origin = match value {
                    "global" => Origin::Global,
                    "namespace" => Origin::Namespace,
                    other => {
                        let name = other.strip_prefix("workload/").ok_or_else(bad)?;
                        check_object(name)?;
                        Origin::Workload(name.to_owned())
                    }
                };
                fields.insert(field, origin).is_some()
            };
            if twice {
                return Err(MarkerError::Twice(key.to_owned()));
            }
        }
        match hash {
            Some(hash) if !fields.is_empty() => Ok(Self { fields, hash }),
            _ => Err(MarkerError::Incomplete),
        }
    }
}

/// FNV-1a with 64 bits: short, and the same on every platform and in every version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
