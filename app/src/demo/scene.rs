//! One payment of the demo: its invoice, its parts, and its drawing.

use super::report::PaymentReport;
use super::stage::Stage;
use crate::clock::SystemClock;
use crate::view::{Canvas, Snapshot, print_line, sat};
use anyhow::{Context, bail};
use domain::Clock;
use rpc::client::CallError;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

/// Between two drawings.
const FRAME: Duration = Duration::from_millis(66);

/// An invoice of dave's, on its way to being paid.
pub(super) struct Scene<'a> {
    stage: &'a Stage,
    canvas: Canvas,
    bolt11: String,
    hash: String,
    intended_msat: u64,
    settled: Instant,
}

impl<'a> Scene<'a> {
    /// Asks dave for an invoice.
    pub(super) async fn open(
        stage: &'a Stage,
        title: &str,
        intended_msat: u64,
    ) -> anyhow::Result<Scene<'a>> {
        let invoice = stage
            .call("dev-invoice", json!([intended_msat, title]))
            .await?;
        let text = |key: &str| {
            let found = invoice[key].as_str().map(str::to_owned);
            found.with_context(|| format!("dev-invoice: no {key}"))
        };
        let hash = text("payment_hash")?;
        print_line(&format!("\n{title}"));
        let amount = sat(intended_msat);
        print_line(&format!(
            " · dave's invoice is over {amount}, its payment hash"
        ));
        print_line(&format!("   {hash}"));
        Ok(Scene {
            stage,
            canvas: Canvas::new(stage.paced(), SystemClock.now().seconds()),
            bolt11: text("bolt11")?,
            hash,
            intended_msat,
            settled: Instant::now(),
        })
    }

    /// The way over that neighbour, for a part of that amount.
    pub(super) async fn route(&self, by: &str, amount_msat: u64) -> anyhow::Result<Value> {
        let answer = self
            .stage
            .call("dev-routes", json!(["dave", amount_msat, 2]))
            .await?;
        let routes = answer["routes"]
            .as_array()
            .context("dev-routes: no routes")?;
        let names = self.stage.names();
        let over = |route: &&Value| {
            let neighbour = route["route"][0]["id"].as_str();
            neighbour.is_some_and(|id| names.of(id) == by)
        };
        let found = routes.iter().find(over);
        Ok(found.with_context(|| format!("no route by {by}"))?["route"].clone())
    }

    /// `sendpartialpay`: the part's number.
    pub(super) async fn send(&mut self, route: Value, why: &str) -> anyhow::Result<u64> {
        self.say(why);
        let params = json!({
            "route": route,
            "payment_hash": self.hash,
            "intended_msatoshi": self.intended_msat,
            "description": why,
            "bolt11": self.bolt11,
        });
        let part = self.stage.call("sendpartialpay", params).await?;
        self.draw().await?;
        part["id"].as_u64().context("sendpartialpay: no id")
    }

    /// `waitpartialpay`: its answer, drawn until it comes.
    pub(super) async fn wait(&mut self, id: u64) -> anyhow::Result<Result<Value, CallError>> {
        let stage = self.stage;
        let answer = self
            .drawing(stage.ask("waitpartialpay", json!([id])))
            .await?;
        self.settled = Instant::now();
        match answer {
            Err(CallError::Connection(why)) => bail!("waitpartialpay {id}: {why}"),
            answer => Ok(answer),
        }
    }

    /// Lets dave's minutes pass until the part has failed.
    pub(super) async fn give_up(&mut self, id: u64) -> anyhow::Result<u32> {
        let stage = self.stage;
        let ticking = async {
            let mut outcome = pin!(stage.ask("waitpartialpay", json!([id])));
            let mut minutes = 0;
            loop {
                let pause = Duration::from_millis(if stage.paced() { 700 } else { 20 });
                match tokio::time::timeout(pause, &mut outcome).await {
                    Ok(Err(CallError::Rpc { .. })) => return Ok(minutes),
                    Ok(answer) => bail!("dave was to give up, and yet: {answer:?}"),
                    Err(_) => stage.call("dev-tick", json!([1])).await?,
                };
                minutes += 1;
            }
        };
        self.drawing(ticking).await?
    }

    /// A moment for the eye, and only for the eye.
    pub(super) async fn pause(&mut self, millis: u64) -> anyhow::Result<()> {
        if self.stage.paced() {
            self.drawing(tokio::time::sleep(Duration::from_millis(millis)))
                .await?;
        }
        Ok(())
    }

    /// A line of explanation.
    pub(super) fn say(&self, text: &str) {
        self.canvas.say(&format!(" · {text}"));
    }

    /// What the lists say in the end.
    pub(super) async fn close(mut self) -> anyhow::Result<PaymentReport> {
        let snapshot = self.snapshot().await?;
        // Whoever went away, or has no room, is told how it ended by the exit status.
        let _ = self.canvas.finish(&snapshot);
        let list = self
            .stage
            .call("listpayments", json!({"payment_hash": self.hash}))
            .await?;
        Ok(PaymentReport {
            payment_hash: self.hash.clone(),
            intended_msat: self.intended_msat,
            payment: list["payments"][0].clone(),
            parts: self.parts().await?,
            settled: self.settled,
        })
    }

    /// Does the work, and draws the payment meanwhile.
    async fn drawing<T>(&mut self, work: impl Future<Output = T>) -> anyhow::Result<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.draw().await?;
                    return Ok(done);
                }
                () = tokio::time::sleep(FRAME) => self.draw().await?,
            }
        }
    }

    async fn draw(&mut self) -> anyhow::Result<()> {
        let snapshot = self.snapshot().await?;
        let _ = self.canvas.draw(&snapshot);
        Ok(())
    }

    async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        Snapshot::read(&self.parts().await?, self.intended_msat, self.stage.names())
    }

    async fn parts(&self) -> anyhow::Result<Vec<Value>> {
        let filter = json!({"payment_hash": self.hash});
        let list = self.stage.call("listpartialpayments", filter).await?;
        let parts = list["partialpayments"].as_array().cloned();
        parts.context("listpartialpayments: no list")
    }
}
