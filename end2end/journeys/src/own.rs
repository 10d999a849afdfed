//! A console of the test's own: a real process that can be killed, starved and restarted.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use crate::{
    console::Console,
    poll::{eventually, within},
    sandbox::{Sandbox, User},
};

/// A `sidestep serve` without `--sandbox`: it serves no webhook and installs nothing. Killed when dropped.
pub struct Own {
    folder: PathBuf,
    binary: PathBuf,
    kubeconfig: PathBuf,
    database: String,
    /// The most KiB that a file of the process may have.
    largest_file: Option<usize>,
    child: Option<Child>,
}

static COUNT: AtomicUsize = AtomicUsize::new(0);
/// A debug build on a busy machine.
const START: Duration = Duration::from_mins(1);

impl Own {
    /// Prepares one with an administrator's kubeconfig and a new database.
    #[must_use]
    pub fn new(sandbox: &Sandbox) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sidestep-journey-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let database = format!("sqlite://{}", folder.join("history.db").display());
        Self {
            folder,
            binary: sandbox.binary.clone(),
            kubeconfig: sandbox.kubeconfig(User::Admin).to_owned(),
            database,
            largest_file: None,
            child: None,
        }
    }

    /// Keeps its history in the database of another one.
    #[must_use]
    pub fn sharing(mut self, other: &Self) -> Self {
        self.database.clone_from(&other.database);
        self
    }

    /// Lets no file of the process grow beyond so many KiB: for the history that is a full disk.
    #[must_use]
    pub fn with_largest_file(mut self, kibibytes: usize) -> Self {
        self.largest_file = Some(kibibytes);
        self
    }

    /// Makes room again, from the next start on.
    #[must_use]
    pub fn without_limit(mut self) -> Self {
        self.largest_file = None;
        self
    }

    /// Reaches the cluster at another address.
    #[must_use]
    pub fn through(mut self, sandbox: &Sandbox, address: std::net::SocketAddr) -> Self {
        let kubeconfig = fs::read_to_string(sandbox.kubeconfig(User::Admin)).expect("the sandbox writes it");
        let here = sandbox.api_server_url();
        assert!(kubeconfig.contains(here), "the kubeconfig names {here}");
        self.kubeconfig = self.folder.join("kubeconfig.yaml");
        let there = kubeconfig.replace(here, &format!("https://{address}"));
        fs::write(&self.kubeconfig, there).expect("our own folder can be written");
        self
    }

    /// Reaches the cluster directly again, from the next start on.
    pub fn directly(&mut self, sandbox: &Sandbox) {
        sandbox.kubeconfig(User::Admin).clone_into(&mut self.kubeconfig);
    }

    /// Opens its database with options, from the next start on: `mode=ro`.
    pub fn open_database_with(&mut self, options: &str) {
        let plain = self.database.split('?').next().unwrap_or_default();
        self.database = format!("{plain}?{options}");
    }

    /// Shares the database of another one.
    #[must_use]
    pub fn on_the_database_of(mut self, other: &Self) -> Self {
        self.database.clone_from(&other.database);
        self
    }

    /// Starts the process and waits until it listens.
    ///
    /// # Panics
    /// With its log, if it does not.
    pub async fn start(&mut self) -> Console {
        self.kill();
        let log = self.folder.join("log");
        let file = File::create(&log).expect("our own folder can be written");
        let mut command = match self.largest_file {
            None => Command::new(&self.binary),
            Some(kibibytes) => {
                // A write beyond the limit then fails instead of killing the process.
                let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"");
                let mut shell = Command::new("/bin/bash");
                shell.args(["-c", &script]).arg(&self.binary);
                shell
            }
        };
        let child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &self.database])
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .env_clear()
            .env("NO_COLOR", "1")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.binary.display()));
        self.child = Some(child);
        let url = within(START, "the console to listen", || async {
            let text = fs::read_to_string(&log).unwrap_or_default();
            match address(&text) {
                Some(address) => Ok(format!("http://{address}")),
                None => Err(text),
            }
        })
        .await;
        Console::at(&url)
    }

    /// Starts the process and waits until it is ready.
    pub async fn ready(&mut self) -> Console {
        let console = self.start().await;
        is_ready(&console).await;
        console
    }

    /// Runs another subcommand on the cluster to its end.
    ///
    /// # Panics
    /// With what it wrote, if it fails.
    pub fn run(&self, arguments: &[&str]) {
        let output = Command::new(&self.binary)
            .args(arguments)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .env_clear()
            .current_dir(&self.folder)
            .output()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.binary.display()));
        let wrote = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "`sidestep {}` failed: {wrote}",
            arguments.join(" ")
        );
    }

    /// Kills the process as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGKILL; an error means that it has ended already.
            let _ = child.kill();
            child.wait().expect("a killed child ends");
        }
    }

    /// Asks the process to stop, as a person's Ctrl-C or a cluster does.
    pub fn terminate(&self) {
        let id = self.child.as_ref().expect("it was started").id();
        let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the process takes signals"
        );
    }

    /// Whether the process takes connections.
    #[must_use]
    pub fn takes_connections(&self) -> bool {
        let log = self.log();
        address(&log).is_some_and(|address| std::net::TcpStream::connect(address).is_ok())
    }

    /// Whether the process still runs.
    pub fn runs(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// What it has logged since its last start.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Waits until a console says that it is ready.
pub async fn is_ready(console: &Console) {
    eventually("the console to be ready", || async {
        let answer = console.get("/readyz").await;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(answer.text())
        }
    })
    .await;
}

fn address(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once("the console is at http://")?;
    rest.split_once(|end: char| end.is_whitespace() || end == '\u{1b}')
        .map(|(address, _)| address)
}

impl Drop for Own {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the log of the test's own console:\n{}", self.log());
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}
