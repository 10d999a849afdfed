//! Whether a saved setting reaches a new pod, and the way out where it does not.

use crate::prelude::*;
use api::mesh::{Delivery, DeliveryState as State};

use crate::ui::{badge::Tone, notice::Notice, prose::Prose};

/// The state in a notice; a calm one while all is well.
#[component]
pub(crate) fn DeliveryState(delivery: Delivery) -> impl IntoView {
    let (tone, title) = match delivery.state {
        State::Ready => (Tone::Good, "Settings reach new pods"),
        State::Unknown => (Tone::Info, "Delivery is not known yet"),
        State::WebhookAbsent => (Tone::Warning, "Settings are stored, not delivered"),
        State::WrongOrder => (Tone::Bad, "Delivery fails: the webhook runs after Istio's"),
        State::BadCertificate => (
            Tone::Bad,
            "Delivery fails: the webhook's certificate is not trusted",
        ),
        State::Unreachable => (Tone::Bad, "Delivery fails: the webhook does not answer"),
        State::WrongRules => (
            Tone::Bad,
            "Delivery fails for some pods: the webhook's rules were changed",
        ),
        State::NamespaceLeftOut => (Tone::Warning, "The webhook leaves this namespace alone"),
        State::NoInjector => (Tone::Warning, "There is no Istio injector"),
    };
    view! {
        <Notice tone title>
            // That all is well is said by the title alone.
            {(delivery.state != State::Ready).then(|| view! { <p><Prose text=delivery.message/></p> })}
            {delivery.way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
        </Notice>
    }
}
