//! A plan of restarts is made, and the reader taken to it: nothing is restarted before it is started there.

use api::{
    Client, FieldProblem, Problem,
    restart::{Command, PlanRestart, RestartOptions, Scope},
};
use domain::restart::RunState;
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

    /// What is wrong with the plan that was asked for, field by field.
    pub(crate) fn mistakes(self) -> Vec<FieldProblem> {
        self.refused
            .with(|refused| refused.as_ref().map(|problem| problem.errors.clone()))
            .unwrap_or_default()
    }

    /// Makes a plan for these workloads.
    pub(crate) fn plan(self, scope: Scope) {
        let wanted = PlanRestart {
            scope,
            options: RestartOptions::default(),
            reason: None,
        };
        self.make(wanted, None);
    }

    /// Makes this plan. It takes the place of `old`, which ends, unless somebody has started it.
    pub(crate) fn make(self, wanted: PlanRestart, old: Option<String>) {
        let client = self.client.get_value();
        self.busy.set(true);
        self.refused.set(None);
        spawn_local(async move {
            let answer = client.make_restart(&wanted).await;
            if let (Ok(_), Some(old)) = (&answer, old) {
                end_unstarted(&client, &old).await;
            }
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

/// Ends a plan that waits. One that could not be ended stands in the list, and nothing happens before it is started.
async fn end_unstarted(client: &Client, id: &str) {
    let waits = client
        .restart(id)
        .await
        .is_ok_and(|run| run.row.state == RunState::Planned);
    if waits {
        drop(client.command_restart(id, Command::Cancel).await);
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
