//! The sandbox that `make test` started: where it is and who may do what there.

use std::path::{Path, PathBuf};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::Deserialize;

/// What the environment says.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The folder with everything of the sandbox.
    pub state: PathBuf,
    /// The `sidestep` binary.
    pub binary: PathBuf,
    /// The sandbox's own binary, with the programs of the control plane in it.
    pub sandbox_binary: PathBuf,
    /// The base URL of the console that installed Sidestep in the sandbox.
    pub url: String,
    ready: Ready,
}

/// `ready.json`, as far as it is needed here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    api_server: String,
    kubeconfigs: Each<PathBuf>,
    tokens: Each<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Each<T> {
    admin: T,
    shop_editor: T,
    viewer: T,
}

/// The users of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// May do everything.
    Admin,
    /// May edit namespace `shop`, and nothing else.
    ShopEditor,
    /// May look at everything.
    Viewer,
}

impl<T> Each<T> {
    const fn of(&self, user: User) -> &T {
        match user {
            User::Admin => &self.admin,
            User::ShopEditor => &self.shop_editor,
            User::Viewer => &self.viewer,
        }
    }
}

impl Sandbox {
    /// The sandbox that the environment names.
    ///
    /// # Panics
    /// Without it, with a sentence that says how to get it.
    #[must_use]
    pub fn from_environment() -> Self {
        let state = PathBuf::from(variable("SIDESTEP_SANDBOX"));
        let file = state.join("ready.json");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!(
                "{} cannot be read ({error}): is the sandbox running? `make test` starts what the journeys need",
                file.display()
            )
        });
        let ready = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{} is not what the sandbox writes: {error}", file.display()));
        Self {
            state,
            binary: PathBuf::from(variable("SIDESTEP_BIN")),
            sandbox_binary: sandbox_binary(),
            url: variable("SIDESTEP_URL"),
            ready,
        }
    }

    /// The kubeconfig of a user.
    #[must_use]
    pub fn kubeconfig(&self, user: User) -> &Path {
        self.ready.kubeconfigs.of(user)
    }

    /// The bearer token of a user.
    #[must_use]
    pub fn token(&self, user: User) -> &str {
        self.ready.tokens.of(user)
    }

    /// The API server's address, `host:port`.
    #[must_use]
    pub fn api_server(&self) -> &str {
        self.ready.api_server.trim_start_matches("https://")
    }

    /// The URL of the API server.
    #[must_use]
    pub fn api_server_url(&self) -> &str {
        &self.ready.api_server
    }

    /// A client of the cluster. It belongs to the runtime that it was made in.
    pub async fn client(&self, user: User) -> Client {
        client(self.kubeconfig(user)).await
    }
}

/// The sandbox's own binary; some of what it does needs no sandbox.
#[must_use]
pub fn sandbox_binary() -> PathBuf {
    PathBuf::from(variable("SIDESTEP_SANDBOX_BIN"))
}

/// A client with the credentials of a kubeconfig.
pub(crate) async fn client(kubeconfig: &Path) -> Client {
    let read = Kubeconfig::read_from(kubeconfig).expect("the sandbox writes kubeconfigs");
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default())
        .await
        .expect("the sandbox's kubeconfigs name a cluster");
    Client::try_from(config).expect("the sandbox's kubeconfigs hold credentials")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the journeys have no command line: their environment is read here and nowhere else"
)]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: the journeys need a sandbox and a console, and `make test` starts what they need")
    })
}
