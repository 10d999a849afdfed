//! The WebAssembly target: from rustup, or, where rustup cannot fetch it, from Debian's packages.
//!
//! Debian has the standard library's sources but not its build for `wasm32-unknown-unknown`. It is built once, into a
//! sysroot under `target/`, and the app is then compiled by Debian's compiler: a library serves only the compiler
//! that built it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::steps::{command, output, run, step};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where the target may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// rustup, else Debian.
    Any,
    /// Debian, to test that way on a machine that has rustup's.
    Debian,
}

/// What the pages are compiled with: `erase_components` as in .cargo/config.toml, which these replace, and the linker's
/// notes on who refers to whom, by which the pages are split into chunks.
const FLAGS: &str = "--cfg erase_components -Clink-args=--emit-relocs";
/// What the pages that are served are compiled with besides: a panic ends the page without a word, so that no words for it
/// are sent (an eighth of the site). Not stable yet.
const SILENT: &str = "-Zlocation-detail=none -Zfmt-debug=shallow";

/// How to compile for the target on this machine.
pub(crate) enum Wasm {
    /// With the toolchain that builds everything else.
    Toolchain {
        /// Whether it has the standard library's sources, to build it without words for panics.
        sources: bool,
    },
    /// With Debian's compiler, our sysroot, and the toolchain's linker.
    Debian { sysroot: PathBuf, linker: PathBuf },
}

impl Wasm {
    /// cargo for the target: `verb` and the arguments that every such call has.
    pub(crate) fn cargo(&self, root: &Path, verb: &str) -> Command {
        let arguments = [verb, "--target", TARGET, "--target-dir", "target/wasm"];
        match self {
            Self::Toolchain { .. } => {
                let mut cargo = command("cargo", &arguments, root);
                cargo.env("RUSTFLAGS", FLAGS);
                cargo
            }
            Self::Debian { sysroot, linker } => {
                let mut cargo = debian(&arguments, root);
                cargo.env("RUSTFLAGS", format!("{FLAGS} --sysroot={}", sysroot.display()));
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                cargo
            }
        }
    }

    /// cargo that builds the pages to serve, as small as this machine can: the caller adds which.
    pub(crate) fn release(&self, root: &Path) -> Command {
        let mut cargo = self.cargo(root, "build");
        cargo.args(["--profile", "wasm-release"]);
        if let Self::Toolchain { sources: true } = self {
            cargo
                .args([
                    "-Zbuild-std=std,panic_abort",
                    "-Zbuild-std-features=optimize_for_size",
                    "-Zpanic-immediate-abort",
                ])
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_PROFILE_WASM_RELEASE_PANIC", "immediate-abort")
                .env("RUSTFLAGS", format!("{FLAGS} {SILENT}"));
        }
        cargo
    }

    /// Whether [`Wasm::release`] builds as small as can be; part of what the site is built from.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Toolchain { sources: true })
    }

    /// The lint that this machine can run for the target: Debian packages no clippy for it.
    pub(crate) fn lint(&self) -> &'static str {
        match self {
            Self::Toolchain { .. } => "clippy",
            Self::Debian { .. } => "check",
        }
    }
}

/// Gets the target if it is not there.
pub(crate) fn target(root: &Path, source: Source) -> Result<Wasm> {
    if source == Source::Any {
        let toolchain = || Wasm::Toolchain {
            sources: sources(root),
        };
        if toolchain_has_it(root) {
            return Ok(toolchain());
        }
        let added = step("WebAssembly target: `rustup target add`", || {
            run(&mut command("rustup", &["target", "add", TARGET], root))
        });
        if added.is_ok() && toolchain_has_it(root) {
            return Ok(toolchain());
        }
        println!("  rustup could not fetch it; Debian's packages are the second way");
    }
    let sysroot = root.join("target/wasm-sysroot");
    if !sysroot.join("built").exists() {
        step(
            "WebAssembly target: Debian's compiler and the standard library's sources",
            packages,
        )?;
        step(
            "WebAssembly target: building its standard library (about 40 s) into target/wasm-sysroot",
            || build_std(root, &sysroot),
        )?;
    }
    Ok(Wasm::Debian {
        linker: linker(root)?,
        sysroot,
    })
}

fn toolchain_has_it(root: &Path) -> bool {
    let folder = output(&mut command(
        "rustc",
        &["--print", "target-libdir", "--target", TARGET],
        root,
    ));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Whether the toolchain has the standard library's sources, fetched if need be.
fn sources(root: &Path) -> bool {
    let there = || {
        let sysroot = output(&mut command("rustc", &["--print", "sysroot"], root));
        sysroot.is_ok_and(|sysroot| {
            let std = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
            std.is_dir()
        })
    };
    let added = there()
        || step(
            "Standard library's sources: `rustup component add rust-src`",
            || run(&mut command("rustup", &["component", "add", "rust-src"], root)),
        )
        .is_ok_and(|()| there());
    if !added {
        println!("  without them the site is larger than it need be, and works the same");
    }
    added
}

/// Debian's cargo with Debian's compiler, untouched by the toolchain that runs this program.
fn debian(arguments: &[&str], folder: &Path) -> Command {
    let mut cargo = command("/usr/bin/cargo", arguments, folder);
    cargo
        .env("RUSTC", "/usr/bin/rustc")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("RUSTUP_TOOLCHAIN");
    cargo
}

fn packages() -> Result<()> {
    let sources = Path::new("/usr/lib/rustlib/src/rust/library/std");
    if Path::new("/usr/bin/cargo").exists() && sources.exists() {
        println!("  already installed");
        return Ok(());
    }
    apt(&["rustc-web", "cargo-web", "rust-web-src"])
}

/// Installs Debian packages; only root can.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    let here = Path::new("/");
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("there is no apt-get here to install {} with", packages.join(", "));
    }
    if output(&mut command("id", &["-u"], here))?.trim() != "0" {
        bail!(
            "`apt-get install {}` needs root: run that, then try again",
            packages.join(" ")
        );
    }
    run(&mut command("apt-get", &["update", "-qq"], here))?;
    let mut install = command("apt-get", &["install", "-y", "-qq"], here);
    run(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn build_std(root: &Path, sysroot: &Path) -> Result<()> {
    let empty = root.join("target/wasm-std");
    fs::create_dir_all(empty.join("src"))?;
    // `[workspace]`: it lies under ours and is no member of it.
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(empty.join("Cargo.toml"), manifest)?;
    fs::write(empty.join("src/lib.rs"), "")?;
    let arguments = [
        "build",
        "--release",
        "-Zbuild-std=std,panic_abort",
        "--target",
        TARGET,
        "--target-dir",
        "target",
    ];
    run(debian(&arguments, &empty).env("RUSTC_BOOTSTRAP", "1"))?;

    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(empty.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().context("an entry has a name")?;
        let is_ours = name.to_string_lossy().starts_with("libempty-");
        if path.extension().is_some_and(|extension| extension == "rlib") && !is_ours {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    Ok(fs::write(sysroot.join("built"), "")?)
}

/// `rust-lld` of the toolchain: Debian's compiler comes without one.
fn linker(root: &Path) -> Result<PathBuf> {
    let folder = output(&mut command("rustc", &["--print", "target-libdir"], root))?;
    let linker = Path::new(folder.trim()).with_file_name("bin").join("rust-lld");
    if !linker.exists() {
        bail!("no linker for WebAssembly: {} is not there", linker.display());
    }
    Ok(linker)
}
