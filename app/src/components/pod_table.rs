//! Pods as rows: the same wherever pods are listed.

use crate::prelude::*;
use api::pod::{Owner, PodRow};

use crate::{
    components::{
        delete_pod::Deletion,
        pod_state::{SidecarKind, State, status_tone},
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        menu::{Menu, MenuItem},
        steady::steadily,
        table::{Column, Table},
        time::Ago,
    },
};

/// Which pods the rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Anybody's: namespace and owner are columns.
    Any,
    /// One owner's, which the page names.
    One,
}

/// The table. A row stays the row of its pod, with focus and open menu, however the list changes around it.
#[component]
pub(crate) fn PodTable(
    pods: Signal<Vec<PodRow>>,
    #[prop(into)] columns: Signal<Vec<Column>>,
    of: Of,
    deletion: Deletion,
) -> impl IntoView {
    let pods = steadily(pods);
    view! {
        <div class="pod-table cards">
            <Table caption="Pods" columns=columns>
                <For
                    each=move || pods.get()
                    key=|pod: &PodRow| pod.uid.clone()
                    children=move |pod: PodRow| row(pod, pods, of, deletion)
                />
            </Table>
        </div>
    }
}

fn row(first: PodRow, pods: Signal<Vec<PodRow>>, of: Of, deletion: Deletion) -> AnyView {
    let (uid, name) = (first.uid.clone(), first.name.clone());
    let pod = Memo::new(move |last: Option<&PodRow>| {
        let now = pods.with(|pods| pods.iter().find(|pod| pod.uid == first.uid).cloned());
        now.or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
    });
    view! {
        <tr>
            {move || cells(pod.get(), of)}
            <td class="actions">
                <Menu id=["more-", &uid].concat() label="More" of=name>
                    <MenuItem on_press=move || deletion.ask(pod.get_untracked())>"Delete"</MenuItem>
                </Menu>
            </td>
        </tr>
    }
    .into_any()
}

fn cells(pod: PodRow, of: Of) -> AnyView {
    let here = routes::pod(&pod.namespace, &pod.name);
    let owner = (of == Of::Any).then(
        || view! { <td class="name" data-label="Owner"><OwnerLink namespace=pod.namespace.clone() owner=pod.owner/></td> },
    );
    let namespace =
        (of == Of::Any).then(|| view! { <td class="name" data-label="Namespace">{pod.namespace}</td> });
    view! {
        <th scope="row" class="name"><a href=here>{pod.name}</a></th>
        {namespace}
        <td data-label="Status">
            {status(pod.status)}
            <span class="ready">{format!("{}/{} ready", pod.ready, pod.containers)}</span>
        </td>
        <td class="number" data-label="Restarts"><Restarts count=pod.restarts last=pod.last_restart/></td>
        <td data-label="Sidecar"><SidecarKind sidecar=pod.sidecar/></td>
        <td class="wide" data-label="State"><State state=pod.state/></td>
        {owner}
        <td class="number" data-label="Age">{pod.created.map(|at| view! { <Ago at/> })}</td>
        <td class="name" data-label="Node">{pod.node.unwrap_or_else(|| "–".to_owned())}</td>
    }
    .into_any()
}

/// A status marked where it asks for attention.
fn status(word: String) -> AnyView {
    match status_tone(&word) {
        Tone::Good | Tone::Info | Tone::Quiet => word.into_any(),
        tone => view! { <Badge tone>{word}</Badge> },
    }
}

/// How often containers of a pod were started again, and when last.
#[component]
pub(crate) fn Restarts(count: u32, last: Option<String>) -> impl IntoView {
    let last = last.map(|at| view! { " (" <Ago at/> ")" });
    view! { {count} {last} }
}

/// Who owns a pod; a workload leads to its page.
#[component]
pub(crate) fn OwnerLink(namespace: String, owner: Option<Owner>) -> impl IntoView {
    let Some(Owner { kind, name }) = owner else {
        return view! { <span class="more">"None"</span> }.into_any();
    };
    let of = routes::owner(&kind, &namespace, &name);
    view! {
        <span class="owner-kind">{kind}</span>
        " "
        {match of {
            Some(to) => view! { <a href=to>{name}</a> }.into_any(),
            None => name.into_any(),
        }}
    }
    .into_any()
}
