//! What happens to packets.

use std::{net::IpAddr, str::FromStr};

use api::{
    FieldProblem, Problem,
    trace::{TraceQuery, TraceView},
};
use axum::extract::State as Shared;
use domain::trace::{Direction, Packet, Protocol};
use k8s_openapi::api::core::v1::Pod;

use crate::{
    caller::Caller,
    cluster::packets,
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// Say what happens to a packet
///
/// Round the sidecar or to it, by which rule and which setting: in this pod, and in the next one in its place.
#[utoipa::path(get, path = api::path::TRACE, tag = "workloads", operation_id = "trace", params(TraceQuery), responses(
    (status = 200, body = TraceView),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read the pod"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceView>, Error> {
    let asked = Asked::of(&query)?;
    state.cluster.ready()?;
    let pod: Pod = caller.read("pod", &query.namespace, &query.pod).await?;
    let packet = asked.packet(&pod)?;
    Ok(Json(
        state
            .cluster
            .judging(|judge| packets::traced(judge, &pod, &packet)),
    ))
}

/// A question that can be read; where an inbound packet goes is the pod's to say.
struct Asked {
    packet: Packet,
    is_pods_own: bool,
}

impl Asked {
    fn of(query: &TraceQuery) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let direction = match query.direction.as_deref() {
            None | Some("outbound") => Direction::Outbound,
            Some("inbound") => Direction::Inbound,
            Some(other) => {
                let message = format!("`{other}` is no direction: write `outbound` or `inbound`");
                problems.push(problem("direction", message));
                Direction::Outbound
            }
        };
        let protocol = read(
            &mut problems,
            "protocol",
            query.protocol.as_deref(),
            Protocol::from_str,
        );
        let address = read(&mut problems, "address", text(query.address.as_deref()), address);
        let source = read(
            &mut problems,
            "source",
            text(query.source.as_deref()),
            self::address,
        );
        let port = read(&mut problems, "port", Some(query.port.trim()), port);
        if address.is_none()
            && direction == Direction::Outbound
            && !problems.iter().any(|p| p.path == "address")
        {
            problems.push(problem("address", "say where it goes: an IP address".to_owned()));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let nowhere = IpAddr::from([0, 0, 0, 0]);
        let packet = Packet {
            direction,
            source,
            uid: query.uid,
            gid: query.gid,
            interface: text(query.interface.as_deref()).map(str::to_owned),
            ..Packet::outbound(
                protocol.unwrap_or(Protocol::Tcp),
                address.unwrap_or(nowhere),
                port.unwrap_or_default(),
            )
        };
        Ok(Self {
            packet,
            is_pods_own: address.is_none(),
        })
    }

    fn packet(self, pod: &Pod) -> Result<Packet, Error> {
        let mut packet = self.packet;
        if self.is_pods_own {
            let without = || Error::field("address", "the pod has no address yet: say which one is meant");
            packet.destination = packets::address(pod).ok_or_else(without)?;
        }
        packet
            .check()
            .map_err(|error| Error::field("source", error.to_string()))?;
        Ok(packet)
    }
}

/// A field that a form leaves blank is not given.
fn text(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn read<T, E: ToString>(
    problems: &mut Vec<FieldProblem>,
    path: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    match parse(text?) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(problem(path, error.to_string()));
            None
        }
    }
}

fn problem(path: &str, message: String) -> FieldProblem {
    FieldProblem {
        path: path.to_owned(),
        message,
    }
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is not an IP address: rules know addresses only, write one as in `10.0.0.9` or `2001:db8::9`")
    })
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("`{text}` is not a port: write a number from 1 to 65535"))
}
