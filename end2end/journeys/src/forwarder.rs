//! What stands between a console and its cluster, and can fail.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// How it treats connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Closes every one, old and new.
    Off,
    /// Forwards.
    On,
    /// Forwards requests and keeps the answers to itself.
    NoAnswers,
}

/// A forwarder of TCP connections.
pub struct Forwarder {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
}

impl Forwarder {
    /// Starts one to `target`, on a free port.
    pub async fn to(target: &str, mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let mode = watch::Sender::new(mode);
        let (target, modes) = (target.to_owned(), mode.subscribe());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, modes) = (target.clone(), modes.clone());
                tokio::spawn(async move {
                    if *modes.borrow() == Mode::Off {
                        return;
                    }
                    let Ok(server) = TcpStream::connect(&target).await else {
                        return;
                    };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let mut off = modes.clone();
                    tokio::select! {
                        () = forward(from_client, to_server, None) => {}
                        () = forward(from_server, to_client, Some(modes)) => {}
                        _ = off.wait_for(|mode| *mode == Mode::Off) => {}
                    }
                });
            }
        });
        Self { address, mode }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it treats connections, open ones included.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, answers: Option<watch::Receiver<Mode>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let kept = answers
            .as_ref()
            .is_some_and(|mode| *mode.borrow() == Mode::NoAnswers);
        if !kept && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
