//! What would come of a setting, were it saved: whom it is for, what is in force then, and what is remarkable about it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use api::{
    Precondition,
    lint::{About, LintView},
    mesh::PodCounts,
    preview::{DryRun, Impact, MatchedWorkload, Preview},
    setting::SaveSetting,
    snippet::Snippet,
};
use domain::{Level, Lint, Selector, SidecarSetting as Setting, trace::Packet};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::ResourceExt;

mod impact;
mod text;

use self::{
    impact::Change,
    text::{Wanted, changes, diff, manifest},
};
use super::{
    check,
    place::{Place, root},
    write,
    write::Run,
};
use crate::{
    caller::{Caller, Readable, Visible},
    cluster::{
        Cluster,
        lints::{self, Collected, Linter, Remark},
        packets,
        pods::{Judge, in_force, install_values},
        resource::{SidecarSetting, SidecarSettingSpec},
        settings::SettingIndex,
        snapshot::Snapshot,
        workloads,
    },
    error::Error,
    remarks::Sight,
    state::State,
};

/// How many workloads are told one by one.
const TOLD: usize = 50;

/// What a workload setting that has no name yet is called in texts to copy.
const UNNAMED: &str = "new-setting";

/// What is asked.
pub struct Asked {
    /// Of which level.
    pub level: Level,
    /// What would be stored there; nothing: what is stored would be removed.
    pub body: Option<SaveSetting>,
    /// A packet that is tried with it.
    pub packet: Option<Packet>,
    /// Whether the cluster is asked too.
    pub dry_run: bool,
}

/// Judges a level as if `asked` were stored there. Nothing is written.
pub async fn preview(state: &State, caller: &Caller, asked: Asked) -> Result<Preview, Error> {
    let Asked { level, body, .. } = &asked;
    let setting = body.as_ref().map(|body| check::body(level, body)).transpose()?;
    let cluster = &state.cluster;
    cluster.ready()?;
    let root = root(cluster)?;
    let (stored_in, name) = level.stored_as(&root);
    // What is inherited is told too: it is for those who may see settings.
    caller.must_read(Readable::Settings, stored_in).await?;
    if *level == Level::Namespace(root.clone()) {
        // Saved there it would be the Global one: one thing must not have two addresses.
        return Err(Error::field(
            "level",
            format!("`{root}` is the mesh's root namespace: its setting is the Global one"),
        ));
    }
    // A workload setting may still have no name.
    let is_named = !name.is_empty();
    let named = Level::of(
        &root,
        stored_in,
        if is_named { name } else { UNNAMED },
        matches!(level, Level::Workload { .. }),
    )
    .map_err(|error| Error::field("level", error.to_string()))?;
    if cluster.stores.namespaces.get_cluster_scoped(stored_in).is_none() {
        return Err(Error::NotFound(format!("namespace `{stored_in}`")));
    }
    let namespaces = match level {
        Level::Global => cluster.snapshot().await.namespace_names(),
        Level::Namespace(namespace) | Level::Workload { namespace, .. } => vec![namespace.clone()],
    };
    let visible = caller.may_read(Readable::Pods, &namespaces).await?;
    let sight = Sight::of(caller, &namespaces).await?;
    let dry_run = if asked.dry_run && is_named {
        Some(dry_run(state, caller, level.clone(), setting.as_ref()).await)
    } else {
        None
    };
    let held = cluster.stores.settings.get(stored_in, name);
    let before = held.as_ref().map(|held| held.spec.read().setting);
    let stored = before.as_ref().map(|before| before.selector.clone());
    // What is removed is for whom it was for, and what is new changes those whom it will be for.
    let wanted = setting.as_ref().map(|setting| setting.selector.clone());
    let selector = wanted.clone().or(stored.clone()).flatten();
    let selector_now = stored.or(wanted).flatten();
    let pods = cluster
        .pods_of(level, selector.as_ref(), |namespace| visible.includes(namespace))
        .await;
    let question = Question {
        place: (stored_in.to_owned(), name.to_owned()),
        named,
        root: root.clone(),
        based_on: match held {
            Some(held) => Precondition::Version(held.version()),
            None => Precondition::Absent,
        },
        before,
        setting,
        selector,
        selector_now,
        visible,
        sight,
        pods,
        asked,
    };
    let (cluster, snapshot) = (cluster.clone(), cluster.snapshot().await);
    // Thousands of workloads take a moment: beside the async workers.
    let judged = tokio::task::spawn_blocking(move || question.judge(&cluster, &snapshot));
    let preview = judged
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    Ok(Preview { dry_run, ..preview })
}

/// Asks the cluster to take the change without storing it, with the caller's rights.
async fn dry_run(state: &State, caller: &Caller, level: Level, setting: Option<&Setting>) -> DryRun {
    let tried = async {
        let place = Place::of(state, level)?;
        let before = place.stored(caller).await?;
        let (api, what) = (place.api(caller), place.what());
        match (setting, before) {
            (Some(setting), before) => {
                let spec = SidecarSettingSpec::of(setting);
                write::save(&api, &place.name, &what, before, spec, Run::Dry).await?;
            }
            (None, Some(before)) => write::remove(&api, &place.name, &what, before, Run::Dry).await?,
            (None, None) => return Err(Error::NotFound(what)),
        }
        Ok(())
    };
    let problem = tried.await.err().map(|error| error.problem());
    DryRun {
        accepted: problem.is_none(),
        problem,
    }
}

/// What is previewed, and who asks.
struct Question {
    asked: Asked,
    /// Where it would be stored: namespace and name.
    place: (String, String),
    /// The level, with a name in any case.
    named: Level,
    root: String,
    /// What a write would be based on.
    based_on: Precondition,
    /// What is stored.
    before: Option<Setting>,
    setting: Option<Setting>,
    /// Whom it would be for.
    selector: Option<Selector>,
    /// Whom what is stored is for.
    selector_now: Option<Selector>,
    visible: Visible,
    sight: Sight,
    pods: PodCounts,
}

impl Question {
    fn judge(&self, cluster: &Cluster, snapshot: &Snapshot) -> Preview {
        let level = &self.asked.level;
        let (namespace, name) = (self.place.0.as_str(), self.place.1.as_str());
        let mut settings = cluster.stores.settings.state();
        settings.retain(|s| s.namespace().as_deref() != Some(namespace) || s.name_any() != name);
        settings.extend(
            self.setting
                .as_ref()
                .map(|setting| Arc::new(stored(namespace, name, setting))),
        );
        let (index, index_now) = (SettingIndex::of(&settings, Some(&self.root)), cluster.settings());
        let mesh = cluster.mesh();
        let judging = |settings| Judge {
            stores: &cluster.stores,
            settings,
            revisions: &mesh.revisions,
        };
        let (judge, judge_now) = (judging(&index), judging(&index_now));
        let (effective, revision) = judge.level(level, self.selector.as_ref());
        let trace = self.asked.packet.as_ref();
        let trace = trace.map(|packet| packets::foreseen(&effective, install_values(revision), packet));
        let (trace, trace_note) = match trace {
            Some(Err(why)) => (None, Some(why)),
            trace => (trace.and_then(Result::ok), None),
        };

        let before = self.before.as_ref();
        let change = Change {
            now: &judge_now,
            then: &judge,
            origin: lints::origin(level),
            fields: Change::fields(before, self.setting.as_ref()),
        };
        let is_in = |namespace: &str| self.is_for(namespace);
        let is_selected = |selector: &Selector, pod: &Pod| selector.matches(pod.labels());
        let (mut impact, stale) = change.of_pods(&self.visible, is_in, |pod| {
            self.selector
                .as_ref()
                .is_none_or(|selector| is_selected(selector, pod))
        });
        let then = Linter::new(&judge, &self.root, snapshot);
        let then = self.remarks(&then, &judge, self.selector.as_ref());
        let now = Linter::new(&judge_now, &self.root, snapshot);
        let now = self.remarks(&now, &judge_now, self.selector_now.as_ref());

        let mut workloads = self.workloads(&change, &stale, &mut impact);
        let workloads_total = workloads.len();
        workloads.truncate(TOLD);

        let (_, name) = self.named.stored_as(&self.root);
        let texts = |setting: Option<&Setting>| setting.map(|setting| manifest(namespace, name, setting));
        let (text_before, text_after) = (texts(before), texts(self.setting.as_ref()));
        let seen = |remarks: &[Remark]| -> Vec<LintView> {
            let views = remarks
                .iter()
                .filter_map(|remark| self.sight.view(remark, |_| true));
            views.take(TOLD).collect()
        };
        Preview {
            in_force: in_force(&effective),
            workloads,
            workloads_total,
            pods: self.pods,
            impact,
            changes: changes(before, self.setting.as_ref()),
            diff: diff(text_before.as_deref(), text_after.as_deref()),
            snippets: self.snippets(),
            dry_run: None,
            new_lints: seen(&only_in(&then, &now)),
            resolved_lints: seen(&only_in(&now, &then)),
            lints: seen(&then),
            trace,
            trace_note,
        }
    }

    /// The workloads that it is for, those that change first. Counts into `impact` also those that it is for no more.
    fn workloads(
        &self,
        change: &Change<'_>,
        stale: &HashMap<(String, String, String), usize>,
        impact: &mut Impact,
    ) -> Vec<MatchedWorkload> {
        let mut workloads = Vec::new();
        workloads::each(change.then.stores, |workload| {
            if !self.is_for(workload.namespace) || !self.visible.includes(workload.namespace) {
                return;
            }
            let (next, effect) = change.of_workload(&workload);
            impact.workloads_changed += usize::from(!effect.changes.is_empty());
            let selects = |selector: &Selector| selector.matches(workload.template.labels);
            // Those that it is for no more are told too: they change.
            if !self.selector.as_ref().is_none_or(selects) && effect.changes.is_empty() {
                return;
            }
            impact.workloads_shielded += usize::from(effect.is_shielded());
            let key = [workload.namespace, workload.kind, workload.name].map(ToOwned::to_owned);
            let [namespace, kind, name] = key.clone();
            workloads.push(MatchedWorkload {
                kind,
                namespace,
                name,
                settings: next.workload_settings,
                not_applicable: next.not_applicable,
                changes: effect
                    .changes
                    .iter()
                    .map(|field| field.name().to_owned())
                    .collect(),
                shielded: effect.shielded,
                stale: stale.get(&key.into()).copied().unwrap_or_default(),
            });
        });
        workloads.sort_by_cached_key(|workload| {
            let MatchedWorkload {
                changes,
                shielded,
                namespace,
                name,
                kind,
                ..
            } = workload;
            (
                changes.is_empty(),
                shielded.is_empty(),
                namespace.clone(),
                name.clone(),
                kind.clone(),
            )
        });
        workloads
    }

    /// Whether pods of a namespace can be the level's.
    fn is_for(&self, namespace: &str) -> bool {
        match &self.asked.level {
            Level::Global => namespace != self.root,
            Level::Namespace(own) | Level::Workload { namespace: own, .. } => namespace == own,
        }
    }

    fn snippets(&self) -> Vec<Snippet> {
        let body = self.asked.body.as_ref();
        let wanted = Wanted {
            level: &self.named,
            namespace: &self.place.0,
            name: self.named.stored_as(&self.root).1,
            based_on: self.based_on.clone(),
            setting: self.setting.as_ref(),
            reason: body.and_then(|body| body.reason.as_deref()),
        };
        wanted.snippets()
    }

    /// What is remarkable about the level and its workloads, judged by `judge`.
    fn remarks(&self, linter: &Linter<'_>, judge: &Judge<'_>, selector: Option<&Selector>) -> Vec<Remark> {
        let level = &self.asked.level;
        let mut remarks = Collected::default();
        let (effective, revision) = judge.level(level, selector);
        let own = lints::about_level(level, &self.place.0, &self.place.1);
        remarks.add(linter.level(&effective, revision), &own, true);
        let origin = lints::origin(level);
        workloads::each(judge.stores, |workload| {
            let selects = |selector: &Selector| selector.matches(workload.template.labels);
            if self.is_for(workload.namespace)
                && self.visible.includes(workload.namespace)
                && selector.is_none_or(selects)
            {
                let (effective, mut lints) = linter.workload(&workload);
                // Only what this level is the reason of.
                lints.retain(|lint| {
                    lint.field
                        .is_none_or(|field| effective.get(field).origin == origin)
                });
                remarks.add(lints, &lints::about(&workload), false);
            }
        });
        remarks.in_order()
    }
}

/// What of `these` the `others` do not say, each of what they do not say it of.
fn only_in(these: &[Remark], others: &[Remark]) -> Vec<Remark> {
    let mut said: HashMap<&Lint, BTreeSet<&About>> = HashMap::new();
    for other in others {
        said.entry(&other.lint).or_default().extend(&other.about);
    }
    let rest = these.iter().map(|remark| {
        let known = said.get(&remark.lint);
        let about = remark.about.iter();
        let about = about.filter(|about| !known.is_some_and(|known| known.contains(about)));
        Remark {
            lint: remark.lint.clone(),
            about: about.cloned().collect(),
        }
    });
    rest.filter(|remark| !remark.about.is_empty()).collect()
}

/// The setting as it would be stored.
fn stored(namespace: &str, name: &str, setting: &Setting) -> SidecarSetting {
    let new = SidecarSetting::new(name, SidecarSettingSpec::of(setting));
    SidecarSetting {
        metadata: ObjectMeta {
            namespace: Some(namespace.to_owned()),
            ..new.metadata
        },
        ..new
    }
}
