//! Tools from npm: exactly what the lock file says, installed once.

use std::path::Path;

use anyhow::Result;

use crate::{
    hash::Record,
    steps::{command, run, step},
};

/// Runs `npm ci` in `folder` (under `root`) unless that lock file is installed already.
pub(crate) fn install(root: &Path, folder: &str) -> Result<()> {
    let here = root.join(folder);
    let lock = format!("{folder}/package-lock.json");
    let installed = Record::new(here.join("node_modules/.sidestep-installed"), root, &[&lock], "")?;
    if installed.is_current() {
        return Ok(());
    }
    step(&format!("npm ci in {folder}"), || {
        run(&mut command(
            "npm",
            &["ci", "--no-audit", "--no-fund", "--loglevel", "error"],
            &here,
        ))?;
        installed.save()
    })
}
