//! Commands in containers, by way of the API server, with the caller's rights. A command is a list of arguments: no shell
//! reads it.

use std::time::Duration;

use futures::FutureExt;
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{
    Api, Client,
    api::{AttachParams, AttachedProcess},
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// How much of what a command says is kept, in bytes, and how much is read at all.
const KEPT: usize = 4 << 20;
const READ: u64 = 256 << 20;
/// How much is under way between the cluster and us.
const BUFFER: usize = 64 << 10;

/// A pod in which commands are run.
#[derive(Clone)]
pub(super) struct Exec {
    api: Api<Pod>,
    pod: String,
}

/// What a command came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Its exit code.
    pub(super) code: i32,
    /// What it wrote, as far as it was kept.
    pub(super) out: String,
    /// What it wrote to standard error.
    pub(super) err: String,
}

/// Why a command did not run, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRun {
    /// There is no such program in the container.
    #[error("there is no `{0}` in the container")]
    NoSuchCommand(String),
    /// The cluster does not let the caller.
    #[error("{0}")]
    Forbidden(String),
    /// The pod or the container is not there or does not run.
    #[error("{0}")]
    Gone(String),
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Anything else that the cluster said, or that it said nothing.
    #[error("{0}")]
    Lost(String),
}

impl Exec {
    pub(super) fn of(client: &Client, namespace: &str, pod: &str) -> Self {
        Self {
            api: Api::namespaced(client.clone(), namespace),
            pod: pod.to_owned(),
        }
    }

    /// Runs a command and keeps what it writes, line by line, as far as `keep` wants it.
    pub(super) async fn run(
        &self,
        container: &str,
        command: &[String],
        limit: Duration,
        keep: fn(&str) -> bool,
    ) -> Result<Run, NotRun> {
        let running = async {
            let params = AttachParams {
                container: Some(container.to_owned()),
                max_stdout_buf_size: Some(BUFFER),
                max_stderr_buf_size: Some(BUFFER),
                ..AttachParams::default()
            };
            let started = self
                .api
                .exec(&self.pod, command.iter().map(String::as_str), &params)
                .await;
            let mut process = started.map_err(not_started)?;
            finish(&mut process, command, keep).await
        };
        // Boxed: it is large, and there are several at a time.
        let ended = tokio::time::timeout(limit, running.boxed()).await;
        ended.unwrap_or(Err(NotRun::TimedOut(limit)))
    }
}

async fn finish(
    process: &mut AttachedProcess,
    command: &[String],
    keep: fn(&str) -> bool,
) -> Result<Run, NotRun> {
    let status = process.take_status();
    let (out, err) = (process.stdout(), process.stderr());
    let (out, err) = futures::join!(lines(out, keep), lines(err, |_| true));
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    let code = exit_code(status.as_ref(), command.first().map_or("", String::as_str))?;
    Ok(Run { code, out, err })
}

/// Reads to the end; keeps what is wanted, as long as there is room.
async fn lines(from: Option<impl AsyncRead + Unpin>, keep: fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let Some(from) = from else { return kept };
    let mut reader = BufReader::with_capacity(BUFFER, from.take(READ));
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without an end is cut, so that it cannot fill the memory.
        let mut part = (&mut reader).take(BUFFER as u64);
        match part.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return kept,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                if kept.len() + text.len() <= KEPT && keep(&text) {
                    kept.push_str(&text);
                }
            }
        }
    }
}

/// The exit code, out of the status that ends the stream.
fn exit_code(status: Option<&Status>, program: &str) -> Result<i32, NotRun> {
    let status = status
        .ok_or_else(|| NotRun::Lost("the connection to the pod ended before the command did".to_owned()))?;
    if status.status.as_deref() == Some("Success") {
        return Ok(0);
    }
    let message = status.message.clone().unwrap_or_default();
    let causes = status
        .details
        .iter()
        .flat_map(|details| details.causes.iter().flatten());
    let code = causes
        .filter(|cause| cause.reason.as_deref() == Some("ExitCode"))
        .find_map(|cause| cause.message.as_deref()?.parse().ok());
    match code {
        // What a shell-less runtime says of a program that is not there differs: by code, or by words.
        Some(126 | 127) => Err(NotRun::NoSuchCommand(program.to_owned())),
        Some(code) => Ok(code),
        None if is_missing(&message) => Err(NotRun::NoSuchCommand(program.to_owned())),
        None if is_gone(&message) => Err(NotRun::Gone(message)),
        None => Err(NotRun::Lost(message)),
    }
}

fn is_missing(message: &str) -> bool {
    [
        "executable file not found",
        "no such file or directory",
        "permission denied",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn is_gone(message: &str) -> bool {
    [
        "container not found",
        "does not run",
        "is not running",
        "not found in pod",
        "not running state",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn not_started(error: kube::Error) -> NotRun {
    match error {
        kube::Error::Api(status) if status.code == 403 => NotRun::Forbidden(status.message.clone()),
        kube::Error::Api(status) if status.code == 404 || is_gone(&status.message) => {
            NotRun::Gone(status.message.clone())
        }
        kube::Error::Api(status) if is_missing(&status.message) => NotRun::NoSuchCommand(String::new()),
        kube::Error::Api(status) => NotRun::Lost(status.message.clone()),
        error => NotRun::Lost(crate::error::root_cause(&error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(status: serde_json::Value) -> Result<i32, NotRun> {
        let status: Status = serde_json::from_value(status).expect("a status");
        exit_code(Some(&status), "curl")
    }

    fn failed(code: &str) -> serde_json::Value {
        json!({ "status": "Failure", "reason": "NonZeroExitCode", "message": "command terminated with exit code",
                "details": { "causes": [{ "reason": "ExitCode", "message": code }] } })
    }

    #[test]
    fn a_program_that_is_not_there_is_told_from_one_that_failed_and_from_a_container_that_is_gone() {
        let words =
            |message: &str| json!({ "status": "Failure", "reason": "InternalError", "message": message });
        assert_eq!(code(json!({ "status": "Success" })), Ok(0));
        assert_eq!(code(failed("7")), Ok(7));
        let missing = Err(NotRun::NoSuchCommand("curl".to_owned()));
        assert_eq!(code(failed("127")), missing);
        assert_eq!(
            code(words(
                "exec: \"curl\": executable file not found in $PATH: unknown"
            )),
            missing
        );
        assert!(matches!(
            code(words("container not found (\"app\")")),
            Err(NotRun::Gone(_))
        ));
        assert!(matches!(code(words("the node is on fire")), Err(NotRun::Lost(_))));
        assert!(matches!(exit_code(None, "curl"), Err(NotRun::Lost(_))));
    }

    #[tokio::test]
    async fn what_is_not_wanted_or_too_much_is_read_and_dropped() {
        let text = format!("a\nkeep 1\n{}\nkeep 2", "x".repeat(3 * BUFFER));
        let kept = lines(Some(text.as_bytes()), |line| line.starts_with("keep")).await;
        assert_eq!(kept, "keep 1\nkeep 2");
        let much = "line\n".repeat(KEPT / 4);
        assert!(lines(Some(much.as_bytes()), |_| true).await.len() <= KEPT);
    }
}
