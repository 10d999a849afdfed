//! What the subcommands do.

use std::{io::Write, sync::Arc};

use anyhow::Context;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, api::ListParams};

use crate::{
    cli::{Command, InstallArgs, ManifestArgs, TraceArgs, WhatArgs},
    cluster::mesh,
    install::{self, Plan, Webhook, WebhookAddress},
    reach, serve,
};

mod audit;
mod effective;
mod outbound_policy;
mod preview;
mod restart;
mod table;
mod trace;
mod trace_pod;
mod verify;

/// Runs a subcommand.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Install(args) => install(args).await,
        Command::Manifests(args) => manifests(&args),
        Command::Effective(args) => print(&effective::text(args).await?),
        Command::Preview(args) => print(&preview::text(args).await?),
        Command::OutboundPolicy(args) => print(&outbound_policy::text(args).await?),
        Command::Trace(TraceArgs { jsonl: true, .. }) => trace::lines(),
        Command::Trace(args) => print(&trace_pod::text(args).await?),
        Command::Verify(args) => verify::run(args).await,
        Command::Restart(args) => restart::run(args).await,
        Command::Audit(args) => print(&audit::text(args).await?),
        Command::Openapi => print(&crate::api::openapi()),
    }
}

async fn install(args: InstallArgs) -> anyhow::Result<()> {
    let config = reach::find(&args.cluster).await?.config;
    let client = Client::try_from(config)?;
    let config_maps = config_maps(&client).await?;
    let root_namespace = args
        .root_namespace
        .or_else(|| mesh::root_namespace(&config_maps))
        .context(
            "no Istio control plane was found in the cluster: name its root namespace with --root-namespace",
        )?;
    let mut plan = plan(&args.what, root_namespace)?;
    plan.excluded_namespaces
        .extend(mesh::control_planes(&config_maps));
    for what in install::apply(&client, &plan).await? {
        println!("applied {what}");
    }
    if args.what.webhook_url.is_none() && args.what.webhook_service.is_none() {
        println!(
            "no webhook configuration was applied, and one that is there was left as it is: say where the webhook is with \
             --webhook-service or --webhook-url"
        );
    }
    Ok(())
}

fn manifests(args: &ManifestArgs) -> anyhow::Result<()> {
    let mut text = String::new();
    for manifest in install::manifests(&plan(&args.what, args.root_namespace.clone())?) {
        text.push_str("---\n");
        text.push_str(serde_saphyr::to_string(&manifest)?.trim_end());
        text.push('\n');
    }
    print(&text)
}

/// Prints a document. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}

fn plan(what: &WhatArgs, root_namespace: String) -> anyhow::Result<Plan> {
    let at = match (&what.webhook_url, &what.webhook_service) {
        (Some(url), _) => Some(WebhookAddress::Url(url.clone())),
        (None, Some(service)) => Some(service_address(service)?),
        (None, None) => None,
    };
    let webhook = match (at, &what.webhook_ca) {
        (Some(at), Some(ca)) => Some(Webhook {
            at,
            ca_pem: std::fs::read_to_string(ca)
                .with_context(|| format!("{} cannot be read", ca.display()))?,
            failure_policy: what.failure_policy,
        }),
        _ => None,
    };
    Ok(Plan {
        root_namespace,
        excluded_namespaces: what.exclude_namespace.clone(),
        restarts: what.restarts,
        verify: what.verify,
        webhook,
    })
}

fn service_address(text: &str) -> anyhow::Result<WebhookAddress> {
    let form = || format!("`{text}` is not NAMESPACE/NAME or NAMESPACE/NAME:PORT");
    let (namespace, rest) = text.split_once('/').with_context(form)?;
    let (name, port) = match rest.split_once(':') {
        None => (rest, 443),
        Some((name, port)) => (name, port.parse().with_context(form)?),
    };
    Ok(WebhookAddress::Service {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        port,
    })
}

/// Istio's ConfigMaps, wherever they are.
async fn config_maps(client: &Client) -> anyhow::Result<Vec<Arc<ConfigMap>>> {
    let labelled = ListParams::default().labels(mesh::REVISION_LABEL);
    let list = Api::<ConfigMap>::all(client.clone()).list(&labelled).await;
    Ok(list
        .context("the cluster's ConfigMaps cannot be listed")?
        .items
        .into_iter()
        .map(Arc::new)
        .collect())
}
