//! Compressed siblings, made once instead of for every visitor.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// Writes `<file>.br` and `<file>.gz` beside each file.
pub(super) fn siblings(files: &[impl AsRef<Path>]) -> Result<()> {
    for file in files {
        let file = file.as_ref();
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut small = Vec::new();
        let best = BrotliEncoderParams {
            quality: 11,
            lgwin: 22,
            ..Default::default()
        };
        brotli::BrotliCompress(&mut content.as_slice(), &mut small, &best)?;
        fs::write(with_suffix(file, "br"), small)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&content)?;
        fs::write(with_suffix(file, "gz"), gzip.finish()?)?;
    }
    Ok(())
}

/// `file` with `.suffix` after its name.
pub(super) fn with_suffix(file: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
