//! `site`: the browser's half, ready to serve, in `target/site/pkg/<digest>`.
//!
//! Three parts, each rebuilt only when what it reads has changed: the code (WebAssembly, a chunk a page, and its loader), the
//! style, and the editor of manifests. All are then published under the digest of their content, so that a browser may keep them for ever.

use std::{fs, path::Path};

use anyhow::Result;

use crate::{hash::Record, prerequisites::Tool, steps::step, wasm};

mod code;
mod compress;
mod css;
mod editor;
mod publish;
mod size;

/// What the code is built from.
const CODE: [&str; 11] = [
    ".cargo/config.toml",
    "app",
    "api",
    "domain",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "xtask/src/site/code.rs",
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

/// What the editor of manifests is built from.
const EDITOR: [&str; 5] = [
    "editor/editor.js",
    "editor/package-lock.json",
    "xtask/src/site/compress.rs",
    "xtask/src/site/editor.rs",
    "xtask/tools/package-lock.json",
];

/// Builds `target/site`, or says that it is current.
pub(crate) fn site(root: &Path, source: wasm::Source) -> Result<()> {
    let site = root.join("target/site");
    fs::create_dir_all(&site)?;
    // Two at once would shrink each other's files. Given up when the process ends.
    let alone = fs::File::create(site.join(".lock"))?;
    alone.lock()?;
    let (code_parts, style_parts, editor_parts) =
        (site.join("code"), site.join("style"), site.join("editor"));
    let node = Tool::Node.missing(root);
    let wasm = wasm::target(root, source)?;
    let way = format!(
        "{source:?} silent={} optimised={}",
        wasm.is_silent(),
        node.is_none()
    );
    let code = Record::new(site.join(".code"), root, &CODE, &way)?;
    let style = Record::new(site.join(".style"), root, &STYLE, "")?;
    let how = format!("bundled={}", node.is_none());
    let editor = Record::new(site.join(".editor"), root, &EDITOR, &how)?;
    let published = site.join(publish::INDEX).exists();
    if published && code.is_current() && style.is_current() && editor.is_current() {
        println!("site: nothing to do, target/site is current");
        return size::report(&site);
    }
    if !code.is_current() {
        empty(&code_parts)?;
        code::build(root, &code_parts, &wasm, node.as_deref())?;
        code.save()?;
    }
    if !style.is_current() {
        empty(&style_parts)?;
        step("site: style", || css::build(root, &style_parts))?;
        style.save()?;
    }
    if !editor.is_current() {
        empty(&editor_parts)?;
        editor::build(root, &editor_parts, node.as_deref())?;
        editor.save()?;
    }
    publish::publish(&site, &[&code_parts, &style_parts, &editor_parts])?;
    size::report(&site)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}
