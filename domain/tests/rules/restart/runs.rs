//! A run: what may happen when, and what it does next.

use domain::restart::{Approver, Event, ItemState, Pace, Place, Run, RunState, Step, Window, next};
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

const PACE: Pace = Pace {
    max_in_flight: 2,
    pods_per_second: 100,
    pause_seconds: 0,
    window: None,
};

fn ada() -> Approver {
    Approver {
        user: "ada".to_owned(),
        groups: Vec::new(),
    }
}

fn started() -> Event {
    Event::Started { by: ada() }
}

fn failed(item: usize) -> Event {
    Event::Failed {
        item,
        why: "it crashes".to_owned(),
    }
}

fn skipped(item: usize, needed: bool) -> Event {
    let why = "its rollouts are paused".to_owned();
    Event::Skipped { item, why, needed }
}

/// A run of so many workloads to which these events happened, one a second.
fn run(items: usize, events: &[Event]) -> Run {
    let mut run = Run::new(items, true);
    for (at, event) in (0..).zip(events) {
        run.apply(at * SECOND, event)
            .unwrap_or_else(|error| panic!("{event:?}: {error}"));
    }
    run
}

fn places(waves: &[usize]) -> Vec<Place> {
    waves.iter().map(|&wave| Place { wave, pods: 1 }).collect()
}

#[test]
fn a_plan_does_nothing_until_it_is_started() {
    assert_eq!(next(&PACE, &places(&[0]), &run(1, &[]), 0), Step::Wait(None));
    assert_eq!(
        next(&PACE, &places(&[0]), &run(1, &[started()]), SECOND),
        Step::Begin(0)
    );
}

#[test]
fn no_more_are_in_flight_than_may_be() {
    let began = |item| Event::Began { item };
    let two = run(3, &[started(), began(0), began(1)]);
    assert_eq!(next(&PACE, &places(&[0; 3]), &two, 9 * SECOND), Step::Wait(None));
    let one = run(3, &[started(), began(0), began(1), Event::Done { item: 0 }]);
    assert_eq!(next(&PACE, &places(&[0; 3]), &one, 9 * SECOND), Step::Begin(2));
}

#[test]
fn a_wave_begins_when_the_one_before_is_over_and_the_pause_has_passed() {
    let pace = Pace {
        pause_seconds: 10,
        ..PACE
    };
    let places = places(&[0, 1, 1]);
    let mut run = run(3, &[started(), Event::Began { item: 0 }]);
    assert_eq!(next(&pace, &places, &run, 5 * SECOND), Step::Wait(None));
    run.apply(5 * SECOND, &Event::Done { item: 0 }).expect("done");
    assert_eq!(
        next(&pace, &places, &run, 6 * SECOND),
        Step::Wait(Some(15 * SECOND))
    );
    assert_eq!(next(&pace, &places, &run, 15 * SECOND), Step::Begin(1));
    run.apply(15 * SECOND, &Event::Began { item: 1 }).expect("began");
    assert_eq!(
        next(&pace, &places, &run, 16 * SECOND),
        Step::Begin(2),
        "within a wave is no pause"
    );
}

#[test]
fn pods_per_second_hold_back_the_next_workload() {
    let pace = Pace {
        pods_per_second: 5,
        ..PACE
    };
    let places = [Place { wave: 0, pods: 10 }, Place { wave: 0, pods: 1 }];
    let run = run(2, &[started(), Event::Began { item: 0 }]);
    assert_eq!(
        next(&pace, &places, &run, 2 * SECOND),
        Step::Wait(Some(3 * SECOND))
    );
    assert_eq!(next(&pace, &places, &run, 3 * SECOND), Step::Begin(1));
}

#[test]
fn nothing_begins_outside_of_the_window() {
    let pace = Pace {
        window: Some(Window {
            from: 10 * SECOND,
            to: 20 * SECOND,
        }),
        ..PACE
    };
    let run = run(1, &[started()]);
    let at = |second: i64| next(&pace, &places(&[0]), &run, second * SECOND);
    assert_eq!(
        [at(9), at(10), at(19), at(20)],
        [
            Step::Wait(Some(10 * SECOND)),
            Step::Begin(0),
            Step::Begin(0),
            Step::Close
        ]
    );
}

#[test]
fn who_resumes_a_run_after_its_window_has_closed_lets_it_go_on() {
    let window = Window {
        from: 0,
        to: 2 * SECOND,
    };
    let pace = Pace {
        window: Some(window),
        ..PACE
    };
    let paused = Event::Paused {
        by: "the console".to_owned(),
        why: None,
    };
    let before = run(1, &[started()]);
    assert_eq!(next(&pace, &places(&[0]), &before, 2 * SECOND), Step::Close);
    let after = run(1, &[started(), paused, Event::Resumed { by: ada() }]);
    assert!(
        !window.has_closed(&after, 9 * SECOND),
        "it was resumed as it closed"
    );
    assert_eq!(next(&pace, &places(&[0]), &after, 9 * SECOND), Step::Begin(0));
}

#[test]
fn a_run_that_left_alone_what_needs_a_restart_has_not_succeeded() {
    for (needed, state) in [(true, RunState::Failed), (false, RunState::Succeeded)] {
        let run = run(
            2,
            &[
                started(),
                skipped(0, needed),
                Event::Began { item: 1 },
                Event::Done { item: 1 },
                Event::Ended,
            ],
        );
        assert_eq!(run.state, state);
        assert_eq!(run.detail.is_some(), needed, "{:?}", run.detail);
    }
}

#[test]
fn after_a_failure_nothing_begins_and_what_is_under_way_is_watched_to_its_end() {
    let began = |item| Event::Began { item };
    let mut run = run(3, &[started(), began(0), began(1), failed(0)]);
    assert_eq!(run.stopping.as_deref(), Some("it crashes"));
    assert_eq!(next(&PACE, &places(&[0; 3]), &run, 9 * SECOND), Step::Wait(None));
    assert!(run.apply(0, &began(2)).is_err());
    run.apply(9 * SECOND, &Event::Done { item: 1 }).expect("done");
    assert_eq!(next(&PACE, &places(&[0; 3]), &run, 9 * SECOND), Step::End);
    run.apply(9 * SECOND, &Event::Ended).expect("ended");
    assert_eq!(run.state, RunState::Failed);
    let states: Vec<ItemState> = run.items.iter().map(|item| item.state).collect();
    assert_eq!(states, [ItemState::Failed, ItemState::Done, ItemState::Skipped]);
}

#[test]
fn where_failures_do_not_stop_it_goes_on_and_has_failed_in_the_end() {
    let mut run = Run::new(2, false);
    for event in [started(), Event::Began { item: 0 }, failed(0)] {
        run.apply(0, &event).expect("possible");
    }
    assert_eq!(next(&PACE, &places(&[0; 2]), &run, SECOND), Step::Begin(1));
    for event in [Event::Began { item: 1 }, Event::Done { item: 1 }, Event::Ended] {
        run.apply(SECOND, &event).expect("possible");
    }
    assert_eq!(run.state, RunState::Failed);
}

#[test]
fn a_paused_run_begins_nothing_and_ends_when_all_is_over() {
    let paused = Event::Paused {
        by: "ada".to_owned(),
        why: None,
    };
    let mut run = run(2, &[started(), Event::Began { item: 0 }, paused]);
    assert_eq!(next(&PACE, &places(&[0; 2]), &run, 9 * SECOND), Step::Wait(None));
    assert!(run.apply(0, &Event::Began { item: 1 }).is_err());
    run.apply(9 * SECOND, &Event::Done { item: 0 })
        .expect("it is watched");
    assert_eq!(next(&PACE, &places(&[0; 2]), &run, 9 * SECOND), Step::Wait(None));
    let grace = Approver {
        user: "grace".to_owned(),
        groups: vec!["ops".to_owned()],
    };
    run.apply(9 * SECOND, &Event::Resumed { by: grace.clone() })
        .expect("resumed");
    assert_eq!(run.approver, Some(grace), "who resumes it answers for it");
    assert_eq!(next(&PACE, &places(&[0; 2]), &run, 9 * SECOND), Step::Begin(1));
}

#[test]
fn a_cancelled_run_leaves_what_is_under_way_to_kubernetes() {
    let cancelled = Event::Cancelled { by: "ada".to_owned() };
    let run = run(
        3,
        &[started(), Event::Began { item: 0 }, skipped(1, false), cancelled],
    );
    let states: Vec<ItemState> = run.items.iter().map(|item| item.state).collect();
    assert_eq!(states, [ItemState::Left, ItemState::Skipped, ItemState::Skipped]);
    assert_eq!(run.state, RunState::Cancelled);
    assert_eq!(next(&PACE, &places(&[0; 3]), &run, 9 * SECOND), Step::Wait(None));
}

#[test]
fn the_rest_is_estimated_by_what_is_done() {
    let mut run = run(5, &[started()]);
    assert_eq!(run.remaining_seconds(2), None, "nothing is done yet");
    run.apply(0, &Event::Began { item: 0 }).expect("began");
    run.apply(10 * SECOND, &Event::Done { item: 0 }).expect("done");
    assert_eq!(run.remaining_seconds(2), Some(20), "four are left, two at a time");
}

fn event() -> impl Strategy<Value = Event> {
    let by = || "ada".to_owned();
    prop_oneof![
        Just(started()),
        Just(Event::Paused { by: by(), why: None }),
        Just(Event::Resumed { by: ada() }),
        Just(Event::Cancelled { by: by() }),
        (0..5usize).prop_map(|item| Event::Began { item }),
        (0..5usize).prop_map(|item| Event::Asked { item, change: None }),
        (0..5usize).prop_map(|item| Event::Done { item }),
        (0..5usize).prop_map(failed),
        (0..5usize, any::<bool>()).prop_map(|(item, needed)| skipped(item, needed)),
        Just(Event::Ended),
    ]
}

proptest! {
    /// Whatever is tried in whatever order: a workload begins at most once, nothing follows the end, and a refused event
    /// changes nothing.
    #[test]
    fn no_order_of_events_restarts_anything_twice(events in prop::collection::vec(event(), 0..60), stops: bool) {
        let mut run = Run::new(4, stops);
        let mut begun = [0; 4];
        for (at, event) in (0..).zip(&events) {
            let before = run.clone();
            let taken = run.apply(at, event);
            if taken.is_err() {
                prop_assert_eq!(&before, &run);
                continue;
            }
            prop_assert!(!before.state.is_over(), "{:?} after the end", event);
            if let Event::Began { item } = event {
                begun[*item] += 1;
                prop_assert_eq!(before.state, RunState::Running);
            }
            if run.state.is_over() {
                let open = run.items.iter().any(|item| matches!(item.state, ItemState::Waiting | ItemState::Restarting));
                prop_assert!(!open, "over, and yet {:?}", run.items);
            }
            let json = serde_json::to_string(event).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<Event>(&json).expect("read back"), event);
        }
        prop_assert!(begun.iter().all(|times| *times <= 1));
    }

    /// Doing what `next` says ends every run that is not paused, and never breaks its limits.
    #[test]
    fn following_the_steps_comes_to_an_end_within_the_limits(
        waves in prop::collection::vec(0..3usize, 0..8),
        max_in_flight in 1..4usize,
        fails in prop::collection::vec(any::<bool>(), 8),
        stops: bool,
    ) {
        let mut waves = waves;
        waves.sort_unstable();
        let (places, pace) = (places(&waves), Pace { max_in_flight, pods_per_second: 1, pause_seconds: 3, window: None });
        let mut run = Run::new(places.len(), stops);
        run.apply(0, &started()).expect("started");
        let mut now = 0;
        for _ in 0..200 {
            match next(&pace, &places, &run, now) {
                Step::Begin(item) => {
                    run.apply(now, &Event::Began { item }).expect("a step is possible");
                    let in_flight = run.count(ItemState::Restarting);
                    prop_assert!(in_flight <= max_in_flight);
                    let mut under_way = run.items.iter().zip(&waves).filter(|(item, _)| item.state == ItemState::Restarting);
                    prop_assert!(under_way.all(|(_, wave)| *wave == waves[item]), "two waves at a time");
                }
                Step::End => run.apply(now, &Event::Ended).expect("a step is possible"),
                Step::Close => prop_assert!(false, "there is no window"),
                Step::Wait(until) => {
                    prop_assert!(until.is_none_or(|until| until > now));
                    if run.state.is_over() {
                        break;
                    }
                    now = until.unwrap_or(now + SECOND);
                    if let Some(item) = run.items.iter().position(|item| item.state == ItemState::Restarting) {
                        let event = if fails[item] { failed(item) } else { Event::Done { item } };
                        run.apply(now, &event).expect("under way");
                    }
                }
            }
        }
        prop_assert!(run.state.is_over(), "{:?}", run);
    }
}
