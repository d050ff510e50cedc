//! Results on standard output.

use super::table;
use crate::escape;
use crate::exit::Exit;
use crate::say::say;
use crate::trouble::{report, trouble};
use crate::view::{Names, is_terminal, print_line};
use rpc::client::Client;
use std::io::{self, ErrorKind, Write};

/// A list as a table on a terminal; everything else as JSON.
pub(super) async fn result(client: &mut Client, method: &str, result: &str, raw: bool) -> Exit {
    if is_terminal() && !raw && table::is_list(method) {
        let names = Names::ask(client).await;
        let parsed = serde_json::from_str(result).ok();
        let width = console::Term::stdout().size().1;
        if let Some(table) = parsed.and_then(|parsed| table::of(method, &parsed, &names, width)) {
            return print(&table);
        }
    }
    print(&escape::json(&indented(result)))
}

/// An error, as JSON that people can read. It has words of its own elsewhere.
pub(super) fn error(json: &str) {
    print_line(&escape::json(&indented(json)));
}

/// An object of our own, as JSON that people can read.
pub(super) fn print_value(value: &serde_json::Value) -> Exit {
    print(&indented(&value.to_string()))
}

/// A line, or many. A reader that went away has seen what it wanted.
pub(super) fn print(text: &str) -> Exit {
    match writeln!(io::stdout(), "{text}") {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => not_shown(&why),
        _ => Exit::Ok,
    }
}

/// Says that the answer is lost, and what is not.
pub(super) fn not_shown(why: &io::Error) -> Exit {
    let help = "make room and ask again; what a call did is done: look before you repeat a payment";
    say!(
        "{}",
        report(&trouble("the answer could not be written", why, help))
    );
    Exit::NotShown
}

/// Valid JSON with line breaks and indentation. Parsing it would lose the order of the fields, and
/// that order is for people: what matters most comes first.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut rest = json
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r' | '\t'))
        .peekable();
    while let Some(c) = rest.next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            text.push(c);
            continue;
        }
        match c {
            ' ' => {}
            '[' | '{' => {
                while rest.next_if_eq(&' ').is_some() {}
                text.push(c);
                if let Some(close) = rest.next_if(|next| matches!(next, ']' | '}')) {
                    text.push(close);
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                break_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::indented;
    use serde_json::{Value, json};

    #[test]
    fn indentation_is_serdes_own_and_keeps_the_order() {
        let value = json!({
            "a": [1, -2.5, "x, {\"y\": [\\]}", [], {}, null],
            "b": {"c": {"d": "\n\u{1F600}"}, "e": []},
        });
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(indented(&value.to_string()), pretty);
        assert_eq!(indented(&pretty), pretty, "whitespace is taken out first");
        let turned = r#"{"z":1,"a":"a b"}"#;
        assert_eq!(indented(turned), "{\n  \"z\": 1,\n  \"a\": \"a b\"\n}");
        assert_eq!(
            serde_json::from_str::<Value>(&indented(turned)).unwrap()["z"],
            1
        );
    }
}
