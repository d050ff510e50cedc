//! Orders, and storage that fails.

use crate::scene::{Scene, pay};
use crate::support::soon;
use domain::contract::samples::{hash, msat};
use domain::{ApiError, NoPlan, PaymentApi, Why};
use sim::{Fault, Trick};
use std::time::Duration;

#[tokio::test]
async fn storage_that_fails_between_the_parts_of_a_plan_sends_nothing_twice() {
    for fault in [
        Fault::ErrorButWritten,
        Fault::ErrorAndLost,
        Fault::Unavailable,
        Fault::Conflict,
    ] {
        let scene = Scene::new().await;
        scene.finder.hold(true);
        scene.open().await;
        soon(scene.finder.was_asked(1)).await;
        scene.store.fault(fault);
        scene.finder.hold(false);
        soon(async {
            while scene.payment().await.summary().tally.committed() < msat(1_000) {
                scene.clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        })
        .await;
        scene.is_sound().await;
        assert!(
            scene.payment().await.summary().tally.fees() <= msat(10_000),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn an_order_that_storage_kept_in_error_is_carried_out() {
    let scene = Scene::new().await;
    scene.store.fault(Fault::ErrorButWritten);
    let unknown = scene.engine.pay(pay()).await.unwrap_err();
    assert!(
        matches!(unknown, ApiError::OpeningUnknown(_)),
        "{unknown:?}"
    );
    scene.sent(2).await;
    scene.is_sound().await;
}

#[tokio::test]
async fn whoever_waits_is_told_of_a_close_that_storage_kept_in_error() {
    let scene = Scene::new().await;
    scene.finder.hold(true);
    let waiting = scene.engine.pay(pay());
    let abandoning = async {
        soon(scene.finder.was_asked(1)).await;
        scene.store.fault(Fault::ErrorButWritten);
        let unknown = scene.engine.abandon_pay(hash(1)).await.unwrap_err();
        scene.finder.hold(false);
        unknown
    };
    let (ended, unknown) = tokio::join!(soon(waiting), abandoning);
    assert!(
        matches!(unknown, ApiError::ClosingUnknown(_)),
        "{unknown:?}"
    );
    assert!(matches!(ended, Err(ApiError::OrderFailed(_))), "{ended:?}");

    let scene = Scene::new().await;
    for _ in 0..2 {
        scene.finder.trick(Trick::None(NoPlan::Unreachable));
    }
    scene.finder.hold(true);
    let closing = async {
        soon(scene.finder.was_asked(1)).await;
        scene.store.fault(Fault::ErrorButWritten);
        scene.finder.hold(false);
        assert_eq!(scene.closed().await, Why::NoRoute(NoPlan::Unreachable));
        scene.clock.advance(Duration::from_secs(1));
    };
    let (ended, ()) = tokio::join!(soon(scene.engine.pay(pay())), closing);
    assert!(matches!(ended, Err(ApiError::OrderFailed(_))), "{ended:?}");
    scene.is_sound().await;
}

/// Rule A-14: the order is stored, so nobody who waits is told that nothing changed.
#[tokio::test]
async fn whoever_cannot_be_told_the_end_of_a_stored_order_is_told_that_it_goes_on() {
    let scene = Scene::new().await;
    let stopping = async {
        scene.sent(2).await;
        scene.engine.close().await;
    };
    let (told, ()) = tokio::join!(soon(scene.engine.pay(pay())), stopping);
    assert!(matches!(told, Err(ApiError::OrderGoesOn(_))), "{told:?}");

    let scene = Scene::new().await;
    scene.finder.hold(true);
    let reading = async {
        soon(scene.finder.was_asked(1)).await;
        scene.store.set_read_fails(hash(1), true);
        scene.finder.hold(false);
        scene.sent(2).await;
        for part in [1, 2] {
            scene.fulfil(part);
        }
    };
    let (told, ()) = tokio::join!(soon(scene.engine.pay(pay())), reading);
    assert!(matches!(told, Err(ApiError::OrderGoesOn(_))), "{told:?}");
    scene.store.set_read_fails(hash(1), false);
    scene.is_sound().await;
}

/// Nothing was written, and the caller is told so.
#[tokio::test]
async fn a_close_that_storage_did_not_keep_changed_nothing() {
    let scene = Scene::new().await;
    scene.open().await;
    scene.sent(2).await;
    scene.store.fault(Fault::Unavailable);
    let refused = scene.engine.abandon_pay(hash(1)).await.unwrap_err();
    assert!(
        matches!(refused, ApiError::StorageUnavailable(_)),
        "{refused:?}"
    );
    assert!(scene.payment().await.order().unwrap().is_open());
    scene.is_sound().await;
}
