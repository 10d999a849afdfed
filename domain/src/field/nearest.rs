//! Guesses which field a misspelt name means.

use super::Field;

/// Names further off than this many edits are not guessed.
const MOST_EDITS: usize = 4;

/// No name that is worth comparing is longer.
const LONGEST: usize = 64;

pub(super) fn nearest(name: &str) -> Option<Field> {
    let name = name.rsplit('/').next().unwrap_or(name).trim();
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase().replace(['-', '_', '.'], "");
    let spellings = |field: Field| [field.name(), field.install_key()].map(str::to_lowercase);
    Field::ALL
        .into_iter()
        .flat_map(|field| spellings(field).map(|spelling| (edits(&name, &spelling), field)))
        .min()
        .filter(|(distance, _)| *distance <= MOST_EDITS)
        .map(|(_, field)| field)
}

/// Counts the insertions, removals and replacements that turn one text into the other.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_field_behind_a_slip() {
        for (written, meant) in [
            ("excludeInboundPort", Field::ExcludeInboundPorts),
            ("excludeinboundports", Field::ExcludeInboundPorts),
            ("exclude_outbound_ports", Field::ExcludeOutboundPorts),
            ("includeIPRanges", Field::IncludeOutboundIPRanges),
            ("excludeOutboundIpRange", Field::ExcludeOutboundIPRanges),
            (
                "traffic.sidecar.istio.io/includeInboundPorts",
                Field::IncludeInboundPorts,
            ),
        ] {
            assert_eq!(nearest(written), Some(meant), "{written}");
        }
    }

    #[test]
    fn does_not_guess_from_nothing() {
        for written in ["", "ports", "selector", "кот", &"x".repeat(100_000)] {
            assert_eq!(nearest(written), None, "{written}");
        }
    }
}
