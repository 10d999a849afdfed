//! Builds, runs and tests Sidestep: what `make` calls.
//!
//! Each command is a file of its name. [`steps`] runs other programs, [`hash`] decides what is already built.

use anyhow::{Result, bail};

mod bench;
mod browser;
mod console;
mod hash;
mod live;
mod npm;
mod openapi;
mod postgres;
mod prerequisites;
mod run;
mod sandbox;
mod screenshots;
mod setup;
mod site;
mod steps;
mod stop;
mod test;
mod wasm;

const HELP: &str = "cargo xtask <command>

  setup                     check Rust, Go, Node and a C compiler; get the WebAssembly target
  site                      build the browser's half into target/site
  sandbox                   build the sandbox's control plane into target/sandbox/sidestep-sandbox
  run [--kubeconfig FILE]   build what is missing, start the sandbox (or use that cluster) and the console
  test                      everything that CI runs
  bench                     the figures of every budget that a machine can tell
  screenshots               pictures of every page in both themes and three widths, in target/screenshots
  openapi                   write server/openapi.json

Options of setup and site:
  --wasm debian             take the WebAssembly target from Debian's packages, even where rustup has it
";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = steps::root();
    match words.as_slice() {
        ["setup"] => setup::setup(&root, wasm::Source::Any),
        ["setup", "--wasm", "debian"] => setup::setup(&root, wasm::Source::Debian),
        ["site"] => site::site(&root, wasm::Source::Any),
        ["site", "--wasm", "debian"] => site::site(&root, wasm::Source::Debian),
        ["sandbox"] => sandbox::build(&root).map(drop),
        ["run"] => run::run(&root, None),
        ["run", "--kubeconfig", file] => run::run(&root, Some(file.as_ref())),
        ["test"] => test::test(&root),
        ["bench"] => bench::bench(&root),
        ["screenshots"] => screenshots::screenshots(&root),
        ["openapi"] => openapi::write(&root),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("`{}` is not a command of xtask\n\n{HELP}", other.join(" ")),
    }
}
