//! What holds whatever stands around the policy.

use proptest::{collection, prelude::*, sample};
use server::mesh_config::{read, set_mode};

use super::{MODES, mode};

/// Entries of a mesh configuration, each with a name of its own, as people and charts write them.
const AROUND: [&str; 14] = [
    "trustDomain: \"cluster.local\"\n",
    "rootNamespace: istio-system # the default\n",
    "accessLogFile: '/dev/stdout'\n",
    "accessLogFormat: |\n  [%START_TIME%] mode: ALLOW_ANY\n  outboundTrafficPolicy: {}\n",
    "accessLogEncoding: JSON\n",
    "defaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012\n  proxyMetadata:\n    mode: \"REGISTRY_ONLY\"\n",
    "defaultProviders:\n  metrics:\n  - prometheus\n\n",
    "extensionProviders:\n- name: a\n  opentelemetry: {port: 4317, service: o.svc}\n",
    "# a comment between\n",
    "   # an indented comment: { [ &\n",
    "\n",
    "   \n",
    "trustDomainAliases: [zażółć, \"😀\"]\n",
    "meshMTLS: {minProtocolVersion: TLSV1_2, outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n",
];

/// The policy, with `%` for the mode.
const POLICIES: [&str; 6] = [
    "outboundTrafficPolicy:\n  mode: %\n",
    "outboundTrafficPolicy: {mode: '%'}\n",
    "\"outboundTrafficPolicy\": # why\n    # how\n    tls: {}\n    mode: \"%\" # so\n",
    "outbound_traffic_policy: { tls: {}, mode: % }\n",
    "outboundTrafficPolicy:\n   mode:   %   \n\n",
    "outboundTrafficPolicy: {\n  mode: %,\n  tls: {}\n }\n",
];

fn around() -> impl Strategy<Value = (String, String)> {
    let all: Vec<usize> = (0..AROUND.len()).collect();
    (
        sample::subsequence(all, 0..=AROUND.len()).prop_shuffle(),
        any::<sample::Index>(),
    )
        .prop_map(|(picked, at)| {
            let (before, after) = picked.split_at(at.index(picked.len() + 1));
            let text = |picked: &[usize]| picked.iter().map(|i| AROUND[*i]).collect::<String>();
            (text(before), text(after))
        })
}

fn line_ends(text: &str, crlf: bool) -> String {
    if crlf {
        text.replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn only_the_value_is_replaced(
        (before, after) in around(),
        policy in sample::select(&POLICIES[..]),
        from in sample::select(&MODES[..]),
        to in sample::select(&MODES[..]),
        crlf in any::<bool>(),
        open in any::<bool>(),
    ) {
        let text = |name: &str| {
            let text = line_ends(&format!("{before}{}{after}", policy.replace('%', name)), crlf);
            // The last line end is cut off where that changes no value.
            if open && !after.ends_with("{}\n") { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
        };
        prop_assert_eq!(read(&text(from)), Ok(mode(from)));
        prop_assert_eq!(set_mode(&text(from), &mode(to)), Ok(text(to)));
    }

    #[test]
    fn a_missing_policy_is_added_and_nothing_else_is_touched(
        (before, after) in around(),
        to in sample::select(&MODES[..]),
        crlf in any::<bool>(),
    ) {
        let text = line_ends(&format!("{before}{after}"), crlf);
        prop_assert_eq!(read(&text), Ok(mode("ALLOW_ANY")));
        let changed = set_mode(&text, &mode(to));
        let changed = changed.map_err(|refusal| TestCaseError::fail(format!("{refusal}: {text:?}")))?;
        let added = line_ends(&format!("outboundTrafficPolicy:\n  mode: {to}\n"), crlf && !text.is_empty());
        prop_assert_eq!(changed, format!("{text}{added}"));
    }

    #[test]
    fn any_text_is_either_refused_or_changed_at_one_place(
        pieces in collection::vec(
            prop_oneof![
                sample::select(&AROUND[..]).prop_map(str::to_owned),
                sample::select(&POLICIES[..]).prop_map(str::to_owned),
                sample::select(&[
                    "outboundTrafficPolicy", "mode", ":", ": ", " ", "\n", "\r\n", "\t", "{", "}", "[", "]", ",", "- ", "&a ", "*a",
                    "!!str ", "|", ">", "\"", "'", "#", "---\n", "...\n", "? ", "<<: ", "null", "0", "1", "ALLOW_ANY", "\u{feff}",
                ][..]).prop_map(str::to_owned),
            ],
            0..12,
        ),
        to in sample::select(&MODES[..]),
    ) {
        let text: String = pieces.concat();
        match set_mode(&text, &mode(to)) {
            Err(refusal) => prop_assert_eq!(read(&refusal.snippet), Ok(mode(to))),
            Ok(changed) => {
                prop_assert_eq!(read(&changed), Ok(mode(to)));
                let same = text.bytes().zip(changed.bytes()).take_while(|(a, b)| a == b).count();
                let (old, new) = (&text.as_bytes()[same..], &changed.as_bytes()[same..]);
                let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
                // What goes is one value at most.
                prop_assert!(old.len() - tail <= 24, "{text:?} became {changed:?}");
            }
        }
    }
}
