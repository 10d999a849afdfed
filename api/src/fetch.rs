//! The browser's transport: `fetch`, aborted when the caller loses interest.

use gloo_net::http::{Method, RequestBuilder};
use send_wrapper::SendWrapper;
use web_sys::AbortController;

use crate::{Problem, Reply, Request, Response, Transport};

/// Sends requests with the browser's `fetch`, to the page's own origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fetch;

/// Aborts the request when dropped, so that leaving a page ends its requests.
struct AbortOnDrop(Option<AbortController>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

impl Transport for Fetch {
    fn send(&self, request: Request) -> Reply {
        // The browser has one thread: nothing here ever crosses to another.
        Box::pin(SendWrapper::new(send(request)))
    }
}

async fn send(request: Request) -> Result<Response, Problem> {
    let controller = AbortOnDrop(AbortController::new().ok());
    let method = match request.method {
        "PUT" => Method::PUT,
        "POST" => Method::POST,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    };
    let mut builder = RequestBuilder::new(&request.url)
        .method(method)
        .abort_signal(controller.0.as_ref().map(AbortController::signal).as_ref());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let sent = if request.body.is_empty() {
        builder.send().await
    } else {
        builder
            .body(request.body)
            .map_err(|e| Problem::unreachable(e.to_string()))?
            .send()
            .await
    };
    let answer = sent.map_err(|e| Problem::unreachable(e.to_string()))?;
    let status = answer.status();
    let body = answer
        .binary()
        .await
        .map_err(|e| Problem::unreachable(e.to_string()))?;
    Ok(Response { status, body })
}
