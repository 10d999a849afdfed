//! How messages show what a person wrote.

/// The most characters of an input that a message repeats.
const SHOWN: usize = 64;

/// Puts an input between backticks, with control characters escaped and a long tail cut off, so that a message
/// stays one readable line whatever was pasted.
pub(crate) fn quote(input: &str) -> String {
    let mut shown = String::with_capacity(input.len().min(SHOWN) + 2);
    shown.push('`');
    for (position, character) in input.chars().enumerate() {
        if position == SHOWN {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.push('`');
    shown
}

/// Removes the blanks that lists may have around their items: ASCII spaces and tabs, nothing else. The rules in the
/// custom resource trim the same two.
pub(crate) fn trim(input: &str) -> &str {
    input.trim_matches([' ', '\t'])
}

/// Says whether a text consists of ASCII digits only, and has one.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn control_characters_are_shown_escaped() {
        assert_eq!(quote("80\n90"), "`80\\n90`");
    }

    #[test]
    fn a_long_input_is_cut() {
        assert_eq!(quote(&"9".repeat(1000)).chars().count(), 64 + 3);
    }
}
