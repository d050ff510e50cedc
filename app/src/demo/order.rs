//! One call of `pay`, drawn until it has ended, and what the lists say of it then.

use super::apart::Apart;
use super::expect::proves;
use super::report::part_json;
use super::stage::Stage;
use crate::clock::SystemClock;
use crate::view::{Canvas, Names, Snapshot, print_line, sat};
use anyhow::Context;
use domain::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// For how long new parts are sent, in seconds.
const RETRY_FOR: u64 = 100;
/// Between two drawings.
const FRAME: Duration = Duration::from_millis(20);

/// What is paid.
pub(super) struct Bill {
    pub(super) payee: &'static str,
    pub(super) description: &'static str,
    pub(super) whole_msat: u64,
    /// The most that it may cost.
    pub(super) max_fee_msat: u64,
}

/// The payment, and its drawing.
pub(super) struct Order<'a> {
    stage: &'a Stage,
    bill: &'static Bill,
    names: Names,
    canvas: Canvas,
    bolt11: String,
    hash: String,
}

impl<'a> Order<'a> {
    /// Asks the payee for an invoice.
    pub(super) async fn prepare(
        stage: &'a Stage,
        daemon: &Apart,
        bill: &'static Bill,
    ) -> anyhow::Result<Order<'a>> {
        let params = json!([bill.whole_msat, bill.description, bill.payee]);
        let invoice = daemon.call("dev-invoice", params).await?;
        let text = |key: &str| {
            let found = invoice[key].as_str().map(str::to_owned);
            found.with_context(|| format!("dev-invoice: no {key}"))
        };
        let hash = text("payment_hash")?;
        print_line(&format!(
            " · {}'s invoice is over {}, its payment hash\n   {hash}",
            bill.payee,
            sat(bill.whole_msat)
        ));
        Ok(Order {
            stage,
            bill,
            names: Names::ask(&mut daemon.client().await?).await,
            canvas: Canvas::new(stage.paced(), SystemClock.now().seconds()),
            bolt11: text("bolt11")?,
            hash,
        })
    }

    /// What `pay` and `estimate` are asked.
    pub(super) fn terms(&self) -> Value {
        json!({"bolt11": self.bolt11, "maxfee": self.bill.max_fee_msat, "retry_for": RETRY_FOR})
    }

    /// `pay`, which answers once the order is durable.
    pub(super) async fn place(&self, daemon: &Apart) -> anyhow::Result<()> {
        self.say(&format!(
            "pay, for at most {}: from here on ampered finds, splits and replaces by itself",
            sat(self.bill.max_fee_msat)
        ));
        let mut params = self.terms();
        params["timeout"] = json!(0);
        daemon.call("pay", params).await.map(drop)
    }

    /// Draws it until that is so.
    pub(super) async fn until(
        &mut self,
        daemon: &Apart,
        is_so: impl Fn(&Snapshot) -> bool,
    ) -> anyhow::Result<Snapshot> {
        loop {
            let snapshot = self.snapshot(daemon).await?;
            // Whoever went away, or has no room, is told how it ended by the exit status.
            let _ = self.canvas.draw(&snapshot);
            if is_so(&snapshot) {
                return Ok(snapshot);
            }
            tokio::time::sleep(FRAME).await;
        }
    }

    /// Draws it until all of it is delivered: what the lists say then.
    pub(super) async fn close(mut self, daemon: &Apart) -> anyhow::Result<Paid> {
        let whole = self.bill.whole_msat;
        let all = |drawn: &Snapshot| drawn.delivered_and_in_flight() == (whole, 0);
        self.until(daemon, all).await?;
        daemon.call("waitpayment", json!([self.hash])).await?;
        let snapshot = self.snapshot(daemon).await?;
        let _ = self.canvas.finish(&snapshot);
        let filter = json!({"payment_hash": self.hash});
        let pays = daemon.call("listpays", filter).await?;
        Ok(Paid {
            bill: self.bill,
            row: pays["pays"][0].clone(),
            parts: self.parts(daemon).await?,
            hash: self.hash,
        })
    }

    async fn snapshot(&self, daemon: &Apart) -> anyhow::Result<Snapshot> {
        Snapshot::read(
            &self.parts(daemon).await?,
            self.bill.whole_msat,
            &self.names,
        )
    }

    async fn parts(&self, daemon: &Apart) -> anyhow::Result<Vec<Value>> {
        let filter = json!({"payment_hash": self.hash});
        let list = daemon.call("listpartialpayments", filter).await?;
        let parts = list["partialpayments"].as_array().cloned();
        parts.context("listpartialpayments: no list")
    }

    pub(super) fn say(&self, text: &str) {
        self.canvas.say(&format!(" · {text}"));
    }

    /// A moment for the eye, and only for the eye.
    pub(super) async fn pause(&self) {
        if self.stage.paced() {
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
    }
}

/// What came of it.
pub(super) struct Paid {
    bill: &'static Bill,
    hash: String,
    /// Its row of `listpays`.
    row: Value,
    /// Its rows of `listpartialpayments`.
    parts: Vec<Value>,
}

impl Paid {
    /// Everything that is not as it must be, with what must be of this payment alone.
    pub(super) fn problems(&self, own: &[(&str, bool)]) -> Vec<String> {
        let order = &self.row["order"];
        let proven = proves(&self.hash, self.row["preimage"].as_str());
        let is_within = self.fee_msat() <= self.bill.max_fee_msat;
        let checks = [
            ("it is not complete", self.row["status"] == "complete"),
            (
                "its order is not closed as paid",
                order["closed_because"] == "paid",
            ),
            ("its preimage proves nothing", proven),
            ("it cost more than allowed", is_within),
        ];
        let failed = checks.iter().chain(own).filter(|(_, holds)| !holds);
        let problem = |(what, _): &(&str, bool)| format!("payment {} by pay: {what}", self.hash);
        failed.map(problem).collect()
    }

    /// With what there is to say of this payment alone.
    pub(super) fn json(&self, own: Value) -> Value {
        let mut shown = json!({
            "payment_hash": self.hash,
            "direction": "outgoing",
            "intended_msat": self.bill.whole_msat,
            "status": self.row["status"],
            "payment_preimage": self.row["preimage"],
            "order": self.row["order"],
            "ways": self.ways(),
            "fee_msat": self.fee_msat(),
            "parts": self.parts.iter().map(part_json).collect::<Vec<_>>(),
        });
        if let (Some(shown), Value::Object(own)) = (shown.as_object_mut(), own) {
            shown.extend(own);
        }
        shown
    }

    /// `fees 13.274 sat of at most 20,000 sat`
    pub(super) fn fees(&self) -> String {
        let (fee, cap) = (sat(self.fee_msat()), sat(self.bill.max_fee_msat));
        format!("fees {fee} of at most {cap}")
    }

    pub(super) fn complete(&self) -> impl Iterator<Item = &Value> {
        let parts = self.parts.iter();
        parts.filter(|part| part["status"] == "complete")
    }

    /// How many parts were tried.
    pub(super) fn tried(&self) -> usize {
        self.parts.len()
    }

    /// How many different ways carried it.
    pub(super) fn ways(&self) -> usize {
        let channels = |part: &Value| {
            let hops = part["route"].as_array().into_iter().flatten();
            let channels = hops.map(|hop| hop["channel"].to_string());
            channels.collect::<Vec<_>>()
        };
        self.complete().map(channels).collect::<BTreeSet<_>>().len()
    }

    fn fee_msat(&self) -> u64 {
        let msat = |part: &Value, key: &str| part[key].as_u64().unwrap_or(0);
        let fees = self
            .complete()
            .map(|part| msat(part, "amount_sent_msat").saturating_sub(msat(part, "amount_msat")));
        fees.fold(0, u64::saturating_add)
    }
}
