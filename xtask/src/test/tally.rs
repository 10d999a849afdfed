//! Counting: what each test runner says at its end.

/// Tests by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Whose output is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counts {
    /// The whole step is one test.
    AsOne,
    /// `test result: ok. 5 passed; 0 failed; 1 ignored; …`
    Cargo,
    /// `go test -v`: `--- PASS: TestX (0.00s)`
    Go,
    /// Playwright's list reporter: `  3 passed (2.1s)`
    Playwright,
}

impl Counts {
    /// The tests of a step that printed `output` and succeeded or not.
    ///
    /// A step that failed counts at least one failure: a build that broke, say, has run no test.
    pub(super) fn tally(self, output: &str, succeeded: bool) -> Tally {
        let mut tally = Tally::default();
        for line in output.lines() {
            match self {
                Self::AsOne => {}
                Self::Cargo => cargo(line, &mut tally),
                Self::Go => go(line, &mut tally),
                Self::Playwright => playwright(line, &mut tally),
            }
        }
        match (self, succeeded) {
            (Self::AsOne, true) => tally.passed = 1,
            (_, false) => tally.failed = tally.failed.max(1),
            _ => {}
        }
        tally
    }
}

/// A test that a reader of the summary is to know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// It failed.
    Failed(String),
    /// It failed, and passed at the second try.
    Flaky(String),
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(test) => write!(f, "failed: {test}"),
            Self::Flaky(test) => write!(f, "passed at the second try: {test}"),
        }
    }
}

impl Counts {
    /// The tests that did not simply pass, of a step that printed `output`.
    pub(super) fn remarks(self, output: &str) -> Vec<Remark> {
        let failed = |test: &str| Remark::Failed(test.trim().to_owned());
        match self {
            Self::AsOne => Vec::new(),
            Self::Cargo => output
                .lines()
                .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
                .map(failed)
                .collect(),
            Self::Go => output
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("--- FAIL: "))
                .map(failed)
                .collect(),
            Self::Playwright => listed(output),
        }
    }
}

/// What Playwright lists under `  1 failed` and `  2 flaky`, at its end.
fn listed(output: &str) -> Vec<Remark> {
    let mut kind: Option<fn(String) -> Remark> = None;
    let mut found = Vec::new();
    for line in output.lines() {
        let heading = line
            .trim()
            .split_once(' ')
            .filter(|(count, _)| count.parse::<usize>().is_ok());
        if let Some((_, outcome)) = heading {
            kind = match outcome {
                "failed" => Some(Remark::Failed),
                "flaky" => Some(Remark::Flaky),
                _ => None,
            };
        } else if let Some(kind) = kind
            && line.trim_start().starts_with('[')
        {
            found.push(kind(line.trim().trim_end_matches([' ', '─']).to_owned()));
        }
    }
    found
}

fn cargo(line: &str, tally: &mut Tally) {
    let Some((_, counts)) = line
        .trim()
        .strip_prefix("test result: ")
        .and_then(|rest| rest.split_once(". "))
    else {
        return;
    };
    for count in counts.split("; ") {
        match count.split_once(' ') {
            Some((n, "passed")) => tally.passed += n.parse().unwrap_or(0),
            Some((n, "failed")) => tally.failed += n.parse().unwrap_or(0),
            Some((n, "ignored")) => tally.skipped += n.parse().unwrap_or(0),
            _ => {}
        }
    }
}

fn go(line: &str, tally: &mut Tally) {
    match line.trim_start().split_once(": ") {
        Some(("--- PASS", _)) => tally.passed += 1,
        Some(("--- FAIL", _)) => tally.failed += 1,
        Some(("--- SKIP", _)) => tally.skipped += 1,
        _ => {}
    }
}

fn playwright(line: &str, tally: &mut Tally) {
    let Some((count, outcome)) = line.trim().split_once(' ') else {
        return;
    };
    let Ok(count) = count.parse::<usize>() else { return };
    // The time in brackets follows the count of those that passed.
    match outcome.split(" (").next() {
        // Flaky: passed at the second try. Named at the end of the run.
        Some("passed" | "flaky") => tally.passed += count,
        Some("failed" | "did not run" | "interrupted") => tally.failed += count,
        Some("skipped") => tally.skipped += count,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: usize, failed: usize, skipped: usize) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn sums_what_cargo_prints() {
        let output = "test a ... ok\ntest result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                      test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(Counts::Cargo.tally(output, false), tally(7, 3, 1));
    }

    #[test]
    fn counts_what_go_prints() {
        let output =
            "=== RUN   TestA\n--- PASS: TestA (0.01s)\n    --- FAIL: TestB/c (0.00s)\n--- SKIP: TestD\n";
        assert_eq!(Counts::Go.tally(output, false), tally(1, 1, 1));
    }

    #[test]
    fn counts_what_playwright_prints() {
        let output = "  ✓  1 [chromium] › mesh.spec.ts:3:1 › 3 passed things\n\n  1 failed\n  2 skipped\n  14 passed (3.2s)\n";
        assert_eq!(Counts::Playwright.tally(output, false), tally(14, 1, 2));
    }

    #[test]
    fn what_playwright_lists_is_named() {
        let output = "  ✘  1 [chromium] › a.spec.ts:3:1 › one (10s)\n  1) [chromium] › a.spec.ts:3:1 › one ────\n\n    Error: no\n\n\
                      \u{20} 1 failed\n    [chromium] › a.spec.ts:3:1 › one ─────\n  1 flaky\n    [chromium] › b.spec.ts:9:1 › two ──\n  14 passed (3.2s)\n";
        assert_eq!(
            Counts::Playwright.remarks(output),
            [
                Remark::Failed("[chromium] › a.spec.ts:3:1 › one".to_owned()),
                Remark::Flaky("[chromium] › b.spec.ts:9:1 › two".to_owned()),
            ]
        );
        assert_eq!(Counts::Playwright.tally(output, false), tally(15, 1, 0));
    }

    #[test]
    fn what_cargo_and_go_say_failed_is_named() {
        let cargo = "test rules::a ... ok\ntest rules::b ... FAILED\n";
        assert_eq!(
            Counts::Cargo.remarks(cargo),
            [Remark::Failed("rules::b".to_owned())]
        );
        let go = "--- PASS: TestA (0.01s)\n--- FAIL: TestB (0.00s)\n";
        assert_eq!(
            Counts::Go.remarks(go),
            [Remark::Failed("TestB (0.00s)".to_owned())]
        );
    }

    #[test]
    fn a_step_that_broke_before_its_tests_is_a_failure() {
        assert_eq!(
            Counts::Cargo.tally("error: could not compile", false),
            tally(0, 1, 0)
        );
        assert_eq!(Counts::AsOne.tally("", true), tally(1, 0, 0));
    }
}
