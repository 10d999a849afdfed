//! What is already built: a digest of everything that a build reads, kept beside what it wrote.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Folders that no build reads.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// The last success of a build, by what it was built from.
pub(crate) struct Record {
    file: PathBuf,
    digest: String,
}

impl Record {
    /// A record in `file` for a build that reads `inputs` (files and folders, under `root`) and depends on `settings`.
    pub(crate) fn new(file: PathBuf, root: &Path, inputs: &[&str], settings: &str) -> Result<Self> {
        let mut files = Vec::new();
        for input in inputs {
            list(&root.join(input), &mut files)?;
        }
        files.sort();
        let mut digest = Sha256::new();
        digest.update(settings);
        for path in files {
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            // Lengths keep a name's end and a content's start apart.
            digest.update(format!("\n{} {name} {} ", name.len(), content.len()));
            digest.update(&content);
        }
        let digest = hex(&digest.finalize());
        Ok(Self { file, digest })
    }

    /// Whether the last success was from the same inputs.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|recorded| recorded.trim() == self.digest)
    }

    /// Notes a success.
    pub(crate) fn save(&self) -> Result<()> {
        fs::write(&self.file, &self.digest).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        if path.exists() {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        let entry = entry?;
        if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
            list(&entry.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_input_is_noticed() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("sidestep-hash-{}", std::process::id()));
        fs::create_dir_all(folder.join("in"))?;
        fs::write(folder.join("in/a"), "one")?;
        let record = |settings| Record::new(folder.join("record"), &folder, &["in"], settings);

        assert!(!record("")?.is_current());
        record("")?.save()?;
        assert!(record("")?.is_current());
        assert!(!record("other settings")?.is_current());
        fs::write(folder.join("in/a"), "two")?;
        assert!(!record("")?.is_current());

        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
