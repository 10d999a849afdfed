//! A change of the cluster, with its record: the intent before it, the outcome after it.

use std::{future::Future, time::Duration};

use api::audit::OutcomeState;

use crate::{
    error::Error,
    history::{History, Intent, Recorded},
};

/// How long a write may take, several requests to the cluster included. It must end before the history takes the intent
/// up ([`crate::history::reconcile::GRACE`]), or what is under way could be judged.
const PATIENCE: Duration = Duration::from_mins(1);

/// Records `intent`, does `work`, records what came of it; the change's id and what `work` returned. `version` is the
/// version that the write made, where it made one: by it the watches' word of the change is known to be ours.
///
/// It runs to its end although the client may hang up meanwhile: what was begun is also recorded. Where the cluster may
/// have taken the change without our knowing, no outcome is recorded: [`crate::history::reconcile`] finds out.
pub async fn record<T: Send + 'static>(
    history: &History,
    intent: Intent,
    version: fn(&T) -> Option<String>,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<(String, T), Error> {
    let history = history.clone();
    let task = tokio::spawn(async move {
        let change = history.intend(&intent).await?;
        let result = tokio::time::timeout(PATIENCE, work)
            .await
            .unwrap_or_else(|_| Err(Error::ClusterUnreachable("the write took too long".into())));
        let outcome = match &result {
            Ok(done) => Some(Recorded {
                state: OutcomeState::Succeeded,
                detail: None,
                version: version(done),
            }),
            Err(error) if error.leaves_the_outcome_open() => None,
            Err(error) => Some(Recorded {
                state: OutcomeState::Failed,
                detail: Some(error.problem().detail),
                version: None,
            }),
        };
        if let Some(outcome) = outcome
            && let Err(error) = history.conclude(&change, &outcome).await
        {
            tracing::error!(
                change,
                "the outcome of a change could not be recorded yet: {error}"
            );
        }
        result.map(|done| (change, done))
    });
    task.await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
