//! Times as a reader wants them: how long ago, and exactly on demand.

use std::time::{Duration, UNIX_EPOCH};

use crate::prelude::*;

/// How often what is shown is made true again.
const TICK: Duration = Duration::from_secs(15);

#[derive(Clone, Copy)]
struct Now(RwSignal<u64>);

/// Makes the current time known to the pages.
pub(crate) fn provide() {
    let now = RwSignal::new(seconds_now());
    provide_context(Now(now));
    Effect::new(move |_| set_interval(move || now.set(seconds_now()), TICK));
}

fn seconds_now() -> u64 {
    web_time::SystemTime::now()
        .duration_since(web_time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// How long ago something was, with the exact time (UTC) on hover. `at` is RFC 3339.
#[component]
pub(crate) fn Ago(#[prop(into)] at: String) -> impl IntoView {
    let Some(seconds) = seconds(&at) else {
        return view! { <span>{at}</span> }.into_any();
    };
    let Now(now) = expect_context();
    let exact = exact(seconds);
    view! {
        <time datetime=at title=exact>{move || ago(now.get().saturating_sub(seconds))}</time>
    }
    .into_any()
}

/// A time written out, UTC. `at` is RFC 3339.
#[component]
pub(crate) fn Exactly(#[prop(into)] at: String) -> impl IntoView {
    let text = seconds(&at).map_or_else(|| at.clone(), exact);
    view! { <time datetime=at>{text}</time> }
}

fn seconds(at: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339(at).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

fn exact(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds))
        .to_string()
        .replace('T', " ")
        .replace('Z', " UTC")
}

/// In the largest unit of which there are two, as `kubectl` tells ages.
fn ago(seconds: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    if seconds < 10 {
        return "just now".to_owned();
    }
    UNITS.iter().find(|(size, _)| seconds >= 2 * size).map_or_else(
        || format!("{seconds} s ago"),
        |(size, unit)| format!("{} {unit} ago", seconds / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_largest_unit_of_which_there_are_two() {
        let told: Vec<String> = [0, 9, 10, 119, 120, 7_199, 7_200, 172_799, 172_800]
            .map(ago)
            .into();
        assert_eq!(
            told,
            [
                "just now",
                "just now",
                "10 s ago",
                "119 s ago",
                "2 min ago",
                "119 min ago",
                "2 h ago",
                "47 h ago",
                "2 d ago"
            ]
        );
    }

    #[test]
    fn an_exact_time_is_utc_and_to_the_second() {
        let at = seconds("2026-11-24T02:45:19.123456Z").expect("a time");
        assert_eq!(exact(at), "2026-11-24 02:45:19 UTC");
        assert_eq!(seconds("yesterday"), None);
    }
}
