//! A sentence from the API: it begins small, for logs, and backticks mark what is typed or named.

use leptos::either::Either;

use crate::prelude::*;

/// The sentence, with what stands between backticks as code.
#[component]
pub(crate) fn Prose(text: String) -> impl IntoView {
    capitalised(text)
        .split('`')
        .enumerate()
        .map(|(n, part)| {
            let part = part.to_owned();
            if n % 2 == 1 {
                Either::Left(view! { <code>{part}</code> })
            } else {
                Either::Right(part)
            }
        })
        .collect_view()
}

/// With a capital, unless it begins with code. Sentences begin with a plain letter: for others the browser would need the
/// tables of all the world's.
pub(crate) fn capitalised(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_and_code_stays_as_typed() {
        assert_eq!(
            capitalised("check the `webhook`".to_owned()),
            "Check the `webhook`"
        );
        assert_eq!(
            capitalised("`istiod` does not answer".to_owned()),
            "`istiod` does not answer"
        );
        assert_eq!(capitalised(String::new()), "");
    }
}
