//! The server through its real router, in one process: a real history in SQLite, a fake API server under `kube::Client`.
//!
//! For what the sandbox cannot be made to do: answers that never come, refusals at a chosen moment, databases that take
//! no writes. What the sandbox can do is tested there (end2end/journeys).

mod cni;
mod events;
mod exports;
mod fake_cluster;
mod history;
mod levels;
mod lints;
mod lists;
mod manifests;
mod openapi;
mod outbound_policy;
mod outside;
mod owners;
mod preview;
mod reads;
mod reconciled;
mod restarts;
mod reverts;
mod stack;
mod support;
mod things;
mod trace;
mod verifications;
mod webhook;
mod workloads;
mod writes;
