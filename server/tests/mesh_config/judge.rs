//! The same shapes, judged by the code with which istiod reads its mesh configuration: `sidestep-sandbox mesh-config`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use domain::OutboundTrafficPolicyMode;
use serde::{Deserialize, Serialize};
use server::mesh_config::{read, set_mode};

mod shapes;

use shapes::{Means, SHAPES};

#[derive(Serialize)]
struct Question<'a> {
    text: &'a str,
}

#[derive(Debug, Deserialize)]
struct Answer {
    mode: String,
    rest: String,
    #[serde(default)]
    error: String,
}

fn mode(name: &str) -> OutboundTrafficPolicyMode {
    name.to_owned().into()
}

/// What istiod reads from each text.
fn ask(texts: &[&str]) -> Vec<Answer> {
    let binary = std::env::var_os("SIDESTEP_SANDBOX_BIN")
        .expect("SIDESTEP_SANDBOX_BIN names the sandbox's binary: run `cargo xtask test`");
    let mut program = Command::new(binary)
        .arg("mesh-config")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox's binary starts");
    let mut input = program.stdin.take().expect("it was asked for");
    let lines: String = texts
        .iter()
        .map(|text| serde_json::to_string(&Question { text }).expect("this is JSON") + "\n")
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = program.wait_with_output().expect("it runs to its end");
    assert!(output.status.success(), "{}", output.status);
    writer
        .join()
        .expect("the writer ends")
        .expect("it reads everything");
    let text = String::from_utf8(output.stdout).expect("JSON is text");
    let answers: Vec<Answer> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an answer"))
        .collect();
    assert_eq!(answers.len(), texts.len());
    answers
}

#[test]
fn istiod_reads_the_mode_that_we_read() {
    let texts: Vec<&str> = SHAPES.iter().map(|shape| shape.text).collect();
    let mut mistakes = Vec::new();
    for (shape, theirs) in SHAPES.iter().zip(ask(&texts)) {
        let ours = read(shape.text);
        let agreed = match shape.mode {
            Means::Mode(name) => theirs.error.is_empty() && theirs.mode == name && ours == Ok(mode(name)),
            Means::Unknown(name) => theirs.error.contains("unknown value") && ours == Ok(mode(name)),
            Means::Nothing(_) => !theirs.error.is_empty() && ours.is_err(),
            Means::TooOdd(_) => theirs.error.is_empty() && ours.is_err(),
        };
        if !agreed {
            mistakes.push(format!(
                "{}: ours {ours:?}, theirs {:?} {:?}",
                shape.name, theirs.mode, theirs.error
            ));
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn after_a_change_istiod_reads_the_new_mode_and_everything_else_as_before() {
    let modes = ["REGISTRY_ONLY", "ALLOW_ANY", "ALLOW_ANY_DYNAMIC_DNS", "2"];
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for shape in SHAPES {
        for name in modes {
            if let Ok(changed) = set_mode(shape.text, &mode(name)) {
                before.push(shape);
                after.push((name, changed));
            }
        }
    }
    assert!(after.len() >= 200, "{} changes", after.len());
    let answers = ask(&after.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>());
    let answers_before = ask(&before.iter().map(|shape| shape.text).collect::<Vec<_>>());
    let mut mistakes = Vec::new();
    for ((shape, (name, text)), (then, now)) in
        before.iter().zip(&after).zip(answers_before.iter().zip(&answers))
    {
        // A text that istiod refused for its mode has nothing to compare with.
        let same = now.rest == then.rest || then.error.contains("unknown value");
        if now.error.is_empty() && now.mode == *name && same {
            continue;
        }
        mistakes.push(format!("{} to {name}: {now:?} from {text:?}", shape.name));
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}
