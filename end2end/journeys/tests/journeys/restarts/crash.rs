//! A console that dies while restarts run, and two consoles on one database.

use std::time::Duration;

use api::restart::{Command, RestartOptions};
use domain::restart::{RESTART, RunState};
use journeys::{Namespace, World, workloads};

use super::{ended, fast, known_as_stale, plan, stale, until};

/// How often the console is killed.
const KILLS: usize = 50;

#[tokio::test]
async fn however_often_the_console_is_killed_each_workload_is_restarted_exactly_once() {
    let world = World::shared().await;
    let mut rng = fastrand::Rng::with_seed(8);
    let mut kills = 0;
    let mut rounds = 0;
    while kills < KILLS {
        rounds += 1;
        let namespace = Namespace::new(&world, "killed").await;
        let names: Vec<String> = (0..8).map(|number| format!("web-{number}")).collect();
        let objects = names.iter().map(|name| workloads::deployment(name)).collect();
        stale(&world, &namespace, objects, 16, 16).await;
        let mut own = world.own();
        let mut console = own.ready().await;
        known_as_stale(&console, &namespace, 16).await;
        let options = RestartOptions {
            max_in_flight: 2,
            ..fast()
        };
        let made = console
            .api()
            .make_restart(&plan(&namespace, options))
            .await
            .expect("a plan");
        let id = made.row.id;
        console
            .api()
            .command_restart(&id, Command::Start)
            .await
            .expect("started");
        loop {
            // Any moment will do: this is not a wait for something.
            tokio::time::sleep(Duration::from_millis(rng.u64(0..700))).await;
            own.kill();
            kills += 1;
            console = own.ready().await;
            let run = console.api().restart(&id).await.expect("it is still known");
            assert!(
                !matches!(run.row.state, RunState::Failed | RunState::Cancelled),
                "{run:#?}"
            );
            if run.row.state.is_over() || kills >= KILLS + 20 {
                break;
            }
        }
        let run = ended(&console, &id).await;
        assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
        assert_eq!(run.row.counts.done, names.len());
        for name in &names {
            let rollouts = workloads::rollouts(&world.admin, &namespace.name, name).await;
            assert_eq!(rollouts, 1, "{name} was restarted {rollouts} times");
            let carried = workloads::annotation(&world.admin, &namespace.name, name, RESTART).await;
            assert_eq!(carried.as_ref(), Some(&id));
        }
    }
    println!("{kills} kills in {rounds} runs");
}

#[tokio::test]
async fn of_two_consoles_on_one_database_one_carries_the_run_out_and_the_other_takes_over() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "two").await;
    let names = ["a", "b", "c", "d"];
    let objects = names
        .iter()
        .map(|name| workloads::restarting_badly(name, "slow"))
        .collect();
    stale(&world, &namespace, objects, 8, 8).await;
    let mut first = world.own();
    let mut second = world.own().on_the_database_of(&first);
    let (one, other) = (first.ready().await, second.ready().await);
    for console in [&one, &other] {
        known_as_stale(console, &namespace, 8).await;
    }
    let options = RestartOptions {
        max_in_flight: 1,
        ..fast()
    };
    let made = one
        .api()
        .make_restart(&plan(&namespace, options))
        .await
        .expect("a plan");
    let id = made.row.id;
    one.api()
        .command_restart(&id, Command::Start)
        .await
        .expect("started");
    until(&other, &id, "the other to see the first one begin", |run| {
        run.row.counts.restarting == 1
    })
    .await;
    let carries_out = |log: String| log.contains("carrying a restart out");
    assert!(
        carries_out(first.log()) != carries_out(second.log()),
        "one of them drives:\n{}\n{}",
        first.log(),
        second.log()
    );
    // A command may reach the one that does not drive.
    let (driver, idle, idle_console) = if carries_out(first.log()) {
        (&mut first, &mut second, &other)
    } else {
        (&mut second, &mut first, &one)
    };
    idle_console
        .api()
        .command_restart(&id, Command::Pause)
        .await
        .expect("paused");
    until(idle_console, &id, "the driver to obey", |run| {
        run.row.state == RunState::Paused && run.row.counts.restarting == 0
    })
    .await;
    driver.kill();
    idle_console
        .api()
        .command_restart(&id, Command::Resume)
        .await
        .expect("resumed");
    let run = ended(idle_console, &id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert!(carries_out(idle.log()), "the other has taken over");
    for name in names {
        assert_eq!(workloads::rollouts(&world.admin, &namespace.name, name).await, 1);
    }
}
