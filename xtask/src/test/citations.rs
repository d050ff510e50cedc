//! A citation of a file that is not in the repository sends its reader nowhere.
//!
//! A citation is a word of Markdown, or of a comment in Rust, that ends in `.md` or `.rs`, or that
//! is a path below one of [`FOLDERS`]. It holds if the repository has such a file or folder at its
//! root or anywhere below, so that `payment/send.rs` may stand for the whole path.

use std::path::{Path, PathBuf};

/// A path that begins with one of these is a citation.
const FOLDERS: [&str; 9] = [
    "adapters",
    "app",
    "docs",
    "domain",
    "fuzz",
    "migrations",
    "src",
    "tests",
    "xtask",
];

/// The files that can be cited, each with a `/` before its path.
pub(super) struct Repository(Vec<String>);

impl Repository {
    pub(super) fn new(files: &[PathBuf]) -> Repository {
        let slashed = files.iter().map(|file| format!("/{}", file.display()));
        Repository(slashed.collect())
    }

    /// Whether a file or a folder of that name is there.
    fn has(&self, cited: &str) -> bool {
        let (file, folder) = (format!("/{cited}"), format!("/{cited}/"));
        let is_cited = |path: &String| path.ends_with(&file) || path.contains(&folder);
        self.0.iter().any(is_cited)
    }

    /// The lines of a file that cite what is not there, and what they cite.
    pub(super) fn missing(&self, file: &Path, text: &str) -> Vec<(usize, String)> {
        let prose: fn(&str) -> &str = match file.extension().and_then(|e| e.to_str()) {
            Some("md") => |line| line,
            Some("rs") => comment,
            Some(_) | None => return Vec::new(),
        };
        let lines = (1..).zip(text.lines());
        let cited = lines.flat_map(|(number, line)| {
            let cited = citations(prose(line)).map(str::to_owned);
            cited.map(move |cited| (number, cited))
        });
        cited.filter(|(_, cited)| !self.has(cited)).collect()
    }
}

/// The comment on a line of Rust, if there is one.
fn comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return line;
    }
    line.split_once(" // ").map_or("", |(_, comment)| comment)
}

/// The words that name a file or a folder of the repository.
fn citations(prose: &str) -> impl Iterator<Item = &str> {
    let words = prose.split(|c: char| !c.is_ascii_alphanumeric() && !"_-./".contains(c));
    // What follows the colon of a URL.
    let words = words.filter(|word| !word.starts_with("//"));
    let paths = words.map(|word| {
        word.trim_end_matches(['.', '/'])
            .trim_start_matches(['.', '/'])
    });
    paths.filter(|path| is_citation(path))
}

fn is_citation(path: &str) -> bool {
    let is_file = [".md", ".rs"].iter().any(|end| path.ends_with(end));
    let below = path.split_once('/');
    is_file || below.is_some_and(|(folder, _)| FOLDERS.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(file: &str, text: &str) -> Vec<(usize, String)> {
        let files = ["GUIDE.md", "docs/law.md", "domain/src/payment/send.rs"];
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        Repository::new(&files).missing(Path::new(file), text)
    }

    #[track_caller]
    fn check(file: &str, text: &str, expected: &[(usize, &str)]) {
        let found = missing(file, text);
        let found: Vec<(usize, &str)> = found.iter().map(|(n, s)| (*n, s.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_cited_file_that_is_not_there_is_found_with_its_line() {
        check("a.md", "one\nsee [it](GONE.md).", &[(2, "GONE.md")]);
        check(
            "docs/a.md",
            "`../docs/gone.md#part`",
            &[(1, "docs/gone.md")],
        );
        check("a.md", "`domain/src/gone`", &[(1, "domain/src/gone")]);
        check("a.rs", "/// Rule 1.1 of GONE.md.", &[(1, "GONE.md")]);
        let behind_code = ["x(); /", "/ as in payment/gone.rs"].concat();
        check("a.rs", &behind_code, &[(1, "payment/gone.rs")]);
    }

    #[test]
    fn a_file_or_a_folder_that_is_there_may_be_cited_by_the_end_of_its_path() {
        check(
            "a.md",
            "GUIDE.md, docs/law.md. `payment/send.rs`, send.rs:12",
            &[],
        );
        check(
            "docs/a.md",
            "[law](law.md), [guide](../GUIDE.md#words)",
            &[],
        );
        check(
            "a.md",
            "everything in `domain/src/payment/`, and docs/",
            &[],
        );
        check("a.rs", "//! `docs/law.md`", &[]);
    }

    #[test]
    fn urls_code_and_other_files_cite_nothing() {
        check(
            "a.md",
            "<https://example.org/docs/gone.md>, and/or, /srv/x",
            &[],
        );
        check("a.rs", "let path = \"docs/gone.md\";", &[]);
        check("a.toml", "# docs/gone.md", &[]);
    }
}
