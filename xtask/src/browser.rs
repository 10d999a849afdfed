//! Playwright, and a Chromium for it: the one on this machine, Debian's, or Playwright's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

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

/// The console that is looked at, and the cluster that it looks at.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    /// The console.
    pub(crate) url: &'a str,
    /// The sandbox's state folder.
    pub(crate) sandbox: &'a Path,
    /// The console's binary, for tests that kill one of their own.
    pub(crate) console_binary: &'a Path,
    /// The sandbox's binary, which can stop a part of the cluster and let it go on.
    pub(crate) sandbox_binary: &'a Path,
}

/// `playwright test` in `end2end`, told where everything is.
pub(crate) fn playwright(root: &Path, chromium: &Chromium, stage: Stage<'_>, arguments: &[&str]) -> Command {
    let mut playwright = command("npx", &["playwright", "test"], &root.join("end2end"));
    playwright
        .args(arguments)
        .env("SIDESTEP_URL", stage.url)
        .env("SIDESTEP_SANDBOX", stage.sandbox)
        .env("SIDESTEP_SANDBOX_BIN", stage.sandbox_binary)
        .env("SIDESTEP_BIN", stage.console_binary);
    if let Chromium::System(path) = chromium {
        playwright.env("SIDESTEP_CHROMIUM", path);
    }
    playwright
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
