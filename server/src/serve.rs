//! `sidestep serve`: builds what everything shares, starts the watches and the listeners, and drains on a signal.

use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use anyhow::{Context, bail};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use kube::Client;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    admission::{self, tls},
    caller::Callers,
    cli::ServeArgs,
    clock::Clock,
    cluster::{Cluster, mesh, status},
    history::{History, reconcile},
    install::{self, FailurePolicy, Plan, Webhook, WebhookAddress},
    outbound_policy::Istiods,
    outside,
    reach::{self, asking},
    restarts::{drive, store::Restarts},
    router::{Serving, router},
    site::Site,
    state::State,
    stopping::Stopping,
    verify::{self, store::Verifications},
};

/// How long requests under way may take when the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long restarts that are being asked for may take then, until their runs are given back.
const GIVING_BACK: Duration = Duration::from_secs(6);

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
    let reach = reach::find(&args.cluster).await?;
    let server = reach.config.cluster_url.clone();
    if args.sandbox && !is_this_machine(&server) {
        bail!(
            "--sandbox is for Sidestep's own sandbox on this machine; {server} is another cluster: use `sidestep install`"
        );
    }
    let console = Client::try_from(asking(reach.config.clone()))?;
    let watching = reach::watching(reach.config.clone())?;
    let server = server.to_string();
    let cluster = Cluster::watch(&reach.name, server.trim_end_matches('/'), console, &watching);

    let loopback = args.listen.ip().is_loopback();
    if !loopback {
        tracing::warn!(
            "listening beyond this machine over plain HTTP: put something that speaks TLS in front"
        );
    }
    // Where the credentials are the console's own account, nobody else may act with them.
    let callers = Callers::new(reach.config, loopback && reach.is_kubeconfig)?;
    let state = State {
        cluster: cluster.clone(),
        restarts: Restarts::new(&history, clock.clone()),
        verifications: Verifications::new(&history, clock.clone()),
        debug_image: args.debug_image.as_str().into(),
        history: history.clone(),
        callers,
        istiods: Istiods::at(args.istiod.clone()),
        reason_required: args.require_reason,
        clock: clock.clone(),
        stopping: Stopping::default(),
    };

    let console_listener = bind(args.listen)?;
    let address = console_listener.local_addr()?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone(), state.stopping.clone()));
    let webhook = webhook(&args, &cluster)?;
    if webhook.is_some() {
        // Elsewhere the console that delivers writes it: two writers would undo each other's.
        tokio::spawn(status::run(cluster.clone(), clock.clone()));
    }
    let alone = Alone::with(&args.database);
    tokio::spawn(outside::run(history.clone(), cluster.clone(), clock.clone()));
    let drives = tokio::spawn(drive::run(state.clone(), alone.is_some()));
    tokio::spawn(verify::sweep(state.clone(), alone.is_some()));
    tokio::spawn(reconcile::run(history, cluster.clone(), clock, alone.is_some()));

    tracing::info!("the console is at http://{address}");
    let serving = Serving {
        site: args.site.as_deref().map(Site::open).transpose()?,
        loopback,
    };
    let pages = axum_server::from_tcp(console_listener)?
        .handle(handle.clone())
        .serve(router(&state, &serving).into_make_service());
    match webhook {
        Some((listener, tls)) => {
            let admission = axum_server::from_tcp_rustls(listener, tls)?
                .handle(handle)
                .serve(admission::router(cluster).into_make_service());
            tokio::try_join!(pages, admission)?;
        }
        None => pages.await?,
    }
    let (given_back, ()) = tokio::join!(timeout(GIVING_BACK, drives), verify::stop(&state));
    if given_back.is_err() {
        tracing::warn!("restarts are still being asked for: the next console goes on when their leases end");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The mark that no other process writes this history, so that what is pending at the start is nobody's work under way.
struct Alone(#[expect(dead_code, reason = "the lock ends with the file")] Option<File>);

impl Alone {
    /// A SQLite file is locked by a file beside it for as long as the process lives. A PostgreSQL database is for many.
    fn with(database: &str) -> Option<Self> {
        let path = database
            .strip_prefix("sqlite:")?
            .trim_start_matches("//")
            .split('?')
            .next()?;
        if path == ":memory:" {
            return Some(Self(None));
        }
        let lock = File::create(format!("{path}.lock")).ok()?;
        if lock.try_lock().is_err() {
            tracing::warn!(
                "another process has the history open: changes without an outcome are left alone for a while"
            );
            return None;
        }
        Some(Self(Some(lock)))
    }
}

/// Whether a cluster's address is on this machine.
fn is_this_machine(server: &http::Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The webhook's listener and certificate, where there is to be one. In the sandbox it also installs itself, and keeps
/// trying while the cluster does not answer.
fn webhook(args: &ServeArgs, cluster: &Cluster) -> anyhow::Result<Option<(TcpListener, RustlsConfig)>> {
    if args.sandbox {
        let listener = bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))?;
        let url = format!("https://{}{}", listener.local_addr()?, install::WEBHOOK_PATH);
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
        if let (None, Some(root_namespace)) = (
            cluster.contact.unreachable(),
            cluster.mesh().root_namespace.clone(),
        ) {
            let plan = Plan {
                root_namespace,
                excluded_namespaces: mesh::control_planes(&cluster.stores.config_maps.state()),
                restarts: true,
                verify: true,
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

async fn stop_on_signal(handle: Handle<SocketAddr>, stopping: Stopping) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals cannot be received: only a kill will stop this process");
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("stopping: requests under way have {} s", DRAIN.as_secs());
    stopping.begin();
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
    fn only_a_cluster_on_this_machine_can_be_the_sandbox() {
        for (server, local) in [
            ("https://127.0.0.1:6443", true),
            ("https://localhost:6443", true),
            ("https://[::1]:6443", true),
            ("https://10.0.0.1:6443", false),
            ("https://cluster.example", false),
        ] {
            assert_eq!(
                is_this_machine(&server.parse().expect("a URL")),
                local,
                "{server}"
            );
        }
    }

    #[test]
    fn one_process_at_a_time_is_alone_with_a_file() {
        let url = format!(
            "sqlite://{}/sidestep-alone-{}.db?mode=rwc",
            std::env::temp_dir().display(),
            uuid::Uuid::now_v7()
        );
        let first = Alone::with(&url);
        assert!(first.is_some() && Alone::with(&url).is_none());
        drop(first);
        assert!(Alone::with(&url).is_some());
        assert!(Alone::with("postgres://db/sidestep").is_none());
    }

    #[test]
    fn a_password_is_never_logged() {
        assert_eq!(
            without_password("postgres://ada:secret@db:5432/sidestep"),
            "postgres://…@db:5432/sidestep"
        );
        assert_eq!(without_password("sqlite://sidestep.db"), "sqlite://sidestep.db");
    }
}
