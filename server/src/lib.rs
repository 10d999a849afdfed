//! Sidestep's server: everything that touches the world.
//!
//! Start at [`serve`], which builds [`state::State`] and starts what runs; [`router`] lists what the console answers.
//! A saved setting: [`api`] → [`settings`] → [`change`] (the record around it) → the cluster → [`cluster::watch`].
//! An admitted pod: [`admission`]. A request from inside a pod: [`verify`]. A page: [`ssr`].

mod access_review;
pub mod admission;
pub mod api;
mod budgets;
pub mod caller;
pub mod change;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod command;
pub mod error;
pub mod extract;
mod health;
pub mod history;
pub mod install;
pub mod manifest;
pub mod mesh_config;
pub mod outbound_policy;
pub mod outside;
pub mod owner;
mod proxy_config;
pub mod reach;
pub mod remarks;
pub mod remote;
pub mod restarts;
pub mod router;
mod selector;
pub mod serve;
pub mod settings;
pub mod shell;
pub mod site;
mod ssr;
mod stack;
pub mod state;
pub mod stopping;
pub mod telemetry;
pub mod verify;
mod yaml;
