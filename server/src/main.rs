//! sidestep
fn main() {}
