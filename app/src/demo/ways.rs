//! `pay`: an invoice that no way carries alone. Parts fail and are replaced, and the daemon is killed while
//! others are out.

use super::apart::Apart;
use super::expect::proves;
use super::report::part_json;
use super::stage::Stage;
use crate::clock::SystemClock;
use crate::view::{Canvas, Names, Snapshot, State, print_line, sat};
use anyhow::Context;
use domain::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Bob's channel with dave and carol's carry not quite 9,000,000 sat each; the graph shows 12,000,000. Erin's
/// carries the rest.
const WHOLE_MSAT: u64 = 19_000_000_000;
/// The most that it may cost.
const MAX_FEE_MSAT: u64 = 20_000_000;
/// For how long new parts are sent, in seconds.
const RETRY_FOR: u64 = 100;
/// Between two drawings.
const FRAME: Duration = Duration::from_millis(20);

/// What came of it.
pub(super) struct PayReport {
    hash: String,
    /// Its row of `listpays`.
    row: Value,
    /// Its rows of `listpartialpayments`.
    parts: Vec<Value>,
    /// What was out when the daemon was killed.
    out_when_killed: usize,
}

/// Alice pays dave, with one call.
pub(super) async fn three_ways(stage: &Stage) -> anyhow::Result<PayReport> {
    print_line("\n6. One call of pay: three ways, lost parts, and kill -9");
    let daemon = Apart::start(&stage.folder().join("apart")).await?;
    daemon.call("dev-hold", json!(["on"])).await?;
    let mut scene = Scene::open(stage, &daemon).await?;
    scene.order(&daemon).await?;
    let out = scene.until(&daemon, is_amid).await?.out();
    scene.say(&format!(
        "kill -9: the daemon and its nodes are gone, and {out} {} out",
        if out == 1 { "part is" } else { "parts are" }
    ));
    let daemon = daemon.kill_and_start().await?;
    scene.say("started again on what it left: it asks alice what became of each part, and goes on");
    scene.pause().await;
    scene.say("dave holds nothing back any more: he takes the amount as soon as it is whole");
    daemon.call("dev-hold", json!(["off"])).await?;
    let all = |drawn: &Snapshot| drawn.delivered_and_in_flight() == (WHOLE_MSAT, 0);
    scene.until(&daemon, all).await?;
    let report = scene.close(&daemon, out).await?;
    daemon.stop().await?;
    report.tell();
    Ok(report)
}

/// A part has failed, and others are out.
fn is_amid(drawn: &Snapshot) -> bool {
    let has = |state| drawn.parts.iter().any(|part| part.state == state);
    has(State::Failed) && has(State::Pending)
}

/// The payment, and its drawing.
struct Scene<'a> {
    stage: &'a Stage,
    names: Names,
    canvas: Canvas,
    bolt11: String,
    hash: String,
}

impl<'a> Scene<'a> {
    async fn open(stage: &'a Stage, daemon: &Apart) -> anyhow::Result<Scene<'a>> {
        let params = json!([WHOLE_MSAT, "as much as three ways carry", "dave"]);
        let invoice = daemon.call("dev-invoice", params).await?;
        let text = |key: &str| {
            let found = invoice[key].as_str().map(str::to_owned);
            found.with_context(|| format!("dev-invoice: no {key}"))
        };
        let hash = text("payment_hash")?;
        print_line(&format!(
            " · a daemon and the eight nodes again, in a process of their own; dave holds what arrives\n \
             · his invoice is over {}, its payment hash\n   {hash}",
            sat(WHOLE_MSAT)
        ));
        Ok(Scene {
            stage,
            names: Names::ask(&mut daemon.client().await?).await,
            canvas: Canvas::new(stage.paced(), SystemClock.now().seconds()),
            bolt11: text("bolt11")?,
            hash,
        })
    }

    /// `pay`, which answers once the order is durable.
    async fn order(&self, daemon: &Apart) -> anyhow::Result<()> {
        self.say(&format!(
            "pay, for at most {}: from here on ampered finds, splits and replaces by itself",
            sat(MAX_FEE_MSAT)
        ));
        let params = json!({
            "bolt11": self.bolt11,
            "maxfee": MAX_FEE_MSAT,
            "retry_for": RETRY_FOR,
            "timeout": 0,
        });
        daemon.call("pay", params).await.map(drop)
    }

    /// Draws it until that is so.
    async fn until(
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

    /// What the lists say in the end.
    async fn close(mut self, daemon: &Apart, out: usize) -> anyhow::Result<PayReport> {
        let filter = json!([self.hash]);
        daemon.call("waitpayment", filter).await?;
        let snapshot = self.snapshot(daemon).await?;
        let _ = self.canvas.finish(&snapshot);
        let filter = json!({"payment_hash": self.hash});
        let pays = daemon.call("listpays", filter).await?;
        Ok(PayReport {
            row: pays["pays"][0].clone(),
            parts: self.parts(daemon).await?,
            hash: self.hash,
            out_when_killed: out,
        })
    }

    async fn snapshot(&self, daemon: &Apart) -> anyhow::Result<Snapshot> {
        Snapshot::read(&self.parts(daemon).await?, WHOLE_MSAT, &self.names)
    }

    async fn parts(&self, daemon: &Apart) -> anyhow::Result<Vec<Value>> {
        let filter = json!({"payment_hash": self.hash});
        let list = daemon.call("listpartialpayments", filter).await?;
        let parts = list["partialpayments"].as_array().cloned();
        parts.context("listpartialpayments: no list")
    }

    fn say(&self, text: &str) {
        self.canvas.say(&format!(" · {text}"));
    }

    /// A moment for the eye, and only for the eye.
    async fn pause(&self) {
        if self.stage.paced() {
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
    }
}

impl PayReport {
    /// The sum of it all.
    fn tell(&self) {
        let failed = self.parts.len() - self.complete().count();
        print_line(&format!(
            " · paid over {} ways; {failed} of {} parts failed and were replaced; fees {} of at most {}",
            self.ways(),
            self.parts.len(),
            sat(self.fee_msat()),
            sat(MAX_FEE_MSAT)
        ));
    }

    /// Everything that is not as it must be.
    pub(super) fn problems(&self) -> Vec<String> {
        let order = &self.row["order"];
        let checks = [
            ("it is not complete", self.row["status"] == "complete"),
            (
                "its order is not closed as paid",
                order["closed_because"] == "paid",
            ),
            ("its preimage proves nothing", self.is_proven()),
            ("it did not take three ways", self.ways() >= 3),
            ("no part failed", self.complete().count() < self.parts.len()),
            ("it cost more than allowed", self.fee_msat() <= MAX_FEE_MSAT),
            (
                "nothing was out when it was killed",
                self.out_when_killed > 0,
            ),
        ];
        let failed = checks.into_iter().filter(|(_, holds)| !holds);
        let problem = |(what, _)| format!("payment {} by pay: {what}", self.hash);
        failed.map(problem).collect()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "payment_hash": self.hash,
            "direction": "outgoing",
            "intended_msat": WHOLE_MSAT,
            "status": self.row["status"],
            "payment_preimage": self.row["preimage"],
            "order": self.row["order"],
            "ways": self.ways(),
            "fee_msat": self.fee_msat(),
            "out_when_killed": self.out_when_killed,
            "parts": self.parts.iter().map(part_json).collect::<Vec<_>>(),
        })
    }

    fn is_proven(&self) -> bool {
        proves(&self.hash, self.row["preimage"].as_str())
    }

    fn complete(&self) -> impl Iterator<Item = &Value> {
        let parts = self.parts.iter();
        parts.filter(|part| part["status"] == "complete")
    }

    /// How many different ways carried it.
    fn ways(&self) -> usize {
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
