//! `openapi`: the description of the REST API, written from the code and committed.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    console,
    steps::{command, output},
};

const FILE: &str = "server/openapi.json";

/// Writes `server/openapi.json`.
pub(crate) fn write(root: &Path) -> Result<()> {
    console::build(root)?;
    fs::write(root.join(FILE), describe(root)?).with_context(|| format!("cannot write {FILE}"))?;
    println!("wrote {FILE}");
    Ok(())
}

/// Fails where the committed file is not what the code says.
pub(crate) fn check(root: &Path) -> Result<()> {
    let committed = fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
    if committed == describe(root)? {
        Ok(())
    } else {
        bail!("{FILE} is out of date: run `cargo xtask openapi`")
    }
}

fn describe(root: &Path) -> Result<String> {
    output(&mut command(console::binary(root), &["openapi"], root))
}
