//! Where each page is: the one place that writes an address.

/// Mesh Management.
#[must_use]
pub fn mesh() -> &'static str {
    "/"
}
