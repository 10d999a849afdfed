//! What each mode that can be chosen comes to, and the same change made by other means.

use api::{
    outbound_policy::PolicyChoice,
    snippet::{Snippet, SnippetKind},
};
use domain::{OutboundTrafficPolicyMode as Mode, Owner, owner::Kind};
use serde_json::json;

use crate::{
    cluster::mesh::Revision,
    mesh_config,
    shell::{Call, quoted},
};

/// The mode that a person may choose by this name.
pub(super) fn named(name: &str) -> Option<Mode> {
    [Mode::AllowAny, Mode::RegistryOnly]
        .into_iter()
        .find(|mode| mode.as_str() == name)
}

/// What comes of choosing `mode` where the mesh configuration is `text`, at this version of its ConfigMap.
pub(super) fn of(
    revision: &Revision,
    version: &str,
    owner: Option<&Owner>,
    text: &str,
    mode: &Mode,
) -> PolicyChoice {
    let set = mesh_config::set_mode(text, mode);
    let is_in_force = mesh_config::read(text).is_ok_and(|now| now == *mode);
    let diff = match &set {
        Ok(changed) if changed != text => {
            // A last line without an end is no difference to look at.
            let ended = |text: &str| format!("{}\n", text.trim_end_matches('\n'));
            similar::TextDiff::from_lines(&ended(text), &ended(changed))
                .unified_diff()
                .context_radius(3)
                .to_string()
        }
        _ => String::new(),
    };
    PolicyChoice {
        mode: mode.to_string(),
        refused: set
            .as_ref()
            .err()
            .filter(|_| !is_in_force)
            .map(ToString::to_string),
        diff,
        snippets: snippets(revision, version, owner, mode),
    }
}

/// Where the change belongs comes first.
fn snippets(revision: &Revision, version: &str, owner: Option<&Owner>, mode: &Mode) -> Vec<Snippet> {
    let lines = json!({ "outboundTrafficPolicy": { "mode": mode } });
    let yaml = |value: &serde_json::Value| serde_saphyr::to_string(value).expect("JSON is YAML");
    let values = Snippet {
        kind: SnippetKind::HelmValues,
        title: "As values of the chart `istiod`".to_owned(),
        note: Some(
            "for `istioctl install` the same lines stand under `spec` of the IstioOperator".to_owned(),
        ),
        text: yaml(&json!({ "meshConfig": lines })),
    };
    let sail = Snippet {
        kind: SnippetKind::Manifest,
        title: "In the `Istio` resource of the Sail operator".to_owned(),
        note: None,
        text: yaml(&json!({ "spec": { "values": { "meshConfig": lines } } })),
    };
    let curl = Call {
        method: "PUT",
        precondition: format!("If-Match: \"{version}\""),
        path: api::path::outbound_policy(&revision.name),
        body: Some(json!({ "mode": mode })),
    };
    let edit = Snippet {
        kind: SnippetKind::Kubectl,
        title: "With kubectl".to_owned(),
        note: Some(format!(
            "then set the lines `outboundTrafficPolicy:` and, below it, `  mode: {mode}` in the key `mesh`"
        )),
        text: format!(
            "kubectl edit configmap {} --namespace {}",
            quoted(&revision.mesh_config_map()),
            quoted(&revision.namespace)
        ),
    };
    match owner.map(|owner| owner.kind) {
        Some(Kind::Sail) => vec![sail, curl.snippet(), edit],
        _ => vec![values, curl.snippet(), edit],
    }
}
