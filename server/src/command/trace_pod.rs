//! `sidestep trace --pod`: what happens to a packet of a pod in the cluster, in the words of the page.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use api::{
    Client,
    trace::{TraceAnswer, TraceQuery},
    words::{origin_words, outcome_words},
};

use super::{effective::refused, table::Table};
use crate::{cli::TraceArgs, remote::Remote};

/// What is printed.
pub(super) async fn text(args: TraceArgs) -> Result<String> {
    let client = Client::new(Remote::at(args.server.server.clone(), args.server.token.clone())?);
    let view = client.trace(&question(&args)?).await.map_err(refused)?;
    if args.json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(&view)?));
    }
    let mut text = String::new();
    if !view.pods.is_empty() {
        let mut table = Table::new(&["POD", "NOW", "AFTER A RESTART"]);
        for pod in &view.pods {
            let now = pod.verdict.clone().unwrap_or_else(|| "no answer".to_owned());
            let then = if pod.differs { "another way" } else { "the same" };
            table.row(vec![pod.name.clone(), now, then.to_owned()]);
        }
        writeln!(text, "{table}")?;
    }
    for (who, answer) in [("This pod", &view.running), ("The next pod", &view.desired)] {
        if let Some(answer) = answer {
            text.push_str(&said(who, answer));
        }
    }
    if let Some(note) = &view.note {
        writeln!(text, "Note: {note}.")?;
    }
    if view.differs {
        text.push_str("They differ: what runs has an old setting, and a new pod sends it another way.\n");
    }
    Ok(text)
}

fn question(args: &TraceArgs) -> Result<TraceQuery> {
    let of = args
        .pod
        .as_deref()
        .or(args.deployment.as_deref())
        .unwrap_or_default();
    let (namespace, name) = of
        .split_once('/')
        .with_context(|| format!("`{of}` is not NAMESPACE/NAME"))?;
    let (pod, deployment) = match &args.deployment {
        Some(_) => (String::new(), Some(name.to_owned())),
        None => (name.to_owned(), None),
    };
    let to = args.to.as_deref().unwrap_or_default();
    let (address, port) = match to.rsplit_once(':') {
        Some((address, port)) => (Some(address.trim_matches(['[', ']']).to_owned()), port),
        None if args.inbound => (None, to),
        None => bail!("`{to}` is not ADDRESS:PORT"),
    };
    Ok(TraceQuery {
        namespace: namespace.to_owned(),
        pod,
        deployment,
        direction: args.inbound.then(|| "inbound".to_owned()),
        protocol: args.udp.then(|| "udp".to_owned()),
        address,
        port: port.to_owned(),
        source: args.from.clone(),
        uid: args.uid,
        gid: args.gid,
        interface: args.interface.clone(),
    })
}

fn said(who: &str, answer: &TraceAnswer) -> String {
    let origin = answer.origin.as_ref();
    let origin = origin.map(|origin| format!(" (from {})", origin_words(origin).replace('`', "")));
    let mut table = Table::new(&["STEP", "RULES", "OUTCOME"]);
    for step in &answer.steps {
        table.row(vec![
            step.about.clone(),
            step.rules_total.to_string(),
            outcome_words(&step.outcome).to_owned(),
        ]);
    }
    let rule = answer.rule.as_ref().map(|rule| format!("Rule: {rule}\n"));
    let uncertain = answer.uncertain.iter();
    let uncertain: String = uncertain.flat_map(|why| ["Uncertain: ", why, ".\n"]).collect();
    format!(
        "{who}: {}{}.\n{}{uncertain}\n{table}\n",
        answer.sentence,
        origin.unwrap_or_default(),
        rule.unwrap_or_default(),
    )
}
