//! Rows to try formats with: of every state, under whatever words, what we paid to ourselves among them.

use super::Writer;
use crate::cli::export::args::{Books, Options};
use crate::cli::export::rows::Row;
use clap::{Args, Command, FromArgMatches};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn books() -> Books {
    let command = Options::augment_args(Command::new("export"));
    let matches = command.get_matches_from(["export", "--format", "beancount"]);
    Options::from_arg_matches(&matches).unwrap().books
}

/// Writes the rows, and what comes last.
pub(super) fn write(mut writer: impl Writer, rows: &[Value]) {
    for row in rows {
        let json = serde_json::value::to_raw_value(row).unwrap();
        match Row::read(&json).unwrap() {
            Row::Payment(payment) => writer.payment(&payment).unwrap(),
            Row::Damaged(row) => writer.damaged(&row).unwrap(),
        }
    }
    writer.finish().unwrap();
}

fn text() -> impl Strategy<Value = Option<String>> {
    let hostile = r#"([\x00-\x7f"\\\n]|2026-01-01 open Assets:X|    Assets:X  1 SAT|[;|,:\x{85}\x{2028}]|\PC){0,12}"#;
    proptest::option::of(hostile)
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![0..4_u64, any::<u64>()]
}

/// What of a payment was ours: nothing, or something from `alice` to `alice` or to `bob`.
fn own() -> impl Strategy<Value = Option<(u64, &'static str, bool)>> {
    let to = prop_oneof![Just("alice"), Just("bob")];
    proptest::option::of((amount(), to, any::<bool>()))
}

pub(super) fn row() -> impl Strategy<Value = Value> {
    let state = prop_oneof![
        Just("complete"),
        Just("complete"),
        Just("failed"),
        Just("pending"),
        Just("damaged")
    ];
    let amounts = (amount(), amount(), 0..3_u64, own());
    let words = (text(), text(), text(), text());
    (
        state,
        any::<bool>(),
        amounts,
        words,
        0..=253_402_207_200_u64,
    )
        .prop_map(
            |(state, is_incoming, (one, other, pending, own), words, at)| {
                let (label, description, warning, node) = words;
                if state == "damaged" {
                    return json!({"id": 1, "warning_quarantined": warning.unwrap_or_default()});
                }
                // Mostly none.
                let pending = pending.saturating_sub(1);
                let (delivered, sent) = (one.min(other), one.max(other));
                let mut row = json!({
                    "id": 1,
                    "payment_hash": "00",
                    "status": state,
                    "direction": if is_incoming { "incoming" } else { "outgoing" },
                    "created_at": at,
                    "completed_at": at,
                    "amount_received_msat": one,
                    "delivered_msat": delivered,
                    "amount_sent_msat": sent,
                    "pending_parts": pending,
                    "label": label,
                    "description": description,
                    "warning_quarantined": warning,
                    "node": node.filter(|_| is_incoming),
                });
                let is_settled = state == "complete" && pending == 0;
                if let Some((ours, to, is_known)) = own {
                    row["self_payment"] = json!(2);
                    if is_settled && is_known {
                        let ours = ours.min(if is_incoming { one } else { delivered });
                        row["self_msat"] = json!(ours);
                        row["self_from"] = json!([{"node": "alice", "amount_sent_msat": sent}]);
                        row["self_to"] = json!([{"id": 2, "node": to, "amount_msat": ours}]);
                    }
                }
                row
            },
        )
}

/// What others were paid by it, or paid, where that is to be booked; and what it cost.
pub(super) fn booked(row: &Value) -> Option<(u64, u64)> {
    let is_settled = row["status"] == "complete" && row["pending_parts"] == 0;
    let is_known = row["self_payment"].is_null() || !row["self_msat"].is_null();
    if !is_settled || !is_known {
        return None;
    }
    let ours = row["self_msat"].as_u64().unwrap_or(0);
    let msat = |field: &str| row[field].as_u64().unwrap();
    let (others, fee) = if row["direction"] == "incoming" {
        (msat("amount_received_msat") - ours, 0)
    } else {
        let (delivered, sent) = (msat("delivered_msat"), msat("amount_sent_msat"));
        (delivered - ours, sent - delivered)
    };
    Some((others, fee))
}

/// Whether money moves in the books: not where nothing came but from ourselves, or went around for free.
pub(super) fn moves(row: &Value) -> bool {
    let to_another = row["direction"] == "outgoing"
        && row["self_msat"].as_u64().is_some_and(|ours| ours > 0)
        && row["self_to"][0]["node"] == "bob";
    booked(row).is_some_and(|(others, fee)| others > 0 || fee > 0 || to_another)
}
