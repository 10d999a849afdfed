//! What crosses the wire between Sidestep's server and everyone who talks to it.
//!
//! Paths ([`path`]), shapes (one module a resource), refusals ([`Problem`]) and the typed [`Client`] that the
//! browser, server-side rendering and tests share. Nothing here decides anything: rules live in `domain`.

pub mod access;
pub mod ask;
pub mod audit;
pub mod client;
pub mod json;
pub mod lint;
pub mod manifest;
pub mod mesh;
pub mod namespace;
pub mod outbound_policy;
pub mod owner;
pub mod page;
pub mod path;
pub mod pod;
pub mod preview;
pub mod problem;
pub mod query;
pub mod restart;
pub mod setting;
pub mod snippet;
pub mod trace;
pub mod transport;
pub mod unreadable;
pub mod verification;
pub mod words;
pub mod workload;

#[cfg(target_arch = "wasm32")]
pub mod fetch;

pub use ask::Ask;
pub use client::{Client, Precondition};
pub use page::Page;
pub use problem::{FieldProblem, Place, Problem};
pub use transport::{Reply, Request, Response, Transport};
