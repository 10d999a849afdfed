//! What asks from inside a container: `curl`, or one of the two programs that are called `wget`.
//!
//! Each is told to ask once, to ask nobody else (no proxy, no redirect, no file with options), and to throw the body away.

use std::{net::IpAddr, time::Duration};

use domain::verify::{Answer, Failure, Method};

use super::exec::Run;

/// By this the line is known in which curl says to whom it spoke.
const MARK: &str = "sidestep-verify";
/// How long a command that asks nobody may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// How much longer than the answer a command may take.
const SLACK: Duration = Duration::from_secs(5);

/// A program that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// curl.
    Curl,
    /// GNU Wget.
    Wget,
    /// The wget of `BusyBox`, which follows redirects whatever it is told.
    BusyBoxWget,
}

/// What it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The answer.
    pub(super) answer: Answer,
    /// What it said itself, where there was none.
    pub(super) words: String,
    /// The address that it spoke to.
    pub(super) remote: Option<IpAddr>,
    /// The address and port that it spoke from.
    pub(super) local: Option<String>,
}

impl Tool {
    /// How a program is asked whether it is there.
    pub(super) fn probe(program: &str) -> Vec<String> {
        texts([program, "--version"])
    }

    /// Which program answered that.
    pub(super) fn known(program: &str, run: &Run) -> Self {
        match program {
            "curl" => Self::Curl,
            _ if run.out.contains("GNU Wget") => Self::Wget,
            _ => Self::BusyBoxWget,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::BusyBoxWget => "BusyBox wget",
        }
    }

    /// The command that asks.
    pub(super) fn command(self, url: &str, method: Method, seconds: u8) -> Vec<String> {
        let seconds = seconds.to_string();
        match self {
            Self::Curl => {
                let write =
                    format!("\\n{MARK} %{{http_code}} %{{remote_ip}} %{{local_ip}} %{{local_port}}\\n");
                let head = ["-I"].as_slice();
                let get = ["-D", "-", "-o", "/dev/null"].as_slice();
                let how = if method == Method::Head { head } else { get };
                let mut command = texts([
                    "curl",
                    "-q",
                    "-sS",
                    "-k",
                    "-g",
                    "--noproxy",
                    "*",
                    "-m",
                    &seconds,
                    "-w",
                    &write,
                ]);
                command.extend(how.iter().map(|text| (*text).to_owned()));
                command.extend(texts(["--url", url]));
                command
            }
            Self::Wget => {
                let mut command = texts([
                    "wget",
                    "--no-config",
                    "-S",
                    "-T",
                    &seconds,
                    "-t",
                    "1",
                    "--max-redirect=0",
                ]);
                command.extend(texts([
                    "--no-proxy",
                    "--no-check-certificate",
                    "--no-hsts",
                    "-O",
                    "/dev/null",
                ]));
                if method == Method::Head {
                    command.push("--spider".to_owned());
                }
                command.extend(texts(["--", url]));
                command
            }
            Self::BusyBoxWget => {
                let mut command = texts(["wget", "-S", "-T", &seconds, "-Y", "off", "-O", "/dev/null"]);
                if method == Method::Head {
                    command.push("--spider".to_owned());
                }
                command.extend(texts(["--", url]));
                command
            }
        }
    }

    /// How long that may take.
    pub(super) fn limit(seconds: u8) -> Duration {
        Duration::from_secs(seconds.into()) + SLACK
    }

    /// What it saw.
    pub(super) fn read(self, run: &Run) -> Seen {
        match self {
            Self::Curl => curl(run),
            Self::Wget | Self::BusyBoxWget => wget(run),
        }
    }
}

fn texts<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(str::to_owned).into()
}

fn curl(run: &Run) -> Seen {
    let marked = run
        .out
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(MARK))
        .unwrap_or_default();
    // An address that there is none of is an empty text: fields are told apart by single blanks.
    let mut fields = marked.trim_start_matches(' ').split(' ');
    let mut field = || fields.next().filter(|field| !field.is_empty());
    let _status = field();
    let remote = field().and_then(|address| address.parse().ok());
    let local = match (field(), field()) {
        (Some(address), Some(port)) if port != "0" => Some(format!("{address}:{port}")),
        _ => None,
    };
    let lines = run.out.lines().filter(|line| !line.starts_with(MARK));
    let answer = match answers(lines).pop() {
        Some(answer) => answer,
        None => Answer::Failed(match run.code {
            6 => Failure::NotResolved,
            7 => Failure::NotConnected,
            28 => Failure::TimedOut,
            // No TLS where a handshake was wanted, no answer, not sent, not received, HTTP/2 framing.
            16 | 35 | 52 | 55 | 56 | 92 => Failure::Closed,
            _ => Failure::Other,
        }),
    };
    Seen {
        answer,
        words: run.err.trim().to_owned(),
        remote,
        local,
    }
}

fn wget(run: &Run) -> Seen {
    let mut all = answers(run.err.lines().filter_map(|line| line.strip_prefix("  ")));
    let answer = match (all.len(), all.pop()) {
        (0 | 1, Some(answer)) => answer,
        (_, Some(_)) => match all.first() {
            Some(Answer::Answered { status, .. }) => Answer::Redirected { status: *status },
            _ => Answer::Failed(Failure::Other),
        },
        (_, None) => Answer::Failed(failure(&run.err)),
    };
    Seen {
        answer,
        words: run.err.lines().last().unwrap_or_default().trim().to_owned(),
        remote: run.err.lines().find_map(connected_to),
        local: None,
    }
}

/// `Connecting to 198.51.100.10:80... connected.`, `Connecting to host|198.51.100.10|:80...`, and `BusyBox`'s
/// `Connecting to host (198.51.100.10:80)`.
fn connected_to(line: &str) -> Option<IpAddr> {
    let rest = line.trim().strip_prefix("Connecting to ")?;
    let between = |open: char, close: char| {
        let (_, rest) = rest.split_once(open)?;
        rest.split_once(close).map(|(inside, _)| inside)
    };
    let candidates = [
        between('|', '|'),
        between('(', ')'),
        Some(rest.split("...").next().unwrap_or(rest)),
    ];
    candidates.into_iter().flatten().find_map(|text| {
        let socket = text.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
        socket.or_else(|_| text.trim_matches(['[', ']']).parse()).ok()
    })
}

fn failure(words: &str) -> Failure {
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if has(&["timed out"]) {
        Failure::TimedOut
    } else if has(&["bad address", "unable to resolve", "not known", "resolution"]) {
        Failure::NotResolved
    } else if has(&["can't connect", "refused", "No route", "unreachable"]) {
        Failure::NotConnected
    } else if has(&[
        "No data received",
        "error getting response",
        "reset",
        "Read error",
        "SSL",
        "TLS",
        "closed",
    ]) {
        Failure::Closed
    } else {
        Failure::Other
    }
}

/// The heads of answers, in their order; those that announce another (1xx) are no answers.
fn answers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Answer> {
    let mut all: Vec<(u16, Vec<(String, String)>)> = Vec::new();
    let mut is_head = false;
    for line in lines {
        let line = line.trim_end();
        if let Some(rest) = line.strip_prefix("HTTP/") {
            let status = rest.split(' ').nth(1).and_then(|status| status.parse().ok());
            is_head = status.is_some();
            all.extend(status.map(|status| (status, Vec::new())));
        } else if line.is_empty() {
            is_head = false;
        } else if let (true, Some((name, value)), Some((_, headers))) =
            (is_head, line.split_once(':'), all.last_mut())
        {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let all = all.into_iter().filter(|(status, _)| *status >= 200);
    all.map(|(status, headers)| Answer::Answered { status, headers })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: i32, out: &str, err: &str) -> Run {
        Run {
            code,
            out: out.to_owned(),
            err: err.to_owned(),
        }
    }

    fn status(answer: &Answer) -> Option<u16> {
        match answer {
            Answer::Answered { status, .. } => Some(*status),
            _ => None,
        }
    }

    #[test]
    fn a_url_is_never_an_option_and_no_proxy_redirect_or_file_has_a_say() {
        let url = "http://198.51.100.10/productpage";
        for (tool, before_url) in [
            (Tool::Curl, "--url"),
            (Tool::Wget, "--"),
            (Tool::BusyBoxWget, "--"),
        ] {
            for method in [Method::Head, Method::Get] {
                let command = tool.command(url, method, 5);
                let at = command.len() - 1;
                assert_eq!(
                    (command[at].as_str(), command[at - 1].as_str()),
                    (url, before_url),
                    "{command:?}"
                );
                assert!(
                    !command
                        .iter()
                        .any(|argument| argument == "-L" || argument == "sh"),
                    "{command:?}"
                );
            }
        }
        assert_eq!(
            Tool::Curl.command(url, Method::Head, 5)[1],
            "-q",
            "curl reads it only there"
        );
    }

    #[test]
    fn curls_words_are_read() {
        let out = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: envoy\r\nx-envoy-upstream-service-time: 0\r\n\r\n\n\
                   sidestep-verify 200 198.51.100.10 10.250.1.2 37834\n";
        let seen = Tool::Curl.read(&run(0, out, ""));
        assert_eq!(status(&seen.answer), Some(200));
        assert_eq!(seen.answer.header("server"), Some("envoy"));
        assert_eq!(seen.remote, "198.51.100.10".parse().ok());
        assert_eq!(seen.local.as_deref(), Some("10.250.1.2:37834"));
        let none = "\nsidestep-verify 000   0\n";
        for (code, failure) in [
            (6, Failure::NotResolved),
            (7, Failure::NotConnected),
            (28, Failure::TimedOut),
            (35, Failure::Closed),
            (52, Failure::Closed),
            (3, Failure::Other),
        ] {
            let seen = Tool::Curl.read(&run(code, none, "curl: (7) no\n"));
            assert_eq!(
                (seen.answer, seen.remote, seen.local),
                (Answer::Failed(failure), None, None),
                "{code}"
            );
        }
    }

    #[test]
    fn both_wgets_words_are_read() {
        let gnu = "Spider mode enabled. Check if remote file exists.\n--2026-11-26 05:26:38--  http://198.51.100.10/x\n\
                   Connecting to 198.51.100.10:80... connected.\nHTTP request sent, awaiting response... \n  HTTP/1.1 200 OK\n  \
                   server: envoy\n  x-envoy-upstream-service-time: 0\nLength: 202 [text/plain]\nRemote file exists.\n";
        let seen = Tool::Wget.read(&run(0, "", gnu));
        assert_eq!(
            (status(&seen.answer), seen.answer.header("server")),
            (Some(200), Some("envoy"))
        );
        assert_eq!(seen.remote, "198.51.100.10".parse().ok());
        let named = Tool::Wget.read(&run(
            4,
            "",
            "Connecting to a.b (a.b)|10.0.0.9|:80... failed: Connection refused.\n",
        ));
        assert_eq!(
            (named.answer, named.remote),
            (Answer::Failed(Failure::NotConnected), "10.0.0.9".parse().ok())
        );

        let busybox = "Connecting to reviews (10.96.0.7:9080)\n  HTTP/1.1 200 OK\n  Server: app\n  \nremote file exists\n";
        let seen = Tool::BusyBoxWget.read(&run(0, "", busybox));
        assert_eq!(
            (status(&seen.answer), seen.remote),
            (Some(200), "10.96.0.7".parse().ok())
        );
        let followed = "Connecting to a (10.0.0.1:80)\n  HTTP/1.1 301 Moved\n  Location: http://b/\nConnecting to b (10.0.0.2:80)\n  HTTP/1.1 200 OK\n";
        assert_eq!(
            Tool::BusyBoxWget.read(&run(0, "", followed)).answer,
            Answer::Redirected { status: 301 }
        );
        let timed_out = Tool::BusyBoxWget.read(&run(
            1,
            "",
            "Connecting to a (10.0.0.1:80)\nwget: download timed out\n",
        ));
        assert_eq!(timed_out.answer, Answer::Failed(Failure::TimedOut));
    }

    #[test]
    fn the_two_wgets_are_told_apart() {
        assert_eq!(
            Tool::known("wget", &run(0, "GNU Wget 1.21.3 built on linux-gnu.\n", "")),
            Tool::Wget
        );
        assert_eq!(
            Tool::known(
                "wget",
                &run(1, "", "wget: unrecognized option: version\nBusyBox v1.36\n")
            ),
            Tool::BusyBoxWget
        );
    }
}
