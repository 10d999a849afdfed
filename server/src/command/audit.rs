//! `sidestep audit`: whether the history is whole; a change reverted, and all of them as a file, over REST.

use anyhow::{Context, Result};
use api::{
    Client,
    audit::{AuditQuery, RevertChange},
};

use super::effective::{printed, refused, stale};
use crate::{
    cli::{AuditArgs, AuditCommand, ExportArgs, RevertArgs},
    clock::Clock,
    history::History,
    remote::Remote,
};

/// What is printed.
pub(super) async fn text(args: AuditArgs) -> Result<String> {
    match args.command {
        None => whole(&args.database).await,
        Some(AuditCommand::Revert(args)) => reverted(args).await,
        Some(AuditCommand::Export(args)) => exported(args).await,
    }
}

async fn whole(database: &str) -> Result<String> {
    let history = History::open(database, Clock::system())
        .await
        .context("the history cannot be opened")?;
    let events = history.verify().await.context("the history cannot be read")??;
    Ok(format!(
        "the history is whole: {events} events, each fits the one before\n"
    ))
}

async fn reverted(args: RevertArgs) -> Result<String> {
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    let how = RevertChange {
        reason: args.reason,
        override_owner: args.override_owner,
        over_later: args.over_later,
    };
    let view = client.revert_change(&args.change, &how).await.map_err(refused)?;
    printed(args.json, &view, || {
        let change = view.change.as_ref();
        let mut text = change.map_or_else(String::new, |id| {
            format!("Put back by change {id}.\n{}", stale(&view))
        });
        for notice in &view.notices {
            text.push_str(notice);
            text.push('\n');
        }
        text
    })
}

async fn exported(args: ExportArgs) -> Result<String> {
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    let query = AuditQuery {
        actor: args.actor,
        namespace: args.namespace,
        kind: args.kind,
        name: args.name,
        action: args.action,
        outcome: args.outcome,
        ..AuditQuery::default()
    };
    client.export_audit(&query).await.map_err(refused)
}
