//! Deleting a payment: never while it is live, whole, and what was paid stays refused.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::hash;
use domain::{
    ApiError, Deleted, DeletedPayment, PartFilter, PartId, PaymentApi, PaymentFilter, PaymentId,
    PaymentStore, Refusal, StatusKind, Tombstone,
};
use futures::poll;
use sim::Fault;
use std::time::Duration;
use support::{World, accepted, failed_code, keyed, partial, soon, whole};

async fn delete(world: &World, n: u64) -> Result<DeletedPayment, ApiError> {
    soon(world.engine.delete_payment(hash(n))).await
}

/// A payment of one part, which is out.
async fn out(world: &World, n: u64) -> PartId {
    let before = usize::try_from(world.htlcs()).unwrap();
    let part = world.part(n, 1_000, 1_000).await.id;
    world.sent(before + 1).await;
    part
}

async fn pay(world: &World, n: u64) -> PartId {
    let part = out(world, n).await;
    world.fulfil(n, part);
    world.completes(part).await;
    part
}

async fn fail(world: &World, n: u64) -> PartId {
    let part = out(world, n).await;
    world.fail(n, part);
    assert_eq!(failed_code(&world.wait(part).await), 204);
    part
}

/// How many payments and parts the lists show.
async fn shown(world: &World) -> (usize, usize) {
    let payments = world.engine.list_payments(PaymentFilter {
        limit: 100,
        ..PaymentFilter::default()
    });
    let payments = payments.await.unwrap().rows.len();
    let parts = world.engine.list_partial_payments(PartFilter {
        limit: 100,
        ..PartFilter::default()
    });
    (payments, parts.await.unwrap().rows.len())
}

async fn alarms(world: &World) -> u64 {
    world.engine.get_info().await.unwrap().alarms
}

fn is_paid_and_deleted<T>(answer: &Result<T, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Refused(Refusal::PaidBefore(it))) if it.payment_hash == hash(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn live_payment_is_not_deleted() {
    let world = World::new().await;
    let one = world.part(1, 400, 1_000).await.id;
    let live = |live| {
        Err(ApiError::Refused(Refusal::Live {
            hash: hash(1),
            live,
        }))
    };
    assert_eq!(delete(&world, 1).await, live(1));
    // Complete, and a part of it is still out.
    let two = world.part(1, 600, 1_000).await.id;
    world.sent(2).await;
    assert_eq!(delete(&world, 1).await, live(2));
    world.fulfil(1, one);
    world.completes(one).await;
    assert_eq!(delete(&world, 1).await, live(1));
    assert_eq!(shown(&world).await, (1, 2));
    world.fulfil(1, two);
    world.completes(two).await;
    delete(&world, 1).await.unwrap();
    assert_eq!(shown(&world).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_is_refused_after_its_deletion_and_after_a_restart() {
    let world = World::new().await;
    pay(&world, 1).await;
    let told = delete(&world, 1).await.unwrap();
    let deleted = Deleted {
        parts: 1,
        events: 2,
        requests: 0,
    };
    assert_eq!((told.payment_hash, told.deleted), (hash(1), deleted));
    assert_eq!((told.status, told.tombstone), (StatusKind::Complete, true));
    let mut world = world;
    for _ in 0..2 {
        assert!(is_paid_and_deleted(&world.send(1, 1_000, 1_000).await));
        // With other terms as well, and by the other method.
        assert!(is_paid_and_deleted(&world.send(1, 7, 900).await));
        let engine = &world.engine;
        assert!(is_paid_and_deleted(&engine.send_pay(whole(1, 1_000)).await));
        let check = engine.check_partial_pay(partial(1, 1_000, 1_000));
        assert!(is_paid_and_deleted(&check.await));
        assert!(is_paid_and_deleted(&engine.check_pay(whole(1, 5)).await));
        assert_eq!((world.htlcs(), shown(&world).await), (1, (0, 0)));
        assert_eq!(alarms(&world).await, 0);
        world = world.restart().await;
    }
    // A request with a key is told the same.
    let keyed = world.engine.send_partial_pay(keyed(1, 1, 1, "k")).await;
    assert!(is_paid_and_deleted(&keyed));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_what_was_deleted_is_told_so() {
    let world = World::with_slow_time().await;
    pay(&world, 1).await;
    let at = delete(&world, 1).await.map(|_| ());
    assert_eq!(at, Ok(()));
    let tombstone = Tombstone {
        payment_hash: hash(1),
        payment: Some(PaymentId(1)),
        deleted_at: domain::Clock::now(&*world.clock),
    };
    let deleted = ApiError::PaymentDeleted(tombstone);
    assert!(deleted.to_string().contains("was paid, and deleted since"));
    for timeout in [None, Some(Duration::ZERO)] {
        let sendpay = soon(world.engine.wait_send_pay(hash(1), timeout)).await;
        assert_eq!(sendpay, Err(deleted.clone()));
        let payment = soon(world.engine.wait_payment(hash(1), timeout)).await;
        assert_eq!(payment, Err(deleted.clone()));
    }
    let part = world.wait(PartId(1)).await;
    assert_eq!(part, Err(ApiError::NoSuchPart(PartId(1))));
    assert_eq!(delete(&world, 1).await, Err(deleted));
    let never = ApiError::NoSuchPayment(hash(2));
    assert_eq!(delete(&world, 2).await, Err(never));
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_payment_can_be_paid_anew_once_it_is_deleted() {
    let world = World::new().await;
    let first = fail(&world, 1).await;
    let told = delete(&world, 1).await.unwrap();
    assert_eq!((told.status, told.tombstone), (StatusKind::Failed, false));
    assert_eq!(shown(&world).await, (0, 0));
    let gone = soon(world.engine.wait_send_pay(hash(1), None)).await;
    assert_eq!(gone, Err(ApiError::NoSuchPayment(hash(1))));
    // Its terms went with it; its numbers come no more.
    let again = world.part(1, 900, 900).await;
    assert!(again.id > first, "{}", again.id);
    world.sent(2).await;
    world.fulfil(1, again.id);
    world.completes(again.id).await;
    assert_eq!((world.htlcs(), alarms(&world).await), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn request_key_goes_with_its_payment() {
    let world = World::new().await;
    let send = |amount| world.engine.send_partial_pay(keyed(1, amount, 1_000, "k"));
    let first = accepted(send(1_000).await);
    world.fail(1, first.id);
    assert_eq!(failed_code(&world.wait(first.id).await), 204);
    assert_eq!(accepted(send(1_000).await).id, first.id, "the same request");
    let told = delete(&world, 1).await.unwrap();
    assert_eq!(told.deleted.requests, 1);
    let second = accepted(send(999).await);
    assert!(second.id > first.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_that_races_with_a_send_comes_before_it_or_after_it() {
    let world = World::new().await;
    let (mut before, mut after) = (0, 0);
    for n in 1..=60 {
        let first = fail(&world, n).await;
        let engine = world.engine.clone();
        let deleting = tokio::spawn(async move { engine.delete_payment(hash(n)).await });
        let (sent, deleted) = tokio::join!(world.send(n, 1_000, 1_000), deleting);
        let part = accepted(sent);
        match deleted.unwrap() {
            Ok(told) => {
                before += 1;
                assert_eq!(told.deleted.parts, 1, "only the first was there");
                let gone = world.poll(first).await;
                assert_eq!(gone, Err(ApiError::NoSuchPart(first)));
            }
            Err(error) => {
                after += 1;
                let live = Refusal::Live {
                    hash: hash(n),
                    live: 1,
                };
                assert_eq!(error, ApiError::Refused(live));
                assert_eq!(failed_code(&world.poll(first).await), 204);
            }
        }
        world.fulfil(n, part.id);
        world.completes(part.id).await;
    }
    assert_eq!(before + after, 60);
    assert_eq!(alarms(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_in_doubt_is_told_as_such_and_may_be_repeated() {
    let world = World::new().await;
    for n in 1..=3 {
        pay(&world, n).await;
    }
    world.store.fault(Fault::Unavailable);
    let no = delete(&world, 3).await;
    assert!(matches!(no, Err(ApiError::StorageUnavailable(_))), "{no:?}");
    world.store.fault(Fault::Conflict);
    delete(&world, 3).await.unwrap();

    world.store.fault(Fault::ErrorAndLost);
    let doubt = delete(&world, 2).await;
    assert!(
        matches!(doubt, Err(ApiError::DeletionUnknown(_))),
        "{doubt:?}"
    );
    assert!(
        world
            .send(2, 1_000, 1_000)
            .await
            .unwrap()
            .preimage()
            .is_some()
    );
    delete(&world, 2).await.unwrap();

    world.store.fault(Fault::ErrorButWritten);
    let doubt = delete(&world, 1).await;
    assert!(
        matches!(doubt, Err(ApiError::DeletionUnknown(_))),
        "{doubt:?}"
    );
    assert!(is_paid_and_deleted(&world.send(1, 1_000, 1_000).await));
    let again = delete(&world, 1).await;
    assert!(
        matches!(again, Err(ApiError::PaymentDeleted(_))),
        "{again:?}"
    );
    assert_eq!(world.htlcs(), 3);
}

/// Rule A-11: its commit was in doubt, so nobody had been told when the payment was deleted.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_outcome_in_doubt_is_told_before_it_is_deleted() {
    let world = World::with_slow_time().await;
    let part = world.part(1, 1_000, 1_000).await.id;
    world.sent(1).await;
    let mut waits_for_part = Box::pin(world.engine.wait_partial_pay(part, None));
    let mut waits_for_payment = Box::pin(world.engine.wait_payment(hash(1), None));
    assert!(poll!(&mut waits_for_part).is_pending());
    assert!(poll!(&mut waits_for_payment).is_pending());
    world.store.fault(Fault::ErrorButWritten);
    world.fail(1, part);
    // It will be tried again after a pause, which does not end before time passes.
    world.slept().await;
    delete(&world, 1).await.unwrap();
    assert_eq!(failed_code(&soon(waits_for_part).await), 204);
    let ended = soon(waits_for_payment).await.unwrap();
    assert_eq!(ended.status(), StatusKind::Failed);
    assert_eq!(world.engine.get_info().await.unwrap().live_parts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn outcome_that_is_told_again_after_the_deletion_is_no_alarm() {
    let world = World::new().await;
    pay(&world, 1).await;
    let lost = fail(&world, 2).await;
    delete(&world, 1).await.unwrap();
    delete(&world, 2).await.unwrap();
    world.fulfil(1, PartId(1));
    world.fail(1, PartId(1));
    world.fail(2, lost);
    world.heard(5).await;
    assert_eq!(alarms(&world).await, 0);
    assert_eq!(shown(&world).await, (0, 0));
    // But that what had failed was paid after all is one (rule A-7).
    world.fulfil(2, lost);
    world.alarmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quarantined_or_damaged_payment_is_evidence_and_stays() {
    let world = World::new().await;
    pay(&world, 1).await;
    world.fail(1, PartId(1));
    world.alarmed().await;
    let quarantined = delete(&world, 1).await;
    let refusal = matches!(
        quarantined,
        Err(ApiError::Refused(Refusal::Quarantined { .. }))
    );
    assert!(refusal, "{quarantined:?}");
    pay(&world, 2).await;
    // So that it is read again.
    let world = world.restart().await;
    world.store.damage(hash(2), "A-1: test");
    let damaged = delete(&world, 2).await;
    assert!(
        matches!(damaged, Err(ApiError::Quarantined { .. })),
        "{damaged:?}"
    );
    // Mended by hand, it can go.
    world.store.mend(hash(2));
    delete(&world, 2).await.unwrap();
    assert_eq!(shown(&world).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_damaged_once_is_not_held_against_its_successor() {
    let world = World::new().await;
    fail(&world, 1).await;
    let world = world.restart().await;
    world.store.damage(hash(1), "A-1: test");
    let damaged = delete(&world, 1).await;
    assert!(
        matches!(damaged, Err(ApiError::Quarantined { .. })),
        "{damaged:?}"
    );
    world.store.mend(hash(1));
    delete(&world, 1).await.unwrap();
    world.part(1, 1_000, 1_000).await;
    let filter = PaymentFilter {
        limit: 1,
        ..PaymentFilter::default()
    };
    let page = world.engine.list_payments(filter).await.unwrap();
    let [domain::Listed::Sound(payment)] = &page.rows[..] else {
        panic!("{page:?}");
    };
    assert_eq!(payment.quarantine, None);
}

#[tokio::test]
async fn deletion_is_done_to_its_end_although_its_caller_hangs_up() {
    let world = World::new().await;
    pay(&world, 1).await;
    let mut deleting = Box::pin(world.engine.delete_payment(hash(1)));
    assert!(poll!(&mut deleting).is_pending());
    drop(deleting);
    soon(async {
        while shown(&world).await != (0, 0) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let loaded = world.store.load(hash(1)).await;
    assert!(loaded.is_err(), "{loaded:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_daemon_deletes_nothing() {
    let world = World::new().await;
    pay(&world, 1).await;
    world.engine.close().await;
    assert_eq!(delete(&world, 1).await, Err(ApiError::ShuttingDown));
    assert_eq!(shown(&world).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_storage_refuses_to_delete_is_an_alarm() {
    let world = World::new().await;
    pay(&world, 1).await;
    world.store.refuse(hash(1), "A-10: test");
    let refused = delete(&world, 1).await;
    assert!(matches!(refused, Err(ApiError::Internal(_))), "{refused:?}");
    world.alarmed().await;
    assert_eq!(shown(&world).await, (1, 1));
}
