//! Counting the tests while the user reads what `cargo test` says.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write, stdout};
use std::process::{Command, Stdio};

/// How many tests ran, over all crates.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) passed: u32,
    pub(super) failed: u32,
}

/// Runs `cargo test`, shows its output as it comes, and adds up its closing lines.
pub(super) fn watch(test: &mut Command) -> Result<Tally> {
    let mut child = test.stdout(Stdio::piped()).spawn().context("start cargo")?;
    let output = child.stdout.take().context("read what cargo says")?;
    let mut tally = Tally::default();
    let mut out = stdout().lock();
    // Bytes, because a failing test may print anything.
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("read what cargo says")?;
        out.write_all(&line)?;
        out.write_all(b"\n")?;
        tally.add(&String::from_utf8_lossy(&line));
    }
    drop(out);
    let status = child.wait().context("wait for cargo")?;
    if !status.success() {
        bail!(
            "{} passed, {} failed ({status})",
            tally.passed,
            tally.failed
        );
    }
    Ok(tally)
}

impl Tally {
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words = result
            .split([' ', '.', ';'])
            .filter(|word| !word.is_empty());
        let mut before = None;
        for word in words {
            let count = before.and_then(|word: &str| word.parse().ok()).unwrap_or(0);
            match word {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                _ => {}
            }
            before = Some(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up_and_nothing_else_is() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 64 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.70s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.70s",
            "test 5 passed ... ok",
        ] {
            tally.add(line);
        }
        let expected = Tally {
            passed: 67,
            failed: 2,
        };
        assert_eq!(tally, expected);
    }
}
