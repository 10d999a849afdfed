//! How requests reach the API: what is sent and what comes back, in plain words of the protocol.
//!
//! Not the types of the crate `http`, which checks and indexes what nothing here asks for: the browser does all that itself,
//! and would load it with every page. Elsewhere a [`Request`] becomes one of theirs.

use std::{future::Future, pin::Pin};

use crate::Problem;

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method, in capitals.
    pub method: &'static str,
    /// Path and query.
    pub url: String,
    /// Headers, by lower-case names.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A request under way.
pub type Reply = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// How a request reaches the API: `fetch` in the browser, the router itself during server-side rendering, a socket
/// elsewhere.
pub trait Transport: Send + Sync {
    /// Sends `request`.
    fn send(&self, request: Request) -> Reply;
}

#[cfg(not(target_arch = "wasm32"))]
impl TryFrom<Request> for http::Request<Vec<u8>> {
    type Error = Problem;

    fn try_from(request: Request) -> Result<Self, Problem> {
        let mut builder = http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        builder
            .body(request.body)
            .map_err(|error| Problem::unreadable(&request.url, &error.to_string()))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl From<http::Response<Vec<u8>>> for Response {
    fn from(response: http::Response<Vec<u8>>) -> Self {
        Self {
            status: response.status().as_u16(),
            body: response.into_body(),
        }
    }
}
