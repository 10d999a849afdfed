//! Restarts: what is judged, in which order, and what a run may do.

mod assess;
mod runs;
