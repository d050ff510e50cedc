//! Every rule about money has tests, and `docs/invariants.md` names them; so does `docs/field.md` for
//! everything that was tried in the field.

use crate::workspace;
use anyhow::{Context, Result, bail};

const CATALOGUE: &str = "docs/invariants.md";
const FIELD: &str = "docs/field.md";
/// The rules, of parts and payments, and B-1 to B-11, of orders.
const RULES: [(char, usize); 2] = [('A', 15), ('B', 11)];

/// Fails with every rule that has no test, and every test that is not there.
pub(super) fn check() -> Result<()> {
    let exists = |file: &str, test: &str| {
        let code = std::fs::read_to_string(workspace::root().join(file));
        code.is_ok_and(|code| code.contains(&format!("fn {test}(")))
    };
    let in_catalogue = violations(&read(CATALOGUE)?, exists);
    let in_field = cases_without_tests(&read(FIELD)?, exists);
    for violation in &in_catalogue {
        eprintln!("{CATALOGUE}: {violation}");
    }
    for violation in &in_field {
        eprintln!("{FIELD}: {violation}");
    }
    let found = in_catalogue.len() + in_field.len();
    if found > 0 {
        bail!("{found} rules or tests are missing");
    }
    Ok(())
}

fn read(file: &str) -> Result<String> {
    std::fs::read_to_string(workspace::root().join(file)).with_context(|| format!("read {file}"))
}

/// Rows of a table whose last cell names no test, or one that is not there.
fn cases_without_tests(text: &str, exists: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cases = rows.filter(|row| !row.starts_with("| What was tried"));
    let without = cases.filter_map(|row| {
        let shown_by = row.trim_end_matches([' ', '|']).rsplit(" | ").next()?;
        let quoted: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        let is_shown = match quoted[..] {
            [file, ref tests @ ..] => {
                !tests.is_empty() && tests.iter().all(|test| exists(file, test))
            }
            [] => false,
        };
        (!is_shown).then(|| format!("no such test: {shown_by}"))
    });
    without.collect()
}

fn violations(text: &str, exists: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let sections: Vec<&str> = text.split("\n## ").skip(1).collect();
    let rules: Vec<String> = rules().collect();
    if sections.len() != rules.len() {
        found.push(format!("{} rules, not {}", sections.len(), rules.len()));
    }
    for (rule, section) in rules.iter().zip(sections) {
        if !section.starts_with(&format!("{rule} ")) {
            found.push(format!("{rule} is not in its place"));
        }
        let tests = section.lines().filter_map(named);
        let tests: Vec<(&str, &str)> = tests.collect();
        if tests.is_empty() {
            found.push(format!("{rule} has no test"));
        }
        for (file, test) in tests {
            if !exists(file, test) {
                found.push(format!("{rule}: no test {test} in {file}"));
            }
        }
    }
    found
}

/// Their ids, in order.
fn rules() -> impl Iterator<Item = String> {
    let numbers = |(letter, count)| (1..=count).map(move |number| format!("{letter}-{number}"));
    RULES.into_iter().flat_map(numbers)
}

/// The file and the test of a line like "- `file` `test`".
fn named(line: &str) -> Option<(&str, &str)> {
    let mut quoted = line.strip_prefix("- `")?.strip_suffix('`')?.split("` `");
    Some((quoted.next()?, quoted.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue in which only rule 3 may be odd.
    fn catalogue(third: &str) -> String {
        let sections = rules().map(|rule| match &*rule {
            "A-3" => format!("\n## A-3 x\n{third}\n"),
            _ => format!("\n## {rule} x\n- `file` `test`\n"),
        });
        sections.collect()
    }

    #[test]
    fn every_case_of_the_field_has_a_test_that_is_there() {
        let exists = |file: &str, test: &str| (file, test) == ("file", "test");
        let of = |cell: &str| {
            let table =
                format!("| What was tried | x | y |\n|---|---|---|\n| a `b` | c | {cell} |\n");
            cases_without_tests(&table, exists)
        };
        assert_eq!(of("`file` `test`"), [""; 0]);
        assert_eq!(of("`file` `test`, `test`"), [""; 0]);
        assert_eq!(of("`file` `gone`"), ["no such test: `file` `gone`"]);
        assert_eq!(of("`file`"), ["no such test: `file`"]);
        assert_eq!(of("nothing"), ["no such test: nothing"]);
    }

    #[test]
    fn every_rule_has_a_test_that_is_there() {
        let exists = |file: &str, test: &str| (file, test) == ("file", "test");
        let of = |third: &str| violations(&catalogue(third), exists);
        assert_eq!(of("- `file` `test`"), [""; 0]);
        assert_eq!(of("nothing"), ["A-3 has no test"]);
        assert_eq!(of("- `file` `gone`"), ["A-3: no test gone in file"]);
        assert_eq!(violations("", exists), ["0 rules, not 26"]);
        let swapped = catalogue("- `file` `test`").replace("## B-11 ", "## A-16 ");
        assert_eq!(violations(&swapped, exists), ["B-11 is not in its place"]);
    }
}
