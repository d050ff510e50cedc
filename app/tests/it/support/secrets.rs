//! Everything that must not be told, in every spelling in which it could slip out.

use super::Refused;
use serde_json::Value;

/// Secrets that have been used, and what has been said since.
#[derive(Default)]
pub(crate) struct Secrets {
    known: Vec<(String, String)>,
    said: Vec<(String, String)>,
}

impl Secrets {
    /// Bytes that must not show, as hex.
    pub(crate) fn keep(&mut self, what: &str, digits: &str) {
        let bytes = hex::decode(digits).unwrap();
        let listed = |bytes: &[u8], between: &str| {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            numbers.join(between)
        };
        let half = digits.len() / 2;
        let base64 = base64(&bytes);
        for spelling in [
            // Not half of it either: a shortened secret is a weak one.
            digits[..half].to_lowercase(),
            digits[half..].to_lowercase(),
            digits[..half].to_uppercase(),
            digits[half..].to_uppercase(),
            base64.replace('+', "-").replace('/', "_"),
            base64,
            listed(&bytes, ", "),
            listed(&bytes, ","),
            listed(&bytes, ",\n"),
            String::from_utf8_lossy(&bytes).into_owned(),
        ] {
            self.known.push((what.to_owned(), spelling));
        }
    }

    /// Text that must not show; neither half of it.
    pub(crate) fn keep_text(&mut self, what: &str, text: &str) {
        let (start, end) = text.split_at(text.len() / 2);
        for spelling in [start.to_owned(), end.to_owned(), text.to_uppercase()] {
            self.known.push((what.to_owned(), spelling));
        }
    }

    /// The preimage that a row shows, from now on (and so for all that was said before).
    pub(crate) fn keep_preimage_of(&mut self, row: &Value) {
        self.keep(
            "payment_preimage",
            row["payment_preimage"].as_str().unwrap(),
        );
    }

    /// Something that was said: a log, an error.
    pub(crate) fn heard(&mut self, by: &str, text: impl Into<String>) {
        self.said.push((by.to_owned(), text.into()));
    }

    /// An error that a caller was answered with.
    pub(crate) fn refused(&mut self, refused: &Refused) {
        self.heard("an error", format!("{} {}", refused.message, refused.data));
    }

    /// Fails if any secret is in anything that was said, at whatever time.
    pub(crate) fn check(&self) {
        assert!(!self.known.is_empty() && !self.said.is_empty());
        for (by, text) in &self.said {
            for (what, spelling) in &self.known {
                if let Some(at) = text.find(spelling.as_str()) {
                    let start = text[..at].rfind('\n').map_or(0, |start| start + 1);
                    let line = text[start..].lines().next().unwrap_or_default();
                    panic!("{by} tells {what}, as {spelling}: {line}");
                }
            }
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|three| {
        let bits = three
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        (0..=three.len()).map(move |place| char::from(LETTERS[bits >> (18 - 6 * place) & 63]))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::{Secrets, base64};

    #[test]
    fn each_spelling_is_found() {
        assert_eq!(base64(b"light w"), "bGlnaHQgdw");
        let digits = "00fe".repeat(16);
        for leak in [
            "x00fe00fe00fe00fe00fe00fe00fe00fex",
            "x00FE00FE00FE00FE00FE00FE00FE00FEx",
            "AP4A/gD+AP4A/gD+AP4A/gD+AP4A/gD+AP4A/gD+AP4",
            &format!("[{}]", vec!["0, 254"; 16].join(", ")),
            &format!("{:#?}", [0u8, 254].repeat(16)).replace("    ", ""),
        ] {
            let mut secrets = Secrets::default();
            secrets.keep("it", &digits);
            secrets.heard("a test", leak);
            let found = std::panic::catch_unwind(|| secrets.check());
            assert!(found.is_err(), "{leak}");
        }
    }
}
