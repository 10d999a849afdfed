//! The rules as text: what `iptables-restore` and `ip6tables-restore` are fed with
//! (`tools/istio-iptables/pkg/builder/iptables_builder_impl.go`).

use std::fmt::Write as _;

use super::{
    Family,
    build::Rules,
    rule::{Chain, Rule, Table, Target},
};

impl Rules {
    /// The text for a family, byte for byte as Istio writes it; empty where there are no rules.
    #[must_use]
    pub fn restore(&self, family: Family) -> String {
        let rules = self.written(family);
        let mut text = String::new();
        for table in [Table::Mangle, Table::Nat, Table::Raw] {
            let of_table = || rules.iter().filter(|rule| rule.table == table);
            if of_table().next().is_none() {
                continue;
            }
            // Writing to a text does not fail.
            let _ = writeln!(text, "* {}", table.name());
            for chain in chains(of_table()) {
                let _ = writeln!(text, "-N {}", chain.name());
            }
            for rule in of_table() {
                let _ = writeln!(text, "{rule}");
            }
            text.push_str("COMMIT\n");
        }
        text
    }
}

/// Chains to be made: first those with rules, then those that are only jumped to.
fn chains<'a>(rules: impl Iterator<Item = &'a Rule> + Clone) -> Vec<Chain> {
    let jumped_to = rules.clone().filter_map(|rule| match rule.target {
        Target::Jump(chain) => Some(chain),
        _ => None,
    });
    let mut chains = Vec::new();
    for chain in rules.map(|rule| rule.chain).chain(jumped_to) {
        if !chain.is_built_in() && !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    chains
}
