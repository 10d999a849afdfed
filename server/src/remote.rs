//! The REST API of a console somewhere else: how the command line reaches it, so that what it does is recorded like
//! everything else.

use api::{Problem, Reply, Transport};
use http::{Request, Response, Uri};
use kube::{Client, Config, client::Body, config::AuthInfo};

/// A console by its URL. Underneath is kube's client, which this binary has anyway: a base URL, TLS, a bearer token.
#[derive(Clone)]
pub struct Remote {
    client: Client,
    server: Uri,
}

impl Remote {
    /// The console at `server`, asked with `token`; without one it must be on this machine.
    pub fn at(server: Uri, token: Option<String>) -> kube::Result<Self> {
        let mut config = Config::new(server.clone());
        config.auth_info = AuthInfo {
            token: token.map(Into::into),
            ..AuthInfo::default()
        };
        // A write that was taken and whose answer was lost must not be sent again.
        config.default_retry = false;
        Ok(Self {
            client: Client::try_from(config)?,
            server,
        })
    }

    async fn exchange(self, request: Request<Vec<u8>>) -> kube::Result<Response<Vec<u8>>> {
        let (parts, body) = self.client.send(request.map(Body::from)).await?.into_parts();
        let body = body.collect_bytes().await?;
        Ok(Response::from_parts(parts, body.to_vec()))
    }
}

impl Transport for Remote {
    fn send(&self, request: api::Request) -> Reply {
        let remote = self.clone();
        Box::pin(async move {
            let server = remote.server.clone();
            let answer = remote.exchange(request.try_into()?).await.map_err(|error| {
                Problem::unreachable(format!("`{server}`: {error}")).with_way_out(
                    "check that `sidestep serve` runs there, or name another address with --server",
                )
            })?;
            Ok(answer.into())
        })
    }
}
