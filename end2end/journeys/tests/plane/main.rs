//! Through a real Envoy or round it: real packets between pods of the sandbox's data plane.

mod live;
mod mutual_tls;
mod refused;
mod verify;
