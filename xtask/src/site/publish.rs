//! The site under the digest of its content: what a name stands for never changes, so a browser need not ask again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::code;
use crate::hash::hex;

/// Says which folder is the site's, and which chunks each page needs. The server reads it when it starts.
pub(super) const INDEX: &str = "site.json";

/// Copies the files of `parts` into `pkg/<digest>`, writes [`INDEX`], and removes what was published before the last one.
pub(super) fn publish(site: &Path, parts: &[&Path]) -> Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    for part in parts {
        for entry in fs::read_dir(part)? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in &files {
        digest.update(fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    let name = hex(&digest.finalize()[..8]);

    let package = site.join("pkg");
    let folder = package.join(&name);
    fs::create_dir_all(&folder)?;
    for file in files {
        let name = file.file_name().context("a file has a name")?;
        if name != code::CHUNKS {
            fs::copy(&file, folder.join(name))?;
        }
    }
    let chunks = fs::read(parts[0].join(code::CHUNKS))?;
    let chunks: serde_json::Value = serde_json::from_slice(&chunks)?;
    let index = serde_json::json!({ "folder": name, "chunks": chunks });
    fs::write(site.join(INDEX), serde_json::to_vec(&index)?)?;
    let mut old = Vec::new();
    for entry in fs::read_dir(&package)? {
        let entry = entry?;
        if entry.path() != folder {
            old.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    old.sort();
    // The one before this stays: a console that was started with it still serves it.
    old.pop();
    for (_, folder) in old {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
