//! What to do next, for somebody whose mesh has nothing set yet.

use crate::prelude::*;
use api::mesh::Mesh;

use crate::{
    routes,
    ui::{badge::Tone, notice::Notice},
};

/// Said while no pod has a sidecar: without one there is nothing to go round.
#[component]
pub(crate) fn FirstSteps(mesh: Mesh) -> impl IntoView {
    let nothing = mesh.cluster.ready && !mesh.revisions.is_empty() && mesh.pods.injected == 0;
    nothing.then(|| {
        view! {
            <Notice tone=Tone::Info title="No pod has a sidecar yet">
                <p>"Three steps to the first bypass:"</p>
                <ol class="steps">
                    <li>
                        "Let Istio inject a namespace: "
                        <code>"kubectl label namespace <name> istio-injection=enabled"</code>
                        ", then restart its workloads."
                    </li>
                    <li>
                        "Say what goes round the sidecar: "
                        <a href=routes::GLOBAL>"for the whole mesh"</a>
                        " or "
                        <a href=routes::NAMESPACES>"for a namespace"</a>
                        "."
                    </li>
                    <li>
                        "Delete the pods that still run the old setting: "
                        <a href=routes::PODS>"Pods"</a>
                        " shows which ones."
                    </li>
                </ol>
            </Notice>
        }
    })
}
