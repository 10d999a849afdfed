//! The pages as WebAssembly: compiled, split into a chunk a page, bound to JavaScript, shrunk, compressed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use super::compress;
use crate::{
    npm,
    steps::{command, run, step},
    wasm::{self, Wasm},
};

/// The module that loads chunks; the pages' code imports it by this name.
const LOADER: &str = "./chunks.js";
/// Which chunks a page needs, by the name that `#[lazy]` gave its view.
pub(super) const CHUNKS: &str = "chunks.json";

/// Builds everything into `folder`.
pub(super) fn build(root: &Path, folder: &Path, wasm: &Wasm, no_node: Option<&str>) -> Result<()> {
    step(
        "site: compiling the pages to WebAssembly (about 4 minutes the first time)",
        || {
            let mut cargo = wasm.release(root);
            let features = if wasm.is_silent() {
                "hydrate"
            } else {
                "hydrate,panic-words"
            };
            run(cargo.args(["-p", "app", "--no-default-features", "-F", features]))
        },
    )?;
    let release = root.join("target/wasm").join(wasm::TARGET).join("wasm-release");
    let main = release.join("sidestep.wasm");
    let mut modules = step("site: a chunk a page", || {
        split(&release.join("app.wasm"), &main, folder)
    })?;
    step("site: wasm-bindgen", || bindgen(&main, folder))?;
    modules.push(folder.join("sidestep_bg.wasm"));
    let scripts = [folder.join("sidestep.js"), folder.join(LOADER)];
    match no_node {
        None => {
            npm::install(root, "xtask/tools")?;
            step("site: wasm-opt", || {
                modules.iter().try_for_each(|module| optimise(root, module))
            })?;
            step("site: esbuild", || {
                scripts.iter().try_for_each(|script| minify(root, script))
            })?;
        }
        Some(missing) => {
            println!(
                "  not shrunk by wasm-opt and esbuild, so the site is larger than it need be; missing: {missing}"
            );
        }
    }
    step("site: compressing the code", || {
        modules.extend(scripts);
        compress::siblings(&modules)
    })
}

/// Splits what each lazy page alone needs from what all need; answers the chunks.
fn split(compiled: &Path, main: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let module = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let mut options = wasm_split_cli_support::Options::new(&module);
    options.output_dir = folder;
    options.main_out_path = main;
    options.link_name = LOADER;
    options.main_module = "./sidestep.js";
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;
    // Sorted: the file is part of what the site's digest is made of.
    let chunks: BTreeMap<String, Vec<String>> = split.prefetch_map.into_iter().collect();
    fs::write(folder.join(CHUNKS), serde_json::to_vec(&chunks)?)?;
    Ok(split.split_modules)
}

fn bindgen(main: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(main)
        .out_name("sidestep")
        .typescript(false)
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)?
        .generate(folder)
}

fn optimise(root: &Path, module: &Path) -> Result<()> {
    let shrunk = module.with_extension("shrunk");
    let tool = root.join("xtask/tools/node_modules/.bin/wasm-opt");
    // The features that the compiler uses by default: without their names wasm-opt refuses what it reads.
    let arguments = [
        "-Oz",
        "--converge",
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
        "--enable-call-indirect-overlong",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    run(command(tool, &arguments, root).arg(module).arg("-o").arg(&shrunk))?;
    fs::rename(&shrunk, module).context("cannot replace the module by the shrunk one")
}

fn minify(root: &Path, script: &Path) -> Result<()> {
    let tool = root.join("xtask/tools/node_modules/.bin/esbuild");
    let arguments = [
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--log-level=error",
        "--allow-overwrite",
    ];
    let mut into = OsString::from("--outfile=");
    into.push(script);
    run(command(tool, &arguments, root).arg(script).arg(into))
}
