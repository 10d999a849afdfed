//! `test`: everything that CI runs, ending in one line of counts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{
    browser::{self, Stage},
    console, openapi,
    postgres::Postgres,
    prerequisites::Tool,
    sandbox::{self, Sandbox},
    site, steps,
    steps::command,
    stop, wasm,
};
use report::Report;
use tally::Counts;

mod report;
mod tally;

/// Runs every step, however many fail.
pub(crate) fn test(root: &Path) -> Result<()> {
    stop::note_signals()?;
    let mut report = Report::new(root.join("target/test"))?;
    code(root, &mut report);
    rust(root, &mut report);
    let built = report
        .work("build of the console", || console::build(root))
        .is_some();
    if built {
        report.work("openapi.json is current", || openapi::check(root));
    } else {
        report.skip("openapi.json is current", "the console did not build");
    }
    let site = report
        .work("build of the site", || site::site(root, wasm::Source::Any))
        .is_some();
    let sandbox = go(root, &mut report);
    packets(root, sandbox.as_deref(), &mut report);
    mesh_config(root, sandbox.as_deref(), &mut report);
    match (sandbox, built) {
        (Some(binary), true) => live(root, &binary, site, &mut report),
        (None, _) => skip_live(&mut report, "there is no sandbox"),
        (_, false) => skip_live(&mut report, "the console did not build"),
    }
    let total = report.summary();
    if total.failed > 0 || stop::asked() {
        // Not an error: its text would follow the line of counts, which is to be the last.
        std::process::exit(1);
    }
    Ok(())
}

/// Format and lints.
fn code(root: &Path, report: &mut Report) {
    let cargo = |arguments: &[&str]| command("cargo", arguments, root);
    report.command(
        "format of Rust",
        Counts::AsOne,
        &mut cargo(&["fmt", "--all", "--check"]),
    );
    let workspace = [
        "clippy",
        "--workspace",
        "--exclude",
        "xtask",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    report.command("lints of the workspace", Counts::AsOne, &mut cargo(&workspace));
    let own = [
        "clippy",
        "-p",
        "xtask",
        "--target-dir",
        "target/xtask",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    report.command("lints of xtask", Counts::AsOne, &mut cargo(&own));
    let Some(wasm) = report.work("WebAssembly target", || wasm::target(root, wasm::Source::Any)) else {
        return report.skip(
            "lints of the pages for the browser",
            "there is no WebAssembly target",
        );
    };
    let mut pages = wasm.cargo(root, wasm.lint());
    pages.args(["-p", "app", "--no-default-features", "-F", "hydrate,panic-words"]);
    if wasm.lint() == "clippy" {
        pages.args(["--", "-D", "warnings"]);
    }
    report.command("lints of the pages for the browser", Counts::AsOne, &mut pages);
}

/// Unit tests. `journeys` needs a sandbox; xtask has a target folder of its own.
fn rust(root: &Path, report: &mut Report) {
    let arguments = [
        "test",
        "--workspace",
        "--exclude",
        "xtask",
        "--exclude",
        "journeys",
        "--no-fail-fast",
    ];
    let mut tests = command("cargo", &arguments, root);
    let postgres = Postgres::start(root);
    match &postgres {
        Ok(server) => drop(tests.env("SIDESTEP_POSTGRES", &server.url)),
        Err(error) => report.skip("the history's tests on PostgreSQL", &format!("{error:#}")),
    }
    report.command("tests of the workspace", Counts::Cargo, &mut tests);
    drop(postgres);
    let arguments = ["test", "-p", "xtask", "--target-dir", "target/xtask"];
    report.command(
        "tests of xtask",
        Counts::Cargo,
        &mut command("cargo", &arguments, root),
    );
}

/// The sandbox's checks and tests, and its binary where it could be built.
fn go(root: &Path, report: &mut Report) -> Option<PathBuf> {
    let steps = ["build of the sandbox", "format of Go", "vet of Go", "tests of Go"];
    if let Some(missing) = Tool::Go.missing(root) {
        for step in steps {
            report.skip(step, &missing);
        }
        return None;
    }
    let binary = report.work(steps[0], || sandbox::build(root));
    let module = root.join(sandbox::MODULE);
    report.work(steps[1], || {
        let unformatted = steps::output(&mut command("gofmt", &["-l", "."], &module))?;
        if unformatted.is_empty() {
            Ok(())
        } else {
            bail!("run gofmt -w on:\n{unformatted}")
        }
    });
    // The build's own flags: with others, Go would compile Kubernetes and Istio once more.
    let Ok(flags) = sandbox::flags(root) else {
        report.skip(steps[2], "its build flags cannot be read");
        report.skip(steps[3], "its build flags cannot be read");
        return binary;
    };
    report.command(
        steps[2],
        Counts::AsOne,
        command("go", &["vet"], &module).args(&flags).arg("./..."),
    );
    report.command(
        steps[3],
        Counts::Go,
        command("go", &["test", "-v"], &module).args(&flags).arg("./..."),
    );
    binary
}

/// The rules of pods against the real `istio-iptables`, and what is said of packets against the kernel. No cluster is needed.
fn packets(root: &Path, sandbox: Option<&Path>, report: &mut Report) {
    let steps = ["rules against istio-iptables", "packets against the kernel"];
    let Some(binary) = sandbox else {
        for step in steps {
            report.skip(step, "there is no sandbox");
        }
        return;
    };
    let test = |module| {
        let mut test = command(
            "cargo",
            &["test", "-p", "journeys", "--test", "packets", module],
            root,
        );
        test.env("SIDESTEP_SANDBOX_BIN", binary);
        test
    };
    report.command(steps[0], Counts::Cargo, &mut test("rules"));
    match sandbox::can_probe(root, binary) {
        Ok(()) => report.command(steps[1], Counts::Cargo, &mut test("kernel")),
        Err(why) => report.skip(steps[1], &format!("{why:#}")),
    }
}

/// What is read and changed in the text of the mesh configuration against istiod's own reading. No cluster is needed.
fn mesh_config(root: &Path, sandbox: Option<&Path>, report: &mut Report) {
    let step = "mesh configurations against istiod's reading";
    let Some(binary) = sandbox else {
        return report.skip(step, "there is no sandbox");
    };
    let arguments = ["test", "-p", "server", "--test", "mesh_config_judge"];
    let mut test = command("cargo", &arguments, root);
    test.env("SIDESTEP_SANDBOX_BIN", binary);
    report.command(step, Counts::Cargo, &mut test);
}

const JOURNEYS: &str = "journeys over REST, against the sandbox";
/// The journeys that need the sandbox's data plane.
const PLANE: &str = "journeys through a real Envoy";
/// The tests of pages that each keep to a namespace of their own.
const BROWSER: &str = "pages in Chromium, against the sandbox";
/// Those that change what all share, and stop the cluster.
const BROWSER_ALONE: &str = "pages in Chromium, one by one";

fn skip_live(report: &mut Report, why: &str) {
    report.skip(JOURNEYS, why);
    report.skip(PLANE, why);
    skip_pages(report, why);
}

fn skip_pages(report: &mut Report, why: &str) {
    report.skip(BROWSER, why);
    report.skip(BROWSER_ALONE, why);
}

/// What needs a control plane: a new sandbox with a console on it, for both.
fn live(root: &Path, binary: &Path, site: bool, report: &mut Report) {
    // A folder of its own: an earlier sandbox, should it still run, keeps what it stands on.
    let folder = root.join(format!("target/test/state-{}", std::process::id()));
    let Some(cluster) = report.work("start of the sandbox", || Sandbox::up(binary, &folder)) else {
        return skip_live(report, "the sandbox did not start");
    };
    let log = root.join("target/test/console.log");
    let started = report.work("start of the console", || {
        let listen = console::free_port()?;
        let options = console::Options {
            binary: &console::binary(root),
            kubeconfig: &cluster.kubeconfig,
            listen,
            database: &cluster.state.join("console.db"),
            sandbox: true,
            istiod: cluster.istiod.as_deref(),
            log: Some(&log),
        };
        Ok((console::start(root, &options)?, format!("http://{listen}")))
    });
    let Some((console, url)) = started else {
        return skip_live(report, "the console did not start");
    };
    // The browser first: the journeys break things, and put them back.
    if site {
        let stage = Stage {
            url: &url,
            sandbox: &cluster.state,
            console_binary: &console::binary(root),
            sandbox_binary: binary,
        };
        pages(root, stage, report);
    } else {
        skip_pages(report, "the site did not build");
    }
    let journeys = |target| {
        let mut journeys = command(
            "cargo",
            &["test", "-p", "journeys", "--test", target, "--no-fail-fast"],
            root,
        );
        journeys
            .env("SIDESTEP_SANDBOX", &cluster.state)
            .env("SIDESTEP_SANDBOX_BIN", binary)
            .env("SIDESTEP_BIN", console::binary(root))
            .env("SIDESTEP_URL", &url);
        journeys
    };
    report.command(JOURNEYS, Counts::Cargo, &mut journeys("journeys"));
    match cluster.data_plane() {
        Ok(()) => report.command(PLANE, Counts::Cargo, &mut journeys("plane")),
        Err(why) => report.skip(PLANE, &format!("{why:#}")),
    }
    drop(console);
    drop(cluster);
    // Kept where something failed: it has the logs.
    if report.total().failed == 0 && fs::remove_dir_all(&folder).is_err() {
        println!("  {} stays behind", folder.display());
    }
}

fn pages(root: &Path, stage: Stage<'_>, report: &mut Report) {
    if let Some(missing) = Tool::Node.missing(root) {
        return skip_pages(report, &missing);
    }
    let chromium = match browser::install(root) {
        Ok(chromium) => chromium,
        Err(error) => return skip_pages(report, &format!("no Chromium: {error:#}")),
    };
    report.command(
        "types of the page tests",
        Counts::AsOne,
        &mut command("npx", &["tsc"], &root.join("end2end")),
    );
    let together = ["--project=chromium", "--project=no-javascript"];
    report.command(
        BROWSER,
        Counts::Playwright,
        &mut browser::playwright(root, &chromium, stage, &together),
    );
    // By itself: Playwright would leave it out where a test of the others has failed.
    let alone = ["--project=alone", "--no-deps"];
    report.command(
        BROWSER_ALONE,
        Counts::Playwright,
        &mut browser::playwright(root, &chromium, stage, &alone),
    );
}
