//! What the journeys stand on: the sandbox's control plane, a console on it, and things to make and to look at.
//!
//! The journeys themselves are in `tests/journeys`. They talk to the console as a person would, over REST, and ask those
//! who do not know Sidestep what came of it: the real API server and the real istiod. A test starts with
//! [`World::shared`] or, where it touches what the whole mesh shares, [`World::alone`].

pub mod console;
pub mod events;
pub mod forwarder;
pub mod listener;
pub mod namespace;
pub mod own;
pub mod plane;
pub mod pods;
pub mod poll;
pub mod random;
pub mod resource;
pub mod revision;
pub mod sandbox;
pub mod undo;
pub mod workloads;
pub mod world;

pub use self::{
    console::{Answer, Console},
    events::Events,
    forwarder::{Forwarder, Mode},
    listener::Listener,
    namespace::Namespace,
    own::Own,
    poll::{eventually, within},
    revision::Revision,
    sandbox::{Sandbox, User},
    undo::Undo,
    world::World,
};
