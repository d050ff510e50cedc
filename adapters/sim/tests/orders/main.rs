//! Open orders in the engine: finders that lie, lag, leave and have no way; nodes and storage that
//! fail; and restarts in between.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod away;
mod lessons;
mod own;
mod repeated;
mod scene;
mod storage;
#[path = "../support/mod.rs"]
mod support;

use domain::contract::samples::{hash, msat};
use domain::{ApiError, NoPlan, Pay, PaymentApi, RequestId, StatusKind, Why};
use scene::{Scene, pay};
use sim::{Lapse, Trick};
use std::time::Duration;
use support::soon;

#[tokio::test]
async fn an_order_is_paid_in_parts_and_what_fails_is_replaced() {
    let scene = Scene::new().await;
    scene.open().await;
    scene.sent(2).await;
    scene.fail(2);
    scene.sent(4).await;
    assert_eq!(scene.finder.requests()[1].amount, msat(500));
    assert_eq!(scene.payment().await.status(), StatusKind::Pending);
    for part in [1, 3, 4] {
        scene.fulfil(part);
    }
    let paid = scene.ended().await.unwrap();
    assert_eq!(paid.payment.status(), StatusKind::Complete);
    assert_eq!((paid.parts.len(), paid.fee()), (4, msat(3_000)));
    assert_eq!(scene.closed().await, Why::Paid);
    scene.is_sound().await;
}

/// Rule B-11: nothing of such a plan is sent.
#[tokio::test]
async fn a_finder_that_lies_wastes_time_and_never_money() {
    let lies = [
        Trick::TooMuch,
        Trick::TooLittle,
        Trick::SomebodyElse,
        Trick::NotOurs,
    ];
    for lie in lies {
        let scene = Scene::new().await;
        scene.finder.trick(lie.clone());
        scene.open().await;
        soon(scene.finder.was_asked(1)).await;
        soon(async {
            while scene.clock.sleeps() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(scene.node.ledger().is_empty(), "{lie:?}");
        scene.clock.advance(Duration::from_secs(1));
        scene.sent(2).await;
        scene.is_sound().await;
    }
}

#[tokio::test]
async fn no_way_and_nothing_in_flight_ends_the_order_after_one_more_try() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        scene.finder.trick(Trick::None(NoPlan::Unreachable));
    }
    let refused = scene.ended().await.unwrap_err();
    let ApiError::OrderFailed(failed) = refused else {
        panic!("{refused:?}");
    };
    let why = failed.order.closed.unwrap().why;
    assert_eq!(why, Why::NoRoute(NoPlan::Unreachable));
    let relaxed: Vec<bool> = scene.finder.requests().iter().map(|r| r.relaxed).collect();
    assert_eq!(relaxed, [false, true]);
    assert_eq!(scene.payment().await.status(), StatusKind::Failed);
    scene.is_sound().await;
}

#[tokio::test]
async fn no_way_while_a_part_is_in_flight_waits_for_its_end() {
    let scene = Scene::new().await;
    scene.open().await;
    scene.sent(2).await;
    scene.finder.trick(Trick::None(NoPlan::Unreachable));
    scene.fail(1);
    soon(scene.finder.was_asked(2)).await;
    assert!(scene.payment().await.order().unwrap().is_open());
    scene.fail(2);
    scene.sent(4).await;
    assert_eq!(scene.finder.requests()[2].amount, msat(1_000));
    scene.is_sound().await;
}

#[tokio::test]
async fn a_plan_that_comes_after_the_order_was_abandoned_is_thrown_away() {
    let scene = Scene::new().await;
    scene.finder.hold(true);
    scene.open().await;
    soon(scene.finder.was_asked(1)).await;
    let left = scene.engine.abandon_pay(hash(1)).await.unwrap();
    assert_eq!(left.status(), StatusKind::Failed, "nothing was out");
    scene.finder.hold(false);
    let again = scene.engine.abandon_pay(hash(1)).await.unwrap();
    assert_eq!(again, left);
    tokio::task::yield_now().await;
    assert!(scene.node.ledger().is_empty());
    scene.is_sound().await;
}

/// Whatever is not known counts as in flight.
#[tokio::test]
async fn an_order_is_resumed_after_its_parts_were_looked_up_and_plans_only_the_rest() {
    let scene = Scene::new().await;
    scene.node.lapse(Lapse::AnswerLost);
    scene.open().await;
    scene.sent(2).await;
    let scene = scene.restart().await;
    scene
        .finder
        .trick(Trick::None(NoPlan::Away("simulated".into())));
    scene.fail(2);
    soon(scene.finder.was_asked(2)).await;
    let scene = scene.restart().await;
    scene.sent(4).await;
    let last = scene.finder.requests().pop().unwrap();
    assert_eq!((last.amount, last.max_fee), (msat(500), msat(9_000)));
    for part in [1, 3, 4] {
        scene.fulfil(part);
    }
    assert_eq!(scene.ended().await.unwrap().fee(), msat(3_000));
    scene.is_sound().await;
}

#[tokio::test]
async fn the_deadline_is_the_first_one_however_often_the_daemon_was_restarted() {
    let scene = Scene::new().await;
    scene.open().await;
    scene.sent(2).await;
    scene.clock.advance(Duration::from_secs(40));
    let scene = scene.restart().await;
    scene.clock.advance(Duration::from_secs(20));
    assert_eq!(scene.closed().await, Why::Deadline);
    assert_eq!(
        scene.payment().await.status(),
        StatusKind::Pending,
        "two parts are out"
    );
    let refused = scene.engine.pay(pay()).await.unwrap_err();
    assert!(matches!(refused, ApiError::Refused(_)), "{refused:?}");
    for part in [1, 2] {
        scene.fail(part);
    }
    soon(scene.engine.wait_payment(hash(1), None))
        .await
        .unwrap();
    assert_eq!(
        scene.finder.requests().len(),
        1,
        "no part after the deadline"
    );
    scene.is_sound().await;
}

/// Rule B-9.
#[tokio::test]
async fn the_same_request_is_the_same_order_and_others_join_it() {
    let scene = Scene::new().await;
    let keyed = |timeout| Pay {
        request_id: RequestId::new("once").ok(),
        timeout,
        ..pay()
    };
    let now = Some(Duration::ZERO);
    scene.engine.pay(keyed(now)).await.unwrap();
    scene.sent(2).await;
    let again = scene.engine.pay(keyed(now)).await.unwrap();
    assert_eq!(
        again.order.unwrap().id,
        scene.payment().await.order().unwrap().id
    );
    for part in [1, 2] {
        scene.fulfil(part);
    }
    let (one, other) = tokio::join!(scene.ended(), soon(scene.engine.pay(keyed(None))));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(scene.finder.requests().len(), 1);
    scene.is_sound().await;
}
