//! One caller alone: what a durable answer, and the answer to its wait, cost in fdatasyncs of this
//! disk, measured in between: of a file that becomes longer, and of as much as a commit writes over one that
//! does not.

use super::disk::{Longer, Over};
use super::engine::Machine;
use super::payments;
use super::plan::Subject;
use super::sample::Sample;
use anyhow::{Context, Result, bail, ensure};
use domain::{Engine, PaymentApi, Policy, Sent};
use sim::NullNode;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The answers to that many lone parts and their waits, and as many fdatasyncs of each kind.
pub(super) async fn sample(folder: &Path, parts: u32) -> Result<Vec<(Subject, Sample)>> {
    let node = NullNode::holding();
    let machine = Machine::with(folder, Arc::clone(&node), Policy::default()).await?;
    let engine = Arc::clone(&machine.engine);
    let mut longer = Longer::create(&folder.join("longer"))?;
    let mut over = Over::create(&folder.join("over"))?;
    // A task of the runtime, as a caller on the socket is one.
    let task = tokio::spawn(async move {
        let (mut answers, mut ends) = (Vec::new(), Vec::new());
        let (mut syncs, mut writes) = (Vec::new(), Vec::new());
        for n in 0..parts {
            let (answer, end) = pay(&engine, &node, n).await?;
            answers.push(answer);
            ends.push(end);
            // They block, which is fine: nobody else is there.
            syncs.push(longer.write()?);
            writes.push(over.write()?);
        }
        anyhow::Ok([
            (Subject::LonePart, answers),
            (Subject::LoneOutcome, ends),
            (Subject::Fdatasync, syncs),
            (Subject::Overwrite, writes),
        ])
    });
    let found = task.await.context("the caller died")??;
    machine.stop().await;
    Ok(found
        .map(|(subject, times)| (subject, Sample::of_answers(times)))
        .into())
}

/// Until its part is durable; and from the node's word until its wait is answered.
pub(super) async fn pay(
    engine: &Arc<Engine>,
    node: &NullNode,
    n: u32,
) -> Result<(Duration, Duration)> {
    let request = payments::request(n);
    let begin = Instant::now();
    let Sent::Part(part) = engine.send_partial_pay(request).await? else {
        bail!("every payment is new");
    };
    let answer = begin.elapsed();
    let waiting = Arc::clone(engine);
    let wait = tokio::spawn(async move { waiting.wait_partial_pay(part.id, None).await });
    // The answer comes before the offer; the node has it in no time.
    let begin = loop {
        let begin = Instant::now();
        if node.release(1) == 1 {
            break begin;
        }
        tokio::task::yield_now().await;
    };
    let part = wait.await.context("the waiter died")??;
    ensure!(
        part.preimage().is_some(),
        "a fulfilled part has its preimage"
    );
    Ok((answer, begin.elapsed()))
}
