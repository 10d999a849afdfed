//! `sidestep outbound-policy`: what the mesh does with a destination that nothing in it declares, in the words of the page.

use anyhow::{Context, Result};
use api::{
    Client, Precondition,
    outbound_policy::{OutboundPolicy, RevisionPolicy, SaveOutboundPolicy},
};

use super::{
    effective::{printed, refused},
    table::Table,
};
use crate::{cli::OutboundPolicyArgs, remote::Remote};

/// What is printed.
pub(super) async fn text(args: OutboundPolicyArgs) -> Result<String> {
    let client = Client::new(Remote::at(args.server.server.clone(), args.server.token.clone())?);
    let policy = client.outbound_policy().await.map_err(refused)?;
    let Some(mode) = args.set else {
        return printed(args.json, &policy, || all(&policy));
    };
    let revision = policy
        .revisions
        .into_iter()
        .find(|revision| revision.revision == args.revision)
        .with_context(|| format!("there is no revision `{}`", args.revision))?;
    let body = SaveOutboundPolicy {
        mode,
        reason: args.reason,
        override_owner: args.override_owner,
    };
    let based_on = Precondition::Version(revision.version.unwrap_or_default());
    let saved = client
        .save_outbound_policy(&args.revision, &based_on, &body)
        .await
        .map_err(refused)?;
    printed(args.json, &saved, || {
        let mut text = format!(
            "{}: {}\n{}.\n",
            saved.revision,
            mode_of(&saved),
            saved.taken.message
        );
        for notice in &saved.notices {
            text.push_str(notice);
            text.push('\n');
        }
        text
    })
}

fn all(policy: &OutboundPolicy) -> String {
    let mut revisions = Table::new(&["REVISION", "POLICY", "CONFIGMAP", "ISTIOD"]);
    for revision in &policy.revisions {
        revisions.row(vec![
            revision.revision.clone(),
            mode_of(revision),
            format!("{}/{}", revision.namespace, revision.config_map),
            revision.taken.message.clone(),
        ]);
    }
    let mut text = vec![revisions.to_string()];
    for owner in policy
        .revisions
        .iter()
        .filter_map(|revision| revision.owner.as_ref())
    {
        text.push(format!("\n{} {}\n", owner.sentence, owner.effect));
    }
    text.push(format!(
        "\nDeclared: {} Services, {} hosts of ServiceEntries\n",
        policy.registry.services, policy.registry.hosts_total
    ));
    text.extend(
        policy
            .registry
            .unseen
            .iter()
            .map(|why| format!("Not read: {why}\n")),
    );
    if !policy.overrides.is_empty() {
        let mut overrides = Table::new(&["SIDECAR", "FOR", "POLICY"]);
        for it in &policy.overrides {
            let whom = match (it.mesh_wide, it.labels.is_empty()) {
                (true, _) => "the whole mesh".to_owned(),
                (_, true) => format!("all of {}", it.namespace),
                _ => it.labels.join(", "),
            };
            overrides.row(vec![
                format!("{}/{}", it.namespace, it.name),
                whom,
                it.mode.clone(),
            ]);
        }
        text.push(format!("\n{overrides}"));
    }
    text.concat()
}

fn mode_of(revision: &RevisionPolicy) -> String {
    match (&revision.mode, &revision.unreadable) {
        (Some(mode), _) => mode.clone(),
        (None, Some(why)) => format!("cannot be told: {why}"),
        (None, None) => "cannot be told".to_owned(),
    }
}
