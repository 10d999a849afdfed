//! `sidestep serve`: builds what everything shares, starts the watches and the listeners, and drains on a signal.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use anyhow::Context;
use axum_server::{Handle, tls_rustls::RustlsConfig};
use kube::Client;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    admission::{self, tls},
    caller::Callers,
    cli::ServeArgs,
    clock::Clock,
    cluster::{Cluster, mesh, status},
    command,
    history::{History, reconcile},
    install::{self, FailurePolicy, Plan, Webhook, WebhookAddress},
    router::{Serving, router},
    state::State,
};

/// How long requests under way may take when the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until a signal says to stop.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let clock = Clock::system();
    let history = History::open(&args.database, clock.clone())
        .await
        .with_context(|| {
            format!(
                "the history cannot be opened at {}",
                without_password(&args.database)
            )
        })?;
    let (name, config) = command::config(&args.cluster).await?;
    let server = config.cluster_url.to_string();
    let console = Client::try_from(config.clone())?;
    let cluster = Cluster::watch(&name, server.trim_end_matches('/'), console.clone());

    let loopback = args.listen.ip().is_loopback();
    if !loopback {
        tracing::warn!(
            "listening beyond this machine over plain HTTP: put something that speaks TLS in front"
        );
    }
    let callers = Callers::new(config, loopback)?;
    let state = State {
        cluster: cluster.clone(),
        history: history.clone(),
        callers,
        clock: clock.clone(),
    };

    let console_listener = bind(args.listen)?;
    let address = console_listener.local_addr()?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    if let Some((listener, tls)) = webhook(&args, &cluster)? {
        tokio::spawn(
            axum_server::from_tcp_rustls(listener, tls)?
                .handle(handle.clone())
                .serve(admission::router(cluster.clone()).into_make_service()),
        );
    }
    tokio::spawn(status::run(cluster.clone(), clock.clone()));
    // A SQLite file is this process's alone; a PostgreSQL database may have other writers.
    tokio::spawn(reconcile::run(
        history,
        cluster,
        clock,
        args.database.starts_with("sqlite:"),
    ));

    tracing::info!("the console is at http://{address}");
    let serving = Serving {
        site: args.site,
        loopback,
    };
    axum_server::from_tcp(console_listener)?
        .handle(handle)
        .serve(router(&state, &serving).into_make_service())
        .await?;
    tracing::info!("stopped");
    Ok(())
}

/// The webhook's listener and certificate, where there is to be one. In the sandbox it also installs itself, and keeps
/// trying while the cluster does not answer.
fn webhook(args: &ServeArgs, cluster: &Cluster) -> anyhow::Result<Option<(TcpListener, RustlsConfig)>> {
    if args.sandbox {
        let listener = bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))?;
        let url = format!("https://{}{}", listener.local_addr()?, admission::PATH);
        let made = tls::self_made("127.0.0.1")?;
        tokio::spawn(install_in_sandbox(cluster.clone(), url, made.ca_pem));
        return Ok(Some((listener, made.config)));
    }
    if let (Some(address), Some(certificate), Some(key)) =
        (args.webhook_listen, &args.webhook_certificate, &args.webhook_key)
    {
        Ok(Some((
            bind(address)?,
            tls::from_files(certificate.clone(), key.clone())?,
        )))
    } else {
        tracing::warn!(
            "no webhook is served: settings are stored, and delivered only by another `sidestep serve`"
        );
        Ok(None)
    }
}

async fn install_in_sandbox(cluster: Cluster, url: String, ca_pem: String) {
    loop {
        if let (None, Some(root_namespace)) = (cluster.contact.unreachable(), cluster.root_namespace()) {
            let plan = Plan {
                root_namespace,
                excluded_namespaces: mesh::control_planes(&cluster.stores.config_maps.state()),
                webhook: Some(Webhook {
                    at: WebhookAddress::Url(url.clone()),
                    ca_pem: ca_pem.clone(),
                    failure_policy: FailurePolicy::Ignore,
                }),
            };
            match install::apply(&cluster.console, &plan).await {
                Ok(_) => return tracing::info!("installed in the sandbox; the webhook is at {url}"),
                Err(error) => tracing::warn!("not installed yet: {error:#}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| format!("nothing can listen on {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn stop_on_signal(handle: Handle<SocketAddr>) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals cannot be received: only a kill will stop this process");
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("stopping: requests under way have {} s", DRAIN.as_secs());
    handle.graceful_shutdown(Some(DRAIN));
}

/// A database URL that may be logged.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_logged() {
        assert_eq!(
            without_password("postgres://ada:secret@db:5432/sidestep"),
            "postgres://…@db:5432/sidestep"
        );
        assert_eq!(without_password("sqlite://sidestep.db"), "sqlite://sidestep.db");
    }
}
