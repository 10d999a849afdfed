//! The console's binary, `sidestep`: built, started, reachable.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    sandbox::tail,
    steps::{command, run, step},
    stop::{self, Running},
};

/// Its first lists of a large cluster take a while.
const PATIENCE: Duration = Duration::from_mins(2);

/// Builds `sidestep`.
///
/// In the dev profile: it runs sooner than an optimised build would have compiled, and the tests need the same build.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    step(
        "console: building `sidestep`, unoptimised (about 5 minutes the first time on 2 cores)",
        || {
            run(&mut command(
                "cargo",
                &["build", "-p", "server", "--bin", "sidestep"],
                root,
            ))
        },
    )?;
    Ok(binary(root))
}

/// Builds `sidestep` as it is released.
pub(crate) fn build_optimised(root: &Path) -> Result<PathBuf> {
    step("console: building `sidestep`, optimised", || {
        run(&mut command(
            "cargo",
            &["build", "--release", "-p", "server", "--bin", "sidestep"],
            root,
        ))
    })?;
    Ok(root.join("target/release/sidestep"))
}

/// Where cargo puts the unoptimised one.
pub(crate) fn binary(root: &Path) -> PathBuf {
    root.join("target/debug/sidestep")
}

/// What `sidestep serve` is started with.
pub(crate) struct Options<'a> {
    /// The program.
    pub(crate) binary: &'a Path,
    /// The cluster, by kubeconfig.
    pub(crate) kubeconfig: &'a Path,
    /// Where pages and REST are served.
    pub(crate) listen: SocketAddr,
    /// The history's SQLite file.
    pub(crate) database: &'a Path,
    /// Whether the cluster is the sandbox, where the console may install itself.
    pub(crate) sandbox: bool,
    /// Where the istiod of the default revision tells what it goes by.
    pub(crate) istiod: Option<&'a str>,
    /// Where its log goes; the reader sees it where there is none.
    pub(crate) log: Option<&'a Path>,
}

/// Starts `sidestep serve` and waits until it answers.
pub(crate) fn start(root: &Path, options: &Options<'_>) -> Result<Running> {
    let mut serve = command(options.binary, &["serve", "--site", "target/site"], root);
    serve.arg("--kubeconfig").arg(options.kubeconfig);
    serve.args(["--listen", &options.listen.to_string()]);
    serve.args(["--database", &format!("sqlite://{}", options.database.display())]);
    if options.sandbox {
        serve.arg("--sandbox");
    }
    if let Some(istiod) = options.istiod {
        serve.args(["--istiod", &format!("default={istiod}")]);
    }
    if TcpListener::bind(options.listen).is_err() {
        bail!(
            "{} is taken: end what listens there, then try again",
            options.listen
        );
    }
    let mut console = Running::start("console", &serve, options.log)?;
    let start = Instant::now();
    while TcpStream::connect_timeout(&options.listen, Duration::from_secs(1)).is_err() {
        if let Some(status) = console.ended() {
            let said = options.log.map(|log| tail(log, 30)).unwrap_or_default();
            bail!("the console ended with {status}\n{said}");
        }
        if stop::asked() {
            bail!("stopped");
        }
        if start.elapsed() > PATIENCE {
            bail!("the console did not answer on {} in time", options.listen);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(console)
}

/// A port of this machine that is free now.
pub(crate) fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?)
}
