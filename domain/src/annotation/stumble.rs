//! Annotations of a pod template that Istio stumbles over: those that break its pods, and those that it reads differently.

mod validators;

use std::collections::BTreeMap;

use self::validators::OTHERS;
use super::{INTERCEPTION_MODE, PROXY_CONFIG};
use crate::{
    field::Field,
    lint::{Outcome, outcome},
    text::quote,
    value::Value,
};

/// The interception modes that there are.
const MODES: [&str; 3] = ["REDIRECT", "TPROXY", "NONE"];

/// An annotation with a text that Istio stumbles over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stumble {
    /// Its key.
    pub key: &'static str,
    /// What becomes of a pod with it.
    pub outcome: Outcome,
    /// What is wrong with it, what comes of it, and what to change.
    pub message: String,
}

impl Stumble {
    fn of(key: &'static str, outcome: Outcome, wrong: &str) -> Self {
        let consequence = match outcome {
            Outcome::PodRefused => "Istio's injector would refuse every new pod",
            Outcome::NeverStarts => "no new pod would start",
            Outcome::ReadDifferently => "Istio takes it, and its rules say something else than is written",
            Outcome::Harmless => "Istio takes it",
        };
        Self {
            key,
            outcome,
            message: format!("{wrong}; {consequence}"),
        }
    }

    /// Whether no pod with it runs.
    #[must_use]
    pub const fn breaks_pods(&self) -> bool {
        matches!(self.outcome, Outcome::PodRefused | Outcome::NeverStarts)
    }
}

/// Returns those of a pod template's annotations that Istio stumbles over. `proxy_config`: the interception mode that its
/// [`PROXY_CONFIG`] says, or why Istio would not take that; `cni`: the CNI plugin redirects.
#[must_use]
pub fn stumbles(
    template: &BTreeMap<String, String>,
    proxy_config: Result<Option<&str>, &str>,
    cni: bool,
) -> Vec<Stumble> {
    let six = Field::ALL
        .into_iter()
        .filter_map(|field| of_field(field, template.get(field.annotation())?, cni));
    let others = OTHERS.into_iter().filter_map(|(key, validate)| {
        let text = template.get(key)?;
        let why = validate(text).err()?;
        let wrong = format!("{}: {why}", quote(text));
        Some(Stumble::of(key, Outcome::PodRefused, &wrong))
    });
    let mut stumbles: Vec<Stumble> = six.chain(others).collect();
    if let Err(why) = proxy_config {
        stumbles.push(Stumble::of(PROXY_CONFIG, Outcome::PodRefused, why));
    }
    stumbles.extend(interception(template, proxy_config.ok().flatten(), cni));
    stumbles
}

fn of_field(field: Field, text: &str, cni: bool) -> Option<Stumble> {
    let why = Value::parse_istio(field, text).err()?;
    let outcome = outcome(field, text, true, cni);
    let wrong = format!("{}: {why}", quote(text));
    (outcome != Outcome::Harmless).then(|| Stumble::of(field.annotation(), outcome, &wrong))
}

/// Both places are validated, and the annotation of its own beats the other (spec/istio.md §1.5).
fn interception(template: &BTreeMap<String, String>, in_config: Option<&str>, cni: bool) -> Vec<Stumble> {
    let own = template.get(INTERCEPTION_MODE).map(String::as_str);
    let told: Vec<(&'static str, &str)> = [(INTERCEPTION_MODE, own), (PROXY_CONFIG, in_config)]
        .into_iter()
        .filter_map(|(key, mode)| Some((key, mode?)))
        .collect();
    let unknown = told.iter().filter(|(_, mode)| !MODES.contains(mode));
    let mut stumbles: Vec<Stumble> = unknown
        .map(|(key, mode)| {
            let wrong = format!(
                "{} is no interception mode: write `REDIRECT`, `TPROXY` or `NONE`",
                quote(mode)
            );
            Stumble::of(key, Outcome::PodRefused, &wrong)
        })
        .collect();
    if let (true, Some((key, "NONE"))) = (cni, told.first()) {
        let wrong = "the Istio CNI plugin refuses the interception mode `NONE`: leave the pod without a sidecar, or include \
                     nothing instead";
        stumbles.push(Stumble::of(key, Outcome::NeverStarts, wrong));
    }
    stumbles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::STATUS_PORT;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn what_breaks_pods_is_told_from_what_is_read_differently() {
        let ranges = Field::ExcludeOutboundIPRanges.annotation();
        let ports = Field::ExcludeOutboundPorts.annotation();
        let template = texts(&[(ranges, "10.0.0.0/8, 11.0.0.0/8"), (ports, "0070")]);
        let found = stumbles(&template, Ok(None), false);
        let told: Vec<_> = found.iter().map(|one| (one.key, one.breaks_pods())).collect();
        assert_eq!(told, [(ranges, true), (ports, false)]);
        assert!(found[0].message.contains("refuse every new pod"), "{found:?}");
        assert!(stumbles(&texts(&[(ports, "7001,7002")]), Ok(None), true).is_empty());
    }

    #[test]
    fn ranges_of_ports_that_iptables_refuses_break_pods() {
        let key = Field::IncludeOutboundPorts.annotation();
        for text in ["90:80", "80:0090"] {
            let found = stumbles(&texts(&[(key, text)]), Ok(None), false);
            assert!(found[0].breaks_pods(), "{text}: {found:?}");
        }
    }

    #[test]
    fn the_interception_mode_is_one_of_three_and_the_plugin_takes_two() {
        use Outcome::{NeverStarts, PodRefused};
        for (own, in_config, cni, expected) in [
            (Some("TPROXY"), None, false, None),
            (Some("NONE"), None, false, None),
            (
                Some("redirect"),
                None,
                false,
                Some((INTERCEPTION_MODE, PodRefused)),
            ),
            (Some(""), None, true, Some((INTERCEPTION_MODE, PodRefused))),
            (Some("NONE "), None, true, Some((INTERCEPTION_MODE, PodRefused))),
            (Some("NONE"), None, true, Some((INTERCEPTION_MODE, NeverStarts))),
            (None, Some("NONE"), true, Some((PROXY_CONFIG, NeverStarts))),
            (None, Some("NONE"), false, None),
            (None, Some("none"), false, Some((PROXY_CONFIG, PodRefused))),
            // The annotation of its own wins, and the other is validated all the same.
            (Some("REDIRECT"), Some("NONE"), true, None),
            (
                Some("REDIRECT"),
                Some("none"),
                true,
                Some((PROXY_CONFIG, PodRefused)),
            ),
        ] {
            let template = texts(
                &own.map(|own| (INTERCEPTION_MODE, own))
                    .into_iter()
                    .collect::<Vec<_>>(),
            );
            let found = stumbles(&template, Ok(in_config), cni);
            let told: Vec<_> = found.iter().map(|one| (one.key, one.outcome)).collect();
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(told, expected, "{own:?} {in_config:?} {cni}");
        }
    }

    #[test]
    fn what_else_the_injector_validates_breaks_pods_too() {
        let found = stumbles(&texts(&[(STATUS_PORT, "x")]), Err("it is no YAML"), false);
        let told: Vec<_> = found.iter().map(|one| (one.key, one.breaks_pods())).collect();
        assert_eq!(told, [(STATUS_PORT, true), (PROXY_CONFIG, true)]);
    }
}
