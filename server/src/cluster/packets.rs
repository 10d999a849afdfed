//! What the rules of a pod, and of the next one in its place, do with a packet.

use std::{collections::BTreeMap, net::IpAddr};

use api::{
    lint::About,
    trace::{PodVerdict, TraceAnswer, TraceStep, TraceView},
};
use domain::{
    Effective, InstallValues, ParsedArgs, TrafficArgs,
    iptables::{Config, Family, Host, Rule, RuleError, Rules},
    trace::{Direction, Outcome, Packet, trace},
};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

mod name_servers;

use self::name_servers::NameServers;
use super::pods::{Judge, Judged, environment, in_force, redirecting_container};

/// How many rules of a step are told one by one.
const TOLD: usize = 10;
/// The long name of `-m`.
const MODE: &str = "istio-inbound-interception-mode";

/// Answers for a pod.
#[must_use]
pub fn traced(judge: &Judge<'_>, pod: &Pod, packet: &Packet) -> TraceView {
    let packet = &routed(pod, packet);
    let judged = judge.judge(pod);
    let environment = rules_environment(pod);
    let servers = NameServers::of(judge.stores, pod);
    let host = host(pod, &environment, servers.all());
    let note = match &judged.row.state {
        api::pod::PodState::NotApplicable { reason } | api::pod::PodState::Unknown { reason } => {
            Some(reason.clone())
        }
        _ => None,
    };
    let own = judged
        .running
        .as_ref()
        .map(|(_, args, _)| TrafficArgs::parse(args).seen_with(pod.annotations()));
    let made = |args: &ParsedArgs| {
        let mut config = Config::read(args, &environment, &host)?;
        let doubt = servers.doubt(&config, packet);
        config.uncertain.extend(doubt.map(str::to_owned));
        Rules::of(config)
    };
    let running = own.as_ref().map(&made);
    let desired = judged
        .row
        .state
        .applies()
        .then(|| made(&next(own.unwrap_or_default(), &judged)));
    let running = running.map(|rules| answer(rules, packet, None));
    let desired = desired.map(|rules| answer(rules, packet, Some(&judged.effective)));
    let verdict = |answer: &Option<Result<TraceAnswer, String>>| {
        let answer = answer.as_ref()?.as_ref().ok()?;
        Some(answer.verdict.clone())
    };
    let (now, then) = (verdict(&running), verdict(&desired));
    let refused = [&running, &desired]
        .into_iter()
        .flatten()
        .find_map(|answer| answer.as_ref().err());
    TraceView {
        pod: About {
            kind: "Pod".to_owned(),
            namespace: judged.row.namespace.clone(),
            name: judged.row.name.clone(),
        },
        packet: packet.to_string(),
        pods: Vec::new(),
        note: note.or_else(|| refused.cloned()),
        differs: now.is_some() && then.is_some() && now != then,
        running: running.and_then(Result::ok),
        desired: desired.and_then(Result::ok),
    }
}

/// The answers for the pods of one workload, as one: the next pod's is the same for all.
#[must_use]
pub fn together(thing: About, views: Vec<TraceView>) -> TraceView {
    let pods = views.iter().map(|view| PodVerdict {
        name: view.pod.name.clone(),
        verdict: view.running.as_ref().map(|answer| answer.verdict.clone()),
        differs: view.differs,
    });
    let (pods, differs) = (pods.collect(), views.iter().any(|view| view.differs));
    let nothing = "there is no pod with an address whose rules could be looked at";
    let first = views.into_iter().next();
    let (packet, desired, note) = match first {
        Some(first) => (first.packet, first.desired, first.note),
        None => (String::new(), None, Some(nothing.to_owned())),
    };
    TraceView {
        pod: thing,
        packet,
        running: None,
        desired,
        pods,
        note,
        differs,
    }
}

/// The answer for a pod that gets these values and of which nothing else is known.
///
/// # Errors
/// Why there are no rules: install values are checked by nobody.
pub fn foreseen(
    effective: &Effective,
    install: &InstallValues,
    packet: &Packet,
) -> Result<TraceAnswer, String> {
    let args = TrafficArgs::expected(effective, install, &BTreeMap::new());
    let args = ParsedArgs::default().with_traffic(args);
    let host = Host {
        ipv6: packet.family() == Family::V6,
        ..Host::default()
    };
    let rules = Config::read(&args, &BTreeMap::new(), &host).and_then(Rules::of);
    answer(rules, packet, Some(effective))
}

/// The pod's own address, for what arrives at it.
#[must_use]
pub fn address(pod: &Pod) -> Option<IpAddr> {
    addresses(pod).next()
}

/// The packet with the interface that it leaves by: what goes to an address of the pod's own does not leave it.
fn routed(pod: &Pod, packet: &Packet) -> Packet {
    let stays = packet.direction == Direction::Outbound
        && packet.interface.is_none()
        && addresses(pod).any(|own| own == packet.destination);
    let mut routed = packet.clone();
    if stays {
        routed.interface = Some("lo".to_owned());
    }
    routed
}

fn addresses(pod: &Pod) -> impl Iterator<Item = IpAddr> {
    let status = pod.status.iter();
    let all = status.flat_map(|status| {
        let more = status.pod_ips.iter().flatten().map(|ip| ip.ip.as_str());
        status.pod_ip.as_deref().into_iter().chain(more)
    });
    all.filter_map(|ip| ip.parse().ok())
}

/// Those of the next pod: the same but for what its settings and its own mode say.
fn next(own: ParsedArgs, judged: &Judged) -> ParsedArgs {
    let mut next = own.with_traffic(judged.expected.clone());
    if let Some(mode) = &judged.mode {
        next.others.insert(MODE.to_owned(), mode.clone());
    }
    next
}

/// The environment that the rules are made with: that of `istio-init`; with CNI the plugin reads the sidecar's.
fn rules_environment(pod: &Pod) -> BTreeMap<String, String> {
    match redirecting_container(pod) {
        Some(container) if container.name == "istio-init" => environment(container),
        _ => proxy(pod).map(environment).unwrap_or_default(),
    }
}

fn proxy(pod: &Pod) -> Option<&k8s_openapi::api::core::v1::Container> {
    let spec = pod.spec.as_ref()?;
    let mut all = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    all.find(|container| container.name == "istio-proxy")
}

/// What a program finds in the pod, as far as the cluster tells (spec/istio.md §3.1).
fn host(pod: &Pod, environment: &BTreeMap<String, String>, dns_servers: Vec<IpAddr>) -> Host {
    let dual_stack = ["ISTIO_DUAL_STACK", "DUAL_STACK"]
        .iter()
        .any(|name| environment.get(*name).is_some_and(|on| on == "true"));
    let ipv6 = if dual_stack {
        addresses(pod).any(|address| address.is_ipv6())
    } else {
        addresses(pod).next().is_some_and(|address| address.is_ipv6())
    };
    let id = |read: fn(&k8s_openapi::api::core::v1::SecurityContext) -> Option<i64>| {
        let context = proxy(pod)?.security_context.as_ref()?;
        read(context).and_then(|id| u32::try_from(id).ok())
    };
    Host {
        ipv6,
        dns_servers,
        proxy_uid: id(|context| context.run_as_user),
        proxy_gid: id(|context| context.run_as_group),
    }
}

fn answer(
    rules: Result<Rules, RuleError>,
    packet: &Packet,
    effective: Option<&Effective>,
) -> Result<TraceAnswer, String> {
    let rules = rules.map_err(|error| error.to_string())?;
    let traced = trace(&rules, packet);
    let setting = traced.reason.setting();
    let origin = effective.and_then(|effective| {
        let fields = in_force(effective);
        fields
            .into_iter()
            .find(|field| Some(field.field.as_str()) == setting)
            .map(|field| field.origin)
    });
    let matched = |rule: &&Rule| {
        let is = |other: &Rule| std::ptr::eq(other, *rule);
        traced.rule.is_some_and(is) || traced.shadowed.iter().any(|shadowed| is(shadowed))
    };
    let steps = traced.steps(&rules, packet).into_iter().map(|step| {
        let (first, others): (Vec<&Rule>, Vec<&Rule>) = step.rules.iter().copied().partition(matched);
        TraceStep {
            about: step.origin.about().to_owned(),
            setting: step.origin.setting().map(str::to_owned),
            outcome: Outcome::as_str(step.outcome).to_owned(),
            rules: first
                .into_iter()
                .chain(others)
                .take(TOLD)
                .map(Rule::arguments)
                .collect(),
            rules_total: step.rules.len(),
        }
    });
    Ok(TraceAnswer {
        verdict: traced.verdict.to_string(),
        sentence: traced.sentence(packet),
        setting: setting.map(str::to_owned),
        origin,
        rule: traced.rule.map(Rule::arguments),
        steps: steps.collect(),
        uncertain: traced.uncertain.to_vec(),
    })
}
