//! Putting things back, also after a test that failed.

use std::path::PathBuf;

use futures::future::BoxFuture;
use kube::Client;

use crate::sandbox;

type Work = Box<dyn FnOnce(Client) -> BoxFuture<'static, ()> + Send>;

/// Does something with the cluster when it goes out of scope, with an administrator's client.
#[must_use = "what is to be undone is undone when this is dropped"]
pub struct Undo {
    kubeconfig: PathBuf,
    work: Option<Work>,
}

impl Undo {
    /// Remembers what to do.
    pub fn by(
        kubeconfig: impl Into<PathBuf>,
        work: impl FnOnce(Client) -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Self {
        Self {
            kubeconfig: kubeconfig.into(),
            work: Some(Box::new(work)),
        }
    }

    /// Does it now.
    pub fn now(self) {
        drop(self);
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let (kubeconfig, work) = (std::mem::take(&mut self.kubeconfig), self.work.take());
        // The test's own runtime cannot be waited for in here.
        let undone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(async {
                if let Some(work) = work {
                    work(sandbox::client(&kubeconfig).await).await;
                }
            });
        });
        if undone.join().is_err() {
            eprintln!("something could not be put back: what follows may fail for that reason");
        }
    }
}
