//! What comes in: an invoice of ours, paid in three parts that are seen before they are whole.

use super::stage::Stage;
use crate::view::{print_line, sat};
use anyhow::Context;
use serde_json::{Value, json};
use std::time::Duration;

/// What the invoice asks for, and the parts in which it is paid.
const WHOLE_MSAT: u64 = 100_000_000;
const PARTS_MSAT: [u64; 3] = [40_000_000, 35_000_000, 25_000_000];
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// What was seen, and what the history says of it in the end.
pub(super) struct Receipt {
    /// How many parts were there after each that was sent.
    seen: Vec<usize>,
    payment: Value,
}

/// Dave pays alice.
pub(super) async fn three_parts(stage: &Stage) -> anyhow::Result<Receipt> {
    print_line("\n4. An incoming payment in three parts");
    let params = json!([WHOLE_MSAT, "order 1", "An incoming payment in three parts"]);
    let invoice = stage.call("invoice", params).await?;
    let amount = sat(WHOLE_MSAT);
    print_line(&format!(
        " · our own invoice is over {amount}; dave pays it, a part at a time"
    ));
    let (last, first) = PARTS_MSAT.split_last().context("there are parts")?;
    let mut seen = Vec::new();
    for part in first {
        send(stage, &invoice, *part).await?;
        let there = until_there_are(stage, seen.len() + 1).await?;
        seen.push(there.len());
        print_line(" · listpartialinvoices shows what has come and waits for the rest:");
        there.iter().for_each(show);
        pause(stage).await;
    }
    send(stage, &invoice, *last).await?;
    let payment = until_paid(stage).await?;
    seen.push(until_there_are(stage, 0).await?.len());
    let received = sat(payment["amount_received_msat"].as_u64().unwrap_or(0));
    print_line(&format!(
        " · now it is whole, and alice has claimed it: listpartialinvoices is empty, and\n   \
         listpayments shows {received} that came in {} parts",
        payment["number_of_parts"]
    ));
    Ok(Receipt { seen, payment })
}

async fn send(stage: &Stage, invoice: &Value, msat: u64) -> anyhow::Result<()> {
    print_line(&format!(" · dave sends {}", sat(msat)));
    let params = json!([invoice["bolt11"], [msat]]);
    stage.call("dev-pay", params).await.map(drop)
}

fn show(part: &Value) {
    let text = |key: &str| part[key].as_str().unwrap_or_default().to_owned();
    let amount = |key: &str| sat(part[key].as_u64().unwrap_or(0));
    print_line(&format!(
        "     {:>10} over channel {}, HTLC {}; {} missing",
        amount("partial_amount_msat"),
        text("incoming_scid"),
        part["htlc_id"],
        amount("missing_msat")
    ));
}

async fn until_there_are(stage: &Stage, parts: usize) -> anyhow::Result<Vec<Value>> {
    loop {
        let list = stage.call("listpartialinvoices", json!([])).await?;
        let there = list["partialinvoices"].as_array().cloned();
        let there = there.context("listpartialinvoices: no list")?;
        if there.len() == parts {
            return Ok(there);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn until_paid(stage: &Stage) -> anyhow::Result<Value> {
    loop {
        let incoming = json!({"direction": "incoming"});
        let list = stage.call("listpayments", incoming).await?;
        let rows = list["payments"].as_array();
        if let Some(payment) = rows.and_then(|rows| rows.first()) {
            return Ok(payment.clone());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn pause(stage: &Stage) {
    if stage.paced() {
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
}

impl Receipt {
    /// Everything that is not as it must be.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut compare = |what: &str, seen: &Value, wanted: Value| {
            if *seen != wanted {
                problems.push(format!("incoming payment: {what} is {seen}, not {wanted}"));
            }
        };
        compare("parts seen", &json!(self.seen), json!([1, 2, 0]));
        let of = |key: &str| &self.payment[key];
        compare("amount", of("amount_received_msat"), json!(WHOLE_MSAT));
        compare("number of parts", of("number_of_parts"), json!(3));
        compare("status", of("status"), json!("complete"));
        problems
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "payment_hash": self.payment["payment_hash"],
            "direction": self.payment["direction"],
            "amount_received_msat": self.payment["amount_received_msat"],
            "status": self.payment["status"],
            "payment_preimage": self.payment["payment_preimage"],
            "parts_seen": self.seen,
            "parts": self.payment["parts"],
        })
    }
}
