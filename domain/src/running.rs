//! What a pod runs with, what it would run with if it were created now, and the difference: **stale**.

mod reading;

use serde::{Deserialize, Serialize};

pub use self::reading::{Item, Reading};
use crate::{args::TrafficArgs, field::Field};

/// Ports that are excluded from inbound interception in every pod: Envoy's metrics, its health port, the agent's port.
pub const SYSTEM_PORTS: [u16; 3] = [15020, 15021, 15090];

/// What the rules of a pod capture, field by field: the arguments in normal form, read as `istio-iptables` or, with CNI, its
/// plugin reads them (`cni/pkg/plugin/sidecar_redirect.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture([Reading; 6]);

impl Capture {
    /// Reads arguments. With CNI the plugin has defaults of its own: outbound port 15020 is excluded unless `-o` is passed,
    /// all system ports are excluded inbound, and an empty `-i` that no annotation says is `*`.
    #[must_use]
    pub fn of(args: &TrafficArgs) -> Self {
        Self(Field::ALL.map(|field| {
            let mut reading = Reading::of(field, args.get(field).unwrap_or_default());
            match field {
                Field::IncludeOutboundIPRanges if args.range_fallback => reading = Reading::All,
                Field::ExcludeInboundPorts if args.cni => reading.add_ports(&SYSTEM_PORTS),
                Field::ExcludeOutboundPorts if args.cni && args.exclude_outbound_ports.is_none() => {
                    reading.add_ports(&SYSTEM_PORTS[..1]);
                }
                _ => {}
            }
            reading
        }))
    }

    /// Returns what is captured for a field.
    #[must_use]
    pub const fn get(&self, field: Field) -> &Reading {
        &self.0[field.index()]
    }
}

/// The arguments of a running pod and the port its agent had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The arguments, see [`TrafficArgs::parse`] and [`TrafficArgs::seen_with`].
    pub args: TrafficArgs,
    /// The status port of the pod, if it is known and not one of [`SYSTEM_PORTS`].
    pub status_port: Option<u16>,
}

impl Running {
    /// Returns the six values as a person would have set them: without the ports and defaults that Istio adds. A system
    /// port that a person listed as well cannot be told apart and is left out.
    #[must_use]
    pub fn settings(&self) -> Capture {
        let mut capture = Capture::of(&TrafficArgs {
            cni: false,
            ..self.args.clone()
        });
        let inbound = &mut capture.0[Field::ExcludeInboundPorts.index()];
        inbound.remove_ports(&SYSTEM_PORTS);
        inbound.remove_ports(self.status_port.as_slice());
        capture
    }
}

/// A field in which a pod differs from its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// What a pod created now would have; system ports left out unless they are the difference.
    pub desired: String,
    /// What the pod has, likewise.
    pub running: String,
}

/// Compares what a pod would get with what it has, by meaning: order, duplicates, host bits and blanks do not matter. Parts
/// that cannot be read are compared as texts. A pod is **stale** if and only if there is a difference.
///
/// Fields are compared one by one, also where another field makes one moot (an exclude list beside an include list).
#[must_use]
pub fn difference(expected: &TrafficArgs, running: &TrafficArgs) -> Vec<Difference> {
    // The usual case, in lists of thousands of pods.
    if expected == running {
        return Vec::new();
    }
    let (desired, running) = (Capture::of(expected), Capture::of(running));
    let differing = Field::ALL
        .into_iter()
        .filter(|field| desired.get(*field) != running.get(*field));
    differing
        .map(|field| {
            let (mut left, mut right) = (desired.get(field).clone(), running.get(field).clone());
            if field == Field::ExcludeInboundPorts {
                left.remove_ports(&SYSTEM_PORTS);
                right.remove_ports(&SYSTEM_PORTS);
                if left == right {
                    (left, right) = (desired.get(field).clone(), running.get(field).clone());
                }
            }
            Difference {
                field,
                desired: left.to_string(),
                running: right.to_string(),
            }
        })
        .collect()
}
