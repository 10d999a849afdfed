//! `site`: the browser's half, ready to serve, in `target/site/pkg`.
//!
//! Two parts, each rebuilt only when what it reads has changed: the code (WebAssembly and its loader) and the style.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    hash::Record,
    npm,
    prerequisites::Tool,
    steps::{command, run, step},
    wasm,
};

mod compress;
mod css;

/// What the code is built from.
const CODE: [&str; 11] = [
    ".cargo/config.toml",
    "app",
    "api",
    "domain",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "xtask/src/site.rs",
    "xtask/src/site/compress.rs",
    "xtask/src/wasm.rs",
    "xtask/tools/package-lock.json",
];
/// What the style is built from.
const STYLE: [&str; 4] = [
    "style",
    "public",
    "xtask/src/site/css.rs",
    "xtask/src/site/compress.rs",
];

/// Builds `target/site`, or says that it is current.
pub(crate) fn site(root: &Path, source: wasm::Source) -> Result<()> {
    let site = root.join("target/site");
    let package = site.join("pkg");
    fs::create_dir_all(&package)?;
    let node = Tool::Node.missing(root);
    let way = format!("{source:?} optimised={}", node.is_none());
    let code = Record::new(site.join(".code"), root, &CODE, &way)?;
    let style = Record::new(site.join(".style"), root, &STYLE, "")?;
    if code.is_current() && style.is_current() {
        println!("site: nothing to do, target/site is current");
        return Ok(());
    }
    if !code.is_current() {
        build_code(root, &package, source, node.as_deref())?;
        code.save()?;
    }
    if !style.is_current() {
        step("site: style", || build_style(root, &package))?;
        style.save()?;
    }
    compress::report(&package)
}

fn build_code(root: &Path, package: &Path, source: wasm::Source, no_node: Option<&str>) -> Result<()> {
    let wasm = wasm::target(root, source)?;
    step(
        "site: compiling the pages to WebAssembly (about 2 minutes the first time)",
        || {
            let mut cargo = wasm.cargo(root, "build");
            run(cargo.args([
                "--profile",
                "wasm-release",
                "-p",
                "app",
                "--no-default-features",
                "-F",
                "hydrate",
            ]))
        },
    )?;
    let compiled = root
        .join("target/wasm")
        .join(wasm::TARGET)
        .join("wasm-release/app.wasm");
    step("site: wasm-bindgen", || bindgen(&compiled, package))?;
    let module = package.join("sidestep_bg.wasm");
    match no_node {
        None => {
            npm::install(root, "xtask/tools")?;
            step("site: wasm-opt", || optimise(root, &module))?;
        }
        Some(missing) => {
            println!("  not shrunk by wasm-opt, so the site is larger than it need be; missing: {missing}");
        }
    }
    step("site: compressing the code", || {
        compress::siblings(&[package.join("sidestep.js"), module])
    })
}

fn bindgen(compiled: &Path, package: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name("sidestep")
        .typescript(false)
        .remove_name_section(true);
    bindgen
        .remove_producers_section(true)
        .web(true)?
        .generate(package)
}

fn optimise(root: &Path, module: &Path) -> Result<()> {
    let shrunk = module.with_extension("shrunk");
    let tool = root.join("xtask/tools/node_modules/.bin/wasm-opt");
    // The features that the compiler uses by default: without their names wasm-opt refuses what it reads.
    let arguments = [
        "-Oz",
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

fn build_style(root: &Path, package: &Path) -> Result<()> {
    let sheet = package.join("sidestep.css");
    fs::write(&sheet, css::bundle(&root.join("style/main.css"))?)?;
    let icon: PathBuf = package.join("favicon.svg");
    fs::copy(root.join("public/favicon.svg"), &icon)?;
    compress::siblings(&[sheet, icon])
}
