//! `run`: from a clone to a console in the browser.

use std::{fs, path::Path, thread, time::Duration};

use anyhow::{Result, bail};

use crate::{
    console,
    prerequisites::Tool,
    sandbox::{self, Plane, Sandbox},
    setup, site,
    steps::step,
    stop, wasm,
};

const ADDRESS: &str = "127.0.0.1:8080";

/// Builds what is missing, starts the sandbox unless a cluster is given, and the console, until Ctrl-C.
pub(crate) fn run(root: &Path, kubeconfig: Option<&Path>) -> Result<()> {
    if let Some(file) = kubeconfig
        && !file.is_file()
    {
        bail!("there is no kubeconfig at {}", file.display());
    }
    let needed: &[Tool] = if kubeconfig.is_some() {
        &[Tool::C]
    } else {
        &[Tool::Go, Tool::C]
    };
    setup::need(root, needed)?;
    let binary = if kubeconfig.is_none() {
        Some(sandbox::build(root)?)
    } else {
        None
    };
    site::site(root, wasm::Source::Any)?;
    console::build(root)?;

    stop::note_signals()?;
    let state = root.join("target/sandbox/state");
    let mut cluster = match binary {
        Some(binary) => Some(step("starting the sandbox", || Sandbox::up(&binary, &state))?),
        None => None,
    };
    let own = root.join("target/console");
    let home = if cluster.is_some() { &state } else { &own };
    fs::create_dir_all(home)?;
    let options = console::Options {
        binary: &console::binary(root),
        kubeconfig: cluster
            .as_ref()
            .map_or(kubeconfig, |c| Some(&c.kubeconfig))
            .unwrap_or(&own),
        listen: ADDRESS.parse()?,
        database: &home.join("sidestep.db"),
        sandbox: cluster.is_some(),
        istiod: cluster.as_ref().and_then(|cluster| cluster.istiod.as_deref()),
        log: None,
    };
    let mut console = step("starting the console", || console::start(root, &options))?;
    greet(cluster.as_ref());

    while !stop::asked() {
        if let Some(status) = console.ended() {
            bail!("the console ended with {status}");
        }
        if cluster.as_mut().is_some_and(|c| !c.is_up()) {
            bail!("the sandbox has ended; its log: {}.log", state.display());
        }
        thread::sleep(Duration::from_millis(200));
    }
    println!();
    drop(console);
    Ok(())
}

/// Says where it is and what to try.
fn greet(sandbox: Option<&Sandbox>) {
    println!("\nSidestep: http://{ADDRESS}    (Ctrl-C ends it)\n");
    let Some(sandbox) = sandbox else {
        println!(
            "Nothing is installed in this cluster. Settings are stored, and reach pods once\n\
             `sidestep install` has put the webhook there.\n"
        );
        return;
    };
    println!(
        "The cluster: KUBECONFIG={}\n             shop-editor.yaml and viewer.yaml beside it have fewer rights; \
         `target/sandbox/sidestep-sandbox kubectl` is a kubectl\n",
        sandbox.kubeconfig.display()
    );
    if let Ok(Plane::Absent(reason)) = sandbox.plane() {
        println!("Pods of `bookinfo` are played like all others, without Envoy: {reason}\n");
    }
    println!(
        "Try it: let three ports and an address go round the sidecar in the namespace `default`.\n\n  \
         curl -i -X PUT http://{ADDRESS}/api/v1/settings/namespaces/default \\\n    \
         -H 'Content-Type: application/json' -H 'If-None-Match: *' \\\n    \
         -d '{{\"traffic\": {{\"excludeInboundPorts\": [\"7001\", \"7002\", \"7005\"],\n         \
         \"includeOutboundPorts\": [\"7001\", \"7002\", \"7005\"],\n         \
         \"excludeOutboundIPRanges\": [\"47.100.20.144/32\"]}}}}'\n"
    );
}
