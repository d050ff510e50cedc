//! Whoever pays is told what became of the order that was opened or joined, and of no other.

use crate::scene::{Scene, pay};
use crate::support::soon;
use domain::contract::samples::{hash, msat};
use domain::{ApiError, FailedOrder, NoPlan, Pay, PaymentApi, RequestId, StatusKind, Why};
use futures::poll;
use sim::Trick;
use std::pin::pin;
use std::time::Duration;

/// Opens an order and waits for its end; meanwhile that order is abandoned, and another caller opens the next
/// one. What the first caller is told then.
async fn overtaken(scene: &Scene, first: Pay) -> Box<FailedOrder> {
    scene.finder.hold(true);
    let mut waiting = pin!(scene.engine.pay(first));
    while scene.engine.get_info().await.unwrap().waiters == 0 {
        assert!(poll!(waiting.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    scene.engine.abandon_pay(hash(1)).await.unwrap();
    let next = Pay {
        max_fee: msat(20_000),
        timeout: Some(Duration::ZERO),
        ..pay()
    };
    let next = scene.engine.pay(next).await.unwrap();
    assert_eq!(next.payment.status(), StatusKind::Pending);
    match soon(waiting).await {
        Err(ApiError::OrderFailed(failed)) => failed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_waits_is_told_of_the_own_order_although_another_is_open_by_now() {
    let scene = Scene::new().await;
    let failed = overtaken(&scene, pay()).await;
    assert_eq!(failed.order.terms.max_fee, pay().max_fee);
    assert_eq!(failed.order.closed.unwrap().why, Why::Abandoned);
    assert_eq!(failed.payment.status(), StatusKind::Pending);
    let last = scene.payment().await.order().unwrap().clone();
    assert!(last.is_open() && last.id != failed.order.id);
    scene.is_sound().await;
}

/// Rule B-9.
#[tokio::test]
async fn a_request_is_told_of_the_order_that_it_has_opened_while_it_waits_and_later() {
    let scene = Scene::new().await;
    let keyed = Pay {
        request_id: RequestId::new("once").ok(),
        ..pay()
    };
    let failed = overtaken(&scene, keyed.clone()).await;
    match soon(scene.engine.pay(keyed)).await {
        Err(ApiError::OrderFailed(again)) => assert_eq!(again.order, failed.order),
        other => panic!("{other:?}"),
    }
    scene.is_sound().await;
}

/// Rule B-7.
#[tokio::test]
async fn no_way_for_an_order_that_was_abandoned_does_not_close_the_next_one() {
    let scene = Scene::new().await;
    scene.finder.trick(Trick::NoneAtOnce(NoPlan::Unreachable));
    scene.finder.trick(Trick::None(NoPlan::Unreachable));
    scene.finder.hold(true);
    scene.open().await;
    soon(scene.finder.was_asked(2)).await;
    scene.engine.abandon_pay(hash(1)).await.unwrap();
    let next = Pay {
        max_fee: msat(20_000),
        timeout: Some(Duration::ZERO),
        ..pay()
    };
    scene.engine.pay(next).await.unwrap();
    scene.finder.hold(false);
    soon(scene.finder.was_asked(3)).await;
    scene.sent(2).await;
    let requests = scene.finder.requests();
    assert_eq!(requests[2].max_fee, msat(20_000));
    assert!(!requests[2].relaxed, "it is asked for the first time");
    assert!(scene.payment().await.order().unwrap().is_open());
    scene.is_sound().await;
}
