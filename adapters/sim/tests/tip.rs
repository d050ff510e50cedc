//! A node that has yet to read the chain's last blocks: its parts wait, and everything else goes on.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::hash;
use domain::{ApiError, Failure, PartialPayment, Paying, PaymentApi, StatusKind};
use futures::poll;
use std::pin::pin;
use std::time::Duration;
use support::{World, soon, whole};

const REASON: &str = "the node is still loading blocks (at 95 of at least 699999)";

fn assert_never_sent(waited: &Result<PartialPayment, ApiError>) {
    let Err(ApiError::PartFailed(part)) = waited else {
        panic!("{waited:?}");
    };
    assert!(part.failure().is_some_and(Failure::is_never_sent));
}

/// Nobody lets time pass here: what goes on when the tip is reached goes on at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_waits_says_why_and_leaves_when_the_tip_is_reached() {
    let world = World::with_slow_time().await;
    let held = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    world.node.set_below(Some(95));
    let part = world.part(2, 1_000, 1_000).await;
    assert_eq!(part.cltv_expiry, None, "no height is better than a low one");
    world.doubted(part.id).await;
    let listed = world.listed(part.id).await;
    assert_eq!(listed.doubt.as_deref(), Some(REASON));
    assert_eq!(listed.part.deadline_height(), None);
    // What the node says of others is heard.
    world.fulfil(1, held.id);
    world.completes(held.id).await;
    assert_eq!(world.htlcs(), 1);
    world.node.set_below(None);
    world.sent(2).await;
    world.fulfil(2, part.id);
    world.completes(part.id).await;
    let next = world.part(3, 1_000, 1_000).await;
    assert!(next.cltv_expiry.is_some());
}

/// `sendpay` waits for a node's first answer, and this is one.
#[tokio::test(flavor = "multi_thread")]
async fn sendpay_is_answered_while_its_part_waits() {
    let world = World::with_slow_time().await;
    world.node.set_below(Some(95));
    let sent = soon(world.engine.send_pay(whole(1, 1_000))).await.unwrap();
    assert!(matches!(sent, Paying::InProgress(_)), "{sent:?}");
    let mut waits = pin!(world.engine.wait_send_pay(hash(1), None));
    assert!(poll!(&mut waits).is_pending());
    world.node.set_below(None);
    world.sent(1).await;
}

/// It has provably never left, so it needs no look-up to be dropped.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_waits_too_long_is_dropped() {
    let world = World::with_slow_time().await;
    world.node.set_below(Some(95));
    let part = world.part(1, 1_000, 1_000).await;
    world.doubted(part.id).await;
    world.slept().await;
    world.clock.advance(Duration::from_secs(601));
    assert_never_sent(&world.wait(part.id).await);
    assert_eq!(world.htlcs(), 0);
    world.node.set_below(None);
    let again = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    world.fulfil(1, again.id);
    world.completes(again.id).await;
}

/// Rule A-2: between two tries it is looked whether the part is still wanted.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_waits_is_not_sent_after_its_payment_is_complete() {
    let world = World::with_slow_time().await;
    let first = world.part(1, 400, 1_000).await;
    world.sent(1).await;
    world.node.set_below(Some(95));
    let second = world.part(1, 600, 1_000).await;
    world.doubted(second.id).await;
    world.fulfil(1, first.id);
    world.completes(first.id).await;
    world.node.set_below(None);
    assert_never_sent(&world.wait(second.id).await);
    assert_eq!(world.htlcs(), 1);
}

/// After a restart it is looked up first, which a node below its tip answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_waits_over_a_restart() {
    let world = World::with_slow_time().await;
    world.node.set_below(Some(95));
    let part = world.part(1, 1_000, 1_000).await;
    world.doubted(part.id).await;
    let world = world.restart().await;
    world.doubted(part.id).await;
    let listed = world.listed(part.id).await;
    assert_eq!(listed.doubt.as_deref(), Some(REASON));
    world.node.set_below(None);
    world.sent(1).await;
    world.fulfil(1, part.id);
    assert_eq!(
        world.wait(part.id).await.unwrap().status(),
        StatusKind::Complete
    );
}
