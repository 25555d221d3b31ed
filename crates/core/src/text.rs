//! Text from strangers, made fit to show.

/// Names longer than this are cut.
const MOST_CHARACTERS: usize = 200;

/// A name as it may be shown or printed: no control characters (a terminal would obey them), none
/// that change the writing direction or are invisible and so let one name pose as another, white
/// space as single spaces, at most 200 characters. Never markup: whoever shows it must escape it.
#[must_use]
pub fn display_name(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| !c.is_control() && !is_invisible(c))
        .collect();
    let words: Vec<_> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let shown: String = words.join(" ").chars().take(MOST_CHARACTERS).collect();
    if shown.is_empty() { "(no name)".to_owned() } else { shown }
}

/// Format characters that show nothing. The joiners U+200C and U+200D stay: some scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_shown_as_they_are_but_for_tricks() {
        assert_eq!(display_name("  Zoë\tO’Hara \n"), "Zoë O’Hara");
        assert_eq!(display_name("Ann\u{202e}eeL\u{200b}"), "AnneeL");
        assert_eq!(display_name("\u{1b}[31mred"), "[31mred");
        assert_eq!(display_name("<b>Bo</b>"), "<b>Bo</b>");
        assert_eq!(display_name("\u{feff}\0"), "(no name)");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_goes_out_is_harmless(name in ".*") {
            let shown = display_name(&name);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(!shown.is_empty() && shown.chars().count() <= MOST_CHARACTERS);
            prop_assert_eq!(display_name(&shown), shown.trim_end());
        }
    }
}
