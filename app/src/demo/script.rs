//! The three payments.

use super::report::PaymentReport;
use super::scene::Scene;
use super::stage::Stage;
use crate::view::print_line;
use anyhow::{Context, bail};
use rpc::client::CallError;
use serde_json::Value;

/// What each invoice asks for, and how it is split.
pub(super) const WHOLE_MSAT: u64 = 100_000_000;
/// The larger part.
pub(super) const LARGER_MSAT: u64 = 60_000_000;
/// The smaller part.
pub(super) const SMALLER_MSAT: u64 = 40_000_000;

/// Two parts over two ways; both arrive.
pub(super) async fn two_parts(stage: &Stage) -> anyhow::Result<PaymentReport> {
    let mut scene = Scene::open(stage, "1. One payment in two parts", WHOLE_MSAT).await?;
    let larger = scene.route("bob", LARGER_MSAT).await?;
    let smaller = scene.route("carol", SMALLER_MSAT).await?;
    let first = scene
        .send(
            larger,
            "a part by bob: dave keeps it, for half a payment pays nothing",
        )
        .await?;
    scene.pause(450).await?;
    let second = scene
        .send(
            smaller,
            "the rest by carol: now it is whole, and dave takes both parts",
        )
        .await?;
    arrived(scene.wait(first).await?)?;
    arrived(scene.wait(second).await?)?;
    scene.pause(300).await?;
    paid(scene.close().await?)
}

/// One part fails on its way and a third takes its place.
pub(super) async fn replaced_part(stage: &Stage) -> anyhow::Result<PaymentReport> {
    let mut scene = Scene::open(stage, "2. A part that fails is replaced", WHOLE_MSAT).await?;
    let smaller = scene.route("carol", SMALLER_MSAT).await?;
    let larger = scene.route("bob", LARGER_MSAT).await?;
    let good = scene
        .send(smaller, "a part by carol: it waits at dave for the rest")
        .await?;
    scene.pause(900).await?;
    let bad = scene
        .send(
            without_fee(&larger)?,
            "the rest by bob, who is offered no fee",
        )
        .await?;
    failed(scene.wait(bad).await?)?;
    scene.say("bob sent it back; the payment stays pending, because its other part is in flight");
    scene.pause(1_500).await?;
    let third = scene.send(larger, "the same again, with bob's fee").await?;
    arrived(scene.wait(third).await?)?;
    arrived(scene.wait(good).await?)?;
    scene.pause(600).await?;
    paid(scene.close().await?)
}

/// Only one part is sent, so the payee gives up in the end and the money comes back.
pub(super) async fn given_up(stage: &Stage) -> anyhow::Result<PaymentReport> {
    let mut scene = Scene::open(stage, "3. A payment that fails whole", WHOLE_MSAT).await?;
    let larger = scene.route("bob", LARGER_MSAT).await?;
    let only = scene
        .send(larger, "one part by bob, and nothing after it")
        .await?;
    scene.pause(900).await?;
    scene.say("dave waits for the rest; his minutes pass faster here");
    let minutes = scene.give_up(only).await?;
    scene.say(&format!(
        "after {minutes} minutes dave sent it back: nothing was paid, nothing is lost"
    ));
    scene.pause(600).await?;
    scene.close().await
}

/// The route with nothing for its first node to earn.
fn without_fee(route: &Value) -> anyhow::Result<Value> {
    let mut hops = route.as_array().context("a route is an array")?.clone();
    let arrives = hops.last().context("a route has a hop")?["amount_msat"].clone();
    hops[0]["amount_msat"] = arrives;
    Ok(Value::Array(hops))
}

fn arrived(answer: Result<Value, CallError>) -> anyhow::Result<()> {
    match answer {
        Ok(_) => Ok(()),
        Err(error) => bail!("a part that was to arrive failed: {error}"),
    }
}

fn failed(answer: Result<Value, CallError>) -> anyhow::Result<()> {
    match answer {
        Ok(part) => bail!("a part that was to fail arrived: {part}"),
        Err(_) => Ok(()),
    }
}

/// Shows the proof, and what it proves.
fn paid(outcome: PaymentReport) -> anyhow::Result<PaymentReport> {
    let preimage = outcome
        .preimage()
        .context("a complete payment has a preimage")?;
    print_line(&format!(
        " · paid, and the proof is the preimage\n   {preimage}"
    ));
    print_line("   whose SHA256 is the payment hash: dave alone knew it. To check that:");
    print_line(&format!("   printf {preimage} | xxd -r -p | sha256sum"));
    Ok(outcome)
}
