//! A PostgreSQL server for the history's tests: the one on this machine, or Debian's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    console::free_port,
    sandbox::tail,
    steps::{command, output, run, step},
    stop::Running,
    wasm,
};

/// It is ready within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server with its data in a temporary folder; dropped, both go.
pub(crate) struct Postgres {
    /// `postgres://user@host:port`: a database's name follows.
    pub(crate) url: String,
    folder: PathBuf,
    process: Option<Running>,
}

impl Postgres {
    /// Starts one; installs it first where it is missing and can be.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let programs = if let Some(programs) = installed() {
            programs
        } else {
            step("PostgreSQL: Debian's package", || wasm::apt(&["postgresql"]))?;
            installed().context("PostgreSQL's package brought no `initdb`")?
        };
        // Not under `target`: the server runs as another user where we are root, and a clone may be nobody else's to read.
        let folder = std::env::temp_dir().join(format!("sidestep-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let is_root = output(&mut command("id", &["-u"], root))?.trim() == "0";
        if is_root {
            run(command("chown", &["nobody"], root).arg(&folder))?;
        }
        let data = folder.join("data");
        let mut init = as_ordinary_user(is_root, &programs.join("initdb"), &folder);
        output(
            init.args(["--username", "sidestep", "--auth", "trust", "--pgdata"])
                .arg(&data),
        )?;

        let port = free_port()?.port().to_string();
        let log = root.join("target/test/postgres.log");
        let mut serve = as_ordinary_user(is_root, &programs.join("postgres"), &folder);
        // Durability is not what is tested here.
        serve
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args(["-h", "127.0.0.1", "-p", &port, "-F"]);
        let process = Running::start("PostgreSQL", &serve, Some(&log))?;
        let mut server = Self {
            url: format!("postgres://sidestep@127.0.0.1:{port}"),
            folder,
            process: Some(process),
        };
        server.wait(&programs, &port, &log)?;
        Ok(server)
    }

    fn wait(&mut self, programs: &Path, port: &str, log: &Path) -> Result<()> {
        let start = Instant::now();
        loop {
            let mut ask = command(
                programs.join("pg_isready"),
                &["-q", "-h", "127.0.0.1", "-p", port],
                &self.folder,
            );
            if ask.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE
                || self
                    .process
                    .as_mut()
                    .is_some_and(|process| process.ended().is_some())
            {
                bail!(
                    "PostgreSQL did not start; the end of {}:\n{}",
                    log.display(),
                    tail(log, 20)
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.process = None;
        if fs::remove_dir_all(&self.folder).is_err() {
            println!("  {} stays behind", self.folder.display());
        }
    }
}

/// What of PostgreSQL is needed; one folder must have it all.
const PROGRAMS: [&str; 3] = ["initdb", "pg_isready", "postgres"];

/// Where PostgreSQL's programs are: Debian keeps the server's out of `PATH`.
fn installed() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let on_path = output(&mut command("sh", &["-c", "command -v initdb"], Path::new("/")))
        .ok()
        .and_then(|found| Some(Path::new(found.trim()).parent()?.to_owned()));
    debian
        .chain(on_path)
        .find(|folder| PROGRAMS.iter().all(|program| folder.join(program).exists()))
}

/// PostgreSQL refuses to run as root.
fn as_ordinary_user(is_root: bool, program: &Path, folder: &Path) -> Command {
    if !is_root {
        return command(program, &[], folder);
    }
    let mut other = command(
        "setpriv",
        &["--reuid=nobody", "--regid=nogroup", "--clear-groups"],
        folder,
    );
    other.arg(program);
    other
}
