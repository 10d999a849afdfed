//! The journeys, a module a topic.

mod access;
mod agreement;
mod bad_days;
mod bad_input;
mod delivery;
mod effective;
mod events;
mod evict;
mod history;
mod injection;
mod lints;
mod lists;
mod manifests;
mod outside;
mod owners;
mod preview;
mod printed;
mod reference;
mod restarts;
mod setting;
mod trace;
mod workloads;
