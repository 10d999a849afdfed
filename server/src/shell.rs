//! Lines for a shell.

use api::snippet::{Snippet, SnippetKind};

/// A call of this API.
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// The header that says what a write is based on.
    pub precondition: String,
    /// The path.
    pub path: String,
    /// The body.
    pub body: Option<serde_json::Value>,
}

impl Call {
    /// The call as a line with `curl`.
    #[must_use]
    pub fn snippet(&self) -> Snippet {
        let mut text = String::from("curl --fail-with-body");
        let mut argument = |option: &str, value: &str| {
            text.push_str(" \\\n  ");
            text.push_str(option);
            text.push(' ');
            text.push_str(&quoted(value));
        };
        argument("--request", self.method);
        argument("--header", &self.precondition);
        if let Some(body) = &self.body {
            argument("--header", "Content-Type: application/json");
            argument("--data", &body.to_string());
        }
        text.push_str(" \\\n  \"${SIDESTEP_SERVER:-http://127.0.0.1:8080}");
        text.push_str(&self.path);
        text.push('"');
        Snippet {
            kind: SnippetKind::Curl,
            title: "With this API".to_owned(),
            note: Some(
                "`SIDESTEP_SERVER` is the console's address. Away from the console's machine, add `--header \"Authorization: \
                 Bearer $SIDESTEP_TOKEN\"`"
                    .to_owned(),
            ),
            text,
        }
    }
}

/// A word for a shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_every_word_as_it_is() {
        for (word, shell) in [
            ("PUT", "PUT"),
            ("", "''"),
            ("If-None-Match: *", "'If-None-Match: *'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
        ] {
            assert_eq!(quoted(word), shell);
        }
        let call = Call {
            method: "PUT",
            precondition: "If-Match: \"u.1\"".to_owned(),
            path: "/api/v1/settings/global".to_owned(),
            body: Some(serde_json::json!({ "reason": "it's slow" })),
        };
        assert_eq!(
            call.snippet().text,
            r#"curl --fail-with-body \
  --request PUT \
  --header 'If-Match: "u.1"' \
  --header 'Content-Type: application/json' \
  --data '{"reason":"it'\''s slow"}' \
  "${SIDESTEP_SERVER:-http://127.0.0.1:8080}/api/v1/settings/global""#
        );
    }
}
