//! What a pod's own Envoy says, by `pilot-agent` in its sidecar.

use std::time::Duration;

use domain::verify::Counters;

use super::exec::{Exec, NotRun};

/// The sidecar's container.
pub(super) const CONTAINER: &str = "istio-proxy";
/// How long a page may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The counters of `stats` that are read: of thousands that there may be.
const STATS: &str = "stats?filter=^(listener[.].*[.]downstream_cx_total|http[.]outbound.*[.]rq_direct_response\
                     |tcp[.]BlackHoleCluster[.]downstream_cx_total|cluster[.]BlackHoleCluster.*upstream_cx_none_healthy)$";
/// Istio's own metrics, likewise.
const METRICS: &str = "stats/prometheus?usedonly&filter=istio_(requests|tcp_connections_opened)_total";

/// What Envoy has counted by now.
pub(super) async fn counters(exec: &Exec) -> Result<Counters, NotRun> {
    let moved_host = |line: &str| {
        let is_counter = line.contains("::cx_total::") || line.contains("::rq_total::");
        // Hosts that were never used are most of them; that to istiod is always there.
        is_counter && !line.trim_end().ends_with("::0")
    };
    let (clusters, stats, metrics) = futures::join!(
        page(exec, "clusters", moved_host),
        page(exec, STATS, |_| true),
        page(exec, METRICS, |line| line.contains("BlackHoleCluster")),
    );
    // All of them or none: a counter that is only in one of two readings would seem to have moved.
    Counters::read(&clusters?, &stats?, &metrics?)
        .ok_or_else(|| NotRun::Lost("its admin page `clusters` is not Envoy's".to_owned()))
}

/// An admin page.
pub(super) async fn page(exec: &Exec, path: &str, keep: fn(&str) -> bool) -> Result<String, NotRun> {
    let command = ["pilot-agent", "request", "GET", path].map(str::to_owned);
    let run = exec.run(CONTAINER, &command, LIMIT, keep).await?;
    if run.code == 0 {
        Ok(run.out)
    } else {
        let words = run.err.lines().last().unwrap_or_default().trim();
        Err(NotRun::Lost(format!(
            "`pilot-agent request GET` ended with {}: {words}",
            run.code
        )))
    }
}
