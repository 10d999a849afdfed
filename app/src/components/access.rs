//! What the reader may do: told by the cluster before a button is pressed.

use crate::prelude::*;
use api::{
    access::{Access, AccessQuery, Act},
    ask,
};

use crate::components::load::Data;

/// What the cluster says of a thing, by namespace and name.
pub(crate) type Rights = Data<(AccessQuery, Access)>;

/// Begins to ask.
pub(crate) fn rights(place: Memo<(String, String)>) -> Rights {
    Data::about(
        Signal::derive(move || {
            let (namespace, name) = place.get();
            Ok(AccessQuery {
                namespace,
                name: Some(name),
            })
        }),
        ask::access,
    )
}

/// Why the reader may not; nothing where they may, or while it is not told: the cluster decides anyway.
pub(crate) fn refused(rights: Rights, act: Act) -> Signal<Option<String>> {
    Signal::derive(move || {
        let (_, access) = rights.get()?.ok()?;
        access.refused(act).map(str::to_owned)
    })
}
