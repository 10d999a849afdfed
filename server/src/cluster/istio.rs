//! Istio's resources, as far as lints look at them: metadata, and the spec as it is stored.

use std::borrow::Cow;

use k8s_openapi::{NamespaceResourceScope, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::Resource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

macro_rules! istio_resources {
    ($($(#[$doc:meta])* $kind:ident = $group:literal / $plural:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, Serialize, Deserialize)]
            pub struct $kind {
                /// Its metadata.
                pub metadata: ObjectMeta,
                /// Its spec, whatever it holds: it was checked by Istio, not by us.
                #[serde(default)]
                pub spec: Value,
            }

            impl Resource for $kind {
                type DynamicType = ();
                type Scope = NamespaceResourceScope;

                fn kind((): &()) -> Cow<'_, str> {
                    stringify!($kind).into()
                }

                fn group((): &()) -> Cow<'_, str> {
                    $group.into()
                }

                fn version((): &()) -> Cow<'_, str> {
                    "v1".into()
                }

                fn plural((): &()) -> Cow<'_, str> {
                    $plural.into()
                }

                fn meta(&self) -> &ObjectMeta {
                    &self.metadata
                }

                fn meta_mut(&mut self) -> &mut ObjectMeta {
                    &mut self.metadata
                }
            }
        )*
    };
}

istio_resources! {
    /// Which workloads must speak mTLS.
    PeerAuthentication = "security.istio.io" / "peerauthentications";
    /// Who may call which workloads.
    AuthorizationPolicy = "security.istio.io" / "authorizationpolicies";
    /// How clients call a host.
    DestinationRule = "networking.istio.io" / "destinationrules";
    /// What a workload's sidecar knows of the mesh, and what it does with the rest.
    Sidecar = "networking.istio.io" / "sidecars";
    /// Hosts outside that the mesh knows of.
    ServiceEntry = "networking.istio.io" / "serviceentries";
}
