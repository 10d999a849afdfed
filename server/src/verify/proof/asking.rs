//! Who asks from inside the pod, and the one request.

use api::verification::Ending;
use domain::ParsedArgs;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use super::{Proof, Without, without};
use crate::{
    error::Error,
    verify::{
        debug,
        exec::Exec,
        source::{self, NoSource, Source},
        tool::{Seen, Tool},
    },
};

impl Proof<'_> {
    /// Who asks; where nobody can, and the question allows it, a container for debugging.
    pub(super) async fn source(
        &mut self,
        exec: &Exec,
        pod: &Pod,
        args: Option<&ParsedArgs>,
    ) -> Result<Source, Without> {
        self.step("looking for a container that can ask").await;
        let named = self.asked.container.as_deref();
        let why = match source::find(exec, pod, named, args).await {
            Ok(source) => return Ok(source),
            Err(NoSource::NotRun(error)) => {
                return Err(without(&error, "no command could be run in the pod"));
            }
            Err(NoSource::NoTool(why)) => why.join("; "),
        };
        // What cannot be asked may have ended meanwhile.
        self.still_there(pod).await?;
        if !self.asked.debug_container {
            let way = "ask again and allow a container for debugging: it stays until the pod ends";
            return Err(Without(Ending::NoTool, format!("{why}. {way}")));
        }
        self.step("waiting for the container for debugging").await;
        let added = debug::add(self.state, self.caller, pod).await;
        let pod = added.map_err(|error| {
            let ending = match error {
                Error::Forbidden(_) => Ending::Forbidden,
                _ => Ending::NoDebugContainer,
            };
            Without(
                ending,
                format!(
                    "{why}, and the container for debugging is not there: {}",
                    error.problem().detail
                ),
            )
        })?;
        self.note(
            "note",
            format!(
                "a container for debugging, `{}`, was added: it stays until the pod ends",
                pod.1
            ),
        );
        match source::find(exec, &pod.0, Some(&pod.1), args).await {
            Ok(source) => Ok(source),
            Err(NoSource::NotRun(error)) => Err(without(
                &error,
                "no command could be run in the container for debugging",
            )),
            Err(NoSource::NoTool(why)) => Err(Without(Ending::NoTool, why.join("; "))),
        }
    }

    /// Sends the request, once.
    pub(super) async fn request(&self, exec: &Exec, source: &Source) -> Result<Seen, Without> {
        let command = source.tool.command(
            &self.question.target.to_string(),
            self.question.method,
            self.question.seconds,
        );
        let limit = Tool::limit(self.question.seconds);
        let run = exec.run(&source.container, &command, limit, |_| true).await;
        let run = run.map_err(|error| without(&error, "the request could not be sent"))?;
        Ok(source.tool.read(&run))
    }

    /// The pod has to be the same to its end: one of the same name is another.
    pub(super) async fn still_there(&self, pod: &Pod) -> Result<(), Without> {
        let now = self
            .caller
            .read::<Pod>("pod", &self.asked.namespace, &self.asked.pod)
            .await;
        match now {
            Ok(now) if now.uid() == pod.uid() && now.metadata.deletion_timestamp.is_none() => Ok(()),
            Ok(_) | Err(Error::NotFound(_)) => {
                Err(Without(Ending::PodGone, "the pod ended meanwhile".to_owned()))
            }
            Err(error) => Err(Without(Ending::Unreachable, error.problem().detail)),
        }
    }
}
