//! The editor of manifests: `CodeMirror` and what of ours lies over it, in one script that only that page loads.

use std::{ffi::OsString, fs, path::Path};

use anyhow::Result;

use super::compress;
use crate::{
    npm,
    steps::{command, run, step},
};

/// Its name; `app/src/document.rs` tells it to the page.
const SCRIPT: &str = "editor.js";

/// Writes the script into `folder`. Without Node there is nothing to bundle it with: it is empty then, and manifests are
/// edited in the plain text field that the page has in any case.
pub(super) fn build(root: &Path, folder: &Path, no_node: Option<&str>) -> Result<()> {
    let script = folder.join(SCRIPT);
    if let Some(missing) = no_node {
        println!("  manifests are edited in a plain text field; missing: {missing}");
        fs::write(&script, "")?;
        return compress::siblings(&[script]);
    }
    npm::install(root, "xtask/tools")?;
    npm::install(root, "editor")?;
    step("site: editor", || {
        let tool = root.join("xtask/tools/node_modules/.bin/esbuild");
        let arguments = [
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--log-level=error",
            "--legal-comments=none",
        ];
        let mut into = OsString::from("--outfile=");
        into.push(&script);
        run(command(tool, &arguments, root)
            .arg(root.join("editor/editor.js"))
            .arg(into))?;
        compress::siblings(&[script])
    })
}
