//! The command line: one binary, its subcommands and every option, with its environment variable.
#![expect(
    clippy::doc_markdown,
    reason = "clap prints these comments as they are, to people at a terminal"
)]

use std::{net::SocketAddr, path::PathBuf};

use api::audit::{Action, OutcomeState};
use clap::{Args, Parser, Subcommand};
use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::{install::FailurePolicy, telemetry::LogFormat};

/// Which traffic of an Istio mesh goes round the sidecar proxy.
#[derive(Debug, Parser)]
#[command(name = "sidestep", version, about)]
pub struct Cli {
    /// What to log, in the syntax of RUST_LOG
    #[arg(long, global = true, env = "SIDESTEP_LOG", default_value = "info")]
    pub log: String,
    /// How to write logs
    #[arg(long, global = true, env = "SIDESTEP_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the console: pages, REST API and webhook
    Serve(ServeArgs),
    /// Put the resource, the policy, the rights and the webhook configuration into a cluster
    Install(InstallArgs),
    /// Print what `install` would apply
    Manifests(ManifestArgs),
    /// Show the values in force: which level each is from, and what runs
    Effective(EffectiveArgs),
    /// Say what a setting in a file would do: whom it reaches, what needs a restart, whether the cluster would take it
    Preview(PreviewArgs),
    /// Show what the mesh does with destinations that nothing in it declares, or change it
    OutboundPolicy(OutboundPolicyArgs),
    /// Say what happens to packets, and why
    Trace(TraceArgs),
    /// Ask from inside a pod, and say whether that went through Envoy, round it, or was blocked by it
    Verify(VerifyArgs),
    /// Restart workloads whose pods run an old setting, in waves, and stop when one fails
    Restart(RestartArgs),
    /// Check that the history is whole: every event fits the one before; revert a change, or export all of them
    Audit(AuditArgs),
    /// Print the OpenAPI document
    Openapi,
}

/// Which cluster.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterArgs {
    /// The kubeconfig; without it $KUBECONFIG, ~/.kube/config, or the pod's own account
    #[arg(long, env = "SIDESTEP_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, env = "SIDESTEP_CONTEXT")]
    pub context: Option<String>,
}

/// `sidestep serve`
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The cluster
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Where to listen. On loopback, requests without a token act as the kubeconfig's user; elsewhere each needs one
    #[arg(long, env = "SIDESTEP_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The database with the history: sqlite://FILE or postgres://…
    #[arg(long, env = "SIDESTEP_DATABASE", default_value = "sqlite://sidestep.db")]
    pub database: String,
    /// The folder with the built site; without it only the API is served
    #[arg(long, env = "SIDESTEP_SITE")]
    pub site: Option<PathBuf>,
    /// Where the istiod of a revision tells what it goes by (its port 8080 or 15014), as REVISION=URL; may be repeated
    #[arg(long, env = "SIDESTEP_ISTIOD", value_delimiter = ',', value_parser = istiod)]
    pub istiod: Vec<(String, http::Uri)>,
    /// The image of the container that a verification adds to a pod, where it is asked to; it needs curl and sleep
    #[arg(
        long,
        env = "SIDESTEP_DEBUG_IMAGE",
        default_value = "docker.io/curlimages/curl:8.10.1"
    )]
    pub debug_image: String,
    /// Every write of a setting must say why
    #[arg(long, env = "SIDESTEP_REQUIRE_REASON")]
    pub require_reason: bool,
    /// Where the webhook listens, over HTTPS; needs a certificate
    #[arg(long, env = "SIDESTEP_WEBHOOK_LISTEN", requires = "webhook_certificate")]
    pub webhook_listen: Option<SocketAddr>,
    /// The webhook's certificate chain, PEM; read again when it changes
    #[arg(long, env = "SIDESTEP_WEBHOOK_CERTIFICATE", requires = "webhook_key")]
    pub webhook_certificate: Option<PathBuf>,
    /// The key of the webhook's certificate, PEM
    #[arg(long, env = "SIDESTEP_WEBHOOK_KEY")]
    pub webhook_key: Option<PathBuf>,
    /// The cluster is Sidestep's own sandbox: install everything there, with a certificate made for this run
    #[arg(long, conflicts_with_all = ["webhook_listen", "webhook_certificate"])]
    pub sandbox: bool,
}

/// Reads `REVISION=URL`.
fn istiod(text: &str) -> Result<(String, http::Uri), String> {
    let (revision, url) = text
        .split_once('=')
        .ok_or("write REVISION=URL, as in default=http://127.0.0.1:15014")?;
    let url: http::Uri = url
        .parse()
        .map_err(|error| format!("`{url}` is no URL: {error}"))?;
    if url.scheme().is_none() {
        return Err(format!("`{url}` has no scheme: write http://{url}"));
    }
    Ok((revision.to_owned(), url))
}

/// Which console is asked.
#[derive(Clone, Debug, Args)]
pub struct ServerArgs {
    /// The console's address
    #[arg(long, env = "SIDESTEP_SERVER", default_value = "http://127.0.0.1:8080")]
    pub server: http::Uri,
    /// A token of the cluster; without one the console must listen on this machine
    #[arg(long, env = "SIDESTEP_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// `sidestep effective`
#[derive(Clone, Debug, Args)]
pub struct EffectiveArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// The namespace; without it the whole mesh
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// The workload setting of the namespace
    #[arg(long, group = "one", requires = "namespace")]
    pub setting: Option<String>,
    /// The Deployment of the namespace: what its next pod gets
    #[arg(long, group = "one", requires = "namespace")]
    pub deployment: Option<String>,
    /// The pod of the namespace: what the next one gets, what this one has, where they differ
    #[arg(long, group = "one", requires = "namespace")]
    pub pod: Option<String>,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep preview`
#[derive(Clone, Debug, Args)]
pub struct PreviewArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// A SidecarSetting as YAML; `-` reads standard input
    pub file: PathBuf,
    /// Say what its removal would do
    #[arg(long)]
    pub remove: bool,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep outbound-policy`
#[derive(Clone, Debug, Args)]
pub struct OutboundPolicyArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// Change it to ALLOW_ANY or REGISTRY_ONLY
    #[arg(long, value_name = "MODE")]
    pub set: Option<String>,
    /// The revision whose policy is changed
    #[arg(long, default_value = "default")]
    pub revision: String,
    /// Why, for the history
    #[arg(long, requires = "set")]
    pub reason: Option<String>,
    /// Change it although the owner of the ConfigMap will undo it
    #[arg(long, requires = "set")]
    pub override_owner: bool,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep trace`
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches are what a command line has"
)]
pub struct TraceArgs {
    /// Read questions from standard input, a JSON object a line, and write an answer a line; no console is asked
    #[arg(long, conflicts_with_all = ["pod", "deployment", "to", "json"])]
    pub jsonl: bool,
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// The pod: NAMESPACE/NAME
    #[arg(long, required_unless_present_any = ["jsonl", "deployment"])]
    pub pod: Option<String>,
    /// The Deployment, all pods of which are asked about: NAMESPACE/NAME
    #[arg(long, conflicts_with = "pod")]
    pub deployment: Option<String>,
    /// Where the packet goes: ADDRESS:PORT, or with --inbound PORT alone
    #[arg(long, required_unless_present = "jsonl")]
    pub to: Option<String>,
    /// It arrives from outside the pod
    #[arg(long)]
    pub inbound: bool,
    /// It is UDP
    #[arg(long)]
    pub udp: bool,
    /// The address that it comes from
    #[arg(long)]
    pub from: Option<String>,
    /// The user whose process sends it; the application's if not given
    #[arg(long)]
    pub uid: Option<u32>,
    /// Its group
    #[arg(long)]
    pub gid: Option<u32>,
    /// The interface that it leaves or enters by
    #[arg(long)]
    pub interface: Option<String>,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep verify`
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// The pod
    pub pod: String,
    /// What is asked for, with http:// or https://
    pub url: String,
    /// The pod's namespace
    #[arg(long, short)]
    pub namespace: String,
    /// The container that asks; without it the first that has curl or wget
    #[arg(long, short)]
    pub container: Option<String>,
    /// Ask with GET in place of HEAD
    #[arg(long)]
    pub get: bool,
    /// Where no container can ask, add one for debugging: it stays until the pod ends
    #[arg(long)]
    pub debug_container: bool,
    /// How many seconds the answer may take, 1 to 15
    #[arg(long)]
    pub seconds: Option<u8>,
    /// The change of a setting that this is to prove, by its id in the history
    #[arg(long)]
    pub change: Option<String>,
    /// Let Envoy refuse what nothing declares for as long as it takes, for the workload or the whole mesh; needs --confirm
    #[arg(long, value_name = "FOR", num_args = 0..=1, default_missing_value = "workload", value_parser = ["workload", "mesh"])]
    pub registry_only: Option<String>,
    /// With --registry-only mesh: put the policy back after so many seconds at the latest, 10 to 600
    #[arg(long, requires = "registry_only")]
    pub revert_after: Option<u16>,
    /// What is refused meanwhile, as the refusal without it says
    #[arg(long, requires = "registry_only")]
    pub confirm: Option<String>,
    /// Fail unless the verdict is this: through-envoy, went-round or blocked
    #[arg(long, value_parser = ["through-envoy", "went-round", "blocked"])]
    pub expect: Option<String>,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep restart`
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches are what a command line has"
)]
pub struct RestartArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// Every workload with a pod that runs an old setting; with --namespace only there
    #[arg(long, required_unless_present_any = ["namespace", "change", "workload"])]
    pub stale: bool,
    /// Only workloads of this namespace
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Only as far as this change of a setting reaches, by its id in the history
    #[arg(long, conflicts_with_all = ["namespace", "workload"])]
    pub change: Option<String>,
    /// This workload, stale or not: NAMESPACE/NAME of a Deployment, or KIND/NAMESPACE/NAME; may be repeated
    #[arg(long, conflicts_with_all = ["namespace", "stale"])]
    pub workload: Vec<String>,
    /// At most so many workloads at a time
    #[arg(long, default_value_t = 2)]
    pub max_in_flight: usize,
    /// At most so many pods begin to be replaced in a second
    #[arg(long, default_value_t = 5)]
    pub pods_per_second: u32,
    /// So many seconds between the end of a wave and the next
    #[arg(long, default_value_t = 0)]
    pub pause: u32,
    /// Workloads with the same value of this label are a wave; without it those of a namespace are
    #[arg(long)]
    pub wave_label: Option<String>,
    /// At most so many workloads in a wave
    #[arg(long)]
    pub wave_size: Option<usize>,
    /// Go on when a workload fails
    #[arg(long)]
    pub keep_going: bool,
    /// Stop once more pods than this are missing
    #[arg(long)]
    pub max_unavailable: Option<u32>,
    /// A workload fails when its new pods are not ready after so many seconds
    #[arg(long, default_value_t = 600)]
    pub deadline: u32,
    /// Also workloads of which all pods would be gone for a moment
    #[arg(long)]
    pub allow_interruption: bool,
    /// Nothing begins before this time: 2026-01-31T22:00:00Z
    #[arg(long)]
    pub not_before: Option<String>,
    /// Nothing begins from this time on; what is left is paused
    #[arg(long)]
    pub not_after: Option<String>,
    /// Why; it stands in the history
    #[arg(long)]
    pub reason: Option<String>,
    /// Print the plan, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep audit`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditArgs {
    /// The database with the history: sqlite://FILE or postgres://…
    #[arg(long, env = "SIDESTEP_DATABASE", default_value = "sqlite://sidestep.db")]
    pub database: String,
    /// What to do instead of checking it
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
}

/// What a console is asked about its history.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Put back what a setting was before a change
    Revert(RevertArgs),
    /// Print the changes, newest first, a JSON object a line
    Export(ExportArgs),
}

/// `sidestep audit revert`
#[derive(Clone, Debug, Args)]
pub struct RevertArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// The change, by its id in the history
    pub change: String,
    /// Why, for the history
    #[arg(long)]
    pub reason: Option<String>,
    /// Do it although the owner of the setting will undo it
    #[arg(long)]
    pub override_owner: bool,
    /// The newest change of the same setting since then, by its id: what it did is lost
    #[arg(long, value_name = "CHANGE")]
    pub over_later: Option<String>,
    /// Print what the API answers, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `sidestep audit export`
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The console
    #[command(flatten)]
    pub server: ServerArgs,
    /// Only by this actor
    #[arg(long)]
    pub actor: Option<String>,
    /// Only of things in this namespace
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Only of things of this kind, such as SidecarSetting
    #[arg(long)]
    pub kind: Option<String>,
    /// Only of things with this name
    #[arg(long)]
    pub name: Option<String>,
    /// Only of this action, such as save-setting
    #[arg(long, value_parser = word::<Action>)]
    pub action: Option<Action>,
    /// Only with this outcome, such as succeeded
    #[arg(long, value_parser = word::<OutcomeState>)]
    pub outcome: Option<OutcomeState>,
}

/// Reads a word of the API.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(text.into_deserializer()).map_err(|error: serde::de::value::Error| error.to_string())
}

/// `sidestep install`
#[derive(Clone, Debug, Args)]
pub struct InstallArgs {
    /// The cluster
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// What to install
    #[command(flatten)]
    pub what: WhatArgs,
    /// The mesh's root namespace; found in the cluster where not given
    #[arg(long)]
    pub root_namespace: Option<String>,
}

/// `sidestep manifests`
#[derive(Clone, Debug, Args)]
pub struct ManifestArgs {
    /// What to print
    #[command(flatten)]
    pub what: WhatArgs,
    /// The mesh's root namespace
    #[arg(long, default_value = "istio-system")]
    pub root_namespace: String,
}

/// Where the webhook is, and what it leaves alone.
#[derive(Clone, Debug, Args)]
pub struct WhatArgs {
    /// The webhook's URL, where the API server reaches it directly; its path is /mutate. Name the namespace that the
    /// console runs in with --exclude-namespace, if it runs in this cluster
    #[arg(long, group = "webhook", requires = "webhook_ca")]
    pub webhook_url: Option<String>,
    /// The webhook's Service: NAMESPACE/NAME or NAMESPACE/NAME:PORT
    #[arg(long, group = "webhook", requires = "webhook_ca")]
    pub webhook_service: Option<String>,
    /// The CA of the webhook's certificate, PEM
    #[arg(long)]
    pub webhook_ca: Option<PathBuf>,
    /// Also the ClusterRole that the console's account needs to carry restart plans out
    #[arg(long)]
    pub restarts: bool,
    /// Also the ClusterRole that the console's account needs to undo what verifications under REGISTRY_ONLY do
    #[arg(long)]
    pub verify: bool,
    /// What becomes of a pod when the webhook does not answer
    #[arg(long, value_enum, default_value_t)]
    pub failure_policy: FailurePolicy,
    /// More namespaces whose pods the webhook never sees
    #[arg(long)]
    pub exclude_namespace: Vec<String>,
}
