//! `setup`: is everything here that a build needs?

use std::path::Path;

use anyhow::{Result, bail};

use crate::{prerequisites::Tool, steps, wasm};

/// Checks the prerequisites and gets the WebAssembly target.
pub(crate) fn setup(root: &Path, source: wasm::Source) -> Result<()> {
    steps::step("prerequisites: Rust, Go, Node, a C compiler", || {
        need(root, &Tool::ALL)
    })?;
    wasm::target(root, source).map(drop)
}

/// Fails, naming all of `tools` that are missing. Rust is not asked for: it runs this.
pub(crate) fn need(root: &Path, tools: &[Tool]) -> Result<()> {
    let missing: Vec<String> = tools.iter().filter_map(|tool| tool.missing(root)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("missing:\n  - {}", missing.join("\n  - "))
    }
}
