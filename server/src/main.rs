//! The `sidestep` binary.

use clap::Parser;
use server::{cli::Cli, command, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    telemetry::init(&cli.log, cli.log_format);
    // kube, the webhook and the delivery check share one TLS provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    command::run(cli.command).await
}
