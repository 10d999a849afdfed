//! Compressed siblings, made once instead of for every visitor, and what a first visit costs.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// What a first visit may cost in brotli, without the editor.
const BUDGET: usize = 250_000;

/// What a first visit loads.
const FIRST_VISIT: [&str; 3] = ["sidestep.js", "sidestep_bg.wasm", "sidestep.css"];

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

/// Prints the sizes of a first visit, and their sum against the budget.
pub(super) fn report(package: &Path) -> Result<()> {
    let mut sum = (0, 0);
    println!("  {:<20} {:>10} {:>10}", "first visit", "raw", "brotli");
    for name in FIRST_VISIT {
        let file = package.join(name);
        let raw = usize::try_from(fs::metadata(&file)?.len())?;
        let small = usize::try_from(fs::metadata(with_suffix(&file, "br"))?.len())?;
        println!("  {name:<20} {:>10} {:>10}", kilobytes(raw), kilobytes(small));
        sum = (sum.0 + raw, sum.1 + small);
    }
    println!(
        "  {:<20} {:>10} {:>10} of {}",
        "all",
        kilobytes(sum.0),
        kilobytes(sum.1),
        kilobytes(BUDGET)
    );
    if sum.1 > BUDGET {
        println!("  over budget");
    }
    Ok(())
}

fn with_suffix(file: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}
