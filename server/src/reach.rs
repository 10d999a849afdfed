//! Finding the cluster: by kubeconfig, or, in a pod, by the pod's own account.

use anyhow::Context;
use kube::{
    Config,
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
