//! Through a real Envoy or round it: real packets between pods of the sandbox's data plane.

mod crash;
mod live;
mod mutual_tls;
mod refused;
mod registry_only;
mod verify;
