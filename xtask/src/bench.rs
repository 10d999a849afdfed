//! `bench`: figures of the budgets: `domain` by itself; in a sandbox the webhook beside istiod's injection, restarts beside
//! the cluster's own pace, and lists and memory with ten thousand pods.

use std::path::Path;

use anyhow::Result;

use crate::{
    console,
    live::Live,
    prerequisites::Tool,
    sandbox, setup,
    steps::{command, run},
};

/// The benchmarks that need a cluster.
const IN_A_SANDBOX: [&str; 3] = ["webhook", "restarts", "scale"];

/// Runs every benchmark, with an optimised console.
pub(crate) fn bench(root: &Path) -> Result<()> {
    setup::need(root, &[Tool::Go, Tool::C])?;
    run(&mut command("cargo", &["bench", "-p", "domain"], root))?;
    let sandbox_binary = sandbox::build(root)?;
    let binary = console::build_optimised(root)?;
    // Built before the sandbox runs: the figures are of an otherwise idle machine.
    for bench in IN_A_SANDBOX {
        run(&mut command(
            "cargo",
            &["bench", "-p", "journeys", "--bench", bench, "--no-run"],
            root,
        ))?;
    }
    for bench in IN_A_SANDBOX {
        // One of its own for each: ten thousand pods are in the way of the others.
        let live = Live::start(root, "bench", &sandbox_binary, &binary)?;
        run(
            command("cargo", &["bench", "-p", "journeys", "--bench", bench], root)
                .env("SIDESTEP_SANDBOX", &live.state)
                .env("SIDESTEP_SANDBOX_BIN", &sandbox_binary)
                .env("SIDESTEP_BIN", &binary)
                .env("SIDESTEP_URL", &live.url)
                .env("SIDESTEP_PID", live.console_id().to_string()),
        )?;
        live.end()?;
    }
    Ok(())
}
