//! Finding the cluster: by kubeconfig, or, in a pod, by the pod's own account.

use std::time::Duration;

use anyhow::Context;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use crate::cli::ClusterArgs;

/// Which cluster, and as whom.
pub struct Reach {
    /// The cluster's name in the kubeconfig, or `in-cluster`.
    pub name: String,
    /// How to reach it.
    pub config: Config,
    /// Whether the credentials are a person's, by kubeconfig, and not those of the pod that this runs in.
    pub is_kubeconfig: bool,
}

/// How long the API server may take for an answer. Nothing else tells that a connection is dead which its other end left
/// without a word. It must end before the history takes an intent up that has no outcome
/// ([`crate::history::reconcile::GRACE`]), or a slow write could be judged while it is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a watch may be quiet: longer than the API server leaves it open, which are the 290 s that kube asks for.
const QUIET: Duration = Duration::from_mins(5);

/// How the cluster is reached to ask it something.
#[must_use]
pub fn asking(mut config: Config) -> Config {
    config.read_timeout = Some(PATIENCE);
    // Else the time that a pooled connection lay idle counts, and a slow write is cut after a quiet spell.
    config.reset_reader_on_write = true;
    // A write that the API server took and then answered with 504 must not be sent again behind the history's back.
    config.default_retry = false;
    config
}

/// A client for watches.
pub fn watching(mut config: Config) -> kube::Result<Client> {
    config.read_timeout = Some(QUIET);
    Client::try_from(config)
}

/// Finds the cluster.
pub async fn find(args: &ClusterArgs) -> anyhow::Result<Reach> {
    let options = KubeConfigOptions {
        context: args.context.clone(),
        ..KubeConfigOptions::default()
    };
    let kubeconfig = match &args.kubeconfig {
        Some(path) => Some(
            Kubeconfig::read_from(path).with_context(|| format!("{} is not a kubeconfig", path.display()))?,
        ),
        None => Kubeconfig::read().ok(),
    };
    if let Some(kubeconfig) = kubeconfig {
        let context = args
            .context
            .clone()
            .or_else(|| kubeconfig.current_context.clone())
            .unwrap_or_default();
        let cluster = kubeconfig
            .contexts
            .iter()
            .find(|c| c.name == context)
            .and_then(|c| c.context.as_ref());
        let name = cluster.map_or(context, |c| c.cluster.clone());
        let config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .context("the kubeconfig does not say how to reach a cluster")?;
        Ok(Reach {
            name,
            config,
            is_kubeconfig: true,
        })
    } else {
        let config = Config::incluster().context(
            "no kubeconfig was found, and this is no pod with an account: name one with --kubeconfig",
        )?;
        Ok(Reach {
            name: "in-cluster".to_owned(),
            config,
            is_kubeconfig: false,
        })
    }
}
