//! A console's stream of changes, as it comes over the wire.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use hyper::{Response, body::Incoming};

/// How long an event that must come may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream. It ends when dropped.
pub struct Events {
    body: Incoming,
    text: String,
    _connection: Connection,
}

/// The task that moves a connection's bytes.
pub(crate) struct Connection(pub(crate) tokio::task::JoinHandle<hyper::Result<()>>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Events {
    /// Takes over an answer, and waits until it says that it tells everything from now on.
    pub(crate) async fn of(answer: Response<Incoming>, connection: Connection) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        let mut events = Self {
            body: answer.into_body(),
            text: String::new(),
            _connection: connection,
        };
        assert_eq!(events.next().await.as_deref(), Some("ready"));
        events
    }

    /// The name of the next event; `None`: the console has ended the stream.
    ///
    /// # Panics
    /// If neither comes in 30 s, or the connection breaks.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                // Else it is a comment, to keep the connection alive.
                if let Some(name) = event.lines().find_map(|line| line.strip_prefix("event: ")) {
                    return Some(name.to_owned());
                }
                continue;
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame
                .expect("an event in time")?
                .expect("a connection that does not break");
            if let Some(data) = frame.data_ref() {
                self.text.push_str(&String::from_utf8_lossy(data));
            }
        }
    }

    /// Waits for an event of this name.
    pub async fn until(&mut self, name: &str) {
        while let Some(event) = self.next().await {
            if event == name {
                return;
            }
        }
        panic!("the stream has ended without `{name}`");
    }
}
