//! A sandbox with a console on it, for what needs both and keeps neither.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    console,
    sandbox::Sandbox,
    steps::step,
    stop::{self, Running},
};

/// Both, running. Dropped, they stop, the console first.
pub(crate) struct Live {
    /// Where the console is.
    pub(crate) url: String,
    /// The sandbox's folder, made for this run: it shows what the run puts there, and nothing else.
    pub(crate) state: PathBuf,
    console: Running,
    _cluster: Sandbox,
}

impl Live {
    /// Starts the sandbox's and the console's programs.
    pub(crate) fn start(root: &Path, name: &str, sandbox: &Path, console: &Path) -> Result<Self> {
        stop::note_signals()?;
        let folder = root.join(format!("target/{name}-{}", std::process::id()));
        let cluster = step("starting the sandbox", || Sandbox::up(sandbox, &folder))?;
        let listen = console::free_port()?;
        let log = folder.join("console.log");
        let options = console::Options {
            binary: console,
            kubeconfig: &cluster.kubeconfig,
            listen,
            database: &cluster.state.join("console.db"),
            sandbox: true,
            istiod: cluster.istiod.as_deref(),
            log: Some(&log),
        };
        let console = step("starting the console", || console::start(root, &options))?;
        Ok(Self {
            url: format!("http://{listen}"),
            state: cluster.state.clone(),
            console,
            _cluster: cluster,
        })
    }

    /// The process id of the console.
    pub(crate) fn console_id(&self) -> u32 {
        self.console.id()
    }

    /// Stops both and removes what they kept.
    pub(crate) fn end(self) -> Result<()> {
        let folder = self.state.clone();
        drop(self);
        Ok(fs::remove_dir_all(folder)?)
    }
}
