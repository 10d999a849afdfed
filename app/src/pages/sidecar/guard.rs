//! What is guarded of a level's form, and where its reader goes on to.

use domain::Level;

use super::form::Form;
use crate::{
    components::guard::{Guard, Guarded},
    prelude::*,
    routes,
};

/// Guards this form.
pub(super) fn guard_form(guard: Guard, form: Form) {
    guard.guard(Guarded {
        dirty: form.dirty.into(),
        discard: Callback::new(move |()| form.discard()),
        name: name_of(&form.level()),
    });
}

/// Goes on after a workload setting was made or deleted: the page that showed it is about something else then.
pub(super) fn follow(guard: Guard, form: Form) {
    Effect::new(move |_| {
        let (Some(saved), Level::Workload { namespace, name }) = (form.saved.get(), form.level()) else {
            return;
        };
        if saved.reset {
            guard.leave(routes::workload_settings(&namespace));
        } else if form.name().is_some() {
            guard.leave(routes::workload_setting(&namespace, &name));
        }
    });
}

/// A level in a sentence.
pub(super) fn name_of(level: &Level) -> String {
    match level {
        Level::Global => "the global setting".to_owned(),
        Level::Namespace(namespace) => ["the setting of namespace ", namespace].concat(),
        Level::Workload { namespace, name } if name.is_empty() => {
            ["the new workload setting in namespace ", namespace].concat()
        }
        Level::Workload { namespace, name } => {
            ["workload setting ", name, " in namespace ", namespace].concat()
        }
    }
}
