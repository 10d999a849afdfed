//! The history's chain, on a real database.

use api::audit::{Action, AuditQuery, OutcomeState, Target};
use server::{
    caller::Visible,
    clock::Clock,
    history::{History, Intent, Recorded, Shown},
};
use sqlx::Executor;

use crate::support::databases;

const EVERYTHING: Shown = Shown {
    settings: Visible::All,
    pods: Visible::All,
    config_maps: Visible::All,
};

fn intent(namespace: &str) -> Intent {
    Intent {
        actor: "ada".into(),
        action: Action::SaveSetting,
        target: Target {
            kind: "SidecarSetting".into(),
            namespace: namespace.into(),
            name: "default".into(),
        },
        reason: None,
        before: None,
        after: None,
        based_on: None,
        outside: None,
        reverts: None,
    }
}

fn succeeded() -> Recorded {
    Recorded {
        state: OutcomeState::Succeeded,
        detail: None,
        version: None,
    }
}

async fn open(url: &str) -> History {
    History::open(url, Clock::system()).await.expect("a history")
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_make_one_chain() {
    for url in databases().await {
        one_chain(&url).await;
    }
}

async fn one_chain(url: &str) {
    let writers = [open(url).await, open(url).await];
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let history = writers[n % 2].clone();
            tokio::spawn(async move {
                let change = history.intend(&intent("shop")).await.expect("recorded");
                history.conclude(&change, &succeeded()).await.expect("recorded");
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(writers[0].verify().await.expect("readable"), Ok(80));
    let (_, total) = writers[1]
        .page(&AuditQuery::default(), &EVERYTHING, None, 10)
        .await
        .expect("readable");
    assert_eq!(total, 40);
}

#[tokio::test]
async fn what_is_changed_removed_or_put_in_between_is_found() {
    sqlx::any::install_default_drivers();
    for forgery in [
        "update events set body = replace(body, 'ada', 'bob') where seq = 2",
        "delete from events where seq = 2",
        "update events set at_us = at_us + 1 where seq = 3",
        "update events set change_id = 'other' where seq = 1",
        "update events set target_namespace = 'elsewhere' where seq = 2",
    ] {
        for url in databases().await {
            let history = open(&url).await;
            for _ in 0..3 {
                history.intend(&intent("shop")).await.expect("recorded");
            }
            assert_eq!(history.verify().await.expect("readable"), Ok(3));
            let pool = sqlx::AnyPool::connect(&url).await.expect("the same database");
            pool.execute(forgery).await.expect("forged");
            assert!(history.verify().await.expect("readable").is_err(), "{forgery}");
        }
    }
}

#[tokio::test]
async fn the_first_outcome_stands() {
    for url in databases().await {
        let history = open(&url).await;
        let change = history.intend(&intent("shop")).await.expect("recorded");
        history.conclude(&change, &succeeded()).await.expect("recorded");
        let late = Recorded {
            state: OutcomeState::Failed,
            detail: None,
            version: None,
        };
        history
            .conclude(&change, &late)
            .await
            .expect("taken for what it is");
        let change = history.change(&change).await.expect("readable").expect("there");
        assert_eq!(change.outcome.state, OutcomeState::Succeeded);
        assert_eq!(history.verify().await.expect("readable"), Ok(2));
    }
}

#[tokio::test]
async fn only_the_namespaces_asked_for_are_shown() {
    for url in databases().await {
        let history = open(&url).await;
        for namespace in ["shop", "shop-eu", "payments"] {
            history.intend(&intent(namespace)).await.expect("recorded");
        }
        let seen = |namespaces: Vec<String>| {
            let history = history.clone();
            async move {
                let shown = Shown {
                    settings: Visible::In(namespaces),
                    pods: Visible::In(Vec::new()),
                    config_maps: Visible::In(Vec::new()),
                };
                let (changes, total) = history
                    .page(&AuditQuery::default(), &shown, None, 10)
                    .await
                    .expect("readable");
                assert_eq!(changes.len(), total);
                changes
                    .into_iter()
                    .map(|(_, change)| change.target.namespace)
                    .collect::<Vec<_>>()
            }
        };
        assert_eq!(seen(vec!["shop".into()]).await, ["shop"]);
        assert_eq!(
            seen(vec!["shop".into(), "payments".into()]).await,
            ["payments", "shop"]
        );
        assert!(seen(Vec::new()).await.is_empty());
    }
}

#[tokio::test]
async fn an_intent_without_an_outcome_is_pending_once_it_is_old_enough() {
    for url in databases().await {
        let history = open(&url).await;
        let before = Clock::system().now();
        let change = history.intend(&intent("shop")).await.expect("recorded");
        let after = Clock::system().now() + jiff::SignedDuration::from_secs(1);
        assert!(history.pending(before).await.expect("readable").is_empty());
        assert_eq!(history.pending(after).await.expect("readable")[0].change, change);
    }
}

#[tokio::test]
async fn changes_are_filtered_by_name_action_and_outcome_with_the_total_to_match() {
    for url in databases().await {
        let history = open(&url).await;
        let outcomes = [
            OutcomeState::Succeeded,
            OutcomeState::Failed,
            OutcomeState::Unknown,
            OutcomeState::Pending,
        ];
        let actions = [
            Action::SaveSetting,
            Action::DeleteSetting,
            Action::DeletePod,
            Action::ChangedOutside,
        ];
        for action in actions {
            for state in outcomes {
                let mut intent = intent("shop");
                intent.action = action;
                intent.target.name = format!("of-{state:?}");
                if action == Action::DeletePod {
                    intent.target.kind = "Pod".into();
                }
                // Words that must not be taken for what was done or what came of it.
                intent.actor = r#"ada","action":"delete-pod","target":"#.into();
                intent.reason = Some(r#"{"state":"failed","action":"save-setting"}"#.into());
                let change = history.intend(&intent).await.expect("recorded");
                if state != OutcomeState::Pending {
                    let detail = Some(r#"{"state":"succeeded"}"#.into());
                    let outcome = Recorded {
                        state,
                        detail,
                        version: None,
                    };
                    history.conclude(&change, &outcome).await.expect("recorded");
                }
            }
        }
        for action in [None].into_iter().chain(actions.map(Some)) {
            for outcome in [None].into_iter().chain(outcomes.map(Some)) {
                let query = AuditQuery {
                    action,
                    outcome,
                    ..AuditQuery::default()
                };
                let (changes, total) = history
                    .page(&query, &EVERYTHING, None, 2)
                    .await
                    .expect("readable");
                let expected = action.map_or(4, |_| 1) * outcome.map_or(4, |_| 1);
                assert_eq!(total, expected, "{query:?}");
                assert_eq!(changes.len(), total.min(2), "{query:?}");
                for (_, change) in changes {
                    assert!(action.is_none_or(|action| change.action == action), "{query:?}");
                    assert!(
                        outcome.is_none_or(|state| change.outcome.state == state),
                        "{query:?}"
                    );
                }
            }
        }
        let query = AuditQuery {
            name: Some("of-Failed".into()),
            ..AuditQuery::default()
        };
        let (changes, total) = history
            .page(&query, &EVERYTHING, None, 10)
            .await
            .expect("readable");
        assert_eq!((changes.len(), total), (4, 4));
    }
}
