//! `sidestep effective`: the values in force, in the words of the page.

use anyhow::{Result, anyhow};
use api::{
    Client, Problem,
    lint::{LintView, Severity},
    mesh::PodCounts,
    pod::{FieldDifference, FieldText, PodState},
    preview::PreviewSetting,
    setting::{FieldInForce, SaveSetting, SettingView},
    words::{origin_words, value_words},
    workload::WorkloadKind,
};
use domain::Level;
use serde::Serialize;

use super::table::Table;
use crate::{cli::EffectiveArgs, remote::Remote};

/// What is printed.
pub(super) async fn text(args: EffectiveArgs) -> Result<String> {
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    match (args.namespace, args.setting, args.deployment, args.pod) {
        (Some(namespace), None, None, Some(pod)) => {
            let pod = client.pod(&namespace, &pod).await.map_err(refused)?;
            let values = pod.running.as_ref().map(|running| running.values.as_slice());
            let table = fields(&pod.desired, values, &pod.differences);
            printed(args.json, &pod, || {
                format!("{}\n\n{table}{}", state(&pod.row.state), remarks(&pod.lints))
            })
        }
        (Some(namespace), None, Some(deployment), None) => {
            let detail = client
                .workload(WorkloadKind::Deployment, &namespace, &deployment)
                .await
                .map_err(refused)?;
            printed(args.json, &detail, || {
                let (table, remarks) = (fields(&detail.desired, None, &[]), remarks(&detail.lints));
                match &detail.not_applicable {
                    Some(why) => format!("Settings have no effect on its pods: {why}.\n\n{table}{remarks}"),
                    None => format!("{table}{remarks}"),
                }
            })
        }
        (namespace, setting, ..) => {
            let level = match (namespace, setting) {
                (None, _) => Level::Global,
                (Some(namespace), None) => Level::Namespace(namespace),
                (Some(namespace), Some(name)) => Level::Workload { namespace, name },
            };
            let view = client.setting(&level).await.map_err(refused)?;
            let told = if args.json {
                String::new()
            } else {
                match lints_of(&client, &level, &view).await {
                    Ok(lints) => remarks(&lints),
                    Err(problem) => format!("\nRemarks are not told: {problem}\n"),
                }
            };
            printed(args.json, &view, || {
                let table = fields(&view.in_force, None, &[]);
                format!("{}\n{table}{told}", stale(&view))
            })
        }
    }
}

/// How many pods of a level run an old setting.
pub(super) fn stale(view: &SettingView) -> String {
    let PodCounts {
        injected,
        stale,
        unknown,
        ..
    } = view.pods;
    let unjudged = match unknown {
        0 => String::new(),
        pods => format!("; {pods} cannot be judged"),
    };
    format!("{stale} of {injected} pods still run the old setting{unjudged}.\n")
}

pub(super) fn printed(json: bool, answer: &impl Serialize, text: impl FnOnce() -> String) -> Result<String> {
    if json {
        Ok(format!("{}\n", serde_json::to_string_pretty(answer)?))
    } else {
        Ok(text())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn refused(problem: Problem) -> anyhow::Error {
    let way_out = problem.way_out.as_ref();
    let way_out = way_out.map(|way| format!("\n{way}")).unwrap_or_default();
    anyhow!("{problem}{way_out}")
}

/// The remarks on a level and the workloads that it is for, as a preview of what is stored there gives them.
async fn lints_of(client: &Client, level: &Level, view: &SettingView) -> Result<Vec<LintView>, Problem> {
    let setting = view.stored.as_ref().map(|stored| SaveSetting {
        selector: stored.selector.clone(),
        priority: stored.priority,
        traffic: stored.traffic.clone(),
        ..SaveSetting::default()
    });
    let asked = PreviewSetting {
        level: level.into(),
        setting: Some(setting.unwrap_or_default()),
        dry_run: false,
        packet: None,
    };
    Ok(client.preview_setting(&asked).await?.lints)
}

/// Remarks, as the pages word them.
pub(super) fn remarks(lints: &[LintView]) -> String {
    let severity = |lint: &LintView| match lint.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let remark = |lint: &LintView| {
        let clients = match lint.clients.as_slice() {
            [] => String::new(),
            clients => format!("  clients in: {}\n", clients.join(", ")),
        };
        let snippet = lint.snippet.iter().map(|yaml| indented(yaml)).collect::<String>();
        format!(
            "\n{}: {} [{}]\n  {}\n{clients}  way out: {}\n{snippet}",
            severity(lint),
            lint.title,
            lint.code,
            lint.sentence,
            lint.way_out
        )
    };
    lints.iter().map(remark).collect()
}

fn indented(yaml: &str) -> String {
    yaml.lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

fn state(state: &PodState) -> String {
    match state {
        PodState::Current => "Current: it runs what is in force.".to_owned(),
        PodState::Stale { fields } => format!("Stale: it runs an old setting of {}.", fields.join(", ")),
        PodState::NotApplicable { reason } => format!("Not applicable: {reason}."),
        PodState::Unknown { reason } => format!("Unknown: {reason}."),
    }
}

/// The six fields; `running` and where that differs only of a pod.
fn fields(
    desired: &[FieldInForce],
    running: Option<&[FieldText]>,
    differences: &[FieldDifference],
) -> String {
    let mut heads = vec!["FIELD", "DESIRED", "FROM"];
    if running.is_some() {
        heads.extend(["RUNNING", "DIFFERENCE"]);
    }
    let mut table = Table::new(&heads);
    for field in desired {
        let mut cells = vec![
            field.field.clone(),
            value_words(&field.text, &field.origin),
            origin_words(&field.origin).replace('`', ""),
        ];
        if let Some(running) = running {
            let value = running.iter().find(|value| value.field == field.field);
            cells.push(value.map_or_else(
                || "not told".to_owned(),
                |value| value_words(&value.text, "builtIn"),
            ));
            let differs = differences
                .iter()
                .any(|difference| difference.field == field.field);
            cells.push(if differs { "differs" } else { "same" }.to_owned());
        }
        table.row(cells);
    }
    table.to_string()
}
