//! The engine over the fakes: what callers and nodes see, whatever goes wrong.

mod support;

use domain::contract::node::Fate;
use domain::contract::samples::{hash, msat};
use domain::{
    ApiError, Outcome, PartId, Paying, PaymentApi, PaymentFilter, PaymentStore, Refusal, Sent,
    StatusKind,
};
use futures::future::join_all;
use sim::{Fault, Lapse, SimClock, SimNode, SimStore};
use std::time::Duration;
use support::{World, accepted, failed_code, keyed, name, whole};

#[tokio::test(flavor = "multi_thread")]
async fn two_parts_complete_a_payment() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 400, 1_000).await,
        world.part(1, 600, 1_000).await,
    );
    world.sent(2).await;
    world.fulfil(1, one.id);
    world.fulfil(1, two.id);
    for part in [one.id, two.id] {
        world.completes(part).await;
    }
    let payment = world.engine.wait_send_pay(hash(1), None).await.unwrap();
    assert_eq!(payment.tally.delivered, msat(1_000));
    assert_eq!(world.htlcs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_it_is_durable() {
    let world = World::new().await;
    world.store.fault(Fault::Unavailable);
    let refused = world.send(1, 400, 1_000).await;
    assert!(
        matches!(refused, Err(ApiError::StorageUnavailable(_))),
        "{refused:?}"
    );
    assert_eq!((world.store.committed(), world.htlcs()), (0, 0));
    world.part(1, 400, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_in_doubt_is_offered_if_it_was_written() {
    let world = World::new().await;
    world.store.fault(Fault::ErrorButWritten);
    let doubtful = world
        .engine
        .send_partial_pay(keyed(1, 400, 1_000, "k"))
        .await;
    assert!(
        matches!(doubtful, Err(ApiError::StorageUnknown(_))),
        "{doubtful:?}"
    );
    world.sent(1).await;
    let part = accepted(
        world
            .engine
            .send_partial_pay(keyed(1, 400, 1_000, "k"))
            .await,
    );
    assert_eq!(part.id, PartId(1));
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_in_doubt_is_not_offered_if_it_was_lost() {
    let world = World::new().await;
    world.store.fault(Fault::ErrorAndLost);
    let doubtful = world
        .engine
        .send_partial_pay(keyed(1, 400, 1_000, "k"))
        .await;
    assert!(
        matches!(doubtful, Err(ApiError::StorageUnknown(_))),
        "{doubtful:?}"
    );
    let part = accepted(
        world
            .engine
            .send_partial_pay(keyed(1, 400, 1_000, "k"))
            .await,
    );
    world.sent(1).await;
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn outcome_waits_for_storage_and_is_never_dropped() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    for fault in [
        Fault::Unavailable,
        Fault::ErrorAndLost,
        Fault::Conflict,
        Fault::Unavailable,
    ] {
        world.store.fault(fault);
    }
    world.fulfil(1, part.id);
    world.completes(part.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outcome_that_was_written_with_an_error_wakes_its_waiters() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    world.store.fault(Fault::ErrorButWritten);
    let (woken, ()) = tokio::join!(world.wait(part.id), async { world.fulfil(1, part.id) });
    assert_eq!(woken.unwrap().status(), StatusKind::Complete);
    assert_eq!(world.store.committed(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_offer_answer_is_not_a_failure() {
    let world = World::new().await;
    world.node.lapse(Lapse::AnswerLost);
    let part = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    assert!(matches!(
        world.poll(part.id).await,
        Err(ApiError::TimedOut(_))
    ));
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_offer_is_offered_again_under_the_same_key() {
    let world = World::new().await;
    world.node.lapse(Lapse::OfferLost);
    world.node.lapse(Lapse::OfferLost);
    let part = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    let ledger = world.node.ledger();
    assert_eq!(
        ledger.into_iter().collect::<Vec<_>>(),
        [((part.id, hash(1)), 1)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_is_down_leaves_the_part_pending() {
    let world = World::with_slow_time().await;
    world.node.set_down(true);
    let part = world.part(1, 1_000, 1_000).await;
    assert!(matches!(
        world.poll(part.id).await,
        Err(ApiError::TimedOut(_))
    ));
    // The node has been asked in vain, and the pause before the next time has begun.
    world.slept().await;
    world.node.set_down(false);
    world.clock.advance(Duration::from_secs(1));
    world.sent(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn part_that_could_not_leave_in_time_is_never_sent() {
    let world = World::with_slow_time().await;
    world.node.set_down(true);
    let part = world.part(1, 1_000, 1_000).await;
    world.slept().await;
    world.node.set_down(false);
    world
        .clock
        .advance(world.policy.offer_window + Duration::from_secs(1));
    let failed = world.wait(part.id).await;
    assert_eq!(failed_code(&failed), 204);
    assert_eq!(world.htlcs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_offer_fails_the_part() {
    let world = World::new().await;
    world.node.fate(hash(1), Fate::Refused);
    let part = world.part(1, 1_000, 1_000).await;
    assert_eq!(failed_code(&world.wait(part.id).await), 204);
    let payment = world.engine.wait_send_pay(hash(1), None).await;
    assert!(
        matches!(payment, Err(ApiError::PaymentFailed(..))),
        "{payment:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_part_is_replaced_and_the_payment_completes() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 400, 1_000).await,
        world.part(1, 600, 1_000).await,
    );
    world.fail(1, one.id);
    assert_eq!(failed_code(&world.wait(one.id).await), 204);
    assert!(matches!(
        world
            .engine
            .wait_send_pay(hash(1), Some(Duration::ZERO))
            .await,
        Err(ApiError::TimedOut(_))
    ));
    let three = world.part(1, 400, 1_000).await;
    world.fulfil(1, three.id);
    world.fulfil(1, two.id);
    world.wait(two.id).await.unwrap();
    let payment = world.engine.wait_send_pay(hash(1), None).await.unwrap();
    assert_eq!(payment.status(), StatusKind::Complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callers_race_for_the_last_msat_and_one_wins() {
    let world = World::new().await;
    world.part(1, 400, 1_000).await;
    let racers = (0..32).map(|_| world.send(1, 600, 1_000));
    let results = join_all(racers).await;
    let won = results.iter().filter(|r| r.is_ok()).count();
    assert_eq!(won, 1);
    for result in results.iter().filter(|r| r.is_err()) {
        assert!(
            matches!(result, Err(ApiError::Refused(Refusal::Ceiling { .. }))),
            "{result:?}"
        );
    }
    world.sent(2).await;
    assert_eq!(world.htlcs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_hash_sends_nothing_ever_again() {
    let world = World::new().await;
    world.node.fate(hash(1), Fate::Fulfilled);
    let part = world.part(1, 1_000, 1_000).await;
    world.wait(part.id).await.unwrap();
    let world = world.restart().await;
    let again = world.send(1, 1_000, 1_000).await.unwrap();
    assert!(matches!(&again, Sent::AlreadyComplete(_)), "{again:?}");
    assert!(again.preimage().is_some());
    let paid = world.engine.send_pay(whole(1, 1_000)).await.unwrap();
    assert!(matches!(paid, Paying::AlreadyComplete(_)), "{paid:?}");
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_looks_up_what_was_live() {
    let world = World::new().await;
    let parts = [
        world.part(1, 1_000, 1_000).await.id,
        world.part(2, 1_000, 1_000).await.id,
        world.part(3, 1_000, 1_000).await.id,
    ];
    world.sent(3).await;
    let (store, node) = (world.store.clone(), world.node.clone());
    drop(world);
    // While we are away one is fulfilled and one fails.
    let paid = domain::contract::samples::preimage(1).1;
    node.say(parts[0], hash(1), Outcome::Fulfilled(*paid.expose()));
    let failure = domain::contract::samples::failure();
    node.say(parts[1], hash(2), Outcome::Failed(Box::new(failure)));
    let world = World::with(store, node, SimClock::hasty()).await;
    world.completes(parts[0]).await;
    assert_eq!(failed_code(&world.wait(parts[1]).await), 204);
    assert!(matches!(
        world.poll(parts[2]).await,
        Err(ApiError::TimedOut(_))
    ));
    assert_eq!(world.htlcs(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_before_the_offer_offers_once() {
    let world = World::with_slow_time().await;
    world.node.set_down(true);
    let part = world.part(1, 1_000, 1_000).await;
    world.node.set_down(false);
    let world = world.restart().await;
    world.sent(1).await;
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unsent_part_of_a_paid_payment_is_dropped_at_restart() {
    let (store, node) = (SimStore::new(), SimNode::new());
    let world = World::with(store.clone(), node.clone(), SimClock::new()).await;
    let one = world.part(1, 400, 1_000).await;
    world.sent(1).await;
    node.set_down(true);
    let two = world.part(1, 600, 1_000).await;
    world.fulfil(1, one.id);
    world.wait(one.id).await.unwrap();
    drop(world);
    node.set_down(false);
    let world = World::with(store, node, SimClock::hasty()).await;
    assert_eq!(failed_code(&world.wait(two.id).await), 204);
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn preimage_that_does_not_match_changes_nothing() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    world
        .node
        .say(part.id, hash(1), Outcome::Fulfilled([9; 32]));
    world.fulfil(1, part.id);
    world.completes(part.id).await;
    assert_eq!(world.engine.get_info().await.unwrap().alarms, 1);
    // What could not be stored must be told again: the cursor stays before it.
    assert_eq!(world.store.cursor(name("alice")).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_outcome_changes_nothing_and_a_contradiction_raises_an_alarm() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    let other = world.part(2, 1_000, 1_000).await;
    for _ in 0..3 {
        world.fulfil(1, part.id);
    }
    world.fail(1, part.id);
    world.fulfil(2, other.id);
    world.wait(other.id).await.unwrap();
    world.completes(part.id).await;
    world.alarmed().await;
    let page = world.engine.list_payments(PaymentFilter {
        limit: 10,
        ..PaymentFilter::default()
    });
    assert_eq!(page.await.unwrap().rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn preimage_beats_an_earlier_failure() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    world.fail(1, part.id);
    assert_eq!(failed_code(&world.wait(part.id).await), 204);
    world.fulfil(1, part.id);
    world.alarmed().await;
    world.completes(part.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_payment_is_refused_and_disturbs_no_other() {
    let world = World::new().await;
    world.part(1, 400, 1_000).await;
    world.sent(1).await;
    world.store.damage(hash(1), "A-1: test");
    let world = world.restart().await;
    let refused = world.send(1, 100, 1_000).await;
    assert!(
        matches!(refused, Err(ApiError::Quarantined { .. })),
        "{refused:?}"
    );
    let other = world.part(2, 1_000, 1_000).await;
    world.fulfil(2, other.id);
    world.wait(other.id).await.unwrap();
}
