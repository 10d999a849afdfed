//! Parts of pages that know Sidestep.

pub(crate) mod delivery;
pub(crate) mod failure;
pub(crate) mod theme;
