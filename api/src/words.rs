//! Values and levels in words: the same in the pages, on the command line and wherever else people read them.

/// The name of the level in `FieldInForce::origin` and `OverriddenValue::origin`; code stands between backticks.
#[must_use]
pub fn origin_words(origin: &str) -> String {
    match origin {
        "builtIn" => "Built-in default".to_owned(),
        "install" => "Install values".to_owned(),
        "global" => "Global".to_owned(),
        "namespace" => "Namespace".to_owned(),
        "pod" => "Pod annotation".to_owned(),
        other => other
            .strip_prefix("workload/")
            .map_or_else(|| other.to_owned(), |name| format!("Workload `{name}`")),
    }
}

/// What a level says of a field: nothing, that it is empty, or its items.
#[must_use]
pub fn said_words(said: Option<&[String]>) -> String {
    match said {
        None => "inherit".to_owned(),
        Some([]) => "explicitly empty".to_owned(),
        Some(items) => items.join(", "),
    }
}

/// What came of a step of a trace.
#[must_use]
pub fn outcome_words(outcome: &str) -> &str {
    match outcome {
        "passed" => "no match",
        "decided" => "decides",
        "shadowed" => "would match, but comes too late",
        "notReached" => "not reached",
        other => other,
    }
}

/// A value as Istio gets it, for people: blanks after the commas, three ports or more in a row as a range, and words where
/// there is nothing: a default that names nothing is *nothing*, a level that says so is *explicitly empty*.
#[must_use]
pub fn value_words(text: &str, origin: &str) -> String {
    match (text.is_empty(), origin) {
        (true, "builtIn") => "nothing".to_owned(),
        (true, _) => "explicitly empty".to_owned(),
        (false, _) => readable(text),
    }
}

/// `7001,9000,9001,9002` as `7001, 9000-9002`. What is no list of ports stays as it is but for the blanks.
fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut items = text.split(',').peekable();
    while let Some(first) = items.next() {
        if !shown.is_empty() {
            shown.push_str(", ");
        }
        shown.push_str(first);
        let mut rest = items.clone();
        let Some(last) = run(first, &mut rest) else {
            continue;
        };
        shown.push('-');
        shown.push_str(last);
        items = rest;
    }
    shown
}

/// The last of the ports that follow `first` one by one, where at least two do; `items` then stand after it.
fn run<'a>(first: &str, items: &mut std::iter::Peekable<std::str::Split<'a, char>>) -> Option<&'a str> {
    let mut port: u16 = first.parse().ok()?;
    let (mut last, mut length) = (None, 0);
    while let Some(item) = items.peek().copied()
        && port.checked_add(1).is_some_and(|next| item.parse() == Ok(next))
    {
        items.next();
        port += 1;
        length += 1;
        last = Some(item);
    }
    last.filter(|_| length > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_origin_has_words() {
        for (origin, words) in [
            ("builtIn", "Built-in default"),
            ("install", "Install values"),
            ("global", "Global"),
            ("namespace", "Namespace"),
            ("workload/cart", "Workload `cart`"),
            ("pod", "Pod annotation"),
            ("later", "later"),
        ] {
            assert_eq!(origin_words(origin), words);
        }
    }

    #[test]
    fn nothing_by_default_is_not_the_same_as_empty_on_purpose() {
        assert_eq!(value_words("", "builtIn"), "nothing");
        assert_eq!(value_words("", "install"), "explicitly empty");
        assert_eq!(value_words("", "namespace"), "explicitly empty");
        assert_eq!(value_words("*", "builtIn"), "*");
    }

    #[test]
    fn expanded_ranges_are_folded_again() {
        for (istio, shown) in [
            ("7001,7002,7005", "7001, 7002, 7005"),
            ("7001,9000,9001,9002,9003,9005", "7001, 9000-9003, 9005"),
            ("65534,65535", "65534, 65535"),
            ("65533,65534,65535", "65533-65535"),
            ("10.0.0.0/8,2001:db8::/32", "10.0.0.0/8, 2001:db8::/32"),
            ("80,81,82,http", "80-82, http"),
        ] {
            assert_eq!(readable(istio), shown);
        }
    }
}
