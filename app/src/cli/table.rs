//! The two lists as tables.

use crate::view::{Names, sat, short};
use comfy_table::{
    Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, presets,
};
use serde_json::Value;

/// Whether the method's result can be a table.
pub(super) fn is_list(method: &str) -> bool {
    matches!(method, "listpartialpayments" | "listpayments")
}

/// The table of a list; none if the result is none.
pub(super) fn of(method: &str, result: &Value, names: &Names) -> Option<String> {
    let (key, header, row): (_, &[&str], Draw) = match method {
        "listpartialpayments" => ("partialpayments", &PARTS, part),
        "listpayments" => ("payments", &PAYMENTS, payment),
        _ => return None,
    };
    let rows = result[key].as_array()?;
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table.add_rows(rows.iter().map(|found| row(found, names)));
    // What may be copied or compared stays on one line; routes and notes give way.
    for column in table.column_iter_mut().take(NARROW) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut lines = vec![table.to_string()];
    lines.extend(warnings(result, rows));
    let next = result["next"].as_u64();
    lines.extend(next.map(|next| format!("there is more: start={next}")));
    Some(lines.join("\n"))
}

/// The columns before routes and notes, of which those with amounts are the last.
const NARROW: usize = 5;

type Draw = fn(&Value, &Names) -> Vec<Cell>;

const PARTS: [&str; 8] = [
    "id", "payment", "status", "amount", "fee", "of", "route", "note",
];
const PAYMENTS: [&str; 6] = ["id", "payment_hash", "status", "amount", "sent", "note"];

fn part(row: &Value, names: &Names) -> Vec<Cell> {
    let fee = row["amount_sent_msat"]
        .as_u64()
        .zip(row["amount_msat"].as_u64());
    let failure = &row["failure"];
    let reason = failure["failcodename"]
        .as_str()
        .or(failure["message"].as_str());
    let hash = row["payment_hash"].as_str().unwrap_or_default();
    vec![
        right(plain(&row["id"])),
        Cell::new(short(hash)),
        status(row),
        amount(&row["amount_msat"]),
        right(fee.map_or(String::new(), |(sent, amount)| {
            sat(sent.saturating_sub(amount))
        })),
        amount(&row["intended_msatoshi"]),
        Cell::new(names.route(&row["route"])),
        note(reason.or(row["description"].as_str())),
    ]
}

fn payment(row: &Value, _: &Names) -> Vec<Cell> {
    vec![
        right(plain(&row["id"])),
        Cell::new(row["payment_hash"].as_str().unwrap_or_default()),
        status(row),
        amount(&row["amount_msat"]),
        amount(&row["amount_sent_msat"]),
        note(row["description"].as_str()),
    ]
}

/// On one line, whatever is written in it.
fn note(text: Option<&str>) -> Cell {
    let text = text.unwrap_or_default().chars();
    let shown: String = text.map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cell::new(shown)
}

fn status(row: &Value) -> Cell {
    let status = row["status"].as_str().unwrap_or("damaged");
    Cell::new(status).fg(match status {
        "complete" => Color::Green,
        "pending" => Color::Yellow,
        _ => Color::Red,
    })
}

fn amount(msat: &Value) -> Cell {
    right(msat.as_u64().map_or(String::new(), sat))
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
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
mod tests {
    use super::of;
    use crate::view::Names;
    use serde_json::json;

    #[test]
    fn a_table_shows_amounts_outcomes_and_warnings() {
        let result = json!({"partialpayments": [
            {"id": 7, "payment_hash": "ab".repeat(32), "status": "failed", "amount_msat": 60_000_000,
             "amount_sent_msat": 60_061_000, "intended_msatoshi": 100_000_000, "route": [],
             "failure": {"code": 204, "failcodename": "WIRE_FEE_INSUFFICIENT"}},
            {"id": 8, "warning_damaged": "the stored part breaks a rule"},
        ]});
        let table = of("listpartialpayments", &result, &Names::new("us")).unwrap();
        for text in [
            "60,000 sat",
            "61 sat",
            "WIRE_FEE_INSUFFICIENT",
            "damaged",
            "(8)",
        ] {
            assert!(table.contains(text), "no {text} in\n{table}");
        }
        assert_eq!(of("getinfo", &json!({}), &Names::new("us")), None);
    }
}
