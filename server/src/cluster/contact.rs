//! Whether the API server answers. Watches alone do not tell: a quiet watch and a dead one look the same for minutes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kube::Client;

/// How often the API server is asked.
const EVERY: Duration = Duration::from_secs(3);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The newest answer of the API server.
#[derive(Clone)]
pub struct Contact(Arc<Mutex<State>>);

struct State {
    version: Option<String>,
    unreachable: Option<String>,
}

impl Contact {
    /// Starts asking.
    #[must_use]
    pub fn watch(client: Client) -> Self {
        let contact = Self(Arc::new(Mutex::new(State {
            version: None,
            unreachable: Some("the cluster has not answered yet".to_owned()),
        })));
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
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_unreachable = state.unreachable.is_some();
        state.unreachable = match answer {
            Ok(Ok(info)) => {
                state.version = Some(info.git_version);
                None
            }
            // It answered: what it said is for the watches to tell.
            Ok(Err(kube::Error::Api(_))) => None,
            Ok(Err(error)) => Some(format!("the cluster does not answer: {error}")),
            Err(_) => Some(format!(
                "the cluster has not answered within {} s",
                PATIENCE.as_secs()
            )),
        };
        match &state.unreachable {
            Some(why) if !was_unreachable => tracing::warn!("{why}"),
            None if was_unreachable => tracing::info!("the cluster answers"),
            _ => {}
        }
    }

    /// Why the cluster counts as unreachable; `None`: it answers.
    #[must_use]
    pub fn unreachable(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .unreachable
            .clone()
    }

    /// The API server's version, once it has told.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .version
            .clone()
    }
}
