//! `sandbox`: a real Kubernetes and Istio control plane on this machine, built from source.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    hash::Record,
    prerequisites::Tool,
    setup,
    steps::{command, output, run, step},
    stop::{self, Running},
    wasm,
};

/// The Go module of the control plane.
pub(crate) const MODULE: &str = "end2end/cluster";
/// What is built there, and from which package: the sandbox and what its pods run.
const PROGRAMS: [(&str, &str); 2] = [("sidestep-sandbox", "."), ("sidestep-pod", "./sidestep-pod")];
/// It is ready within seconds; a machine that needs this long has another problem.
const PATIENCE: Duration = Duration::from_mins(3);
/// How the sandbox says that one runs on this state folder already.
const ALREADY_RUNNING: i32 = 3;

/// Builds the sandbox's two programs unless their sources are unchanged, and returns the one to start.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/sandbox");
    let [binary, pod] = PROGRAMS.map(|(program, _)| folder.join(program));
    fs::create_dir_all(&folder)?;
    let record = Record::new(folder.join(".built"), root, &[MODULE], "")?;
    if record.is_current() && binary.exists() && pod.exists() {
        println!("sandbox: nothing to do, target/sandbox/sidestep-sandbox is current");
        return Ok(binary);
    }
    setup::need(root, &[Tool::Go])?;
    let flags = flags(root)?;
    step(
        "sandbox: building Kubernetes and Istio from source (about 7 minutes the first time on 2 cores)",
        || {
            for (program, package) in PROGRAMS {
                let mut go = command("go", &["build"], &root.join(MODULE));
                run(go.args(&flags).arg("-o").arg(folder.join(program)).arg(package))?;
            }
            Ok(())
        },
    )?;
    record.save()?;
    Ok(binary)
}

/// The flags that the module is built with: one argument a line.
pub(crate) fn flags(root: &Path) -> Result<Vec<String>> {
    let file = format!("{MODULE}/build-flags");
    let text = fs::read_to_string(root.join(&file)).with_context(|| format!("cannot read {file}"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Whether the kernel can be asked about packets here; gets `iptables` where that is all that is missing.
pub(crate) fn can_probe(root: &Path, binary: &Path) -> Result<()> {
    let check = || output(&mut command(binary, &["kernel", "--check"], root)).map(drop);
    check().or_else(|why| {
        // What else may be missing, an ordinary user's subordinate ids for instance, is not ours to change.
        if !format!("{why:#}").contains("apt-get install iptables") {
            return Err(why);
        }
        step("iptables: Debian's package", || wasm::apt(&["iptables"]))
            .with_context(|| format!("{why:#}, and it could not be got"))?;
        check()
    })
}

/// How the sandbox's data plane stands.
pub(crate) enum Plane {
    Starting,
    Ready,
    /// It cannot be, and why.
    Absent(String),
}

/// A running sandbox; dropped, it stops, unless it ran before we came.
pub(crate) struct Sandbox {
    /// Where it keeps everything.
    pub(crate) state: PathBuf,
    /// The kubeconfig of its administrator.
    pub(crate) kubeconfig: PathBuf,
    /// Where its istiod tells what it goes by.
    pub(crate) istiod: Option<String>,
    process: Option<Running>,
}

impl Sandbox {
    /// Starts the sandbox on `state` and waits until it is ready.
    pub(crate) fn up(binary: &Path, state: &Path) -> Result<Self> {
        fs::create_dir_all(state)?;
        let ready = state.join("ready.json");
        let log = state.with_extension("log");
        let before = modified(&ready);
        let mut up = command(binary, &["up", "--state"], state);
        let mut process = Running::start("sandbox", up.arg(state), Some(&log))?;
        let start = Instant::now();
        loop {
            if let Some(status) = process.ended() {
                if status.code() == Some(ALREADY_RUNNING) {
                    println!("  one runs on {} already: taking that one", state.display());
                    return Self::read(state, &ready, None);
                }
                bail!(
                    "the sandbox ended with {status}; the end of {}:\n{}",
                    log.display(),
                    tail(&log, 30)
                );
            }
            if ready.exists() && modified(&ready) != before {
                return Self::read(state, &ready, Some(process));
            }
            if stop::asked() {
                bail!("stopped");
            }
            if start.elapsed() > PATIENCE {
                bail!(
                    "the sandbox was not ready in time; the end of {}:\n{}",
                    log.display(),
                    tail(&log, 30)
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether it still runs.
    pub(crate) fn is_up(&mut self) -> bool {
        self.process
            .as_mut()
            .is_none_or(|process| process.ended().is_none())
    }

    /// Waits until the data plane is there; fails, with the sandbox's reason, where it cannot be.
    pub(crate) fn data_plane(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.plane()? {
                Plane::Ready => return Ok(()),
                Plane::Absent(reason) => bail!(reason),
                Plane::Starting if start.elapsed() > PATIENCE => bail!("it was not ready in time"),
                Plane::Starting => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// How the data plane stands.
    pub(crate) fn plane(&self) -> Result<Plane> {
        let file = self.state.join("dataplane.json");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let plane: serde_json::Value = serde_json::from_str(&text).context("dataplane.json is no JSON")?;
        Ok(match plane["state"].as_str() {
            Some("ready") => Plane::Ready,
            Some("absent") => Plane::Absent(plane["reason"].as_str().unwrap_or("no reason given").to_owned()),
            _ => Plane::Starting,
        })
    }

    fn read(state: &Path, ready: &Path, process: Option<Running>) -> Result<Self> {
        let text = fs::read_to_string(ready).with_context(|| format!("cannot read {}", ready.display()))?;
        let ready: serde_json::Value = serde_json::from_str(&text).context("ready.json is no JSON")?;
        let kubeconfig = ready["kubeconfig"]
            .as_str()
            .context("ready.json names no kubeconfig")?;
        Ok(Self {
            state: state.to_owned(),
            kubeconfig: kubeconfig.into(),
            istiod: ready["istiodDebugURL"].as_str().map(str::to_owned),
            process,
        })
    }
}

fn modified(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).and_then(|about| about.modified()).ok()
}

/// The last lines of a file.
pub(crate) fn tail(file: &Path, lines: usize) -> String {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
