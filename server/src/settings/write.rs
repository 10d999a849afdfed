//! The writes themselves: with the version they are based on, and again when only a status came in between.

use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams, Preconditions},
};

use crate::{
    cluster::resource::{SidecarSetting, SidecarSettingSpec},
    error::{Error, from_kube},
    install::FIELD_MANAGER,
};

/// How often a write is tried again when only the status changed meanwhile.
const TRIES: usize = 5;

/// Whether the cluster shall store what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// It shall.
    Real,
    /// It only says what it would do (`dryRun=All`).
    Dry,
}

/// Creates the setting, or replaces the spec of `before`.
pub(super) async fn save(
    api: &Api<SidecarSetting>,
    name: &str,
    what: &str,
    before: Option<SidecarSetting>,
    spec: SidecarSettingSpec,
    run: Run,
) -> Result<SidecarSetting, Error> {
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        dry_run: run == Run::Dry,
    };
    let doing = format!("write {what}");
    let changed = || Error::ChangedMeanwhile {
        what: what.to_owned(),
        current: None,
    };
    let Some(mut base) = before else {
        return match api.create(&params, &SidecarSetting::new(name, spec)).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => Err(changed()),
            created => created.map_err(|error| from_kube(error, &doing)),
        };
    };
    let version = base.version();
    for _ in 0..TRIES {
        let mut wanted = base;
        wanted.spec = spec.clone();
        match api.replace(name, &params, &wanted).await {
            // Only a status was written in between, unless the version moved too.
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                let now = api
                    .get_opt(name)
                    .await
                    .map_err(|error| from_kube(error, &doing))?;
                base = now.filter(|now| now.version() == version).ok_or_else(changed)?;
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => return Err(changed()),
            written => return written.map_err(|error| from_kube(error, &doing)),
        }
    }
    Err(changed())
}

/// Deletes exactly `before`.
pub(super) async fn remove(
    api: &Api<SidecarSetting>,
    name: &str,
    what: &str,
    before: SidecarSetting,
    run: Run,
) -> Result<(), Error> {
    let doing = format!("delete {what}");
    let changed = || Error::ChangedMeanwhile {
        what: what.to_owned(),
        current: None,
    };
    let version = before.version();
    let mut base = before;
    for _ in 0..TRIES {
        let exactly_this = DeleteParams {
            dry_run: run == Run::Dry,
            preconditions: Some(Preconditions {
                uid: base.uid(),
                resource_version: base.resource_version(),
            }),
            ..DeleteParams::default()
        };
        match api.delete(name, &exactly_this).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                let now = api
                    .get_opt(name)
                    .await
                    .map_err(|error| from_kube(error, &doing))?;
                base = now.filter(|now| now.version() == version).ok_or_else(changed)?;
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => return Err(changed()),
            Err(error) => return Err(from_kube(error, &doing)),
            Ok(_) => return Ok(()),
        }
    }
    Err(changed())
}
