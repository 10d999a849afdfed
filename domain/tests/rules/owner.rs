//! Owners, by the marks that each leaves.

use domain::owner::{Facts, Kind, Marks, Object, Owner, Reference, Reverts};

const SETTING: Object<'_> = Object {
    group: "sidestep.dev",
    kind: "SidecarSetting",
    namespace: "shop",
    name: "default",
};

/// An object with labels, annotations, owner references (`group/version kind name`) and managers.
#[derive(Clone, Copy, Debug, Default)]
struct With<'a> {
    labels: &'a [(&'a str, &'a str)],
    annotations: &'a [(&'a str, &'a str)],
    references: &'a [(&'a str, &'a str, &'a str)],
    managers: &'a [&'a str],
}

fn owner(with: With<'_>) -> Option<Owner> {
    let marks = |pairs: &[(&str, &str)]| -> Marks {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    let references: Vec<Reference<'_>> = with
        .references
        .iter()
        .map(|(api_version, kind, name)| Reference {
            api_version,
            kind,
            name,
        })
        .collect();
    Owner::of(&Facts {
        object: SETTING,
        labels: &marks(with.labels),
        annotations: &marks(with.annotations),
        references: &references,
        managers: with.managers,
    })
}

fn is(kind: Kind, name: Option<&str>, namespace: Option<&str>, reverts: Reverts) -> Owner {
    Owner {
        kind,
        name: name.map(str::to_owned),
        namespace: namespace.map(str::to_owned),
        reverts,
    }
}

fn are(cases: &[(With<'_>, Owner)]) {
    for (with, expected) in cases {
        assert_eq!(owner(*with).as_ref(), Some(expected), "{with:?}");
    }
}

const HELM: &[(&str, &str)] = &[
    ("meta.helm.sh/release-name", "istiod"),
    ("meta.helm.sh/release-namespace", "istio-system"),
];
const CHART: &[(&str, &str)] = &[
    ("app.kubernetes.io/managed-by", "Helm"),
    ("app.kubernetes.io/instance", "istio"),
];

#[test]
fn operators_and_gitops_controllers_are_known_by_their_marks() {
    use Kind::{ArgoCd, FluxHelmRelease, FluxKustomization, Sail};
    use Reverts::{AtOnce, AtUpgrade, Regularly};
    let no = With::default();
    let tracked = &[(
        "argocd.argoproj.io/tracking-id",
        "shop:sidestep.dev/SidecarSetting:shop/default",
    )];
    let kustomized = &[
        ("kustomize.toolkit.fluxcd.io/name", "apps"),
        ("kustomize.toolkit.fluxcd.io/namespace", "flux-system"),
    ];
    let released = &[
        ("helm.toolkit.fluxcd.io/name", "istiod"),
        ("helm.toolkit.fluxcd.io/namespace", "mesh"),
    ];
    let revision = &[("sailoperator.io/v1", "IstioRevision", "default")];
    let istio = &[("sailoperator.io/v1alpha1", "Istio", "prod")];
    let sail = &[("app.kubernetes.io/managed-by", "sail-operator")];
    let instance = &[("argocd.argoproj.io/instance", "shop")];
    let flux = is(FluxKustomization, Some("apps"), Some("flux-system"), Regularly);
    are(&[
        (
            With {
                references: revision,
                ..no
            },
            is(Sail, Some("default"), None, AtOnce),
        ),
        (
            With {
                references: istio,
                ..no
            },
            is(Sail, Some("prod"), None, AtOnce),
        ),
        (With { labels: sail, ..no }, is(Sail, None, None, AtOnce)),
        (
            With {
                annotations: tracked,
                ..no
            },
            is(ArgoCd, Some("shop"), None, Regularly),
        ),
        (
            With {
                labels: instance,
                ..no
            },
            is(ArgoCd, Some("shop"), None, Regularly),
        ),
        (
            With {
                managers: &["kubectl", "argocd-controller"],
                ..no
            },
            is(ArgoCd, None, None, Regularly),
        ),
        (
            With {
                managers: &["argocd-application-controller"],
                ..no
            },
            is(ArgoCd, None, None, Regularly),
        ),
        (
            With {
                labels: kustomized,
                ..no
            },
            flux,
        ),
        (
            With {
                managers: &["kustomize-controller"],
                ..no
            },
            is(FluxKustomization, None, None, Regularly),
        ),
        (
            With {
                labels: released,
                ..no
            },
            is(FluxHelmRelease, Some("istiod"), Some("mesh"), AtUpgrade),
        ),
        (
            With {
                managers: &["helm-controller"],
                ..no
            },
            is(FluxHelmRelease, None, None, AtUpgrade),
        ),
    ]);
}

#[test]
fn installers_are_known_by_their_marks() {
    use Kind::{Helm, Istioctl};
    use Reverts::AtUpgrade;
    let no = With::default();
    let installed = &[
        ("install.operator.istio.io/owning-resource", "installed-state"),
        (
            "install.operator.istio.io/owning-resource-namespace",
            "istio-system",
        ),
    ];
    let unknown = &[("install.operator.istio.io/owning-resource", "unknown")];
    let state = is(Istioctl, Some("installed-state"), Some("istio-system"), AtUpgrade);
    are(&[
        (
            With {
                annotations: HELM,
                ..no
            },
            is(Helm, Some("istiod"), Some("istio-system"), AtUpgrade),
        ),
        (
            With {
                managers: &["helm"],
                ..no
            },
            is(Helm, None, None, AtUpgrade),
        ),
        (
            With { labels: CHART, ..no },
            is(Helm, Some("istio"), None, AtUpgrade),
        ),
        (
            With {
                labels: installed,
                ..no
            },
            state,
        ),
        (
            With {
                labels: unknown,
                ..no
            },
            is(Istioctl, None, None, AtUpgrade),
        ),
        (
            With {
                managers: &["istio-operator"],
                ..no
            },
            is(Istioctl, None, None, AtUpgrade),
        ),
    ]);
}

#[test]
fn what_nobody_marks_belongs_to_nobody() {
    for with in [
        With::default(),
        With {
            managers: &["kubectl-client-side-apply", "sidestep", "kube-controller-manager"],
            ..With::default()
        },
        With {
            labels: &[("app.kubernetes.io/managed-by", "ada"), ("app", "helm")],
            ..With::default()
        },
        With {
            references: &[("apps/v1", "IstioRevision", "default")],
            ..With::default()
        },
    ] {
        assert_eq!(owner(with), None);
    }
}

#[test]
fn of_several_the_one_counts_that_writes_last() {
    let sail = With {
        references: &[("sailoperator.io/v1", "IstioRevision", "default")],
        annotations: HELM,
        labels: &[("argocd.argoproj.io/instance", "mesh")],
        managers: &["istio-operator"],
    };
    let kind = |with| owner(with).map(|owner| owner.kind);
    assert_eq!(kind(sail), Some(Kind::Sail));
    assert_eq!(
        kind(With {
            references: &[],
            ..sail
        }),
        Some(Kind::ArgoCd)
    );
    assert_eq!(
        kind(With {
            annotations: HELM,
            managers: &["helm-controller"],
            ..With::default()
        }),
        Some(Kind::FluxHelmRelease)
    );
    assert_eq!(
        kind(With {
            annotations: HELM,
            managers: &["istio-operator"],
            ..With::default()
        }),
        Some(Kind::Helm)
    );
    // istioctl renders the same chart, and its label says Helm.
    assert_eq!(
        kind(With {
            labels: CHART,
            managers: &["istio-operator"],
            ..With::default()
        }),
        Some(Kind::Istioctl)
    );
}

#[test]
fn a_tracking_id_of_another_object_is_a_copy() {
    let copied = "shop:sidestep.dev/SidecarSetting:shop/other";
    let annotations = [("argocd.argoproj.io/tracking-id", copied)];
    assert_eq!(
        owner(With {
            annotations: &annotations,
            ..With::default()
        }),
        None
    );
}

#[test]
fn an_owner_that_was_told_to_look_away_does_not_revert_by_itself() {
    let ignored = owner(With {
        references: &[("sailoperator.io/v1", "IstioRevision", "default")],
        annotations: &[("sailoperator.io/ignore", "true")],
        ..With::default()
    });
    assert!(!ignored.expect("the operator").reverts.by_itself());
    let disabled = With {
        labels: &[("kustomize.toolkit.fluxcd.io/name", "apps")],
        annotations: &[("kustomize.toolkit.fluxcd.io/reconcile", "disabled")],
        ..With::default()
    };
    assert_eq!(owner(disabled), None);
}

#[test]
fn an_owner_says_who_it_is_what_it_does_and_where_the_change_belongs() {
    let helm = owner(With {
        annotations: HELM,
        ..With::default()
    })
    .expect("Helm");
    assert_eq!(
        helm.sentence(),
        "It belongs to Helm (release `istiod` in `istio-system`)."
    );
    assert_eq!(
        helm.effect(),
        "The next `helm upgrade` of release `istiod` in `istio-system` writes its own value over an edit, or stops with a \
         conflict."
    );
    assert_eq!(
        helm.instead(),
        "change the values of release `istiod` in `istio-system` and run `helm upgrade`"
    );
    let unnamed = owner(With {
        managers: &["argocd-controller"],
        ..With::default()
    })
    .expect("Argo CD");
    assert_eq!(unnamed.sentence(), "It belongs to Argo CD.");
}
