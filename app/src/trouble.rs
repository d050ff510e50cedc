//! Errors for people: what failed, why, and what to do.

use crate::escape;
use std::fmt;

#[derive(Debug)]
struct Trouble {
    what: String,
    why: String,
    help: String,
}

/// An error that says what failed, why, and what to do about it.
pub fn trouble(
    what: impl Into<String>,
    why: impl fmt::Display,
    help: impl Into<String>,
) -> anyhow::Error {
    anyhow::Error::new(Trouble {
        what: what.into(),
        why: why.to_string(),
        help: help.into(),
    })
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.what, self.why, self.help)
    }
}

impl std::error::Error for Trouble {}

/// The error as up to three parts: `error:`, ` why:` and `help:`.
pub fn report(error: &anyhow::Error) -> String {
    let report = if let Some(Trouble { what, why, help }) = error.downcast_ref() {
        format!("error: {what}\n  why: {why}\n help: {help}")
    } else {
        let causes = error.chain().skip(1);
        let causes = causes.map(|cause| format!("\n  why: {cause}"));
        format!("error: {error}{}", causes.collect::<String>())
    };
    escape::lines(&report).into_owned()
}
