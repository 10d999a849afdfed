//! Programs that run beside us, and Ctrl-C, which ends them in order.

use std::{
    fs::File,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::steps::{command, run, words};

/// How long a program may take to end when asked.
const PATIENCE: Duration = Duration::from_secs(30);

static ASKED: AtomicBool = AtomicBool::new(false);
static NOTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C (or SIGTERM) no longer ends this program at once, but is noted. To ask again changes nothing.
pub(crate) fn note_signals() -> Result<()> {
    if NOTED.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    ctrlc::set_handler(|| ASKED.store(true, Ordering::SeqCst)).context("cannot take signals")
}

/// Whether somebody asked us to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// A program that runs beside us until dropped.
pub(crate) struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts `command`; what it prints goes to `log`, or to the reader where there is none.
    ///
    /// It gets a process group of its own: Ctrl-C then reaches only us, and we end our programs in order.
    pub(crate) fn start(name: &'static str, command: &Command, log: Option<&Path>) -> Result<Self> {
        let words = words(command);
        let mut command = dying_with_us(command);
        if let Some(log) = log {
            let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {words}"))?;
        Ok(Self { name, child })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        // A child that cannot be asked is gone.
        self.child
            .try_wait()
            .unwrap_or_else(|_| Some(ExitStatus::from_raw(0)))
    }

    fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        println!("  stopping the {}", self.name);
        let id = self.child.id().to_string();
        let told = run(&mut command("kill", &["-INT", &id], Path::new("/")));
        let start = Instant::now();
        while told.is_ok() && start.elapsed() < PATIENCE {
            if self.ended().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        println!(
            "  the {} did not stop when asked and is ended by force",
            self.name
        );
        if self.child.kill().and_then(|()| self.child.wait()).is_err() {
            println!("  the {} may still run, as process {id}", self.name);
        }
    }
}

/// The same command, ended by the kernel should this program be killed: otherwise what it started would keep its ports.
/// Where `setpriv` is missing, nothing does that.
fn dying_with_us(command: &Command) -> Command {
    let is_there = ["/usr/bin/setpriv", "/bin/setpriv"]
        .iter()
        .any(|path| Path::new(path).exists());
    let mut wrapped = if is_there {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args(["--pdeathsig", "TERM", "--"])
            .arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    wrapped.args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
