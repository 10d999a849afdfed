//! `sidestep preview`: what a setting in a file would do, in the words of the page.

use std::{io::Read, path::Path};

use anyhow::{Context, Result, bail};
use api::{
    Client,
    preview::{Preview, PreviewSetting},
    setting::{LevelRef, SaveSetting},
};
use domain::Level;
use kube::ResourceExt;

use super::{
    effective::{printed, refused, remarks},
    table::Table,
};
use crate::{cli::PreviewArgs, cluster::resource::SidecarSetting, remote::Remote};

/// What is printed. What the cluster would refuse is a failure.
pub(super) async fn text(args: PreviewArgs) -> Result<String> {
    let file: SidecarSetting = serde_saphyr::from_str(&read(&args.file)?)
        .with_context(|| format!("{} is no SidecarSetting", args.file.display()))?;
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    let meshes = client.meshes().await.map_err(refused)?;
    let root = meshes.items.first().and_then(|mesh| mesh.root_namespace.clone());
    let root = root.context("the console sees no mesh")?;
    let namespace = file.namespace().context("the file names no namespace")?;
    let is_workload = file.spec.selector.is_some();
    let level = Level::of(&root, &namespace, &file.name_any(), is_workload)?;
    let asked = PreviewSetting {
        level: LevelRef::from(&level),
        setting: (!args.remove).then(|| SaveSetting {
            traffic: file.spec.raw_traffic(),
            selector: file.spec.raw_selector(),
            priority: is_workload.then(|| file.spec.read().setting.priority),
            ..SaveSetting::default()
        }),
        dry_run: true,
        packet: None,
    };
    let preview = client.preview_setting(&asked).await.map_err(refused)?;
    let text = printed(args.json, &preview, || told(&preview))?;
    match preview.dry_run.and_then(|answer| answer.problem) {
        Some(problem) => bail!("{text}\nThe cluster would refuse it. {}", refused(problem)),
        None => Ok(text),
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn told(preview: &Preview) -> String {
    if preview.changes.is_empty() {
        return "Nothing changes: this is what is stored already.\n".to_owned();
    }
    let mut changes = Table::new(&["FIELD", "BEFORE", "AFTER"]);
    for change in &preview.changes {
        changes.row(vec![
            change.field.clone(),
            change.before.clone(),
            change.after.clone(),
        ]);
    }
    let impact = preview.impact;
    let mut reach = Table::new(&["", "WORKLOADS", "PODS"]);
    let mut row = |words: &str, workloads: String, pods: usize| {
        reach.row(vec![words.to_owned(), workloads, pods.to_string()]);
    };
    row(
        "get something else",
        impact.workloads_changed.to_string(),
        impact.pods_changed,
    );
    row(
        "keep what a nearer level says",
        impact.workloads_shielded.to_string(),
        impact.pods_shielded,
    );
    row("need a restart now", String::new(), impact.stale_before);
    row("need a restart then", String::new(), impact.stale_after);
    let mut text = vec![format!("{changes}\n{reach}")];
    if !preview.new_lints.is_empty() {
        text.push(format!("\nNew remarks:\n{}", remarks(&preview.new_lints)));
    }
    for gone in &preview.resolved_lints {
        text.push(format!("\nNo longer true: {}\n", gone.sentence));
    }
    if preview.dry_run.as_ref().is_some_and(|answer| answer.accepted) {
        text.push("\nThe cluster would take it.\n".to_owned());
    }
    text.concat()
}
