//! `screenshots`: every page and designed state as a picture, in both themes and three widths.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    browser::{self, Stage},
    console,
    prerequisites::Tool,
    sandbox::{self, Sandbox},
    setup, site,
    steps::{run, step},
    stop, wasm,
};

/// Where the pictures go.
const PICTURES: &str = "target/screenshots";
/// Where those of the README are.
const README: &str = "docs/screenshots";

/// Builds what is missing, starts a sandbox and a console of its own, and takes the pictures.
pub(crate) fn screenshots(root: &Path) -> Result<()> {
    setup::need(root, &[Tool::Go, Tool::C, Tool::Node])?;
    let binary = sandbox::build(root)?;
    site::site(root, wasm::Source::Any)?;
    console::build(root)?;
    let chromium = browser::install(root)?;

    let pictures = root.join(PICTURES);
    if pictures.exists() {
        fs::remove_dir_all(&pictures).with_context(|| format!("cannot empty {}", pictures.display()))?;
    }
    fs::create_dir_all(&pictures)?;
    stop::note_signals()?;
    // A folder of its own: the pictures show what the run puts there, and nothing else.
    let folder = root.join(format!("target/screenshots-{}", std::process::id()));
    let cluster = step("starting the sandbox", || Sandbox::up(&binary, &folder))?;
    let listen = console::free_port()?;
    let log = pictures.join("console.log");
    let options = console::Options {
        binary: &console::binary(root),
        kubeconfig: &cluster.kubeconfig,
        listen,
        database: &cluster.state.join("console.db"),
        sandbox: true,
        log: Some(&log),
    };
    let console = step("starting the console", || console::start(root, &options))?;
    let url = format!("http://{listen}");
    let stage = Stage {
        url: &url,
        sandbox: &cluster.state,
        sandbox_binary: &binary,
    };
    let mut playwright = browser::playwright(root, &chromium, stage, &["--config=screenshots.config.ts"]);
    playwright.env("SIDESTEP_PICTURES", &pictures);
    playwright.env("SIDESTEP_README_PICTURES", root.join(README));
    let taken = step("taking the pictures", || run(&mut playwright));
    drop(console);
    drop(cluster);
    taken?;
    fs::remove_file(&log)?;
    fs::remove_dir_all(&folder)?;
    let count = fs::read_dir(&pictures)?.count();
    println!("\n{count} pictures in {PICTURES}, those of the README in {README}");
    Ok(())
}
