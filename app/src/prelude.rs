//! What every file of the pages begins with: Leptos' prelude, with a `view!` that is of one type.

pub(crate) use leptos::prelude::*;

/// Leptos' `view!`, as an [`AnyView`]: `Option`, `Vec`, closures and effects around it are then compiled once, not for each
/// kind of element.
macro_rules! view {
    ($($view:tt)*) => {
        leptos::prelude::IntoAny::into_any(leptos::view! { $($view)* })
    };
}
pub(crate) use view;
