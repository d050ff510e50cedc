//! What ends the guessing: when nothing of a payment is under way any more, and whether it is safe to
//! try again.

mod support;

use domain::contract::node::Fate;
use domain::contract::samples::{hash, msat};
use domain::{ApiError, PaymentApi, PaymentFilter, PaymentSummary, StatusKind};
use sim::{SimClock, SimNode, SimStore};
use std::time::Duration;
use support::{World, patient, soon};

async fn settled(world: &World, n: u64) -> Result<PaymentSummary, ApiError> {
    soon(world.engine.wait_payment(hash(n), None)).await
}

async fn poll(world: &World, n: u64) -> Result<PaymentSummary, ApiError> {
    let now = Some(Duration::ZERO);
    world.engine.wait_payment(hash(n), now).await
}

async fn listed(world: &World, n: u64) -> PaymentSummary {
    let filter = PaymentFilter {
        hash: Some(hash(n)),
        limit: 1,
        ..PaymentFilter::default()
    };
    let page = world
        .engine
        .list_payments(filter)
        .await
        .expect("storage answers");
    match &page.rows[..] {
        [domain::Listed::Sound(payment)] => payment.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_waited_for_until_its_last_part_is_over() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 400, 1_000).await,
        world.part(1, 600, 1_000).await,
    );
    world.sent(2).await;
    assert!(matches!(poll(&world, 1).await, Err(ApiError::TimedOut(_))));
    world.fulfil(1, one.id);
    let complete = world.engine.wait_send_pay(hash(1), None).await.unwrap();
    assert_eq!(complete.tally.live, 1);
    assert_eq!(complete.fee(), None, "what is live may still cost more");
    assert!(matches!(poll(&world, 1).await, Err(ApiError::TimedOut(_))));
    let (found, ()) = tokio::join!(settled(&world, 1), async { world.fulfil(1, two.id) });
    let found = found.unwrap();
    assert_eq!(
        (found.status(), found.tally.live),
        (StatusKind::Complete, 0)
    );
    assert_eq!(found.fee(), Some(msat(2_000)), "1 sat a part");
    assert_eq!(poll(&world, 1).await.as_ref(), Ok(&found));
    let world = world.restart().await;
    assert_eq!(settled(&world, 1).await, Ok(found));
    assert_eq!(world.engine.get_info().await.unwrap().waiters, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_payment_is_no_error_and_safe_to_retry() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    assert!(!listed(&world, 1).await.retry().is_safe);
    let (found, ()) = tokio::join!(settled(&world, 1), async { world.fail(1, part.id) });
    let found = found.unwrap();
    assert_eq!(found.status(), StatusKind::Failed);
    assert!(found.retry().is_safe);
    assert_eq!(listed(&world, 1).await, found);
    // And so it is: another part may come, and is waited for.
    world.part(1, 1_000, 1_000).await;
    assert!(matches!(poll(&world, 1).await, Err(ApiError::TimedOut(_))));
    assert!(!listed(&world, 1).await.retry().is_safe);
}

/// A part whose node says nothing is not over, whatever the time.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_not_over() {
    let (store, node) = (SimStore::new(), SimNode::new());
    let world = World::with_policy(store, node, SimClock::hasty(), patient()).await;
    world.node.set_down(true);
    let part = world.part(1, 1_000, 1_000).await;
    world.doubted(part.id).await;
    let retry = world.listed(part.id).await.retry();
    assert!(
        !retry.is_safe && retry.why.contains("connection refused"),
        "{retry:?}"
    );
    assert!(matches!(poll(&world, 1).await, Err(ApiError::TimedOut(_))));
    world.node.fate(hash(1), Fate::Fulfilled);
    world.node.set_down(false);
    assert_eq!(
        settled(&world, 1).await.unwrap().status(),
        StatusKind::Complete
    );
}

/// Nobody has taken charge of it yet, and still it is not over.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_commit_in_doubt_has_left_is_not_over() {
    let world = World::with_slow_time().await;
    world.store.fault(sim::Fault::ErrorButWritten);
    world.store.set_read_fails(hash(1), true);
    let sent = world.send(1, 1_000, 1_000).await;
    assert!(matches!(sent, Err(ApiError::StorageUnknown(_))), "{sent:?}");
    world.slept().await;
    world.store.set_read_fails(hash(1), false);
    assert!(matches!(poll(&world, 1).await, Err(ApiError::TimedOut(_))));
    let now = Some(Duration::ZERO);
    let paid = world.engine.wait_send_pay(hash(1), now).await;
    assert!(matches!(paid, Err(ApiError::TimedOut(_))));
    assert_eq!(world.htlcs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_attempted_is_not_waited_for() {
    let world = World::new().await;
    assert_eq!(
        settled(&world, 7).await,
        Err(ApiError::NoSuchPayment(hash(7)))
    );
    world.part(1, 1_000, 1_000).await;
    world.store.damage(hash(1), "a test");
    assert!(matches!(
        settled(&world, 1).await,
        Err(ApiError::Quarantined { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_daemon_sends_those_who_wait_away() {
    let world = World::new().await;
    world.part(1, 1_000, 1_000).await;
    let close = async {
        while world.engine.get_info().await.unwrap().waiters == 0 {
            tokio::task::yield_now().await;
        }
        world.engine.close().await;
    };
    let (found, ()) = tokio::join!(settled(&world, 1), soon(close));
    assert_eq!(found, Err(ApiError::ShuttingDown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_part_says_when_it_expires() {
    let world = World::with_slow_time().await;
    let part = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    let delay = part.route.first().delay;
    let listed = world.listed(part.id).await.part;
    assert_eq!(listed.deadline_height(), Some(700_000 + delay));
    let in_time = Duration::from_secs(600) * delay;
    assert_eq!(listed.deadline(), Some(listed.created_at.after(in_time)));
    world.fulfil(1, part.id);
    world.completes(part.id).await;
    let listed = world.listed(part.id).await.part;
    assert_eq!((listed.deadline_height(), listed.deadline()), (None, None));
}
