//! What happens to packets, judged by those who know: the real `istio-iptables` writes the rules, the kernel obeys them.
//!
//! Neither needs a cluster, only the sandbox's binary; the second needs root.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde::{Serialize, de::DeserializeOwned};

mod kernel;
mod rules;

/// Asks a command of the sandbox's binary all questions, a line each.
fn ask<Q: Serialize, A: DeserializeOwned>(command: &str, questions: &[Q]) -> Vec<A> {
    let mut program = Command::new(journeys::sandbox::sandbox_binary())
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox's binary starts");
    let mut input = program.stdin.take().expect("it was asked for");
    let lines = questions
        .iter()
        .map(|question| serde_json::to_string(question).expect("this is JSON") + "\n")
        .collect::<String>();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = program.wait_with_output().expect("it runs to its end");
    assert!(
        output.status.success(),
        "`sidestep-sandbox {command}` failed: {}",
        output.status
    );
    writer
        .join()
        .expect("the writer ends")
        .expect("it reads everything");
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("each line is an answer"))
        .collect()
}
