//! A pod's state as `kubectl get pods` prints it: its one word, how many of its containers are ready, its restarts.
//!
//! The rules are those of Kubernetes' printer (`pkg/printers/internalversion`, `printPod`); a journey compares with what the
//! API server prints itself.

use k8s_openapi::{
    api::core::v1::{Container, ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus},
    apimachinery::pkg::apis::meta::v1::Time,
};

/// What the printer says of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Printed {
    /// The column *Status*.
    pub(super) status: String,
    /// Of the column *Ready* the first number.
    pub(super) ready: u32,
    /// Of the column *Ready* the second: sidecars that are init containers count, other init containers do not.
    pub(super) containers: u32,
    /// The column *Restarts*.
    pub(super) restarts: u32,
    /// When a container ended last before it was started again.
    pub(super) last_restart: Option<String>,
}

/// Restarts, and the latest end before one.
#[derive(Default)]
struct Restarts {
    count: i32,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count += container.restart_count;
        let before = container.last_state.as_ref();
        let end = before.and_then(|state| state.terminated.as_ref()?.finished_at.clone());
        self.last = self.last.take().max(end);
    }
}

impl Printed {
    /// What the printer says of this pod.
    pub(super) fn of(pod: &Pod) -> Self {
        let empty = PodStatus::default();
        let status = pod.status.as_ref().unwrap_or(&empty);
        let init = pod
            .spec
            .iter()
            .flat_map(|spec| spec.init_containers.iter().flatten());
        let sidecars: Vec<&str> = init
            .filter(|c| keeps_running(c))
            .map(|c| c.name.as_str())
            .collect();

        let mut word = overall(status);
        let mut ready = 0;
        let (mut all, mut of_sidecars) = (Restarts::default(), Restarts::default());
        let mut initialising = false;
        for (index, container) in status.init_container_statuses.iter().flatten().enumerate() {
            let is_sidecar = sidecars.contains(&container.name.as_str());
            all.add(container);
            if is_sidecar {
                of_sidecars.add(container);
            }
            word = match initial(container, is_sidecar) {
                Initial::Over => continue,
                Initial::Serves => {
                    ready += u32::from(container.ready);
                    continue;
                }
                Initial::Stuck(why) => format!("Init:{why}"),
                Initial::Going => {
                    let total = pod.spec.as_ref().and_then(|spec| spec.init_containers.as_ref());
                    format!("Init:{index}/{}", total.map_or(0, Vec::len))
                }
            };
            initialising = true;
            break;
        }
        if !initialising || is_true(status, "Initialized") {
            all = of_sidecars;
            let (mut runs, mut failure) = (false, None);
            // The first container has the last word.
            for container in status.container_statuses.iter().flatten().rev() {
                all.add(container);
                match at_work(container) {
                    Some((why, failed)) => {
                        word = why;
                        if failed {
                            failure = Some(word.clone());
                        }
                    }
                    None if container.ready && is_running(container) => {
                        runs = true;
                        ready += 1;
                    }
                    None => {}
                }
            }
            // One that is through does not speak for those that go on, nor for those that failed.
            if word == "Completed" {
                if runs && is_true(status, "Ready") {
                    "Running".clone_into(&mut word);
                } else if let Some(failure) = failure {
                    word = failure;
                } else if runs {
                    "NotReady".clone_into(&mut word);
                }
            }
        }
        if pod.metadata.deletion_timestamp.is_some() {
            if status.reason.as_deref() == Some("NodeLost") {
                "Unknown".clone_into(&mut word);
            } else if !matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
                "Terminating".clone_into(&mut word);
            }
        }
        let own = pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
        Self {
            status: word,
            ready,
            containers: u32::try_from(own + sidecars.len()).unwrap_or(u32::MAX),
            restarts: u32::try_from(all.count).unwrap_or_default(),
            last_restart: all.last.filter(|_| all.count > 0).map(|time| time.0.to_string()),
        }
    }
}

/// The word for a pod of which the containers say nothing.
fn overall(status: &PodStatus) -> String {
    let conditions = status.conditions.iter().flatten();
    let mut gated = conditions.filter(|condition| condition.type_ == "PodScheduled");
    if gated.any(|condition| condition.reason.as_deref() == Some("SchedulingGated")) {
        return "SchedulingGated".to_owned();
    }
    let word = status.reason.as_ref().filter(|reason| !reason.is_empty());
    word.or(status.phase.as_ref())
        .cloned()
        .unwrap_or_else(|| "Unknown".to_owned())
}

/// How far an init container is.
enum Initial {
    /// It has done its work.
    Over,
    /// It is a sidecar, and runs.
    Serves,
    /// It does not get on; why.
    Stuck(String),
    /// It is at work, or waits for its turn.
    Going,
}

fn initial(container: &ContainerStatus, is_sidecar: bool) -> Initial {
    let state = container.state.as_ref();
    let ended = state.and_then(|state| state.terminated.as_ref());
    if ended.is_some_and(|ended| ended.exit_code == 0) {
        Initial::Over
    } else if is_sidecar && container.started == Some(true) {
        Initial::Serves
    } else if let Some(ended) = ended {
        Initial::Stuck(end(ended))
    } else {
        match waits_for(state).filter(|reason| *reason != "PodInitializing") {
            Some(reason) => Initial::Stuck(reason.to_owned()),
            None => Initial::Going,
        }
    }
}

/// Why a container does not run, where it says so, and whether it has failed.
fn at_work(container: &ContainerStatus) -> Option<(String, bool)> {
    let state = container.state.as_ref();
    if let Some(reason) = waits_for(state) {
        return Some((reason.to_owned(), false));
    }
    let ended = state?.terminated.as_ref()?;
    Some((end(ended), ended.exit_code != 0))
}

fn waits_for(state: Option<&ContainerState>) -> Option<&str> {
    let reason = state?.waiting.as_ref()?.reason.as_deref()?;
    (!reason.is_empty()).then_some(reason)
}

fn end(ended: &ContainerStateTerminated) -> String {
    match (ended.reason.as_deref(), ended.signal) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", ended.exit_code),
    }
}

fn is_running(container: &ContainerStatus) -> bool {
    container
        .state
        .as_ref()
        .is_some_and(|state| state.running.is_some())
}

fn is_true(status: &PodStatus, condition: &str) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|it| it.type_ == condition && it.status == "True")
}

/// Whether an init container is a sidecar: it is started before the others and goes on.
fn keeps_running(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ended(reason: &str, code: i32) -> Value {
        json!({ "terminated": { "reason": reason, "exitCode": code } })
    }

    fn printed(containers: &[Value], ready: bool) -> String {
        let statuses: Vec<Value> = containers
            .iter()
            .map(|state| {
                json!({
                    "name": "c", "image": "", "imageID": "", "restartCount": 0,
                    "ready": state["running"].is_object(), "state": state,
                })
            })
            .collect();
        let pod = json!({ "status": {
            "phase": "Running",
            "conditions": [{ "type": "Ready", "status": if ready { "True" } else { "False" } }],
            "containerStatuses": statuses,
        } });
        Printed::of(&serde_json::from_value(pod).expect("a pod")).status
    }

    #[test]
    fn a_completed_container_does_not_hide_a_failed_one() {
        let (done, failed, runs) = (ended("Completed", 0), ended("Error", 1), json!({ "running": {} }));
        let waits = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        for (containers, ready, word) in [
            (vec![&done], false, "Completed"),
            (vec![&done, &done], false, "Completed"),
            (vec![&done, &failed], false, "Error"),
            (vec![&failed, &done], false, "Error"),
            (vec![&done, &failed, &runs], false, "Error"),
            (vec![&done, &failed, &runs], true, "Running"),
            (vec![&done, &runs], false, "NotReady"),
            (vec![&done, &runs], true, "Running"),
            // The first failure, read from the first container on, is the one that is told.
            (vec![&done, &failed, &ended("OOMKilled", 137)], false, "Error"),
            (vec![&done, &ended("", 3)], false, "ExitCode:3"),
            // One that waits to be started again is no end.
            (vec![&done, &waits], false, "Completed"),
            (vec![&waits, &failed], false, "CrashLoopBackOff"),
        ] {
            let containers: Vec<Value> = containers.into_iter().cloned().collect();
            assert_eq!(
                printed(&containers, ready),
                word,
                "{containers:?}, ready: {ready}"
            );
        }
    }
}
