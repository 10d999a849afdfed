//! What Envoy has counted, as its admin pages tell it, and what moved in between.
//!
//! `clusters` tells connections and requests of each host that Envoy forwards to, whatever else it counts. `stats` tells of
//! listeners and refusals only where the pod's Envoy is told to count them (Istio leaves them out by default); Istio's own
//! metrics, in `stats/prometheus`, tell of refusals where telemetry is on.

use std::{collections::BTreeMap, net::IpAddr};

/// Ports of listeners that outbound requests never come to: inbound traffic, health, metrics, tunnels.
const NOT_OUTBOUND: [&str; 5] = ["15006", "15008", "15020", "15021", "15090"];
/// Clusters that are Envoy's own business.
const OWN: [&str; 6] = [
    "xds-grpc",
    "sds-grpc",
    "agent",
    "prometheus_stats",
    "zipkin",
    "inbound|",
];

/// What Envoy has counted at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections and requests, by cluster and host.
    hosts: BTreeMap<(String, String), u64>,
    /// Refusals, by counter.
    refused: BTreeMap<String, u64>,
    /// Responses that it made by itself, by counter.
    own: BTreeMap<String, u64>,
    /// Connections of outbound listeners, by listener; none: it does not count them.
    accepted: BTreeMap<String, u64>,
}

/// Where a request went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The address that it was sent to.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// The names of it, as Istio has them in clusters: `reviews.bookinfo.svc.cluster.local`, or with a dot at the end what such a
    /// name begins with. They count for Services alone, whose pods have other addresses than they.
    pub names: Vec<String>,
}

/// A counter that went up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub counter: String,
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

impl Moved {
    /// Whether it went up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.rise() > 0
    }

    /// By how much it went up.
    #[must_use]
    pub const fn rise(&self) -> u64 {
        self.after.saturating_sub(self.before)
    }
}

/// What moved between two readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Counters of the destination itself.
    pub destination: Vec<Moved>,
    /// Counters of other destinations.
    pub elsewhere: Vec<Moved>,
    /// Refusals.
    pub refused: Vec<Moved>,
    /// Responses that Envoy made by itself.
    pub own: Vec<Moved>,
    /// Outbound connections, up or not; nothing: Envoy does not count them.
    pub accepted: Option<Moved>,
}

impl Counters {
    /// Reads what Envoy's admin pages `clusters`, `stats` and `stats/prometheus` say. Nothing: the first is not what it should be.
    #[must_use]
    pub fn read(clusters: &str, stats: &str, prometheus: &str) -> Option<Self> {
        let mut counters = Self::default();
        let mut is_known = false;
        for line in clusters.lines() {
            is_known |= line.contains("::");
            counters.take_host(line);
        }
        if !is_known {
            return None;
        }
        for line in stats.lines() {
            if let Some((name, value)) = line.split_once(": ")
                && let Ok(value) = value.trim().parse()
            {
                // With Istio's bootstrap, `;` ends the name of a cluster or of a listener's statistics.
                counters.take_stat(&name.replace(';', ""), value);
            }
        }
        for line in prometheus.lines() {
            counters.take_metric(line);
        }
        Some(counters)
    }

    /// `PassthroughCluster::198.51.100.10:80::cx_total::1`
    fn take_host(&mut self, line: &str) {
        let Some((rest, value)) = line.rsplit_once("::") else {
            return;
        };
        let Some((rest, name)) = rest.rsplit_once("::") else {
            return;
        };
        let Some((cluster, host)) = rest.split_once("::") else {
            return;
        };
        if OWN.iter().any(|own| cluster.starts_with(own))
            || host == "default_priority"
            || host == "high_priority"
        {
            return;
        }
        if let ("cx_total" | "rq_total", Ok(value)) = (name, value.trim().parse::<u64>()) {
            *self
                .hosts
                .entry((cluster.to_owned(), host.to_owned()))
                .or_default() += value;
        }
    }

    fn take_stat(&mut self, name: &str, value: u64) {
        if matches!(
            name,
            "cluster.BlackHoleCluster.upstream_cx_none_healthy" | "tcp.BlackHoleCluster.downstream_cx_total"
        ) {
            self.refused.insert(name.to_owned(), value);
        } else if name.starts_with("http.outbound") && name.ends_with(".rq_direct_response") {
            self.own.insert(name.to_owned(), value);
        } else if let Some(listener) = name
            .strip_prefix("listener.")
            .and_then(|rest| rest.strip_suffix(".downstream_cx_total"))
            && let Some((_, port)) = listener.rsplit_once('_')
            && port.parse::<u16>().is_ok()
            && !listener.contains("worker_")
            && !NOT_OUTBOUND.contains(&port)
        {
            *self.accepted.entry(listener.to_owned()).or_default() += value;
        }
    }

    /// `istio_requests_total{…reporter="source",…destination_service_name="BlackHoleCluster",…} 1`
    fn take_metric(&mut self, line: &str) {
        let Some((name, rest)) = line.split_once('{') else {
            return;
        };
        let Some((labels, value)) = rest.rsplit_once("} ") else {
            return;
        };
        let is_ours = matches!(
            name,
            "istio_requests_total" | "istio_tcp_connections_opened_total"
        ) && labels.contains(r#"reporter="source""#)
            && labels.contains(r#"destination_service_name="BlackHoleCluster""#);
        if let (true, Ok(value)) = (is_ours, value.trim().parse::<u64>()) {
            let counter = format!("{name}{{destination_service_name=\"BlackHoleCluster\"}}");
            *self.refused.entry(counter).or_default() += value;
        }
    }

    /// Returns what has moved since `before`, seen from a request to `to`.
    #[must_use]
    pub fn since(&self, before: &Self, to: &Destination) -> Movement {
        let mut movement = Movement {
            refused: up(&before.refused, &self.refused),
            own: up(&before.own, &self.own),
            accepted: self.accepted_since(before),
            ..Movement::default()
        };
        for ((cluster, host), &after) in &self.hosts {
            let before = before.hosts.get(&(cluster.clone(), host.clone()));
            let mut before = before.copied().unwrap_or_default();
            if after < before {
                // Envoy dropped the host in between and made it anew.
                before = 0;
            }
            let moved = Moved {
                counter: format!("{cluster} to {host}"),
                before,
                after,
            };
            if moved.is_up() {
                let list = if to.is(cluster, host) {
                    &mut movement.destination
                } else {
                    &mut movement.elsewhere
                };
                list.push(moved);
            }
        }
        movement
    }
}

impl Counters {
    /// The connections of all outbound listeners; nothing where one has lost its count, or is gone with it: the sum may then
    /// have fallen although a connection came.
    fn accepted_since(&self, before: &Self) -> Option<Moved> {
        let is_kept = |(listener, before): (&String, &u64)| {
            self.accepted.get(listener).is_some_and(|after| after >= before)
        };
        if self.accepted.is_empty() || !before.accepted.iter().all(is_kept) {
            return None;
        }
        Some(Moved {
            counter: "connections of outbound listeners".to_owned(),
            before: before.accepted.values().sum(),
            after: self.accepted.values().sum(),
        })
    }
}

fn up(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<Moved> {
    let all = after.iter().map(|(counter, &after)| {
        let before = before.get(counter).copied().unwrap_or_default();
        Moved {
            counter: counter.clone(),
            before,
            after,
        }
    });
    all.filter(Moved::is_up).collect()
}

impl Destination {
    /// Whether a host of a cluster is this destination: `outbound|9080|v1|reviews.bookinfo.svc.cluster.local`, or whatever cluster
    /// with this very address.
    fn is(&self, cluster: &str, host: &str) -> bool {
        let is_address = self.address.is_some_and(|address| {
            let written = match address {
                IpAddr::V4(address) => format!("{address}:{}", self.port),
                IpAddr::V6(address) => format!("[{address}]:{}", self.port),
            };
            host == written
        });
        let mut parts = cluster.splitn(4, '|');
        let is_name = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("outbound"), Some(port), Some(_subset), Some(name)) => {
                // A bypass is by address: a host outside may have several, and only some of them go round.
                let is_service = name.contains(".svc.");
                is_service
                    && port.parse() == Ok(self.port)
                    && self.names.iter().any(|known| {
                        if known.ends_with('.') {
                            name.starts_with(known)
                        } else {
                            name == known
                        }
                    })
            }
            _ => false,
        };
        is_address || is_name
    }
}
