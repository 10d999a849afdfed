//! The write itself: with the version that it is based on, and again when only the status came in between.

use kube::Client;
use serde_json::Value;

use super::{
    Named,
    object::{self, Run},
    refused::Refusal,
};

/// How often the write is tried again when only the status changed meanwhile.
const TRIES: usize = 8;

/// A write of one object.
#[derive(Clone)]
pub(super) struct Write {
    pub(super) client: Client,
    pub(super) named: Named,
    /// The version of what can be edited.
    pub(super) based_on: String,
}

impl Write {
    /// Replaces the object, which is `now`, by `wanted`; what the cluster stores then, or would.
    pub(super) async fn run(&self, now: Value, wanted: &Value, run: Run) -> Result<Value, Refusal> {
        let Named {
            kind,
            namespace,
            name,
        } = &self.named;
        let mut body = object::upon(&now, wanted);
        for _ in 0..TRIES {
            match object::replace(&self.client, *kind, &body, run).await {
                Err(kube::Error::Api(status)) if status.is_conflict() => {
                    let now = object::read(&self.client, *kind, namespace, name)
                        .await
                        .map_err(|error| self.refused(error))?;
                    let Some(now) = now.filter(|now| object::version(now) == self.based_on) else {
                        return Err(Refusal::Changed(self.named.words()));
                    };
                    body = object::upon(&now, wanted);
                }
                Err(kube::Error::Api(status)) if status.is_not_found() => {
                    return Err(Refusal::Changed(self.named.words()));
                }
                written => return written.map_err(|error| self.refused(error)),
            }
        }
        Err(Refusal::Changed(self.named.words()))
    }

    fn refused(&self, error: kube::Error) -> Refusal {
        Refusal::Kube {
            error: Box::new(error),
            doing: format!("write {}", self.named.words()),
        }
    }
}
