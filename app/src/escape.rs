//! Signs that nobody sees, or that move others about: wherever something is printed, each is shown by its
//! number. What is stored stays as it is.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a reader would not see that sign, or would see others where they are not: control characters
/// (C0, DEL, C1), what turns the direction of writing, line and paragraph separators, and what has no width.
/// Joiners are none: scripts and pictures are written with them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text as one line: `\n`, `\t`, `\u202e`.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, push_readable)
}

/// Text in several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c), push_readable)
}

/// JSON, as JSON that says the same: within its texts alone can such a sign be. What is below DEL is
/// escaped there already, or is white space between them.
pub fn json(json: &str) -> Cow<'_, str> {
    escaped(json, |c| c >= '\u{7f}' && is_hidden(c), push_units)
}

fn escaped(
    text: &str,
    is_hidden: impl Fn(char) -> bool,
    push: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            push(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn push_readable(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        '\u{10000}'.. => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
        c => push_units(shown, c),
    }
}

fn push_units(shown: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Text takes all that is written to it.
        let _ = write!(shown, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::{is_hidden, json, line, lines};
    use proptest::prelude::*;
    use serde_json::Value;

    const HIDDEN: &str = "\0\u{1b}\u{7f}\u{80}\u{85}\u{9f}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\
                          \u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0041}";

    #[test]
    fn each_hidden_sign_is_shown_by_its_number() {
        assert!(HIDDEN.chars().all(is_hidden));
        assert_eq!(line("a\u{202e}b\0\u{85}"), "a\\u202eb\\u0000\\u0085");
        assert_eq!(line("a\n\tb\r"), "a\\n\\tb\\r");
        assert_eq!(lines("a\n\tb"), "a\n\\tb");
        assert_eq!(line("\u{e0041}"), "\\u{e0041}");
        for shown in [
            "zwei Käse 🧀",
            "👩\u{200d}🍳",
            "می\u{200c}خواهم",
            "½ \\ \" '",
            "",
        ] {
            assert_eq!(
                (&*line(shown), &*lines(shown), &*json(shown)),
                (shown, shown, shown)
            );
        }
    }

    #[test]
    fn json_says_the_same_with_every_sign_to_be_seen() {
        let value = serde_json::json!({ HIDDEN: [HIDDEN, "a\u{e0041}\n"], "b": 1.5 });
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let shown = json(&text);
            assert!(!shown.contains(|c| c != '\n' && is_hidden(c)), "{shown}");
            assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_printed_has_no_hidden_sign(text in any::<String>()) {
            prop_assert!(!line(&text).contains(is_hidden));
            prop_assert!(!lines(&text).contains(|c| c != '\n' && is_hidden(c)));
            let value = Value::from(text);
            let shown = json(&value.to_string()).into_owned();
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
    }
}
