//! What a first visit costs: what all pages load, and the chunks of the page that is visited.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{compress::with_suffix, publish::INDEX};

/// What a first visit may cost in brotli, without the editor.
const BUDGET: usize = 250_000;

/// What every page loads.
const ALWAYS: [&str; 4] = ["sidestep.css", "sidestep.js", "chunks.js", "sidestep_bg.wasm"];

/// What the page *Edit YAML* loads when somebody edits; the budget does not count it.
const EDITOR: &str = "editor.js";

/// Prints the sizes, raw and in brotli: of what every page loads, and of a first visit to each page.
pub(super) fn report(site: &Path) -> Result<()> {
    let index: Value = serde_json::from_slice(&fs::read(site.join(INDEX))?)?;
    let folder = site
        .join("pkg")
        .join(index["folder"].as_str().context("the index names the folder")?);
    println!("  {:<28} {:>10} {:>10}", "every page", "raw", "brotli");
    let mut always = Size::default();
    for name in ALWAYS {
        let part = Size::of(&folder.join(name))?;
        part.print(name);
        always.add(part);
    }
    always.print("together");
    println!("  {:<28} {:>10} {:>10}", "first visit to", "raw", "brotli");
    let mut largest = 0;
    for (pages, files) in pages(&index) {
        let mut visit = always;
        for file in files {
            visit.add(Size::of(&folder.join(format!("{file}.wasm")))?);
        }
        visit.print(&pages);
        largest = largest.max(visit.brotli);
    }
    Size::of(&folder.join(EDITOR))?.print("and to edit YAML");
    let verdict = if largest > BUDGET { "over" } else { "within" };
    println!("  {verdict} the budget of {} brotli", kilobytes(BUDGET));
    Ok(())
}

/// The files of each chunk of pages, by the name of its function: what follows it is the compiler's.
fn pages(index: &Value) -> BTreeMap<String, Vec<String>> {
    let chunks = index["chunks"].as_object().into_iter().flatten();
    chunks
        .map(|(name, files)| {
            let pages = name.rsplit_once('_').map_or(name.as_str(), |(pages, _)| pages);
            let files = files.as_array().into_iter().flatten();
            (
                pages.to_owned(),
                files.filter_map(Value::as_str).map(str::to_owned).collect(),
            )
        })
        .collect()
}

#[derive(Clone, Copy, Default)]
struct Size {
    raw: usize,
    brotli: usize,
}

impl Size {
    fn of(file: &Path) -> Result<Self> {
        let length = |file: &Path| -> Result<usize> {
            let data = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok(usize::try_from(data.len())?)
        };
        Ok(Self {
            raw: length(file)?,
            brotli: length(&with_suffix(file, "br"))?,
        })
    }

    fn add(&mut self, other: Self) {
        self.raw += other.raw;
        self.brotli += other.brotli;
    }

    fn print(self, name: &str) {
        println!(
            "  {name:<28} {:>10} {:>10}",
            kilobytes(self.raw),
            kilobytes(self.brotli)
        );
    }
}

fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}
