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
        Self(Field::ALL.map(|field| read(field, args)))
    }

    /// Returns what is captured for a field.
    #[must_use]
    pub const fn get(&self, field: Field) -> &Reading {
        &self.0[field.index()]
    }
}

/// Reads the argument of one field, with the plugin's defaults if there is CNI.
fn read(field: Field, args: &TrafficArgs) -> Reading {
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
    let same_mode = expected.cni == running.cni && expected.range_fallback == running.range_fallback;
    // Lists show thousands of pods, and nearly all texts are equal: those need no reading.
    let fields = Field::ALL
        .into_iter()
        .filter(|field| !same_mode || expected.get(*field) != running.get(*field));
    let differences = fields.filter_map(|field| {
        let (mut desired, mut present) = (read(field, expected), read(field, running));
        if desired == present {
            return None;
        }
        if field == Field::ExcludeInboundPorts {
            let (all_desired, all_present) = (desired.clone(), present.clone());
            desired.remove_ports(&SYSTEM_PORTS);
            present.remove_ports(&SYSTEM_PORTS);
            if desired == present {
                (desired, present) = (all_desired, all_present);
            }
        }
        Some(Difference {
            field,
            desired: desired.to_string(),
            running: present.to_string(),
        })
    });
    differences.collect()
}
