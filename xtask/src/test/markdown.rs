//! Markdown is read in terminals and in diffs, too: its lines have at most [`WIDTH`] characters.

use std::path::Path;

/// The longest line of prose.
const WIDTH: usize = 100;

/// Not wrapped: what the tests generate, and a list of changes in which each is one line.
const FREE: [&str; 2] = ["docs/rpc.md", "CHANGELOG.md"];

/// The numbers of the lines that are too long. Tables, code and links cannot be wrapped.
pub(super) fn too_long(file: &Path, text: &str) -> Vec<usize> {
    let is_free = FREE.iter().any(|free| file == Path::new(free));
    if is_free || file.extension().is_none_or(|extension| extension != "md") {
        return Vec::new();
    }
    let (mut found, mut is_code) = (Vec::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if !is_fence && !is_code && !is_table(line) && !is_list_of_code(line) && width(line) > WIDTH
        {
            found.push(number);
        }
    }
    found
}

fn is_table(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// A line like "- `file` `test`".
fn is_list_of_code(line: &str) -> bool {
    let code = line.trim_start().strip_prefix("- `");
    code.is_some_and(|code| {
        code.ends_with('`') && code.split("` `").all(|name| !name.contains(' '))
    })
}

/// Characters of a line, where its links lead to apart.
fn width(line: &str) -> usize {
    let (mut width, mut rest) = (0, line);
    while let Some((text, target)) = rest.split_once("](") {
        width += text.chars().count() + "](".len();
        rest = target.find(')').map_or("", |end| &target[end..]);
    }
    let words = rest.split(' ').filter(|word| !word.contains("://"));
    width + words.map(|word| word.chars().count() + 1).sum::<usize>() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, expected: &[usize]) {
        assert_eq!(too_long(Path::new(file), text), expected);
    }

    #[test]
    fn prose_of_more_than_100_characters_is_found() {
        check("a.md", &"é".repeat(100), &[]);
        check("a.md", &format!("a\n{}", "é".repeat(101)), &[2]);
        check("a.rs", &"a".repeat(101), &[]);
        check("docs/rpc.md", &"a".repeat(101), &[]);
    }

    #[test]
    fn tables_code_and_links_may_be_longer() {
        let long = "a".repeat(101);
        check("a.md", &format!("| {long} |"), &[]);
        check("a.md", &format!("```\n{long}\n```\n{long}"), &[4]);
        check(
            "a.md",
            &format!("see [it]({long}), and [that]({long})"),
            &[],
        );
        check("a.md", &format!("see https://{long}"), &[]);
        check("a.md", &format!("- `{long}` `{long}`"), &[]);
        check("a.md", &format!("- `{long}` is prose"), &[1]);
    }
}
