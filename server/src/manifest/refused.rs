//! Why the cluster did not take a manifest: its words, beside the lines that they are about.

use api::FieldProblem;
use kube::core::Status;

use super::text::Manifest;
use crate::error::{Error, from_kube};

/// A write that was not taken.
pub(super) enum Refusal {
    /// The object is no longer what the write was based on.
    Changed(String),
    /// The cluster said no, or nothing.
    Kube {
        error: Box<kube::Error>,
        /// Completes "may not …".
        doing: String,
    },
}

impl Refusal {
    /// Whether it is only the trying that was refused: some webhooks cannot be asked without consequences.
    pub(super) fn is_dry_run_unknown(&self) -> bool {
        match self {
            Self::Kube { error, .. } => {
                matches!(&**error, kube::Error::Api(status) if status.message.contains("does not support dry run"))
            }
            Self::Changed(_) => false,
        }
    }

    /// The same with the places of what was refused.
    pub(super) fn into_error(self, typed: &Manifest<'_>) -> Error {
        let (error, doing) = match self {
            Self::Changed(what) => return Error::ChangedMeanwhile { what, current: None },
            Self::Kube { error, doing } => (*error, doing),
        };
        let status = match &error {
            kube::Error::Api(status) => Some(status.clone()),
            _ => None,
        };
        match (from_kube(error, &doing), status) {
            (Error::ClusterRefused { message, .. }, Some(status)) => {
                let errors = fields(&status)
                    .into_iter()
                    .map(|(path, message)| typed.problem(path, message));
                Error::ClusterRefused {
                    errors: errors.collect::<Vec<FieldProblem>>(),
                    message,
                }
            }
            (error, _) => error,
        }
    }
}

/// The fields that the cluster named, by causes or in a sentence.
fn fields(status: &Status) -> Vec<(String, String)> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let named: Vec<(String, String)> = causes
        .filter(|cause| !cause.field.is_empty())
        .map(|cause| (cause.field.clone(), cause.message.clone()))
        .collect();
    if named.is_empty() {
        in_words(&status.message)
    } else {
        named
    }
}

/// Strict decoding names fields in a sentence: `unknown field "spec.foo"`, `duplicate field "a"`; a wrong type as in
/// `json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string`.
fn in_words(message: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for kind in ["unknown", "duplicate"] {
        let mark = format!("{kind} field \"");
        for part in message.split(&mark).skip(1) {
            if let Some((path, _)) = part.split_once('"') {
                let words = match kind {
                    "unknown" => "the cluster knows no such field: correct its name, or its place",
                    _ => "this field is there twice",
                };
                fields.push((path.to_owned(), words.to_owned()));
            }
        }
    }
    for part in message.split("cannot unmarshal ").skip(1) {
        let read = || {
            let (found, rest) = part.split_once(" into Go struct field ")?;
            let (path, rest) = rest.split_once(" of type ")?;
            // The Go type stands before the first dot.
            let (_, path) = path.split_once('.')?;
            let wanted = rest.split(|c: char| c.is_whitespace() || c == ',').next()?;
            Some((
                path.to_owned(),
                format!("this is a {found} where the cluster wants `{wanted}`"),
            ))
        };
        fields.extend(read());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_only_named_in_a_sentence_are_found() {
        let strict = "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \
                      \"spec.template.spec.containers[0].imge\", unknown field \"spec.replica\"";
        let paths: Vec<String> = in_words(strict).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["spec.template.spec.containers[0].imge", "spec.replica"]);
        let type_of = "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go \
                       struct field DeploymentSpec.spec.replicas of type int32";
        assert_eq!(
            in_words(type_of),
            [(
                "spec.replicas".to_owned(),
                "this is a string where the cluster wants `int32`".to_owned()
            )]
        );
        assert!(in_words("admission webhook \"x\" denied the request: no").is_empty());
    }
}
