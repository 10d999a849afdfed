//! Whether istiod goes by what is written: its own word, where the console can ask it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use api::outbound_policy::{Taken, TakenState};
use domain::OutboundTrafficPolicyMode as Mode;
use http::{Request, Uri};
use kube::{Client, Config};

use crate::mesh_config;

/// How long istiod may take to answer.
const SOON: Duration = Duration::from_secs(1);
/// How often it is asked again.
const EVERY: Duration = Duration::from_millis(100);

/// Where each revision's istiod answers what mesh configuration it goes by: the base of its debug pages.
#[derive(Clone, Debug, Default)]
pub struct Istiods(Arc<BTreeMap<String, Uri>>);

impl Istiods {
    /// Those at these addresses, by revision.
    #[must_use]
    pub fn at(addresses: impl IntoIterator<Item = (String, Uri)>) -> Self {
        Self(Arc::new(addresses.into_iter().collect()))
    }

    /// Asks the revision's istiod whether it goes by `written`.
    pub(super) async fn ask(&self, revision: &str, written: Option<&Mode>) -> Taken {
        let (Some(address), Some(written)) = (self.0.get(revision), written) else {
            return unknown();
        };
        match has(address).await {
            Ok(mode) if mode == *written => Taken {
                state: TakenState::Confirmed,
                message:
                    "istiod says that it goes by this. Proxies follow within seconds; nothing needs a restart"
                        .to_owned(),
            },
            Ok(mode) => Taken {
                state: TakenState::Differs,
                message: format!(
                    "istiod says that it goes by `{mode}`: it has not taken what is written yet, or refuses the text for another \
                     reason, which its log tells"
                ),
            },
            Err(why) => Taken {
                state: TakenState::NotConfirmed,
                message: format!("not confirmed: istiod at `{address}` does not tell ({why})"),
            },
        }
    }

    /// Waits until istiod goes by `mode`, at most `patience`.
    pub(super) async fn wait_for(&self, revision: &str, mode: &Mode, patience: Duration) {
        let Some(address) = self.0.get(revision) else {
            return;
        };
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && has(address).await.is_ok_and(|now| now != *mode) {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// What is said where nobody is asked.
pub(super) fn unknown() -> Taken {
    Taken {
        state: TakenState::NotConfirmed,
        message: "not confirmed: the console does not know where to ask istiod (`--istiod REVISION=URL`). istiod watches the \
                  ConfigMap and takes a change within seconds; nothing needs a restart"
            .to_owned(),
    }
}

/// The mode that the istiod at `address` goes by: `/debug/mesh` is its mesh configuration, defaults and all.
async fn has(address: &Uri) -> Result<Mode, String> {
    let asked = async {
        let client = Client::try_from(Config::new(address.clone())).map_err(|error| error.to_string())?;
        let request = Request::get("/debug/mesh")
            .body(Vec::new())
            .map_err(|error| error.to_string())?;
        let text = client
            .request_text(request)
            .await
            .map_err(|error| error.to_string())?;
        mesh_config::read(&text).map_err(|error| error.to_string())
    };
    tokio::time::timeout(SOON, asked)
        .await
        .unwrap_or_else(|_| Err("no answer within a second".to_owned()))
}
