//! Where in the form a mistake is that the server found.

use api::FieldProblem;
use domain::Field;

use super::super::draft::Mistake;

/// The problem as a mistake of the field, where its path leads there.
pub(super) fn mistake(field: Field, problem: &FieldProblem) -> Option<Mistake> {
    let rest = problem
        .path
        .strip_prefix("traffic.")?
        .strip_prefix(field.name())?;
    let index = match rest.strip_prefix('[') {
        Some(rest) => Some(rest.strip_suffix(']')?.parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some(Mistake {
        index,
        message: problem.message.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_finds_its_field_and_item_by_its_path() {
        let at = |path: &str| {
            let problem = FieldProblem {
                path: path.to_owned(),
                message: "wrong".to_owned(),
            };
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
