//! Tables for spreadsheets: RFC 4180, and nothing in them that a spreadsheet would take for a formula.

use crate::escape;
use std::borrow::Cow;
use std::io::Write;

/// A cell.
pub(super) enum Cell<'a> {
    /// Our own words and numbers, and hex.
    Plain(Cow<'a, str>),
    /// Text of anybody's.
    Text(&'a str),
}

/// Nothing.
pub(super) const EMPTY: Cell<'static> = Cell::Plain(Cow::Borrowed(""));

pub(super) struct Table<W: Write>(W);

impl<W: Write> Table<W> {
    pub(super) fn begin(mut out: W, columns: &[&str]) -> anyhow::Result<Table<W>> {
        writeln!(out, "{}", columns.join(","))?;
        Ok(Table(out))
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        let cells: Vec<Cow<'_, str>> = cells.iter().map(Cell::written).collect();
        Ok(writeln!(self.0, "{}", cells.join(","))?)
    }

    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }
}

impl<'a> Cell<'a> {
    /// Something's text, if it is there.
    pub(super) fn of(value: Option<impl ToString>) -> Cell<'static> {
        value.map_or(EMPTY, |value| Cell::Plain(value.to_string().into()))
    }

    /// Text of anybody's, if it is there.
    pub(super) fn text(text: Option<&'a str>) -> Cell<'a> {
        Cell::Text(text.unwrap_or_default())
    }

    /// Anybody's text is between quotes, which the `csv` crate has no way to say of some cells alone: so it
    /// is one cell also where a semicolon or a blank would be taken for its end. Not what is nothing but
    /// letters and digits: hashes stay easy to cut out.
    fn written(&self) -> Cow<'_, str> {
        match self {
            Cell::Plain(text) => Cow::Borrowed(text),
            Cell::Text(text) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Cow::Borrowed(text)
            }
            Cell::Text(text) => {
                let guarded = guarded(text).replace('"', "\"\"");
                Cow::Owned(format!("\"{}\"", escape::line(&guarded)))
            }
        }
    }
}

/// Signs with which a formula begins somewhere: in Excel, in `LibreOffice`, in Google's, in old Lotus
/// ways, in DDE; and the wide and small ones of Asian keyboards, which are taken for them.
fn begins_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+'
            | '-'
            | '@'
            | '|'
            | '%'
            | '\u{ff1d}'
            | '\u{ff0b}'
            | '\u{ff0d}'
            | '\u{ff20}'
            | '\u{ff5c}'
            | '\u{ff05}'
            | '\u{fe66}'
            | '\u{fe62}'
            | '\u{fe63}'
            | '\u{fe6b}'
            | '\u{fe6a}'
            | '\u{2212}'
    )
}

/// With an apostrophe before each sign that a formula could begin with, wherever a cell could begin: that is
/// not after a letter, a digit or another such sign, and may be anywhere else. Which sign ends a cell is the
/// reader's choice (a semicolon in half of Europe), and blanks and quotes before a formula are dropped.
fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len() + 2);
    let mut goes_on = false;
    for c in text.chars() {
        if begins_formula(c) && !goes_on {
            guarded.push('\'');
        }
        // `|` is one that may end a cell, too.
        goes_on = c.is_alphanumeric() || (begins_formula(c) && !matches!(c, '|' | '\u{ff5c}'));
        guarded.push(c);
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        let mut table = Table::begin(&mut out, &["a", "b", "c"]).unwrap();
        let cells = [
            Cell::Plain("1".into()),
            Cell::Text(text),
            Cell::Plain("z".into()),
        ];
        table.row(&cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The cells of the second line, for whoever takes that sign for their end.
    fn cells(table: &str, delimiter: u8) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(table.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        row.iter().map(str::to_owned).collect()
    }

    #[test]
    fn usual_text_stays_as_it_is() {
        for text in [
            "coffee",
            "e-mail",
            "a@b.example",
            "50% off",
            "C++",
            "1-2",
            "zwei Käse 🧀",
            "",
            "x=y; z",
        ] {
            assert_eq!(cells(&written(text), b','), ["1", text, "z"]);
        }
    }

    #[test]
    fn an_apostrophe_stands_wherever_a_formula_could_begin() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            ("  =1", "  '=1"),
            ("\u{a0}=1", "\u{a0}'=1"),
            ("\t@SUM(A1)", "\\t'@SUM(A1)"),
            ("\"=1", "\"'=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a;=cmd|'/c calc'!A0", "a;'=cmd|'/c calc'!A0"),
            ("a|=1", "a|'=1"),
            ("|x", "'|x"),
            ("%x", "'%x"),
            ("a\r\n=1", "a\\r\\n'=1"),
            ("\u{feff}=1", "\\ufeff'=1"),
            ("\u{200b}\u{202e}=1", "\\u200b\\u202e'=1"),
            ("\u{200d}=1", "\u{200d}'=1"),
            ("'=1", "''=1"),
            ("- one", "'- one"),
            ("--", "'--"),
        ] {
            assert_eq!(cells(&written(text), b','), ["1", shown, "z"], "{text:?}");
        }
    }

    proptest! {
        /// Whatever sign a reader takes for the end of a cell.
        #[test]
        fn no_cell_begins_with_a_formula_wherever_one_begins(
            text in r#"[=+@;|%"' \t\r\n,:a1\-\x{feff}\x{200b}\x{a0}\x{ff1d}\x{e9}]{0,12}"#,
            delimiter in prop::sample::select(b",;\t| :'".to_vec()),
        ) {
            let table = written(&text);
            prop_assert_eq!(table.lines().count(), 2, "{}", table);
            for line in table.lines().skip(1) {
                for cell in line.split(char::from(delimiter)).chain(cells(&table, delimiter).iter().map(String::as_str)) {
                    let content = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || escape::is_hidden(c));
                    let is_formula = content.starts_with(begins_formula);
                    // Where the apostrophe itself ends a cell, it guards nothing: nobody's does.
                    prop_assert!(!is_formula || delimiter == b'\'', "{:?} of {:?}", cell, table);
                }
            }
        }

        /// Nothing is lost of it, but what is not to be seen.
        #[test]
        fn a_cell_is_one_cell_and_has_its_text(text in r#"[=;|"' ,a1\-]{0,12}"#) {
            let read = cells(&written(&text), b',');
            prop_assert_eq!(read.len(), 3);
            let bare = |text: &str| text.replace('\'', "");
            prop_assert_eq!(bare(&read[1]), bare(&text));
        }
    }
}
