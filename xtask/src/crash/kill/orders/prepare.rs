//! New orders: small ones to all payees, some with a cap that is just enough or too low, or with a
//! deadline that passes; and one that only two ways together can carry.

use super::{Book, Order};
use crate::crash::kill::daemon::{Answer, Home, PATIENCE, call, ok};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// New small orders a round.
const ORDERS: u32 = 3;
const PAYEES: [&str; 4] = ["dave", "frank", "grace", "heidi"];
/// The graph shows that carol can send that to frank, and she has not as much: a part fails.
const TOO_MUCH_FOR_CAROL: u64 = 520_000_000;
const AMOUNTS: [u64; 4] = [300_000, 1_500_000, 4_000_000, TOO_MUCH_FOR_CAROL];
/// More than bob or carol has towards dave.
const LARGE: u64 = 10_000_000_000;
/// What dave pays back at once.
const PIECE: u64 = 2_000_000_000;

pub(super) async fn prepare(home: &Home, book: &mut Book, dice: &mut Rng) -> Result<()> {
    let rpc_file = home.rpc_file();
    let large = book.orders.iter().rposition(|order| order.is_large);
    if large.is_none_or(|at| at < book.judged) {
        new(&rpc_file, book, dice, ("dave", LARGE)).await?;
    } else if let Some(at) = large {
        if book.orders[at].is_known() {
            // It was resumed, and dave has it soon. Whoever asks for it again would set it going.
            call(&rpc_file, "waitpayment", json!([book.orders[at].hash, 30])).await?;
        }
        let answer = call(&rpc_file, "pay", book.orders[at].call(Some(30))).await?;
        let is_paid = matches!(&answer, Answer::Result(paid) if paid["status"] == "complete");
        book.orders[at].told.push(answer);
        if is_paid {
            pay_back(&rpc_file, book).await?;
            new(&rpc_file, book, dice, ("dave", LARGE)).await?;
        }
    }
    for _ in 0..ORDERS {
        let payee = PAYEES[dice.usize(..PAYEES.len())];
        let amount = AMOUNTS[dice.usize(..AMOUNTS.len())];
        new(&rpc_file, book, dice, (payee, amount)).await?;
    }
    Ok(())
}

async fn new(
    rpc_file: &Path,
    book: &mut Book,
    dice: &mut Rng,
    (payee, amount): (&'static str, u64),
) -> Result<()> {
    let wanted = json!({"amount_msat": amount, "node": payee});
    let invoice = ok(rpc_file, "dev-invoice", wanted).await?;
    let text = |key: &str| invoice[key].as_str().unwrap_or_default().to_owned();
    let (hash, bolt11) = (text("payment_hash"), text("bolt11"));
    let ample = amount / 20;
    let is_large = amount == LARGE;
    let cap = match dice.u32(..10) {
        0 if !is_large => 0,
        1 | 2 => estimated(rpc_file, &bolt11, ample).await?.unwrap_or(ample),
        _ => ample,
    };
    let retry_for = if !is_large && dice.u32(..6) == 0 {
        1
    } else {
        3_600
    };
    let request_id = hash[..16].to_owned();
    let params = json!({
        "bolt11": bolt11, "maxfee": cap, "retry_for": retry_for, "request_id": request_id,
    });
    book.orders.push(Order {
        payee,
        hash,
        amount,
        cap,
        params,
        is_large,
        is_given_up: !is_large && dice.u32(..8) == 0,
        told: Vec::new(),
        shown: Vec::new(),
        parts: Vec::new(),
    });
    Ok(())
}

/// What the ways cost now, to the millisatoshi.
async fn estimated(rpc_file: &Path, bolt11: &str, ample: u64) -> Result<Option<u64>> {
    let params = json!({"bolt11": bolt11, "maxfee": ample});
    match call(rpc_file, "estimate", params).await? {
        Answer::Result(quote) => Ok(quote["fee_msat"].as_u64()),
        Answer::Error { .. } | Answer::Cut => Ok(None),
    }
}

/// Dave pays the large order back, over both ways.
async fn pay_back(rpc_file: &Path, book: &mut Book) -> Result<()> {
    let wanted = json!({"amount_msat": LARGE, "node": "alice"});
    let invoice = ok(rpc_file, "dev-invoice", wanted).await?;
    let pieces = vec![PIECE; usize::try_from(LARGE / PIECE)?];
    ok(rpc_file, "dev-pay", json!([invoice["bolt11"], pieces])).await?;
    let filter = json!({"payment_hash": invoice["payment_hash"]});
    let paid = async {
        loop {
            let list = ok(rpc_file, "listinvoices", filter.clone()).await?;
            if list["invoices"][0]["status"] == "paid" {
                return anyhow::Ok(list["invoices"][0].clone());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let paid: Value = tokio::time::timeout(PATIENCE, paid)
        .await
        .context("dave's money has not come")??;
    let received = paid["amount_received_msat"].as_u64();
    let Some(received) = received else {
        bail!("an invoice without an amount: {paid}");
    };
    book.received += received;
    Ok(())
}
