//! `ampere`, run to its end.

use super::{ampere, soon};
use serde_json::Value;
use std::path::Path;

/// What it said, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it, for the daemon of that folder.
pub(crate) async fn run(home: Option<&Path>, words: &[&str]) -> Ran {
    let mut command = ampere();
    if let Some(home) = home {
        command.arg("--data-dir").arg(home);
    }
    let output = soon("ampere", command.args(words).output()).await.unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}", self.stdout))
    }
}
