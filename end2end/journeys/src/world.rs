//! What every journey starts with.

use api::mesh::DeliveryState;
use domain::Level;
use futures::FutureExt;
use kube::Client;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    console::Console,
    own::Own,
    poll::eventually,
    resource,
    sandbox::{Sandbox, User},
    undo::Undo,
};

/// Many journeys go side by side; one that touches the Global setting, the webhook configuration or the resource
/// definition goes alone.
static TURN: RwLock<()> = RwLock::const_new(());

/// The sandbox, a console on it, and an administrator.
pub struct World {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// The console that installed Sidestep there.
    pub console: Console,
    /// An administrator's client of the cluster.
    pub admin: Client,
    _turn: Turn,
}

enum Turn {
    Shared { _guard: RwLockReadGuard<'static, ()> },
    Alone { _guard: RwLockWriteGuard<'static, ()> },
}

impl World {
    /// The world of a test that keeps to namespaces of its own.
    pub async fn shared() -> Self {
        let guard = TURN.read().await;
        Self::with(Turn::Shared { _guard: guard }).await
    }

    /// The world of a test that touches what all share. There is no Global setting when it starts.
    pub async fn alone() -> Self {
        let guard = TURN.write().await;
        let world = Self::with(Turn::Alone { _guard: guard }).await;
        resource::remove(&world.admin, &world.root_namespace().await, "default").await;
        world
    }

    async fn with(turn: Turn) -> Self {
        let sandbox = Sandbox::from_environment();
        let console = Console::at(&sandbox.url);
        let admin = sandbox.client(User::Admin).await;
        let world = Self {
            sandbox,
            console,
            admin,
            _turn: turn,
        };
        world.delivery(DeliveryState::Ready).await;
        world
    }

    /// The console, asked by a user.
    #[must_use]
    pub fn console_as(&self, user: User) -> Console {
        self.console.with_token(self.sandbox.token(user))
    }

    /// Waits until the console says that delivery is in this state, and returns what it says.
    pub async fn delivery(&self, state: DeliveryState) -> api::mesh::Delivery {
        let api = self.console.api();
        eventually(&format!("the delivery state {state:?}"), || async {
            let meshes = api.meshes().await.map_err(|problem| problem.to_string())?;
            let delivery = meshes.items[0].delivery.clone();
            if delivery.state == state {
                Ok(delivery)
            } else {
                Err(format!("{delivery:?}"))
            }
        })
        .await
    }

    /// The mesh's root namespace, as the console found it.
    pub async fn root_namespace(&self) -> String {
        let meshes = self.console.api().meshes().await.expect("the console answers");
        meshes.items[0]
            .root_namespace
            .clone()
            .expect("the sandbox has a mesh")
    }

    /// Removes the setting of a level when dropped.
    pub async fn removing(&self, level: &Level) -> Undo {
        let root = self.root_namespace().await;
        let (namespace, name) = level.stored_as(&root);
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.undo(move |admin| async move { resource::remove(&admin, &namespace, &name).await }.boxed())
    }

    /// Does something with the cluster when dropped.
    pub fn undo(
        &self,
        work: impl FnOnce(Client) -> futures::future::BoxFuture<'static, ()> + Send + 'static,
    ) -> Undo {
        Undo::by(self.sandbox.kubeconfig(User::Admin), work)
    }

    /// A console of the test's own, with a history of its own.
    #[must_use]
    pub fn own(&self) -> Own {
        Own::new(&self.sandbox)
    }
}
