//! The lists as tables, which fit a terminal of 80 columns.

use crate::cli::export::time;
use crate::escape;
use crate::view::{Names, sat, short};
use comfy_table::{
    Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use serde_json::Value;

/// Narrower ones break the lines of a table themselves.
const WIDTH_MIN: u16 = 80;
/// From here on there is room for a whole time in a row.
const ROOMY: u16 = 110;
/// The column of times, in all.
const TIME: usize = 1;
/// The most that is shown of a text.
const TEXT_CHARS: usize = 60;

/// Whether the method's result can be a table.
pub(super) fn is_list(method: &str) -> bool {
    matches!(method, "listpartialpayments" | "listpayments" | "listpays")
}

/// The table of a list, for so many columns; none if the result is none.
pub(super) fn of(method: &str, result: &Value, names: &Names, width: u16) -> Option<String> {
    let (key, header, row): (_, &[&str], Draw) = match method {
        "listpartialpayments" => ("partialpayments", &PARTS, part),
        "listpayments" => ("payments", &PAYMENTS, payment),
        "listpays" => ("pays", &PAYS, pay),
        _ => return None,
    };
    let rows = result[key].as_array()?;
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.max(WIDTH_MIN))
        .set_header(header);
    table.add_rows(rows.iter().map(|found| row(found, names)));
    // What may be copied or compared stays on one line; the last column gives way, and the hour goes below
    // the day where there is little room.
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
        if column.index == TIME && width < ROOMY {
            let day = u16::try_from("2026-11-28 ".len()).unwrap_or_default();
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(day)));
        } else if column.index + 1 < header.len() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut lines = vec![table.to_string()];
    lines.extend(warnings(result, rows));
    let total = result["total"].as_u64();
    lines.extend(total.map(|total| format!("{total} in all")));
    let next = result["next"].as_u64();
    lines.extend(next.map(|next| format!("there is more: start={next}")));
    Some(lines.join("\n"))
}

type Draw = fn(&Value, &Names) -> Vec<Cell>;

/// Amounts are in satoshi.
const PARTS: [&str; 7] = [
    "id",
    "time (UTC)",
    "payment",
    "status",
    "sat",
    "fee",
    "route, label, note",
];
const PAYMENTS: [&str; 8] = [
    "id",
    "time (UTC)",
    "dir",
    "payment",
    "status",
    "sat",
    "fee",
    "label, description",
];

const PAYS: [&str; 7] = [
    "payment",
    "time (UTC)",
    "status",
    "sat",
    "fee",
    "parts",
    "label, description, order",
];

fn part(row: &Value, names: &Names) -> Vec<Cell> {
    let fee = row["amount_sent_msat"]
        .as_u64()
        .zip(row["amount_msat"].as_u64())
        .map(|(sent, amount)| sent.saturating_sub(amount));
    let failure = &row["failure"];
    let reason = failure["failcodename"]
        .as_str()
        .or(failure["message"].as_str());
    let route = row["route"].as_array().map(|_| names.route(row));
    // The whole that it is a part of, where it is not all of it.
    let whole = row["intended_msatoshi"].as_u64();
    let whole = whole.filter(|whole| row["amount_msat"] != *whole);
    let notes = [
        route,
        whole.map(|whole| format!("of {}", sat(whole))),
        text(&row["label"]),
        text(&row["description"]),
        reason.map(cut),
        text(&row["pending_reason"]),
    ];
    vec![
        right(plain(&row["id"])),
        Cell::new(at(row)),
        hash(row),
        status(row),
        amount(row["amount_msat"].as_u64()),
        amount(fee),
        joined(notes),
    ]
}

fn payment(row: &Value, _: &Names) -> Vec<Cell> {
    let is_incoming = row["direction"] == "incoming";
    let moved = if is_incoming {
        &row["amount_received_msat"]
    } else {
        &row["amount_msat"]
    };
    let own = row["self_payment"].as_u64();
    let notes = [
        text(&row["label"]),
        text(&row["description"]).or(text(&row["invoice_description"])),
        own.map(|own| format!("ourselves: {own}")),
    ];
    let direction = match row["direction"].as_str() {
        Some("incoming") => "in",
        Some("outgoing") => "out",
        Some(_) | None => "",
    };
    vec![
        right(plain(&row["id"])),
        Cell::new(at(row)),
        Cell::new(direction),
        hash(row),
        status(row),
        amount(moved.as_u64()),
        amount(row["fee_msat"].as_u64()),
        joined(notes),
    ]
}

fn pay(row: &Value, _: &Names) -> Vec<Cell> {
    let order = &row["order"];
    // Our share, where others pay the rest.
    let delivered = order["deliver_msat"].as_u64();
    let delivered = delivered.or(row["amount_msat"].as_u64());
    let sent = row["amount_sent_msat"].as_u64();
    // What left for a payment that is under way is not all of it, or not all that it will be.
    let fee = sent.zip(delivered).filter(|_| row["status"] == "complete");
    let fee = fee.and_then(|(sent, delivered)| sent.checked_sub(delivered));
    let ended = order["closed_because"]
        .as_str()
        .filter(|why| *why != "paid");
    let notes = [
        text(&row["label"]),
        text(&row["description"]),
        ended.map(|why| why.replace('_', " ")),
        (order["open"] == true).then(|| "order open".to_owned()),
    ];
    vec![
        hash(row),
        Cell::new(at(row)),
        status(row),
        amount(row["amount_msat"].as_u64()),
        amount(fee),
        right(
            row["number_of_parts"]
                .as_u64()
                .map_or(String::new(), |parts| parts.to_string()),
        ),
        joined(notes),
    ]
}

/// When it was accepted, or came.
fn at(row: &Value) -> String {
    let at = row["created_at"].as_u64().and_then(time::of_row);
    at.map_or(String::new(), |at| {
        at.strftime("%Y-%m-%d %H:%M").to_string()
    })
}

fn hash(row: &Value) -> Cell {
    Cell::new(short(row["payment_hash"].as_str().unwrap_or_default()))
}

fn joined<const N: usize>(notes: [Option<String>; N]) -> Cell {
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    Cell::new(notes.join(" \u{b7} "))
}

/// Text of anybody's, on one line, if there is any.
fn text(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(cut)
}

/// Its beginning.
fn cut(text: &str) -> String {
    let shown = escape::line(text);
    match shown.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}\u{2026}", &shown[..end]),
        None => shown.into_owned(),
    }
}

fn status(row: &Value) -> Cell {
    let status = row["status"].as_str().unwrap_or("damaged");
    Cell::new(status).fg(match status {
        "complete" => Color::Green,
        "pending" => Color::Yellow,
        _ => Color::Red,
    })
}

/// In satoshi, as the column's name says.
fn amount(msat: Option<u64>) -> Cell {
    let shown = msat.map_or(String::new(), sat);
    right(shown.strip_suffix(" sat").unwrap_or(&shown).to_owned())
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn plain(value: &Value) -> String {
    let text = value.as_str();
    text.map_or_else(|| value.to_string(), |text| escape::line(text).into_owned())
}

/// `warning_…` fields, wherever they are: a table must not hide them.
fn warnings(result: &Value, rows: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for object in std::iter::once(result).chain(rows) {
        for (key, value) in object.as_object().into_iter().flatten() {
            if key.starts_with("warning_") {
                let of = object["id"]
                    .as_u64()
                    .map_or(String::new(), |id| format!(" ({id})"));
                found.push(format!("{key}{of}: {}", plain(value)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
