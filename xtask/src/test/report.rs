//! Steps of a test run: each timed, counted and, where it failed, shown with the end of what it printed.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::tally::{Counts, Remark, Tally};
use crate::{sandbox::tail, steps::seconds, stop};

/// How often a long step shows that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_mins(1);

/// How much of a failed step's output is shown.
const SHOWN: usize = 200;

/// The steps so far.
pub(super) struct Report {
    logs: PathBuf,
    lines: Vec<String>,
    remarks: Vec<Remark>,
    total: Tally,
}

impl Report {
    /// A report whose steps' output goes to files in `logs`.
    pub(super) fn new(logs: PathBuf) -> Result<Self> {
        fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
        Ok(Self {
            logs,
            lines: Vec::new(),
            remarks: Vec::new(),
            total: Tally::default(),
        })
    }

    /// The counts so far.
    pub(super) fn total(&self) -> Tally {
        self.total
    }

    /// Runs a command as a step.
    pub(super) fn command(&mut self, name: &str, counts: Counts, command: &mut Command) {
        println!("▸ {name}");
        let start = Instant::now();
        let log = self
            .logs
            .join(format!("{}.log", name.replace([' ', ',', '.'], "-")));
        let ended = to_the_end(command, &log, start);
        let output = fs::read(&log).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        let tally = counts.tally(&output, matches!(ended, Ok(true)));
        self.remarks.extend(counts.remarks(&output));
        if let Err(error) = &ended {
            println!("  {error:#}");
        }
        if tally.failed > 0 {
            println!(
                "  ── the end of {} ──\n{}\n  ──",
                log.display(),
                tail(&log, SHOWN)
            );
        }
        self.note(name, tally, start.elapsed());
    }

    /// Does `work` as a step that counts as one test; answers what it made.
    pub(super) fn work<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("▸ {name}");
        let start = Instant::now();
        let made = if stop::asked() {
            Err(anyhow::anyhow!("stopped"))
        } else {
            work()
        };
        if let Err(error) = &made {
            println!("  {error:#}");
        }
        self.note(name, Counts::AsOne.tally("", made.is_ok()), start.elapsed());
        made.ok()
    }

    /// Notes a step that cannot run here.
    pub(super) fn skip(&mut self, name: &str, why: &str) {
        println!("▸ {name}\n  skipped: {why}");
        let tally = Tally {
            skipped: 1,
            ..Tally::default()
        };
        self.lines.push(format!("{:>12}  {name}: {tally} ({why})", "-"));
        self.total += tally;
    }

    /// Prints all steps, the tests that did not simply pass and, as the last line, the counts.
    pub(super) fn summary(&self) -> Tally {
        println!();
        for line in &self.lines {
            println!("{line}");
        }
        if !self.remarks.is_empty() {
            println!();
        }
        for remark in &self.remarks {
            println!("{remark}");
        }
        println!("\n{}", self.total);
        self.total
    }

    fn note(&mut self, name: &str, tally: Tally, time: Duration) {
        println!("  {tally}, after {}", seconds(time));
        self.lines.push(format!("{:>12}  {name}: {tally}", seconds(time)));
        self.total += tally;
    }
}

/// Runs `command` to its end, all it prints going to `log`; answers whether it succeeded.
fn to_the_end(command: &mut Command, log: &PathBuf, start: Instant) -> Result<bool> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    if stop::asked() {
        bail!("stopped");
    }
    command.stdout(file.try_clone()?).stderr(file);
    let mut child = command.spawn().context("cannot start it")?;
    let mut next = SIGN_OF_LIFE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > next {
            println!("  {} so far; {}", seconds(start.elapsed()), tail(log, 1).trim());
            next += SIGN_OF_LIFE;
        }
        thread::sleep(Duration::from_millis(100));
    }
}
