//! `sidestep restart`: a plan, and with it a run that is followed to its end.

use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use api::{
    Client,
    restart::{
        BlockedWorkload, Command, PlanRestart, PlannedWorkload, RestartOptions, RestartRun, RestartWindow,
        Scope, WorkloadName,
    },
};
use domain::restart::{ItemState, Order, RunState};

use super::{effective::refused, print, table::Table};
use crate::{cli::RestartArgs, remote::Remote};

/// How often the run is asked about.
const EVERY: Duration = Duration::from_millis(500);
/// How many requests in a row may fail before nobody waits any more: the console may be restarted meanwhile.
const LOST: usize = 120;
/// How wide the bar is.
const BAR: usize = 30;

/// Plans; without `--dry-run` also starts the plan and follows it. It fails where the run does, and where workloads need a
/// restart of which none can have one.
pub(super) async fn run(args: RestartArgs) -> Result<()> {
    let asked = asked(&args)?;
    let client = Client::new(Remote::at(args.server.server, args.server.token)?);
    if args.dry_run {
        let plan = client.plan_restart(&asked).await.map_err(refused)?;
        if args.json {
            return print(&format!("{}\n", serde_json::to_string_pretty(&plan)?));
        }
        return print(&planned(&plan.workloads, &plan.blocked, &plan.notices));
    }
    let made = client.make_restart(&asked).await.map_err(refused)?;
    if !args.json {
        let workloads: Vec<PlannedWorkload> = made
            .workloads
            .iter()
            .map(|workload| workload.planned.clone())
            .collect();
        print(&planned(&workloads, &made.blocked, &made.notices))?;
    }
    if made.workloads.is_empty() {
        if args.json {
            print(&format!("{}\n", serde_json::to_string_pretty(&made)?))?;
        }
        return nothing_to_start(&made.blocked);
    }
    let id = made.row.id.clone();
    client
        .command_restart(&id, Command::Start)
        .await
        .map_err(refused)?;
    let run = follow(&client, &id, args.json).await?;
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&run)?))?;
    }
    match run.row.state {
        RunState::Succeeded => Ok(()),
        state => {
            let state = format!("{state:?}").to_lowercase();
            let why = run.row.stopping.or(run.row.detail);
            bail!(
                "the run {id} {state}{}",
                why.map(|why| format!(": {why}")).unwrap_or_default()
            )
        }
    }
}

/// What a plan without workloads comes to.
fn nothing_to_start(blocked: &[BlockedWorkload]) -> Result<()> {
    if blocked.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = blocked
        .iter()
        .map(|one| format!("{} ({})", words(&one.workload), one.code))
        .collect();
    bail!("nothing was restarted: left alone are {}", named.join(", "))
}

fn asked(args: &RestartArgs) -> Result<PlanRestart> {
    let scope = if let Some(change) = &args.change {
        Scope::Change {
            change: change.clone(),
        }
    } else if !args.workload.is_empty() {
        Scope::Workloads {
            workloads: args
                .workload
                .iter()
                .map(|text| workload(text))
                .collect::<Result<_>>()?,
        }
    } else if let Some(namespace) = &args.namespace {
        Scope::Namespace {
            namespace: namespace.clone(),
        }
    } else {
        Scope::Stale
    };
    let window = match (&args.not_before, &args.not_after) {
        (None, None) => None,
        (from, to) => Some(RestartWindow {
            from: from.clone().unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
            to: to.clone().unwrap_or_else(|| "9999-01-01T00:00:00Z".to_owned()),
        }),
    };
    Ok(PlanRestart {
        scope,
        reason: args.reason.clone(),
        options: RestartOptions {
            max_in_flight: args.max_in_flight,
            pods_per_second: args.pods_per_second,
            pause_seconds: args.pause,
            order: match &args.wave_label {
                Some(key) => Order::Label { key: key.clone() },
                None => Order::Namespace,
            },
            wave_size: args.wave_size,
            stop_on_failure: !args.keep_going,
            max_unavailable: args.max_unavailable,
            deadline_seconds: args.deadline,
            allow_interruption: args.allow_interruption,
            window,
        },
    })
}

/// `KIND/NAMESPACE/NAME`, or `NAMESPACE/NAME` of a Deployment.
fn workload(text: &str) -> Result<WorkloadName> {
    let parts: Vec<&str> = text.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [namespace, name] => ("deployment", *namespace, *name),
        [kind, namespace, name] => (*kind, *namespace, *name),
        _ => bail!("`{text}` is neither NAMESPACE/NAME nor KIND/NAMESPACE/NAME"),
    };
    let known = ["Deployment", "StatefulSet", "DaemonSet"];
    let kind = known
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(kind))
        .with_context(|| format!("`{kind}` cannot be restarted: write one of {}", known.join(", ")))?;
    Ok(WorkloadName {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

/// A plan for people.
fn planned(workloads: &[PlannedWorkload], blocked: &[BlockedWorkload], notices: &[String]) -> String {
    let mut text = String::new();
    if !workloads.is_empty() {
        let mut table = Table::new(&["WAVE", "NAMESPACE", "WORKLOAD", "PODS", "STALE", "WHY"]);
        for planned in workloads {
            let why = if planned.stale_fields.is_empty() {
                "asked for".to_owned()
            } else {
                planned.stale_fields.join(", ")
            };
            table.row(vec![
                (planned.wave + 1).to_string(),
                planned.workload.namespace.clone(),
                format!("{} {}", planned.workload.kind, planned.workload.name),
                planned.pods.to_string(),
                planned.stale_pods.to_string(),
                why,
            ]);
        }
        text.push_str(&table.to_string());
        for planned in workloads {
            for remark in &planned.remarks {
                let sign = if remark.warning { "warning" } else { "note" };
                let line = format!("{sign}: {}: {}\n", words(&planned.workload), remark.sentence);
                text.push_str(&line);
            }
        }
    }
    for one in blocked {
        let line = format!(
            "left alone: {}: {}\n  way out: {}\n",
            words(&one.workload),
            one.why,
            one.way_out
        );
        text.push_str(&line);
    }
    for notice in notices {
        text.push_str(notice);
        text.push('\n');
    }
    text
}

fn words(workload: &WorkloadName) -> String {
    format!("{} {}/{}", workload.kind, workload.namespace, workload.name)
}

/// Follows a run to its end: a bar on a terminal, otherwise a line for each workload that is over.
async fn follow(client: &Client, id: &str, quiet: bool) -> Result<RestartRun> {
    let mut stderr = std::io::stderr();
    let has_bar = stderr.is_terminal() && !quiet;
    let mut told: HashMap<WorkloadName, ItemState> = HashMap::new();
    let mut last_state = None;
    let mut lost = 0;
    loop {
        let run = match client.restart(id).await {
            Ok(run) => run,
            Err(problem) if problem.status >= 500 && lost < LOST => {
                lost += 1;
                tokio::time::sleep(EVERY).await;
                continue;
            }
            Err(problem) => return Err(refused(problem)),
        };
        lost = 0;
        if !quiet {
            if has_bar {
                write!(stderr, "\r\x1b[2K")?;
            }
            for workload in &run.workloads {
                let before = told.insert(workload.planned.workload.clone(), workload.state);
                if before.unwrap_or(ItemState::Waiting) != workload.state {
                    let detail = workload.detail.iter().map(|detail| format!(": {detail}"));
                    writeln!(
                        stderr,
                        "{} {}{}",
                        words(&workload.planned.workload),
                        format!("{:?}", workload.state).to_lowercase(),
                        detail.collect::<String>()
                    )?;
                }
            }
            if last_state.replace(run.row.state) != Some(run.row.state) && run.row.state == RunState::Paused {
                writeln!(
                    stderr,
                    "paused: {}",
                    run.row.detail.as_deref().unwrap_or_default()
                )?;
            }
            if has_bar && !run.row.state.is_over() {
                write!(stderr, "{}", bar(&run))?;
            }
            stderr.flush()?;
        }
        if run.row.state.is_over() {
            return Ok(run);
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn bar(run: &RestartRun) -> String {
    let counts = run.row.counts;
    let over = counts.done + counts.failed + counts.skipped;
    let filled = BAR * over / counts.total.max(1);
    let left = run
        .row
        .remaining_seconds
        .map(|seconds| format!(", about {seconds} s left"));
    format!(
        "[{}{}] {over} of {}, {} restarting, {} failed{}",
        "#".repeat(filled),
        "-".repeat(BAR - filled),
        counts.total,
        counts.restarting,
        counts.failed,
        left.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_named_with_or_without_its_kind() {
        let named = |text| {
            workload(text)
                .map(|named| (named.kind, named.namespace, named.name))
                .ok()
        };
        let of = |kind: &str| Some((kind.to_owned(), "shop".to_owned(), "cart".to_owned()));
        assert_eq!(named("shop/cart"), of("Deployment"));
        assert_eq!(named("statefulset/shop/cart"), of("StatefulSet"));
        assert_eq!(named("cart"), None);
        assert_eq!(named("job/shop/cart"), None);
    }

    #[test]
    fn a_plan_of_nothing_is_no_success_where_something_is_left_alone() {
        assert!(nothing_to_start(&[]).is_ok());
        let blocked = BlockedWorkload {
            workload: workload("shop/cart").expect("a name"),
            stale_pods: 2,
            code: "paused".to_owned(),
            why: String::new(),
            way_out: String::new(),
        };
        let refused = nothing_to_start(&[blocked]).expect_err("it cannot be restarted");
        assert_eq!(
            refused.to_string(),
            "nothing was restarted: left alone are Deployment shop/cart (paused)"
        );
    }
}
