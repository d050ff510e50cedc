//! The reference of the methods, as Markdown: from the table that serves them, the types of their
//! results, and an exchange each that has really taken place.

mod shape;

pub(crate) use shape::{documented_as, shape};

use crate::error::{Code, ERRORS, ErrorInfo};
use crate::methods::{self, Kind, MethodInfo};
use serde_json::Value;
use shape::{Shapes, own_fields};
use std::fmt::Write;

/// A request, and what was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// Its parameters.
    pub params: Value,
    /// Its result.
    pub result: Value,
}

/// What every method may give.
const ANY: [Code; 4] = [
    Code::InvalidRequest,
    Code::InvalidParams,
    Code::Internal,
    Code::Busy,
];

/// `docs/rpc.md`; or which method has no exchange, or one that its type does not allow.
pub fn reference(exchanges: &[Exchange]) -> Result<String, String> {
    let mut shapes = Shapes::default();
    let mut sections = String::new();
    for method in methods::all() {
        let of_method = |exchange: &&Exchange| exchange.method == method.name;
        let of_method: Vec<&Exchange> = exchanges.iter().filter(of_method).collect();
        section(&mut sections, method, &of_method, &mut shapes)?;
    }
    let mut page = String::from(HEAD);
    for method in methods::all() {
        let name = method.name;
        _ = writeln!(page, "- [`{name}`](#{name}): {}", plain(method.description));
    }
    page.push_str("\n## What every method may answer\n\n");
    table_of_errors(&mut page, &ANY);
    page.push_str(&sections);
    page.push_str("\n## Shapes\n\nWhat several methods show.\n");
    shapes.write(&mut page);
    Ok(page)
}

const HEAD: &str = "\
# The methods

Written by the tests from the types that serve them: `AMPERE_WRITE_DOCS=1 cargo test -p ampere --all-features \
--test it docs` writes it anew, and a test fails when it is stale. Parameters come by position or by name. \
Amounts are millisatoshi, times Unix seconds, hashes and ids hex. Each exchange has really taken place, on the \
embedded network.

";

/// A method, with the first of its exchanges. The others must have a result of its type, too.
fn section(
    page: &mut String,
    method: &MethodInfo,
    exchanges: &[&Exchange],
    shapes: &mut Shapes,
) -> Result<(), String> {
    let name = method.name;
    let exchange = exchanges
        .first()
        .ok_or_else(|| format!("{name}: no exchange"))?;
    _ = write!(page, "\n## {name}\n\n`{}`\n\n", method.usage());
    match method.kind {
        Kind::Dev => page.push_str("On the embedded network only. "),
        Kind::Wait => page.push_str("May wait for ever. "),
        Kind::Stream => page.push_str("Goes on telling, after its answer. "),
        Kind::Call => {}
    }
    _ = writeln!(page, "{}.", plain(method.description));
    help(page, method);
    let schema = (method.answer)();
    page.push_str("\n**Result**");
    own_fields(page, &schema, shapes);
    for Exchange { result, .. } in exchanges {
        shapes
            .check(&schema, result)
            .map_err(|why| format!("{name}: {why}: {result}"))?;
    }
    if !method.errors.is_empty() {
        page.push_str("\n**Errors**\n\n");
        table_of_errors(page, method.errors);
    }
    let json = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    _ = write!(
        page,
        "\n**An exchange**\n\n```json\n{{\"method\": \"{name}\", \"params\": {}}}\n```\n\n```json\n{}\n```\n",
        exchange.params,
        json(&exchange.result)
    );
    Ok(())
}

/// The help: its first words, and a row for each parameter.
fn help(page: &mut String, method: &MethodInfo) {
    let mut rows = String::new();
    for paragraph in method.help.split("\n\n") {
        for line in paragraph.lines() {
            let named = line.split_once("  ").and_then(|(name, meaning)| {
                let param = method.params.iter().find(|param| param.name == name);
                param.map(|param| (param, meaning.trim()))
            });
            match named {
                Some((param, meaning)) => {
                    let required = if param.required { "required" } else { "" };
                    let aliases = match param.aliases {
                        [] => String::new(),
                        aliases => format!(" (also `{}`)", aliases.join("`, `")),
                    };
                    _ = writeln!(
                        rows,
                        "| `{}`{aliases} | {required} | {} |",
                        param.name,
                        meaning.replace('|', "\\|")
                    );
                }
                // What comes back is said by the types, below.
                None if line.starts_with("Returns") || line.starts_with("Errors") => {}
                None => _ = write!(page, "\n{}\n", plain(line)),
            }
        }
    }
    if !rows.is_empty() {
        _ = write!(page, "\n| parameter | | meaning |\n|---|---|---|\n{rows}");
    }
}

fn table_of_errors(page: &mut String, codes: &[Code]) {
    page.push_str("| code | name | meaning | may I retry? |\n|---|---|---|---|\n");
    for code in codes {
        let rows = ERRORS.iter().filter(|row| row.code == code.number());
        for ErrorInfo {
            code,
            name,
            meaning,
            retry,
        } in rows
        {
            _ = writeln!(page, "| {code} | {name} | {meaning} | {retry} |");
        }
    }
}

/// In place of the braces with which Core Lightning names parameters; others show what they are.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let named = after.split_once('}').filter(|(name, _)| {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !name.is_empty() && name.chars().all(letter)
        });
        plain.push_str(before);
        if let Some((name, after)) = named {
            plain.extend(["`", name, "`"]);
            rest = after;
        } else {
            plain.push('{');
            rest = after;
        }
    }
    plain + rest
}
