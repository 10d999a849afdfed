//! One module a page.

pub(crate) mod mesh;
pub(crate) mod not_found;
