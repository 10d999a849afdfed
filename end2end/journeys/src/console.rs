//! A console over HTTP: the typed client, and requests that no typed client would send.

use std::fmt;

use api::{Client, Problem, Reply, Transport};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::events::{Connection, Events};

/// A console and who talks to it.
#[derive(Clone, Debug)]
pub struct Console {
    /// `host:port`.
    address: String,
    token: Option<String>,
}

/// What a console answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Console {
    /// The console at a base URL, without a token: on loopback that is the kubeconfig's user.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Self {
            address: address.to_owned(),
            token: None,
        }
    }

    /// The same console, asked with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            address: self.address.clone(),
            token: Some(token.to_owned()),
        }
    }

    /// The typed client.
    #[must_use]
    pub fn api(&self) -> Client {
        Client::new(self.clone())
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Answer {
        let sent = self.clone().exchange(request).await;
        sent.unwrap_or_else(|error| panic!("the console at {} did not answer: {error}", self.address))
    }

    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    /// Sends a request with these headers and this body; no header is added but `Host` and the token.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.as_bytes().to_vec());
        self.send(request.expect("the test's request can be sent")).await
    }

    /// Puts JSON, with one more header: the precondition.
    pub async fn put(&self, path: &str, precondition: (&str, &str), body: &Value) -> Answer {
        let headers = [precondition, ("content-type", "application/json")];
        self.ask(Method::PUT, path, &headers, &body.to_string()).await
    }

    /// Listens to what changes.
    pub async fn events(&self) -> Events {
        let request = Request::get(api::path::EVENTS).body(Vec::new());
        let request = request.expect("the test's request can be sent");
        let opened = self.clone().open(request).await;
        let (answer, connection) =
            opened.unwrap_or_else(|error| panic!("the console at {} did not answer: {error}", self.address));
        Events::of(answer, connection).await
    }

    async fn exchange(self, request: Request<Vec<u8>>) -> Result<Answer, String> {
        let (answer, _connection) = self.open(request).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }

    /// Sends a request; the answer's head, and what brings the rest.
    async fn open(self, mut request: Request<Vec<u8>>) -> Result<(Response<Incoming>, Connection), String> {
        let headers = request.headers_mut();
        if !headers.contains_key(header::HOST) {
            let host = HeaderValue::from_str(&self.address).expect("an address is a header");
            headers.insert(header::HOST, host);
        }
        if let Some(token) = &self.token {
            let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token is a header");
            headers.insert(header::AUTHORIZATION, bearer);
        }
        let words = |error: &dyn fmt::Display| error.to_string();
        let stream = TcpStream::connect(&self.address)
            .await
            .map_err(|error| words(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| words(&error))?;
        let connection = Connection(tokio::spawn(connection));
        let answer = sender
            .send_request(request.map(|body| Full::new(Bytes::from(body))))
            .await
            .map_err(|error| words(&error))?;
        Ok((answer, connection))
    }
}

impl Transport for Console {
    fn send(&self, request: api::Request) -> Reply {
        let console = self.clone();
        Box::pin(async move {
            let answer = console.exchange(request.try_into()?);
            let answer = answer.await.map_err(Problem::unreachable)?;
            Ok(api::Response {
                status: answer.status.as_u16(),
                body: answer.body,
            })
        })
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The problem that the answer is, once it is sure that it has the form of one: media type, the status again, the
    /// request's id in header and body, words.
    #[expect(clippy::must_use_candidate, reason = "it is also called for what it asserts")]
    pub fn problem(&self) -> Problem {
        assert!(
            self.status.is_client_error() || self.status.is_server_error(),
            "this is no refusal: {self:?}"
        );
        assert_eq!(
            self.header("content-type"),
            Some(api::problem::MEDIA_TYPE),
            "{self:?}"
        );
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no problem ({error}): {self:?}"));
        assert_eq!(problem.status, self.status.as_u16(), "{self:?}");
        assert!(problem.kind.starts_with("tag:sidestep.dev,2026:"), "{self:?}");
        assert!(
            !problem.title.is_empty() && !problem.detail.is_empty(),
            "{self:?}"
        );
        let id = self.header("x-request-id");
        assert!(id.is_some_and(|id| !id.is_empty()), "{self:?}");
        assert_eq!(problem.request_id.as_deref(), id, "{self:?}");
        problem
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?} {}", self.status, self.headers, self.text())
    }
}
