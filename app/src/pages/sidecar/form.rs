//! The form of one level: what is stored, and what somebody makes of it.

use api::{
    Client, FieldProblem, Precondition, Problem,
    mesh::PodCounts,
    preview::{Preview, PreviewPacket},
    setting::{LevelRef, SettingView},
};
use domain::Level;

use crate::prelude::*;

use self::mistake::{has_place, mistake};
pub(super) use self::{
    read::GONE,
    write::{Busy, Saved},
};
use super::{
    draft::{Draft, Mistake, Part},
    kept,
    merge::Conflict,
};
use crate::{
    components::kept::keep,
    ui::announce::{Announcer, use_announcer},
};

mod foresee;
mod mistake;
mod read;
mod write;

/// What a draft began with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    /// The version of what was stored; nothing: nothing was.
    pub(super) version: Option<String>,
    /// The form of it.
    pub(super) draft: Draft,
}

impl Base {
    fn of(view: &SettingView) -> Self {
        Self {
            version: view.stored.as_ref().map(|stored| stored.version.clone()),
            draft: Draft::of_view(view),
        }
    }

    fn precondition(&self) -> Precondition {
        self.version
            .clone()
            .map_or(Precondition::Absent, Precondition::Version)
    }
}

/// The form's state. Its place in the page is given once; what arrives later changes the signals, never the elements.
#[derive(Clone, Copy)]
pub(super) struct Form {
    fixed: StoredValue<Fixed>,
    announcer: Announcer,
    /// The level as it was last read.
    pub(super) view: RwSignal<SettingView>,
    /// What the draft began with; older than `view` where somebody else has saved meanwhile.
    pub(super) base: RwSignal<Base>,
    /// What would be saved.
    pub(super) draft: RwSignal<Draft>,
    /// Why, for the history.
    pub(super) reason: RwSignal<String>,
    /// There is something to save, or to lose.
    pub(super) dirty: Memo<bool>,
    /// Somebody else has saved since the draft was begun.
    pub(super) overtaken: Memo<bool>,
    /// What would come of the draft, as far as it was without mistakes.
    pub(super) preview: RwSignal<Option<Preview>>,
    /// The write under way.
    pub(super) busy: RwSignal<Option<Busy>>,
    /// Why the last write was refused.
    pub(super) problem: RwSignal<Option<Problem>>,
    /// The fields that the server refused, and what was sent.
    refused: RwSignal<Option<(Draft, Vec<FieldProblem>)>>,
    /// What the last write did.
    pub(super) saved: RwSignal<Option<Saved>>,
    /// The choice between two versions is open.
    pub(super) choosing: RwSignal<bool>,
    /// The draft is one that was kept from an earlier visit.
    pub(super) brought_back: RwSignal<bool>,
    /// How many writes have been answered: a read that began before one is older than its answer.
    writes: StoredValue<u32>,
}

/// What stays as it is for as long as the form does.
struct Fixed {
    level: Level,
    /// The name of a workload setting that is being made; nothing: the level is there, or needs none.
    name: Option<RwSignal<String>>,
    client: Client,
    /// A packet that is tried with the draft.
    packet: RwSignal<PreviewPacket>,
    /// The one that [`Form::preview`] tells of.
    tried: RwSignal<Option<PreviewPacket>>,
    /// Somebody looks at what the update would do.
    reviewing: RwSignal<bool>,
    /// It shall be saved although the owner of what is stored will undo it.
    overrides_owner: RwSignal<bool>,
    /// Whether [`Form::preview`] is of the draft as it stands.
    foreseen: RwSignal<Foreseen>,
    /// The level has gone with its namespace.
    gone: RwSignal<bool>,
}

/// How far it is known what would come of the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Foreseen {
    /// It is being asked, or cannot be while there are mistakes.
    Working,
    /// It is known.
    Told,
    /// It could not be told, and why.
    Failed(String),
}

/// A workload setting that is to be made, from the setting of its namespace: that is what it will override.
fn as_new(of_namespace: SettingView) -> SettingView {
    let namespace = match of_namespace.level {
        LevelRef::Namespace { namespace } | LevelRef::Workload { namespace, .. } => namespace,
        LevelRef::Global => String::new(),
    };
    SettingView {
        level: LevelRef::Workload {
            namespace,
            name: String::new(),
        },
        stored: None,
        owner: None,
        pods: PodCounts::default(),
        ..of_namespace
    }
}

impl Form {
    /// The form of a level that has just been read.
    pub(super) fn of(view: SettingView) -> Self {
        Self::new(view, None)
    }

    /// The form of a workload setting that is to be made in the namespace whose setting has just been read.
    pub(super) fn of_new(of_namespace: SettingView) -> Self {
        Self::new(as_new(of_namespace), Some(RwSignal::new(String::new())))
    }

    fn new(view: SettingView, name: Option<RwSignal<String>>) -> Self {
        let base = RwSignal::new(Base::of(&view));
        let draft = RwSignal::new(base.with_untracked(|base| base.draft.clone()));
        let level = Level::from(view.level.clone());
        let view = RwSignal::new(view);
        let dirty = Memo::new(move |_| draft.with(|draft| base.with(|base| draft.is_dirty(&base.draft))));
        let overtaken = Memo::new(move |_| {
            dirty.get() && view.with(|view| base.with(|base| Base::of(view).version != base.version))
        });
        let form = Self {
            fixed: StoredValue::new(Fixed {
                level,
                name,
                client: expect_context(),
                packet: RwSignal::new(PreviewPacket::default()),
                tried: RwSignal::new(None),
                reviewing: RwSignal::new(false),
                overrides_owner: RwSignal::new(false),
                foreseen: RwSignal::new(Foreseen::Working),
                gone: RwSignal::new(false),
            }),
            announcer: use_announcer(),
            view,
            base,
            draft,
            reason: RwSignal::new(String::new()),
            dirty,
            overtaken,
            preview: RwSignal::new(None),
            busy: RwSignal::new(None),
            problem: RwSignal::new(None),
            refused: RwSignal::new(None),
            saved: RwSignal::new(None),
            choosing: RwSignal::new(false),
            brought_back: RwSignal::new(false),
            writes: StoredValue::new(0),
        };
        form.keep();
        form
    }

    /// The name of the workload setting that is being made, where that is what the form is for.
    pub(super) fn name(&self) -> Option<RwSignal<String>> {
        self.fixed.with_value(|fixed| fixed.name)
    }

    /// The level without the name that is typed: the form's own, always the same.
    fn place(&self) -> Level {
        self.fixed.with_value(|fixed| fixed.level.clone())
    }

    /// The packet that is tried with the draft.
    pub(super) fn packet(&self) -> RwSignal<PreviewPacket> {
        self.fixed.with_value(|fixed| fixed.packet)
    }

    /// Whether somebody looks at what the update would do: then the cluster is asked too.
    pub(super) fn reviewing(&self) -> RwSignal<bool> {
        self.fixed.with_value(|fixed| fixed.reviewing)
    }

    /// Whether it shall be saved although the owner of what is stored will undo it.
    pub(super) fn overrides_owner(&self) -> RwSignal<bool> {
        self.fixed.with_value(|fixed| fixed.overrides_owner)
    }

    /// How far it is known what would come of the draft.
    pub(super) fn foreseen(&self) -> RwSignal<Foreseen> {
        self.fixed.with_value(|fixed| fixed.foreseen)
    }

    /// Whether the level has gone with its namespace: there is nothing to read any more, nor where to save.
    pub(super) fn gone(&self) -> RwSignal<bool> {
        self.fixed.with_value(|fixed| fixed.gone)
    }

    fn client(&self) -> Client {
        self.fixed.with_value(|fixed| fixed.client.clone())
    }

    /// The level; one that is being made has the name that is typed.
    pub(super) fn level(&self) -> Level {
        match (self.place(), self.name()) {
            (Level::Workload { namespace, .. }, Some(name)) => Level::Workload {
                namespace,
                name: name.with_untracked(|name| name.trim().to_owned()),
            },
            (level, _) => level,
        }
    }

    /// What is wrong with the name of the setting that is being made.
    pub(super) fn name_mistake(&self) -> Option<String> {
        let name = self.name()?;
        name.track();
        let Level::Workload { namespace, name } = self.level() else {
            return None;
        };
        Level::of("", &namespace, &name, true)
            .err()
            .map(|error| error.to_string())
    }

    /// Says something to the reader.
    pub(super) fn say(&self, text: impl Into<String>) {
        self.announcer.say(text.into());
    }

    /// Brings back what was not saved on an earlier visit, and keeps what is not saved on this one.
    fn keep(self) {
        let now = move || {
            self.base
                .with(|base| self.draft.with(|draft| kept::text(base, draft)))
        };
        keep(kept::key(&self.place()), self.dirty, now, move |kept| {
            let Some((base, draft)) = kept::read(kept).filter(|(base, draft)| draft.is_dirty(&base.draft))
            else {
                return;
            };
            self.base.set(base);
            self.draft.set(draft);
            self.brought_back.set(true);
            // What is stored may have changed since.
            self.take(self.view.get_untracked());
        });
    }

    /// Edits a part.
    pub(super) fn edit(&self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        if self.dirty.get_untracked() {
            self.saved.set(None);
        }
    }

    /// The mistakes of a part: those that can be seen here, else those that the server saw in the same value.
    pub(super) fn mistakes(&self, part: impl Into<Part>) -> Vec<Mistake> {
        let part = part.into();
        let own = self.draft.with(|draft| draft.mistakes(part));
        if !own.is_empty() {
            return own;
        }
        self.refused.with(|refused| {
            let Some((sent, problems)) = refused else {
                return Vec::new();
            };
            if self
                .draft
                .with(|draft| draft.get(part).typed() != sent.get(part).typed())
            {
                return Vec::new();
            }
            problems
                .iter()
                .filter_map(|problem| mistake(part, problem))
                .collect()
        })
    }

    /// The mistakes in what is stored, which counts as *inherit* all the same, where they are not of a part of the form.
    pub(super) fn stray(&self) -> Vec<FieldProblem> {
        self.view.with(|view| {
            let invalid = view.stored.iter().flat_map(|stored| stored.invalid.clone());
            invalid.filter(|problem| !has_place(problem)).collect()
        })
    }

    /// Back to what is stored.
    pub(super) fn discard(&self) {
        let now = self.view.with_untracked(Base::of);
        self.draft.set(now.draft.clone());
        self.base.set(now);
        self.reason.set(String::new());
        self.problem.set(None);
        self.refused.set(None);
        self.choosing.set(false);
        self.brought_back.set(false);
        self.say("Changes discarded");
    }

    /// The two versions to choose from.
    pub(super) fn conflict(&self) -> Conflict {
        Conflict::new(
            self.base.with(|base| base.draft.clone()),
            self.draft.get(),
            self.view.with(Draft::of_view),
        )
    }

    /// Goes on with `merged`, based on what is stored now.
    pub(super) fn resolve(&self, merged: Draft) {
        self.base.set(self.view.with_untracked(Base::of));
        self.draft.set(merged);
        self.problem.set(None);
        self.choosing.set(false);
    }
}
