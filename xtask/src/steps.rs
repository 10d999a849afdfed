//! Running other programs: each as a named step whose time is printed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
        .to_owned()
}

/// A command that runs `program` in `folder`.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs `work` under a name, and prints how long it took.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("▸ {name}");
    let start = Instant::now();
    let result = work();
    let ending = if result.is_ok() { "done" } else { "failed" };
    println!("  {ending} after {}", seconds(start.elapsed()));
    result.with_context(|| format!("step failed: {name}"))
}

/// Runs a command whose output the reader sees.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Runs a command and answers what it printed; what it complained about is part of the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", words(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", words(command)))
}

/// The command as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    format!("`{}`", words.join(" "))
}

/// A duration for people.
pub(crate) fn seconds(time: Duration) -> String {
    let all = time.as_secs();
    if all < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", all / 60, all % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(407)), "6 min 47 s");
    }

    #[test]
    fn what_a_program_complained_about_is_in_the_error() {
        let error = output(&mut command(
            "sh",
            &["-c", "echo sorry >&2; exit 4"],
            Path::new("."),
        ))
        .unwrap_err();
        assert!(error.to_string().contains("sorry"), "{error}");
    }
}
