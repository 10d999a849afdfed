//! The same question twice: as it is, and while the pod's Envoy refuses what nothing declares.

use api::verification::Ending;
use domain::verify::Answer;
use k8s_openapi::api::core::v1::Pod;

use super::{Judged, Proof, Without, unless, without};
use crate::{
    error::Error,
    verify::{
        exec::{Exec, NotRun},
        registry_only::{self, Plan},
        source::Source,
    },
};

impl Proof<'_> {
    /// Asks once as it is, and once while this pod's Envoy refuses what nothing declares.
    pub(super) async fn confined(
        &mut self,
        pod: &Pod,
        exec: &Exec,
        source: &Source,
        plan: &Plan,
    ) -> Result<Judged, Without> {
        let stopping = self.state.stopping.clone();
        let unreadable = |error: NotRun| without(&error, "Envoy's configuration could not be read");
        let port = self.question.target.port;
        if registry_only::refuses(exec, port).await.map_err(unreadable)? {
            self.note(
                "note",
                "this pod's Envoy refuses what nothing declares already: nothing was changed",
            );
            return unless(&stopping, self.measure(pod, exec, source, None)).await;
        }
        self.step("asking once as it is").await;
        let before = unless(&stopping, self.request(exec, source)).await?;
        self.note("note", "as it is:");
        self.tell_answer(&before);
        self.step("letting Envoy refuse what nothing declares").await;
        let done = plan
            .carry_out(self.state, self.caller, self.id, &self.asked.namespace)
            .await;
        let done = done.map_err(|error| {
            let ending = match error {
                Error::Forbidden(_) => Ending::Forbidden,
                _ if stopping.is_begun() => Ending::Interrupted,
                _ => Ending::NotConfined,
            };
            Without(
                ending,
                format!("REGISTRY_ONLY could not be set: {}", error.problem().detail),
            )
        })?;
        // From here on it has to be undone, whatever comes.
        let measured = unless(
            &stopping,
            self.measure_refusing(pod, exec, source, &before.answer),
        )
        .await;
        self.step("putting it back as it was").await;
        match done.undo(self.state, self.id, &self.caller.actor).await {
            Ok(()) => self.note("note", format!("{} was taken back", done.words())),
            // The sweep does it as soon as this is over.
            Err(error) => {
                let why = error.problem().detail;
                self.note(
                    "note",
                    format!("{} is not taken back yet, and will be: {why}", done.words()),
                );
            }
        }
        measured
    }

    /// Asks while Envoy refuses, and makes sure that it did to the end.
    async fn measure_refusing(
        &mut self,
        pod: &Pod,
        exec: &Exec,
        source: &Source,
        before: &Answer,
    ) -> Result<Judged, Without> {
        let port = self.question.target.port;
        let unreadable = |error: NotRun| without(&error, "Envoy's configuration could not be read");
        if !registry_only::taken(exec, port).await.map_err(unreadable)? {
            let why = "this pod's Envoy did not take the policy in time, so nothing was asked under it";
            return Err(Without(Ending::NotConfined, why.to_owned()));
        }
        self.note(
            "note",
            "this pod's Envoy refuses what nothing declares, by its own configuration:",
        );
        let judged = self.measure(pod, exec, source, Some(before)).await?;
        if registry_only::refuses(exec, port).await.map_err(unreadable)? {
            Ok(judged)
        } else {
            let why = "the policy ended before the answer was judged";
            Err(Without(Ending::NotConfined, why.to_owned()))
        }
    }
}
