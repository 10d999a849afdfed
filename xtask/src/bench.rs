//! `bench`: figures of the budgets: `domain` by itself, then the webhook in a sandbox, beside istiod's injection.

use std::path::Path;

use anyhow::Result;

use crate::{
    console,
    live::Live,
    prerequisites::Tool,
    sandbox, setup,
    steps::{command, run},
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
    let live = Live::start(root, "bench", &sandbox_binary, &binary)?;
    run(command("cargo", &webhook, root)
        .env("SIDESTEP_SANDBOX", &live.state)
        .env("SIDESTEP_SANDBOX_BIN", &sandbox_binary)
        .env("SIDESTEP_BIN", &binary)
        .env("SIDESTEP_URL", &live.url))?;
    live.end()
}
