//! The engine over the fakes: what callers ask and are told, when they wait, repeat and hang up.

mod support;

use domain::contract::node::Fate;
use domain::contract::samples::{hash, msat};
use domain::{
    ApiError, Listed, PartFilter, PartId, Paying, PaymentApi, PaymentFilter, Policy, Refusal,
    StatusKind,
};
use futures::future::join_all;
use sim::{SimClock, SimNode, SimStore};
use std::sync::Arc;
use std::time::Duration;
use support::{World, accepted, failed_code, keyed, name, partial, soon, whole};

#[tokio::test(flavor = "multi_thread")]
async fn repeated_request_is_the_same_request() {
    let world = World::new().await;
    let first = world
        .engine
        .send_partial_pay(keyed(1, 400, 1_000, "order-7"))
        .await;
    let part = accepted(first.clone());
    world.sent(1).await;
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
    let world = world.restart().await;
    let again = world
        .engine
        .send_partial_pay(keyed(1, 400, 1_000, "order-7"))
        .await;
    assert_eq!(again, first);
    let other = world
        .engine
        .send_partial_pay(keyed(1, 401, 1_000, "order-7"))
        .await;
    assert_eq!(
        other,
        Err(ApiError::Refused(Refusal::RequestReused { part: part.id }))
    );
    let elsewhere = world
        .engine
        .send_partial_pay(keyed(2, 400, 1_000, "order-7"))
        .await;
    assert_eq!(
        elsewhere,
        Err(ApiError::Refused(Refusal::RequestReused { part: part.id }))
    );
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_from_many_callers_sends_one_part() {
    let world = World::new().await;
    let calls = (0..32).map(|_| world.engine.send_partial_pay(keyed(1, 100, 1_000, "k")));
    let ids = join_all(calls)
        .await
        .into_iter()
        .map(|sent| accepted(sent).id);
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 1);
    world.sent(1).await;
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_before_during_and_after_tell_the_same() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    let waits = join_all((0..100).map(|_| world.wait(part.id)));
    let payments = join_all((0..100).map(|_| world.engine.wait_send_pay(hash(1), None)));
    let (waited, paid, ()) = tokio::join!(waits, payments, async { world.fulfil(1, part.id) });
    let after = world.wait(part.id).await.unwrap();
    assert!(waited.into_iter().all(|part| part.as_ref() == Ok(&after)));
    assert!(
        paid.into_iter()
            .all(|payment| payment.unwrap().preimage.is_some())
    );
    let world = world.restart().await;
    assert_eq!(world.wait(part.id).await.unwrap(), after);
    assert_eq!(world.engine.get_info().await.unwrap().waiters, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_that_times_out_changes_nothing() {
    let world = World::with_slow_time().await;
    let part = world.part(1, 1_000, 1_000).await;
    assert!(matches!(
        world.poll(part.id).await,
        Err(ApiError::TimedOut(_))
    ));
    let wait = world
        .engine
        .wait_partial_pay(part.id, Some(Duration::from_secs(1)));
    let (timed_out, ()) = tokio::join!(wait, async {
        world.slept().await;
        world.clock.advance(Duration::from_secs(1));
    });
    assert!(matches!(timed_out, Err(ApiError::TimedOut(_))));
    world.fulfil(1, part.id);
    world.completes(part.id).await;
    assert_eq!(
        world.wait(PartId(77)).await,
        Err(ApiError::NoSuchPart(PartId(77)))
    );
    let unknown = world.engine.wait_send_pay(hash(7), None).await;
    assert_eq!(unknown, Err(ApiError::NoSuchPayment(hash(7))));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiters_are_counted_for_as_long_as_they_wait() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    let fulfil = async {
        let waiters = world.engine.get_info().await.unwrap().waiters;
        world.fulfil(1, part.id);
        waiters
    };
    let payment = world.engine.wait_send_pay(hash(1), None);
    let (.., waiters) = tokio::join!(world.wait(part.id), world.wait(part.id), payment, fulfil);
    assert_eq!(waiters, 3);
    assert_eq!(world.engine.get_info().await.unwrap().waiters, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_whose_caller_left_costs_nothing() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    for _ in 0..1_000 {
        let wait = world.wait(part.id);
        futures::future::select(Box::pin(wait), std::future::ready(())).await;
    }
    assert_eq!(world.engine.get_info().await.unwrap().waiters, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_that_hangs_up_does_not_stop_the_part() {
    let world = World::new().await;
    let send = world.send(1, 1_000, 1_000);
    futures::future::select(Box::pin(send), std::future::ready(())).await;
    world.sent(1).await;
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sendpay_answers_with_the_nodes_first_answer() {
    let world = World::new().await;
    let pending = world.engine.send_pay(whole(1, 1_000)).await.unwrap();
    assert!(matches!(&pending, Paying::InProgress(p) if p.status() == StatusKind::Pending));
    let again = world.engine.send_pay(whole(1, 900)).await.unwrap();
    assert!(matches!(again, Paying::InProgress(_)), "{again:?}");
    world.node.fate(hash(2), Fate::Refused);
    let refused = world.engine.send_pay(whole(2, 1_000)).await;
    let Err(ApiError::PaymentFailed(payment, part)) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(payment.status(), StatusKind::Failed);
    assert_eq!(part.failure().and_then(|f| f.erring_index), Some(0));
    assert_eq!(world.htlcs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sendpay_and_parts_share_the_row() {
    let world = World::new().await;
    let one = world.part(1, 400, 1_000).await;
    let pay = world.engine.send_pay(whole(1, 1_000)).await.unwrap();
    assert!(matches!(pay, Paying::InProgress(_)), "{pay:?}");
    world.fail(1, one.id);
    assert_eq!(failed_code(&world.wait(one.id).await), 204);
    world.engine.send_pay(whole(1, 1_000)).await.unwrap();
    let refused = world.send(1, 1, 1_000).await;
    assert!(
        matches!(refused, Err(ApiError::Refused(Refusal::Ceiling { .. }))),
        "{refused:?}"
    );
    let parts = PartFilter {
        hash: Some(hash(1)),
        limit: 10,
        ..PartFilter::default()
    };
    assert_eq!(
        world
            .engine
            .list_partial_payments(parts)
            .await
            .unwrap()
            .rows
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_would_happen_and_does_nothing() {
    let world = World::new().await;
    world
        .engine
        .check_partial_pay(partial(1, 400, 1_000))
        .await
        .unwrap();
    world.engine.check_pay(whole(1, 400)).await.unwrap();
    let mut wrong = partial(1, 1_001, 1_000);
    let refused = world.engine.check_partial_pay(wrong.clone()).await;
    assert!(
        matches!(refused, Err(ApiError::Refused(Refusal::Ceiling { .. }))),
        "{refused:?}"
    );
    wrong.extras.node = Some(name("nobody"));
    let refused = world.engine.check_partial_pay(wrong).await;
    assert_eq!(refused, Err(ApiError::NoSuchNode(name("nobody"))));
    let mut wrong = whole(1, 1_000);
    wrong.extras.node = Some(name("nobody"));
    let refused = world.engine.check_pay(wrong).await;
    assert_eq!(refused, Err(ApiError::NoSuchNode(name("nobody"))));
    assert_eq!((world.store.committed(), world.htlcs()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_answered_busy_and_change_nothing() {
    let policy = Policy {
        live_parts_max: 2,
        waiters_max: 1,
        ..Policy::default()
    };
    let world =
        World::with_policy(SimStore::new(), SimNode::new(), SimClock::hasty(), policy).await;
    let part = world.part(1, 400, 1_000).await;
    world.part(2, 400, 1_000).await;
    let refused = world.send(3, 400, 1_000).await;
    assert!(matches!(refused, Err(ApiError::Busy(_))), "{refused:?}");
    assert!(matches!(
        world.poll(part.id).await,
        Err(ApiError::TimedOut(_))
    ));
    let payment = world.engine.wait_payment(hash(1), None);
    let (paid, ()) = tokio::join!(payment, async {
        let refused = world.wait(part.id).await;
        assert!(matches!(refused, Err(ApiError::Busy(_))), "{refused:?}");
        assert_eq!(world.store.committed(), 2);
        world.fulfil(1, part.id);
    });
    assert_eq!(paid.unwrap().status(), StatusKind::Complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_refuses_new_work_and_sends_waiters_away() {
    let world = World::new().await;
    let part = world.part(1, 1_000, 1_000).await;
    let (waited, ()) = tokio::join!(world.wait(part.id), world.engine.close());
    assert_eq!(waited, Err(ApiError::ShuttingDown));
    assert_eq!(world.send(2, 400, 1_000).await, Err(ApiError::ShuttingDown));
    let world = world.restart().await;
    world.fulfil(1, part.id);
    world.wait(part.id).await.unwrap();
}

/// `sendpay` may deliver more than was asked for; what was asked for is what is shown.
#[tokio::test(flavor = "multi_thread")]
async fn sendpay_keeps_what_was_asked_for() {
    let world = World::new().await;
    let mut request = whole(1, 1_010);
    request.msatoshi = Some(msat(1_000));
    match world.engine.send_pay(request).await.unwrap() {
        Paying::InProgress(payment) => assert_eq!(payment.terms.requested, msat(1_000)),
        other @ Paying::AlreadyComplete(_) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_that_is_dropped_leaves_nothing_running() {
    let World { node, engine, .. } = World::new().await;
    drop(engine);
    soon(async {
        while Arc::strong_count(&node) > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_say_where_the_next_page_starts() {
    let world = World::new().await;
    for n in 1..=5 {
        world.part(n, 400, 1_000).await;
    }
    let page = |start, limit| {
        let filter = PartFilter {
            start,
            limit,
            ..PartFilter::default()
        };
        world.engine.list_partial_payments(filter)
    };
    let first = page(None, 3).await.unwrap();
    assert_eq!((first.rows.len(), first.next), (3, Some(4)));
    let last = page(Some(PartId(4)), 3).await.unwrap();
    assert_eq!((last.rows.len(), last.next), (2, None));
    assert!(
        last.rows
            .iter()
            .all(|row| matches!(row, Listed::Sound(row) if row.part.is_live()))
    );
    let payments = world.engine.list_payments(PaymentFilter {
        limit: 3,
        ..PaymentFilter::default()
    });
    let first = payments.await.unwrap();
    assert_eq!((first.rows.len(), first.next), (3, Some(4)));
}
