//! Parameters as words on a command line; `lightning-cli`'s rules.

use anyhow::{Context, bail};
use serde_json::{Map, Value};

/// How the words are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// By name if the first word is `key=value`, else by position.
    Guessed,
    /// By name.
    Keywords,
    /// By position.
    Order,
}

impl Style {
    pub(super) fn chosen(keywords: bool, order: bool) -> Style {
        match (keywords, order) {
            (true, _) => Style::Keywords,
            (false, true) => Style::Order,
            (false, false) => Style::Guessed,
        }
    }
}

/// The `params` of a request: an object by name, an array by position.
pub(super) fn read(words: &[String], style: Style) -> anyhow::Result<Value> {
    let by_name = match style {
        Style::Keywords => true,
        Style::Order => false,
        Style::Guessed => words.first().is_some_and(|word| pair(word).is_some()),
    };
    if !by_name {
        return Ok(words.iter().map(|word| value(word)).collect());
    }
    let mut named = Map::new();
    for word in words {
        let (key, text) = pair(word).with_context(|| {
            format!("`{word}` is not key=value; give all parameters by name, or use -o")
        })?;
        if named.insert(key.to_owned(), value(text)).is_some() {
            bail!("`{key}` is given twice");
        }
    }
    Ok(Value::Object(named))
}

/// Whether the word names a parameter.
pub(super) fn is_pair(word: &str) -> bool {
    pair(word).is_some()
}

/// `key=value`, where the key can be a parameter's name: JSON and descriptions may contain `=` too.
fn pair(word: &str) -> Option<(&str, &str)> {
    let (key, value) = word.split_once('=')?;
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((key, value))
}

/// JSON if it looks like it and is, else text. Digits after a 0 are text: a hash may start so. So
/// is a number that would not come out as it went in: a key or a label may be one.
fn value(word: &str) -> Value {
    let looks_like_json = match word {
        "true" | "false" | "null" => true,
        _ if word.starts_with(['[', '{', '"']) => true,
        _ => is_number(word),
    };
    let parsed = looks_like_json.then(|| serde_json::from_str(word).ok());
    let kept = |value: &Value| value.as_number().is_none_or(|n| n.to_string() == word);
    let parsed: Option<Value> = parsed.flatten();
    parsed.filter(kept).unwrap_or_else(|| Value::from(word))
}

/// Digits with at most one dot. No exponent: `12e4` may be the start of something in hex.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::{Style, read};
    use serde_json::{Value, json};

    fn check(words: &[&str], style: Style, expect: &Value) {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(&read(&words, style).unwrap(), expect, "{words:?}");
    }

    #[test]
    fn literals_pass_as_json_and_everything_else_as_text() {
        let cases = [
            ("12", json!(12)),
            ("-5", json!(-5)),
            ("1.5", json!(1.5)),
            ("007", json!("007")),
            ("1.10", json!("1.10")),
            ("-0", json!("-0")),
            (
                "123456789012345678901234567890",
                json!("123456789012345678901234567890"),
            ),
            ("12e4", json!("12e4")),
            ("1000sat", json!("1000sat")),
            ("103x1x0", json!("103x1x0")),
            ("true", json!(true)),
            ("null", json!(null)),
            ("True", json!("True")),
            ("[1,2", json!("[1,2")),
            (r#"[{"id":"02"}]"#, json!([{"id": "02"}])),
            (r#""12""#, json!("12")),
            ("", json!("")),
        ];
        for (word, expect) in cases {
            check(&[word], Style::Guessed, &json!([expect]));
        }
    }

    #[test]
    fn the_first_word_decides_between_names_and_positions() {
        check(&[], Style::Guessed, &json!([]));
        check(
            &["id=1", "timeout=0"],
            Style::Guessed,
            &json!({"id": 1, "timeout": 0}),
        );
        check(&["1", "a=b"], Style::Guessed, &json!([1, "a=b"]));
        check(&[r#"["a=b"]"#], Style::Guessed, &json!([["a=b"]]));
        check(&["a=b"], Style::Order, &json!(["a=b"]));
        check(&[], Style::Keywords, &json!({}));
        check(&["d=a=b"], Style::Keywords, &json!({"d": "a=b"}));
    }

    #[test]
    fn a_word_that_is_no_pair_among_pairs_is_refused() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            read(&words, Style::Guessed).unwrap_err().to_string()
        };
        assert!(read(&["id=1", "0"]).contains("`0` is not key=value"));
        assert!(read(&["id=1", "id=2"]).contains("`id` is given twice"));
    }
}
