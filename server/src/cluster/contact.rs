//! Whether the API server answers. Watches alone do not tell: a quiet watch and a dead one look the same for minutes.

use std::time::Duration;

use kube::Client;
use tokio::sync::watch;

/// How often the API server is asked.
const EVERY: Duration = Duration::from_secs(3);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The newest answer of the API server.
#[derive(Clone)]
pub struct Contact(watch::Sender<State>);

/// What is known of the API server.
#[derive(PartialEq)]
pub(super) struct State {
    version: Option<String>,
    unreachable: Option<String>,
}

impl Contact {
    /// Starts asking.
    #[must_use]
    pub fn watch(client: Client) -> Self {
        let contact = Self(watch::Sender::new(State {
            version: None,
            unreachable: Some("the cluster has not answered yet".to_owned()),
        }));
        let task = contact.clone();
        tokio::spawn(async move {
            loop {
                task.record(tokio::time::timeout(PATIENCE, client.apiserver_version()).await);
                tokio::time::sleep(EVERY).await;
            }
        });
        contact
    }

    fn record(
        &self,
        answer: Result<
            kube::Result<k8s_openapi::apimachinery::pkg::version::Info>,
            tokio::time::error::Elapsed,
        >,
    ) {
        let (version, unreachable) = match answer {
            Ok(Ok(info)) => (Some(info.git_version), None),
            // It answered: what it said is for the watches to tell.
            Ok(Err(kube::Error::Api(_))) => (None, None),
            Ok(Err(error)) => (None, Some(format!("the cluster does not answer: {error}"))),
            Err(_) => (
                None,
                Some(format!(
                    "the cluster has not answered within {} s",
                    PATIENCE.as_secs()
                )),
            ),
        };
        self.0.send_if_modified(|state| {
            match (&state.unreachable, &unreachable) {
                (None, Some(why)) => tracing::warn!("{why}"),
                (Some(_), None) => tracing::info!("the cluster answers"),
                _ => {}
            }
            let now = State {
                version: version.or_else(|| state.version.clone()),
                unreachable,
            };
            let changed = *state != now;
            *state = now;
            changed
        });
    }

    /// Marked as changed whenever an answer differs from the one before.
    pub(super) fn changes(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    /// Why the cluster counts as unreachable; `None`: it answers.
    #[must_use]
    pub fn unreachable(&self) -> Option<String> {
        self.0.borrow().unreachable.clone()
    }

    /// Why the cluster counts as lost: it has answered before, and does not now.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        let state = self.0.borrow();
        state.unreachable.clone().filter(|_| state.version.is_some())
    }

    /// The API server's version, once it has told.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.0.borrow().version.clone()
    }
}
