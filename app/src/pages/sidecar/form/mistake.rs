//! Where in the form a mistake is that the server found.

use api::FieldProblem;

use super::super::draft::{Mistake, Part};

/// The problem as a mistake of the part, where its path leads there.
pub(super) fn mistake(part: impl Into<Part>, problem: &FieldProblem) -> Option<Mistake> {
    let part = part.into();
    let path = match part {
        Part::Field(_) => problem.path.strip_prefix("traffic.")?,
        _ => problem.path.as_str(),
    };
    let rest = path.strip_prefix(part.name())?;
    let index = match (part, rest.strip_prefix('[')) {
        (_, None) if rest.is_empty() => None,
        // By label, not by place.
        (Part::Selector, _) if rest.starts_with(".matchLabels") => None,
        (Part::Field(_), Some(rest)) => Some(rest.strip_suffix(']')?.parse().ok()?),
        _ => return None,
    };
    Some(Mistake {
        index,
        message: problem.message.clone(),
    })
}

/// Whether the form has a place for the problem.
pub(super) fn has_place(problem: &FieldProblem) -> bool {
    Part::ALL.into_iter().any(|part| mistake(part, problem).is_some())
}

#[cfg(test)]
mod tests {
    use domain::Field;

    use super::*;

    #[test]
    fn a_problem_of_the_selector_or_the_priority_finds_its_place() {
        let at = |part: Part, path: &str| {
            let problem = FieldProblem::new(path, "wrong");
            mistake(part, &problem).map(|mistake| mistake.index)
        };
        assert_eq!(at(Part::Selector, "selector"), Some(None));
        assert_eq!(at(Part::Selector, "selector.matchLabels[app]"), Some(None));
        assert_eq!(at(Part::Selector, "selectors"), None);
        assert_eq!(at(Part::Priority, "priority"), Some(None));
        assert_eq!(at(Part::Priority, "selector"), None);
    }

    #[test]
    fn a_problem_finds_its_field_and_item_by_its_path() {
        let at = |path: &str| {
            let problem = FieldProblem::new(path, "wrong");
            mistake(Field::ExcludeInboundPorts, &problem).map(|mistake| mistake.index)
        };
        assert_eq!(at("traffic.excludeInboundPorts[1]"), Some(Some(1)));
        assert_eq!(at("traffic.excludeInboundPorts"), Some(None));
        assert_eq!(at("traffic.excludeInboundPortsX"), None);
        assert_eq!(at("traffic.excludeInboundPorts[x]"), None);
        assert_eq!(at("traffic.excludeOutboundPorts[1]"), None);
        assert_eq!(at("reason"), None);
    }
}
