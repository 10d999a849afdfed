//! Which workloads are restarted, which are not and why, and in which waves.

use std::collections::BTreeMap;

use domain::restart::{
    Amount, Autoscaler, Block, Budget, Facts, Kind, Order, Owner, Remark, Rollout, Verdict, assess,
    at_a_time, rolling, waves,
};

/// A healthy Deployment of three pods, all stale, with a surge.
fn facts() -> Facts {
    Facts {
        kind: Kind::Deployment,
        replicas: 3,
        ready: 3,
        rollout: Rollout::Rolling { takes_down: 0 },
        paused: false,
        has_readiness_probe: true,
        budgets: Some(Vec::new()),
        autoscaler: None,
        owner: None,
        stale_pods: 3,
        loses_sidecar: None,
    }
}

fn budget(allowed: u32) -> Vec<Budget> {
    let name = "cart".to_owned();
    let taken = 0;
    vec![Budget { name, allowed, taken }]
}

#[test]
fn only_a_proven_difference_or_a_wish_is_a_reason() {
    let current = Facts {
        stale_pods: 0,
        ..facts()
    };
    assert_eq!(assess(&facts(), false, false), (Verdict::Restart, Vec::new()));
    assert_eq!(assess(&current, false, false).0, Verdict::NotNeeded);
    assert_eq!(assess(&current, true, false).0, Verdict::Restart);
    let scaled_down = Facts {
        replicas: 0,
        ..current
    };
    assert_eq!(assess(&scaled_down, true, true).0, Verdict::NotNeeded);
}

#[test]
fn what_cannot_be_restarted_says_why() {
    let rollout = |rollout| Facts { rollout, ..facts() };
    let kind = |kind| Facts { kind, ..facts() };
    for (facts, code) in [
        (
            Facts {
                paused: true,
                ..facts()
            },
            "paused",
        ),
        (
            Facts {
                loses_sidecar: Some("its namespace asks for none".to_owned()),
                ..facts()
            },
            "loses-sidecar",
        ),
        (rollout(Rollout::OnDelete), "on-delete"),
        (
            rollout(Rollout::Partition {
                from: 2,
                takes_down: 1,
            }),
            "partition",
        ),
        (kind(Kind::Pod), "bare-pod"),
        (kind(Kind::Job), "job"),
        (kind(Kind::Other("Rollout cart".to_owned())), "foreign-owner"),
        (rollout(Rollout::Recreate), "would-interrupt"),
        (
            Facts {
                replicas: 1,
                rollout: Rollout::Partition {
                    from: 0,
                    takes_down: 1,
                },
                kind: Kind::StatefulSet,
                ..facts()
            },
            "would-interrupt",
        ),
        (
            Facts {
                rollout: Rollout::Partition {
                    from: 0,
                    takes_down: 3,
                },
                kind: Kind::StatefulSet,
                ..facts()
            },
            "would-interrupt",
        ),
        (
            Facts {
                rollout: Rollout::Partition {
                    from: 0,
                    takes_down: 2,
                },
                kind: Kind::StatefulSet,
                budgets: Some(budget(1)),
                ..facts()
            },
            "disruption-budget",
        ),
        (
            Facts {
                rollout: Rollout::Rolling { takes_down: 1 },
                budgets: Some(budget(0)),
                ..facts()
            },
            "disruption-budget",
        ),
        (
            Facts {
                rollout: Rollout::Rolling { takes_down: 2 },
                budgets: Some(budget(1)),
                ..facts()
            },
            "disruption-budget",
        ),
    ] {
        let (verdict, remarks) = assess(&facts, false, false);
        let Verdict::Blocked(block) = verdict else {
            panic!("{code}: {verdict:?}");
        };
        assert_eq!(block.code(), code);
        assert!(!block.to_string().is_empty() && !block.way_out().is_empty());
        assert_eq!(remarks, Vec::new(), "what is left alone needs no preflight");
    }
}

#[test]
fn what_is_named_may_leave_the_mesh_and_that_is_remarked_on() {
    let leaves = Facts {
        loses_sidecar: Some("its namespace asks for none".to_owned()),
        ..facts()
    };
    let (verdict, remarks) = assess(&leaves, true, false);
    assert_eq!(verdict, Verdict::Restart);
    assert!(
        remarks[0].is_warning() && remarks[0].code() == "loses-sidecar",
        "{remarks:?}"
    );
}

#[test]
fn a_budget_that_restarts_under_way_use_up_is_waited_for() {
    let beside = |allowed, taken| {
        let mut budgets = budget(allowed);
        budgets[0].taken = taken;
        let facts = Facts {
            rollout: Rollout::Rolling { takes_down: 1 },
            budgets: Some(budgets),
            ..facts()
        };
        assess(&facts, false, false).0
    };
    assert_eq!(beside(1, 0), Verdict::Restart);
    assert_eq!(beside(2, 1), Verdict::Restart);
    assert_eq!(beside(1, 1), Verdict::Later);
    assert_eq!(beside(0, 1), Verdict::Later, "what is missing is theirs");
    assert!(matches!(
        beside(0, 0),
        Verdict::Blocked(Block::Budget { allowed: 0, .. })
    ));
}

#[test]
fn a_rollout_that_takes_no_pod_down_needs_no_budget() {
    let surging = Facts {
        budgets: Some(budget(0)),
        ..facts()
    };
    assert_eq!(assess(&surging, false, false).0, Verdict::Restart);
}

#[test]
fn a_single_pod_with_a_surge_is_never_missing() {
    let single = Facts {
        replicas: 1,
        ready: 1,
        rollout: rolling(Amount::Percent(25), Amount::Percent(25), 1),
        ..facts()
    };
    assert_eq!(assess(&single, false, false).0, Verdict::Restart);
}

#[test]
fn a_gap_that_was_accepted_is_made_and_remarked_on() {
    let recreated = Facts {
        rollout: Rollout::Recreate,
        ..facts()
    };
    let (verdict, remarks) = assess(&recreated, false, true);
    assert_eq!((verdict, remarks), (Verdict::Restart, vec![Remark::Interrupts]));
    // But a budget was not given up with it.
    let (verdict, _) = assess(
        &Facts {
            budgets: Some(budget(1)),
            ..recreated
        },
        false,
        true,
    );
    assert!(
        matches!(verdict, Verdict::Blocked(Block::Budget { takes_down: 3, .. })),
        "{verdict:?}"
    );
}

#[test]
fn each_node_of_a_daemon_set_has_its_own_gap() {
    let on_one_node = Facts {
        kind: Kind::DaemonSet,
        replicas: 1,
        ready: 1,
        rollout: Rollout::Rolling { takes_down: 1 },
        ..facts()
    };
    assert_eq!(assess(&on_one_node, false, false).0, Verdict::Restart);
}

#[test]
fn what_to_look_at_before_is_said_warnings_first() {
    let everything = Facts {
        ready: 2,
        has_readiness_probe: false,
        budgets: None,
        autoscaler: Some(Autoscaler {
            name: "cart".to_owned(),
        }),
        owner: Some(Owner {
            tool: "Helm",
            name: "shop".to_owned(),
            reverts: false,
        }),
        ..facts()
    };
    let (_, remarks) = assess(&everything, false, false);
    let codes: Vec<&str> = remarks.iter().map(Remark::code).collect();
    assert_eq!(
        codes,
        [
            "not-all-ready",
            "no-readiness-probe",
            "budgets-unknown",
            "owner",
            "autoscaler"
        ]
    );
    assert!(
        remarks
            .iter()
            .map(Remark::is_warning)
            .is_sorted_by(|one, other| one >= other)
    );
}

#[test]
fn a_rolling_update_is_counted_as_kubernetes_counts_it() {
    let (count, percent) = (Amount::Pods, Amount::Percent);
    for (surge, missing, replicas, takes_down) in [
        (percent(25), percent(25), 1, 0),
        (percent(25), percent(25), 3, 0),
        (percent(25), percent(25), 4, 1),
        (percent(25), percent(25), 10, 2),
        (count(0), count(0), 3, 1),
        (percent(0), percent(10), 3, 1),
        (count(1), count(0), 3, 0),
        (count(0), count(5), 3, 3),
        (percent(100), percent(100), 3, 3),
    ] {
        assert_eq!(
            rolling(surge, missing, replicas),
            Rollout::Rolling { takes_down },
            "{surge:?} {missing:?} {replicas}"
        );
    }
}

#[test]
fn a_stateful_set_takes_down_at_least_one_pod_and_as_many_as_it_says() {
    let (count, percent) = (Amount::Pods, Amount::Percent);
    for (missing, replicas, takes_down) in [
        (count(1), 3, 1),
        (count(0), 3, 1),
        (count(3), 3, 3),
        (count(5), 3, 3),
        (percent(10), 3, 1),
        (percent(50), 5, 2),
        (percent(100), 5, 5),
        (count(1), 0, 1),
    ] {
        assert_eq!(at_a_time(missing, replicas), takes_down, "{missing:?} {replicas}");
    }
    let one_by_one = Facts {
        kind: Kind::StatefulSet,
        rollout: Rollout::Partition {
            from: 0,
            takes_down: 1,
        },
        budgets: Some(budget(1)),
        ..facts()
    };
    assert_eq!(assess(&one_by_one, false, false).0, Verdict::Restart);
}

#[test]
fn an_amount_is_a_number_or_a_percentage() {
    assert_eq!("3".parse(), Ok(Amount::Pods(3)));
    assert_eq!("25%".parse(), Ok(Amount::Percent(25)));
    for text in ["", "%", "-1", "a", "2.5%"] {
        let error = text.parse::<Amount>().expect_err(text);
        assert!(error.to_string().contains(&format!("`{text}`")));
    }
}

#[test]
fn waves_go_by_namespace_by_label_or_together() {
    let tier = |tier: &str| BTreeMap::from([("tier".to_owned(), tier.to_owned())]);
    let (front, back, none) = (tier("front"), tier("back"), BTreeMap::new());
    let workloads = [
        ("shop", "web", &front),
        ("pay", "ledger", &back),
        ("shop", "cart", &back),
        ("pay", "cron", &none),
    ];
    let named = |order: &Order, size| -> Vec<(&str, usize)> {
        let waves = waves(&workloads, order, size);
        waves
            .into_iter()
            .map(|(index, wave)| (workloads[index].1, wave))
            .collect()
    };
    let key = "tier".to_owned();
    assert_eq!(
        named(&Order::Namespace, None),
        [("cron", 0), ("ledger", 0), ("cart", 1), ("web", 1)]
    );
    assert_eq!(
        named(&Order::Label { key }, None),
        [("ledger", 0), ("cart", 0), ("web", 1), ("cron", 2)]
    );
    assert_eq!(
        named(&Order::Together, None),
        [("cron", 0), ("ledger", 0), ("cart", 0), ("web", 0)]
    );
    assert_eq!(
        named(&Order::Namespace, Some(1)),
        [("cron", 0), ("ledger", 1), ("cart", 2), ("web", 3)]
    );
    assert_eq!(waves(&[], &Order::Namespace, None), []);
}
