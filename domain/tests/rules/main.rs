//! The rules as tables and properties. Start with `oracle`: Istio's own rules, written a second time from its sources, by
//! which ours are judged.

mod args;
mod cidrs;
mod effective;
mod lint;
mod marker;
mod oracle;
mod owner;
mod plan;
mod ports;
mod restart;
mod running;
mod strategy;
mod trace;
mod traffic;
mod values;
mod verify;
