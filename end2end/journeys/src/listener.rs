//! A webhook that never answers, as the API server sees it: a socket that takes connections and keeps them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{net::TcpListener, sync::watch};

/// Takes connections. At first it closes each at once; [`Listener::hang`] makes it keep them open.
pub struct Listener {
    url: String,
    state: Arc<State>,
    release: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    taken: AtomicUsize,
    hangs: AtomicBool,
}

impl Listener {
    /// Starts to listen on a free port.
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = socket.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State::default());
        let release = watch::Sender::new(());
        let (task, released) = (state.clone(), release.subscribe());
        tokio::spawn(async move {
            while let Ok((connection, _)) = socket.accept().await {
                task.taken.fetch_add(1, Ordering::SeqCst);
                if task.hangs.load(Ordering::SeqCst) {
                    let mut released = released.clone();
                    released.mark_unchanged();
                    tokio::spawn(async move {
                        // Until it is let go; an end of the test lets go too.
                        let _ = released.changed().await;
                        drop(connection);
                    });
                }
            }
        });
        Self {
            url: format!("https://{address}/"),
            state,
            release,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many connections it has taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.state.taken.load(Ordering::SeqCst)
    }

    /// From now on connections stay open, without an answer.
    pub fn hang(&self) {
        self.state.hangs.store(true, Ordering::SeqCst);
    }

    /// Closes what it holds, and what comes from now on.
    pub fn let_go(&self) {
        self.state.hangs.store(false, Ordering::SeqCst);
        self.release.send_replace(());
    }
}
