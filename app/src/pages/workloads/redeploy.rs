//! *Batch Redeploy*: a plan of restarts for the workloads that are ticked.

use std::collections::BTreeSet;

use api::{
    restart::{Scope, WorkloadName},
    workload::WorkloadKind,
};

use crate::{
    components::restart::{Restart, restart},
    prelude::*,
    ui::{button::Button, use_hydrated},
};

/// Which workloads of a list are ticked. It outlives a turn to the next page of the list.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    kind: WorkloadKind,
    /// By namespace and name.
    ticked: RwSignal<BTreeSet<(String, String)>>,
}

impl Selection {
    /// Nothing is ticked.
    pub(super) fn new(kind: WorkloadKind) -> Self {
        Self {
            kind,
            ticked: RwSignal::new(BTreeSet::new()),
        }
    }

    fn scope(self) -> Scope {
        let workload = |(namespace, name): (String, String)| WorkloadName {
            kind: self.kind.name().to_owned(),
            namespace,
            name,
        };
        Scope::Workloads {
            workloads: self.ticked.get_untracked().into_iter().map(workload).collect(),
        }
    }
}

/// The box of a row.
pub(super) fn tick(selection: Selection, namespace: String, name: String) -> AnyView {
    let hydrated = use_hydrated();
    let label = format!("Select {name} in {namespace}");
    let this = StoredValue::new((namespace, name));
    let is_ticked = move || this.with_value(|this| selection.ticked.with(|ticked| ticked.contains(this)));
    let turn = move |_| {
        this.with_value(|this| {
            selection.ticked.update(|ticked| {
                if !ticked.remove(this) {
                    ticked.insert(this.clone());
                }
            });
        });
    };
    view! {
        <input type="checkbox" aria-label=label disabled=move || !hydrated.get() prop:checked=is_ticked on:change=turn/>
    }
}

/// The button, with how many are ticked.
#[component]
pub(super) fn BatchRedeploy(selection: Selection) -> impl IntoView {
    let plan = restart();
    let count = Memo::new(move |_| selection.ticked.with(BTreeSet::len));
    let busy = plan.busy();
    let off = Signal::derive(move || busy.get() || count.get() == 0);
    let words = move || match count.get() {
        0 => "Tick the workloads that a plan is to restart.".to_owned(),
        1 => "1 selected. The plan is shown: nothing is restarted before it is started.".to_owned(),
        count => format!("{count} selected. The plan is shown: nothing is restarted before it is started."),
    };
    view! {
        <div class="batch">
            <Button busy=off on_press=move || plan.plan(selection.scope())>"Batch Redeploy"</Button>
            <p class="more" aria-live="polite">{words}</p>
        </div>
        <Restart plan/>
    }
}
