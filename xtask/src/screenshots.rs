//! `screenshots`: every page and designed state as a picture, in both themes and three widths.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    browser::{self, Stage},
    console,
    live::Live,
    prerequisites::Tool,
    sandbox, setup, site,
    steps::{run, step},
    wasm,
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
    let live = Live::start(root, "screenshots", &binary, &console::binary(root))?;
    let stage = Stage {
        url: &live.url,
        sandbox: &live.state,
        console_binary: &console::binary(root),
        sandbox_binary: &binary,
    };
    let mut playwright = browser::playwright(root, &chromium, stage, &["--config=screenshots.config.ts"]);
    playwright.env("SIDESTEP_PICTURES", &pictures);
    playwright.env("SIDESTEP_README_PICTURES", root.join(README));
    step("taking the pictures", || run(&mut playwright))?;
    live.end()?;
    let count = fs::read_dir(&pictures)?.count();
    println!("\n{count} pictures in {PICTURES}, those of the README in {README}");
    Ok(())
}
