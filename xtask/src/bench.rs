//! `bench`: figures of the budgets: `domain` by itself, then the webhook in a sandbox, beside istiod's injection.

use std::{fs, path::Path};

use anyhow::Result;

use crate::{
    console,
    prerequisites::Tool,
    sandbox::{self, Sandbox},
    setup,
    steps::{command, run, step},
    stop,
};

/// Runs every benchmark, with an optimised console.
pub(crate) fn bench(root: &Path) -> Result<()> {
    setup::need(root, &[Tool::Go, Tool::C])?;
    run(&mut command("cargo", &["bench", "-p", "domain"], root))?;
    let sandbox_binary = sandbox::build(root)?;
    let binary = console::build_optimised(root)?;
    // Built before the sandbox runs: the figures are of an otherwise idle machine.
    let webhook = ["bench", "-p", "journeys", "--bench", "webhook"];
    run(command("cargo", &webhook, root).arg("--no-run"))?;
    stop::note_signals()?;
    let folder = root.join(format!("target/bench-{}", std::process::id()));
    let cluster = step("starting the sandbox", || Sandbox::up(&sandbox_binary, &folder))?;
    let listen = console::free_port()?;
    let log = folder.join("console.log");
    let options = console::Options {
        binary: &binary,
        kubeconfig: &cluster.kubeconfig,
        listen,
        database: &cluster.state.join("console.db"),
        sandbox: true,
        log: Some(&log),
    };
    let console = step("starting the console", || console::start(root, &options))?;
    let asked = run(command("cargo", &webhook, root)
        .env("SIDESTEP_SANDBOX", &cluster.state)
        .env("SIDESTEP_SANDBOX_BIN", &sandbox_binary)
        .env("SIDESTEP_BIN", &binary)
        .env("SIDESTEP_URL", format!("http://{listen}")));
    drop(console);
    drop(cluster);
    asked?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}
