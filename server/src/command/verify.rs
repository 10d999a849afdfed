//! `sidestep verify`: asks from inside a pod, and waits for what it proves.

use std::{fmt::Write, time::Duration};

use anyhow::{Result, bail};
use api::{
    Client,
    verification::{AskVerification, RegistryOnly, Verification, VerificationResult, VerificationState},
};

use super::{effective::refused, print};
use crate::{cli::VerifyArgs, remote::Remote};

/// How often it is asked about.
const EVERY: Duration = Duration::from_millis(300);

/// Asks, waits, prints; fails where something else was expected.
pub(super) async fn run(args: VerifyArgs) -> Result<()> {
    let asked = AskVerification {
        namespace: args.namespace,
        pod: args.pod,
        url: args.url,
        method: args.get.then(|| "GET".to_owned()),
        container: args.container,
        debug_container: args.debug_container,
        seconds: args.seconds,
        change: args.change,
        registry_only: match args.registry_only.as_deref() {
            None => None,
            Some("mesh") => Some(RegistryOnly::Mesh),
            Some(_) => Some(RegistryOnly::Workload),
        },
        revert_after: args.revert_after,
        confirm: args.confirm,
    };
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    let begun = client.verify(&asked).await.map_err(refused)?;
    let done = ended(&client, begun).await?;
    let text = match &done.result {
        _ if args.json => format!("{}\n", serde_json::to_string_pretty(&done)?),
        Some(result) => told(result)?,
        None => String::new(),
    };
    print(&text)?;
    let verdict = done.row.verdict.map_or("not-proven", |verdict| verdict.as_str());
    match args.expect {
        Some(expected) if expected != verdict => bail!("expected {expected}, and it is {verdict}"),
        _ => Ok(()),
    }
}

async fn ended(client: &Client, mut seen: Verification) -> Result<Verification> {
    while seen.row.state == VerificationState::Running {
        tokio::time::sleep(EVERY).await;
        seen = client.verification(&seen.row.id).await.map_err(refused)?;
    }
    Ok(seen)
}

/// A result for people: the verdict, the facts with a mark at what decided, what the rules say.
fn told(result: &VerificationResult) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "{}.\n", result.sentence)?;
    for fact in &result.facts {
        let mark = if fact.decided { "*" } else { " " };
        writeln!(text, "{mark} {:<10} {}", fact.about, fact.what)?;
    }
    if let Some(predicted) = &result.predicted {
        let agrees = match predicted.agrees {
            Some(true) => "The pod's rules say the same",
            Some(false) => "The pod's rules say something else",
            None => "The pod's rules say",
        };
        writeln!(text, "\n{agrees}: {}.", predicted.sentence)?;
    }
    Ok(text)
}
