//! Who asks: a container whose traffic is what the question is about, with a program that can ask.

use domain::ParsedArgs;
use k8s_openapi::api::core::v1::{Container, Pod};
use kube::ResourceExt;

use super::{
    envoy,
    exec::{Exec, NotRun},
    tool::{LIMIT, Tool},
};

/// The container that `kubectl exec` takes where none is named.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";
/// The user and group of the sidecar where nothing else is said (spec/istio.md §3.1).
const PROXY: u32 = 1337;

/// A container, its user, and what it asks with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) container: String,
    pub(super) tool: Tool,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum NoSource {
    /// No container has a program, or one whose traffic tells something: what of each.
    NoTool(Vec<String>),
    /// The cluster refused, or did not answer.
    NotRun(NotRun),
}

/// A candidate: its name, user and group as far as the pod says.
struct Candidate {
    name: String,
    uid: Option<u32>,
    gid: Option<u32>,
}

/// Finds who asks: the container that was named, or the first that can.
pub(super) async fn find(
    exec: &Exec,
    pod: &Pod,
    named: Option<&str>,
    args: Option<&ParsedArgs>,
) -> Result<Source, NoSource> {
    let mut all = candidates(pod);
    if let Some(named) = named {
        all.retain(|candidate| candidate.name == named);
        if all.is_empty() {
            return Err(NoSource::NoTool(vec![format!(
                "the pod has no running container `{named}`"
            )]));
        }
    }
    let proxies = proxy_ids(args);
    let mut why = Vec::new();
    for mut candidate in all {
        let tool = match tool_of(exec, &candidate.name).await {
            Ok(Some(tool)) => tool,
            Ok(None) => {
                why.push(format!("`{}` has neither `curl` nor `wget`", candidate.name));
                continue;
            }
            // One container may have ended while the others run.
            Err(NotRun::Gone(message)) => {
                why.push(message);
                continue;
            }
            Err(error) => return Err(NoSource::NotRun(error)),
        };
        if candidate.uid.is_none() {
            candidate.uid = id(exec, &candidate.name, "-u").await;
        }
        if candidate.gid.is_none() {
            candidate.gid = id(exec, &candidate.name, "-g").await;
        }
        if [candidate.uid, candidate.gid]
            .into_iter()
            .flatten()
            .any(|id| proxies.contains(&id))
        {
            let name = candidate.name;
            why.push(format!(
                "`{name}` runs as the sidecar's user: its traffic always goes round Envoy, and tells nothing"
            ));
            continue;
        }
        return Ok(Source {
            container: candidate.name,
            tool,
            uid: candidate.uid,
            gid: candidate.gid,
        });
    }
    Err(NoSource::NoTool(why))
}

/// The running containers but the sidecar: first the one that `kubectl exec` would take, those for debugging last.
fn candidates(pod: &Pod) -> Vec<Candidate> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let of_pod = spec.security_context.as_ref();
    let narrow = |id: Option<i64>| id.and_then(|id| u32::try_from(id).ok());
    let candidate = |container: &Container| {
        let own = container.security_context.as_ref();
        Candidate {
            name: container.name.clone(),
            uid: narrow(
                own.and_then(|own| own.run_as_user)
                    .or(of_pod.and_then(|pod| pod.run_as_user)),
            ),
            gid: narrow(
                own.and_then(|own| own.run_as_group)
                    .or(of_pod.and_then(|pod| pod.run_as_group)),
            ),
        }
    };
    let first = pod.annotations().get(DEFAULT);
    let mut all: Vec<Candidate> = spec
        .containers
        .iter()
        .filter(|container| container.name != envoy::CONTAINER)
        .map(candidate)
        .collect();
    all.sort_by_key(|candidate| Some(&candidate.name) != first);
    let debugging = spec
        .ephemeral_containers
        .iter()
        .flatten()
        .map(|container| Candidate {
            name: container.name.clone(),
            uid: narrow(
                container
                    .security_context
                    .as_ref()
                    .and_then(|own| own.run_as_user),
            ),
            gid: narrow(
                container
                    .security_context
                    .as_ref()
                    .and_then(|own| own.run_as_group),
            ),
        });
    all.extend(debugging);
    all
}

/// The users whose traffic the rules leave alone.
fn proxy_ids(args: Option<&ParsedArgs>) -> Vec<u32> {
    let said = args.into_iter().flat_map(|args| {
        let both = ["proxy-uid", "proxy-gid"]
            .into_iter()
            .filter_map(|name| args.others.get(name));
        both.flat_map(|list| list.split(','))
            .filter_map(|id| id.trim().parse().ok())
    });
    let said: Vec<u32> = said.collect();
    if said.is_empty() { vec![PROXY] } else { said }
}

async fn tool_of(exec: &Exec, container: &str) -> Result<Option<Tool>, NotRun> {
    for program in ["curl", "wget"] {
        match exec.run(container, &Tool::probe(program), LIMIT, |_| true).await {
            Ok(run) => return Ok(Some(Tool::known(program, &run))),
            Err(NotRun::NoSuchCommand(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The user or the group that a container really has, where its image decides.
async fn id(exec: &Exec, container: &str, which: &str) -> Option<u32> {
    let command = ["id", which].map(str::to_owned);
    let run = exec.run(container, &command, LIMIT, |_| true).await.ok()?;
    run.out.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sidecar_never_asks_and_debugging_comes_last() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "annotations": { DEFAULT: "app" } },
            "spec": {
                "securityContext": { "runAsUser": 1000 },
                "containers": [
                    { "name": "istio-proxy" },
                    { "name": "helper", "securityContext": { "runAsUser": 1337 } },
                    { "name": "app" },
                ],
                "ephemeralContainers": [{ "name": "debugger" }],
            },
        }))
        .expect("a pod");
        let all: Vec<_> = candidates(&pod)
            .into_iter()
            .map(|one| (one.name, one.uid))
            .collect();
        let expected = [("app", Some(1000)), ("helper", Some(1337)), ("debugger", None)];
        assert_eq!(all, expected.map(|(name, uid)| (name.to_owned(), uid)));
    }

    #[test]
    fn whom_the_rules_leave_alone_is_read_off_the_rules() {
        assert_eq!(proxy_ids(None), [1337]);
        let args = domain::TrafficArgs::parse(
            &["istio-iptables", "-u", "1337,2000", "-g", "1337"].map(str::to_owned),
        );
        assert_eq!(proxy_ids(Some(&args)), [1337, 2000, 1337]);
    }
}
