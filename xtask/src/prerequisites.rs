//! What must be on the machine before anything else: each missing one is named with how to get it.

use std::path::Path;

use crate::steps;

/// A program that a step needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Builds the sandbox.
    Go,
    /// Shrinks the browser's code, and runs the browser tests.
    Node,
    /// Links Rust, and compiles SQLite and the TLS library.
    C,
}

impl Tool {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Go, Self::Node, Self::C];

    /// What is missing and how to get it; nothing where the tool is there.
    pub(crate) fn missing(self, root: &Path) -> Option<String> {
        let (program, arguments, least): (_, &[&str], _) = match self {
            Self::Go => ("go", &["version"], (1, 26)),
            Self::Node => ("node", &["--version"], (20, 0)),
            Self::C => ("cc", &["-dumpversion"], (0, 0)),
        };
        // In the module's folder, Go answers for the toolchain that it would take for it.
        let folder = if self == Self::Go {
            root.join("end2end/cluster")
        } else {
            root.to_owned()
        };
        let said = steps::output(&mut steps::command(program, arguments, &folder)).ok();
        match said.as_deref().map(version) {
            Some(found) if found >= least => None,
            Some(found) => Some(format!("{} (found {}.{})", self.way(), found.0, found.1)),
            None => Some(self.way().to_owned()),
        }
    }

    fn way(self) -> &'static str {
        match self {
            Self::Go => "Go 1.26 or newer, for the sandbox: https://go.dev/dl/",
            Self::Node => {
                "Node 20 or newer, for wasm-opt, esbuild and the browser tests: https://nodejs.org/en/download"
            }
            Self::C => "a C compiler (`cc`): `apt-get install build-essential`, or `xcode-select --install`",
        }
    }
}

/// The first two numbers of a version, wherever it stands in `text`.
fn version(text: &str) -> (u32, u32) {
    let digits = text
        .find(|c: char| c.is_ascii_digit())
        .map_or("", |at| &text[at..]);
    let mut numbers = digits
        .split(|c: char| !c.is_ascii_digit())
        .map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_that_tools_print() {
        assert_eq!(version("go version go1.26.8 linux/amd64\n"), (1, 26));
        assert_eq!(version("v20.20.2\n"), (20, 20));
        assert_eq!(version("12\n"), (12, 0));
        assert_eq!(version("none"), (0, 0));
    }
}
