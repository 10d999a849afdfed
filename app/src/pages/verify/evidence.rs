//! What came of a verification: the verdict, the facts, and which of them decided.

use api::verification::{
    Ending, Fact, Prediction, RegistryOnly, Verification, VerificationResult, VerificationState,
};
use domain::verify::Verdict;

use crate::{
    prelude::*,
    routes,
    ui::{
        badge::{Badge, Tone},
        prose::Prose,
        table::{Column, Table},
        time::Ago,
    },
};

/// The verdict in a word, and its tone. What is proven is no better or worse for being one or the other.
pub(super) fn verdict(verdict: Verdict) -> (Tone, &'static str) {
    match verdict {
        Verdict::ThroughEnvoy => (Tone::Good, "Through Envoy"),
        Verdict::WentRound => (Tone::Info, "Went round Envoy"),
        Verdict::Blocked => (Tone::Warning, "Blocked by Envoy"),
        Verdict::NotProven => (Tone::Quiet, "Not proven"),
    }
}

/// A verification as it stands.
pub(super) fn evidence(seen: Verification) -> AnyView {
    let Verification {
        row,
        step,
        ended: _,
        result,
    } = seen;
    let proven = row.verdict.unwrap_or(Verdict::NotProven);
    let (tone, word) = match row.state {
        VerificationState::Running => (Tone::Quiet, "Under way"),
        VerificationState::Interrupted => (Tone::Warning, "Interrupted"),
        VerificationState::Done => verdict(proven),
    };
    let sentence = row.sentence.map(|text| match row.state {
        VerificationState::Done => why(text, proven),
        _ => text,
    });
    let meanwhile = row.registry_only.map(|of| match of {
        RegistryOnly::Workload => ", with REGISTRY_ONLY for the workload asked for",
        RegistryOnly::Mesh => ", with REGISTRY_ONLY for the revision asked for",
    });
    let asked = [row.method.as_str(), " ", &row.url].concat();
    let of = routes::pod(&row.namespace, &row.pod);
    let about = row.change.as_ref().map(|change| {
        view! { <p>"About " <a href=routes::change(change)>"a change of a setting"</a></p> }
    });
    view! {
        <p class="proof-verdict">
            <Badge tone>{word}</Badge>
            " "
            {sentence.map(|text| view! { <Prose text/> })}
            {step.map(|step| view! { <span class="quiet"><Prose text=step/> "…"</span> })}
        </p>
        {result.map(came_to)}
        <p class="more">
            <code>{asked}</code> " from " <a href=of>{row.namespace} "/" {row.pod}</a> {meanwhile} ", asked by " {row.actor} " "
            <Ago at=row.created/>
        </p>
        {about}
    }
}

/// What decided: the sentence without the verdict before it, which the badge has.
fn why(sentence: String, verdict: Verdict) -> String {
    let rest = sentence
        .strip_prefix(verdict.words())
        .and_then(|rest| rest.strip_prefix(": "));
    rest.map(str::to_owned).unwrap_or(sentence)
}

fn came_to(result: VerificationResult) -> AnyView {
    let interrupted = result.ending == Ending::Interrupted;
    let facts = (!result.facts.is_empty()).then(|| facts(result.facts));
    view! {
        {result.predicted.map(prediction)}
        {facts}
        {(!interrupted).then(|| view! {
            <p class="more">
                "Pod uid " <code>{result.pod_uid}</code>
                {result.settings.map(|hash| view! { ", created with the settings of hash " <code>{hash}</code> })}
            </p>
        })}
    }
}

fn prediction(predicted: Prediction) -> AnyView {
    let (tone, words) = match predicted.agrees {
        Some(true) => (Tone::Good, "The pod's rules say the same"),
        Some(false) => (Tone::Bad, "The pod's rules say something else"),
        None => (Tone::Quiet, "What the pod's rules say"),
    };
    view! { <p><Badge tone>{words}</Badge> " " <Prose text=predicted.sentence/></p> }
}

fn facts(facts: Vec<Fact>) -> AnyView {
    let rows = facts
        .into_iter()
        .map(|fact| {
            let decided = fact
                .decided
                .then(|| view! { " " <Badge tone=Tone::Info>"Decided"</Badge> });
            view! {
                <tr data-decided=fact.decided.then_some("true")>
                    <th scope="row">{fact.about}</th>
                    <td>{fact.what} {decided}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![Column::text("About"), Column::text("What was seen")];
    view! { <div class="proof-facts"><Table caption="What was seen" columns=columns>{rows}</Table></div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_not_said_twice() {
        let judged = "went round Envoy: nothing was counted".to_owned();
        assert_eq!(why(judged.clone(), Verdict::WentRound), "nothing was counted");
        assert_eq!(why(judged.clone(), Verdict::Blocked), judged);
        let other = "no container has curl or wget".to_owned();
        assert_eq!(why(other.clone(), Verdict::NotProven), other);
    }
}
