//! A Chromium for the browser tests: the one on this machine, Debian's, or Playwright's own.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{
    npm,
    steps::{command, output, run, step},
    wasm,
};

/// Which Chromium the tests start.
pub(crate) enum Chromium {
    /// This one.
    System(PathBuf),
    /// The one that Playwright fetched for itself.
    Playwright,
}

/// Installs the tests' packages, and a Chromium where there is none.
pub(crate) fn install(root: &Path) -> Result<Chromium> {
    npm::install(root, "end2end")?;
    if let Some(found) = system(root) {
        return Ok(Chromium::System(found));
    }
    let debian = step("Chromium: Debian's package", || wasm::apt(&["chromium"]));
    if debian.is_ok()
        && let Some(found) = system(root)
    {
        return Ok(Chromium::System(found));
    }
    step("Chromium: Playwright's own", || {
        run(&mut command(
            "npx",
            &["playwright", "install", "chromium"],
            &root.join("end2end"),
        ))
    })?;
    Ok(Chromium::Playwright)
}

fn system(root: &Path) -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find_map(|name| {
            let found = output(&mut command("sh", &["-c", &format!("command -v {name}")], root)).ok()?;
            Some(PathBuf::from(found.trim()))
        })
}
