//! Many who wait, each for a part of its own: what each costs, and how soon it is told.

use super::engine::Machine;
use super::finding::Found;
use super::memory;
use super::payments;
use super::socket::{Connection, Served, wait_request};
use anyhow::{Context, Result, bail, ensure};
use domain::{Engine, PartId, PaymentApi, Policy, Sent};
use futures::stream::{StreamExt, TryStreamExt};
use sim::NullNode;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Waits on one connection.
const A_CONNECTION: usize = 100;
/// Outcomes that come at once.
const OUTCOMES: usize = 1_000;
/// Callers who send at once.
const SENDERS: usize = 512;

/// In the engine: a task each, which is nothing but its wait.
pub(super) async fn in_the_engine(folder: &Path, full: bool) -> Result<Vec<Found>> {
    let many = many(full);
    let node = NullNode::holding();
    let machine = Machine::with(folder, Arc::clone(&node), Policy::default()).await?;
    let parts = send(&machine.engine, many).await?;
    let before = memory::resident()?;
    let mut waits = JoinSet::new();
    for part in parts {
        let engine = Arc::clone(&machine.engine);
        waits.spawn(async move {
            let part = engine.wait_partial_pay(part, None).await;
            part.map(|_| Instant::now())
        });
    }
    until_all_wait(&machine.engine, many).await?;
    let each = memory::each(before, memory::resident()?, many);
    let woken = async || {
        waits
            .join_next()
            .await
            .context("a waiter is left")??
            .map_err(Into::into)
    };
    let longest = longest_wake(&node, woken).await?;
    ensure!(waits.is_empty(), "{} waiters were never woken", waits.len());
    machine.stop().await;
    Ok(vec![
        ("waiters", many.into()),
        ("waiter_engine_bytes", each),
        ("waiter_engine_woken_s", longest.as_secs_f64()),
    ])
}

/// Through the socket: a hundred on each connection. Both ends of each are in this process.
pub(super) async fn through_the_socket(folder: &Path, full: bool) -> Result<Vec<Found>> {
    let many = many(full);
    let node = NullNode::holding();
    let machine = Machine::with(folder, Arc::clone(&node), Policy::default()).await?;
    let engine = Arc::clone(&machine.engine);
    let parts = send(&engine, many).await?;
    let served = Served::over(machine, folder)?;
    let before = memory::resident()?;
    let (told, mut replies) = tokio::sync::mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for parts in parts.chunks(A_CONNECTION) {
        let mut connection = Connection::open(&served.path).await?;
        let waits = parts.iter().map(|part| wait_request(part.0, part.0));
        connection.send(&waits.collect::<String>()).await?;
        let (told, replies) = (told.clone(), parts.len());
        clients.spawn(async move {
            for _ in 0..replies {
                connection.reply().await?.part()?;
                told.send(Instant::now())?;
            }
            anyhow::Ok(())
        });
    }
    until_all_wait(&engine, many).await?;
    let each = memory::each(before, memory::resident()?, many);
    let woken = async || replies.recv().await.context("a client is left");
    let longest = longest_wake(&node, woken).await?;
    while let Some(client) = clients.join_next().await {
        client??;
    }
    drop(engine);
    served.stop().await?;
    Ok(vec![
        ("waiter_socket_bytes", each),
        ("waiter_socket_woken_s", longest.as_secs_f64()),
    ])
}

/// Many outcomes at once, again and again, until there are no more: how long after they were said the
/// last of any of them is told. `woken` says when the next was.
async fn longest_wake(
    node: &NullNode,
    mut woken: impl AsyncFnMut() -> Result<Instant>,
) -> Result<Duration> {
    let mut longest = Duration::ZERO;
    loop {
        let said = Instant::now();
        let released = node.release(OUTCOMES);
        if released == 0 {
            return Ok(longest);
        }
        for _ in 0..released {
            longest = longest.max(woken().await?.duration_since(said));
        }
    }
}

fn many(full: bool) -> u32 {
    if full { 100_000 } else { 20_000 }
}

/// Parts that wait at the node, one a payment.
pub(super) async fn send(engine: &Arc<Engine>, many: u32) -> Result<Vec<PartId>> {
    let sends = futures::stream::iter(0..many).map(|n| async move {
        match engine.send_partial_pay(payments::request(n)).await? {
            Sent::Part(part) => anyhow::Ok(part.id),
            Sent::AlreadyComplete(_) => bail!("every payment is new"),
        }
    });
    sends.buffer_unordered(SENDERS).try_collect().await
}

/// Until the engine counts all of them.
async fn until_all_wait(engine: &Engine, many: u32) -> Result<()> {
    while engine.get_info().await?.waiters < u64::from(many) {
        tokio::task::yield_now().await;
    }
    Ok(())
}
