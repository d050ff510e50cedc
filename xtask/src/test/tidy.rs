//! The project's own rules about files, those that no other tool knows.

use super::citations::Repository;
use super::markdown;
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// A longer file holds more than one concept.
const LINES_MAX: usize = 400;

/// What no Rust file may contain. In two pieces, so that this file passes.
const NEVER: [(&str, &str, &str); 4] = [
    ("#[ign", "ore", "a test that does not run proves nothing"),
    ("tod", "o!(", "finish it, or file an issue"),
    ("unimplement", "ed!(", "finish it, or file an issue"),
    ("rand::r", "ng(", "randomness comes through a port"),
];

/// What no test may contain, unless its clock stands still: it waits for what it is about, not for
/// a time.
const NEVER_IN_TESTS: [(&str, &str, &str); 2] = [
    ("thread::sl", "eep", "wait for the event itself"),
    (
        "time::sl",
        "eep(",
        "wait for the event itself, or use the simulated clock",
    ),
];

/// Places on somebody's machine.
const MACHINE_PATHS: [(&str, &str); 3] = [("/wo", "rk/"), ("/ro", "ot/"), ("/home/", "user")];

/// Fails with every line that breaks a rule.
pub(super) fn check() -> Result<()> {
    let files = workspace::files()?;
    let repository = Repository::new(&files);
    let mut found = Vec::new();
    for file in &files {
        let path = workspace::root().join(file);
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        // Pictures and the like have no lines.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        found.extend(violations(file, &text));
        for (line, cited) in repository.missing(file, &text) {
            found.push(format!("{}:{line}: there is no {cited}", file.display()));
        }
        for line in markdown::too_long(file, &text) {
            let says = "prose wraps at 100 columns";
            found.push(format!("{}:{line}: {says}", file.display()));
        }
    }
    for violation in &found {
        eprintln!("{violation}");
    }
    if !found.is_empty() {
        bail!("{} lines are untidy", found.len());
    }
    eprintln!("{} files are tidy", files.len());
    Ok(())
}

fn violations(file: &Path, text: &str) -> Vec<String> {
    let at = |line: usize, says: &str| format!("{}:{line}: {says}", file.display());
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (a, b) in MACHINE_PATHS {
            if line.contains(&[a, b].concat()) {
                found.push(at(
                    index + 1,
                    &format!("{a}{b}… is a place on one machine only"),
                ));
            }
        }
    }
    if file.extension().is_none_or(|extension| extension != "rs") {
        return found;
    }
    if !text.starts_with("//!") {
        found.push(at(1, "a file starts with `//!` and what it is for"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        found.push(at(
            lines,
            &format!("a file has at most {LINES_MAX} lines: split it"),
        ));
    }
    let (mut in_tests, mut time_stands_still) = (is_test(file), false);
    for (index, line) in text.lines().enumerate() {
        in_tests |= line.trim() == "#[cfg(test)]";
        if line.contains("#[tokio::test") || line.contains("#[test]") {
            time_stands_still = line.contains("start_paused = true");
        }
        let in_real_time = in_tests && !time_stands_still;
        let tests_only = NEVER_IN_TESTS.iter().filter(|_| in_real_time);
        for (a, b, why) in NEVER.iter().chain(tests_only) {
            if line.contains(&[*a, *b].concat()) {
                found.push(at(index + 1, &format!("no {a}{b}: {why}")));
            }
        }
    }
    found
}

fn is_test(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, says: Option<&str>) {
        let found = violations(Path::new(file), text);
        match says {
            None => assert_eq!(found, [""; 0]),
            Some(says) => {
                assert_eq!(found.len(), 1, "{found:?}");
                assert!(found[0].contains(says), "{found:?}");
            }
        }
    }

    #[test]
    fn every_rule_finds_its_line() {
        let sleep = ["//! x\n", "time::sl", "eep(x)"].concat();
        check("src/a.rs", "//! x\n", None);
        check("src/a.rs", "mod x;\n", Some("a.rs:1: a file starts"));
        check(
            "src/a.rs",
            &format!("//! x\n{}", "\n".repeat(400)),
            Some("at most 400"),
        );
        check("src/a.rs", &["//! x\ntod", "o!()"].concat(), Some("a.rs:2"));
        check(
            "src/a.rs",
            &["//! x\n#[ign", "ore]"].concat(),
            Some("proves nothing"),
        );
        check("src/a.rs", &sleep, None);
        check("tests/a.rs", &sleep, Some("the event itself"));
        check(
            "a.md",
            &["see /wo", "rk/x"].concat(),
            Some("one machine only"),
        );
    }

    #[test]
    fn a_sleep_on_a_clock_that_stands_still_takes_no_time() {
        let sleep = ["time::sl", "eep(x)"].concat();
        let still = format!("//! x\n#[tokio::test(start_paused = true)]\n{sleep}");
        check("tests/a.rs", &still, None);
        let next = format!("{still}\n#[tokio::test]\n{sleep}");
        check("tests/a.rs", &next, Some("a.rs:5"));
    }

    #[test]
    fn what_follows_cfg_test_is_a_test() {
        let text = ["//! x\n#[cfg(test)]\nmod tests { thread::sl", "eep(x) }"].concat();
        check("src/a.rs", &text, Some("a.rs:3"));
    }
}
