//! A plan of restarts is made, and the reader taken to it: nothing is restarted before it is started there.

use api::{
    Client, Problem,
    restart::{PlanRestart, RestartOptions, Scope},
};
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::{components::refusal::refusal, prelude::*, routes};

/// The making of a plan.
#[derive(Clone, Copy)]
pub(crate) struct Planning {
    busy: RwSignal<bool>,
    refused: RwSignal<Option<Problem>>,
    made: RwSignal<Option<String>>,
    client: StoredValue<Client>,
}

/// Prepares to make one.
pub(crate) fn restart() -> Planning {
    Planning {
        busy: RwSignal::new(false),
        refused: RwSignal::new(None),
        made: RwSignal::new(None),
        client: StoredValue::new(expect_context()),
    }
}

impl Planning {
    /// Whether it is under way.
    pub(crate) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Makes a plan for these workloads.
    pub(crate) fn plan(self, scope: Scope) {
        let client = self.client.get_value();
        self.busy.set(true);
        self.refused.set(None);
        spawn_local(async move {
            let wanted = PlanRestart {
                scope,
                options: RestartOptions::default(),
                reason: None,
            };
            let answer = client.make_restart(&wanted).await;
            // The page may have been left meanwhile.
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(run) => self.made.set(Some(run.row.id)),
                Err(problem) => self.refused.set(Some(problem)),
            }
        });
    }
}

/// Takes the reader to the plan that was made, or says why there is none.
#[component]
pub(crate) fn Restart(plan: Planning) -> impl IntoView {
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(id) = plan.made.get() {
            navigate(&routes::restart(&id), leptos_router::NavigateOptions::default());
        }
    });
    view! {
        <div aria-live="polite">
            {move || plan.refused.get().map(refusal)}
        </div>
    }
}
