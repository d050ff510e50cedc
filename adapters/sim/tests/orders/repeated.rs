//! A request of an order that has failed, repeated.

use crate::scene::{Scene, pay};
use crate::support::soon;
use domain::contract::samples::hash;
use domain::{ApiError, Pay, PaymentApi, RequestId, StatusKind};
use std::time::Duration;

/// Rule B-9. A second order fails with other parts: it changes nothing of what is said of the first.
#[tokio::test]
async fn a_repeated_request_is_told_the_part_that_its_order_failed_with() {
    let scene = Scene::new().await;
    let keyed = |key| Pay {
        request_id: RequestId::new(key).ok(),
        ..pay()
    };
    let mut told = Vec::new();
    for (key, sent, parts) in [("once", 2, [1, 2]), ("again", 4, [3, 4])] {
        scene.clock.advance(Duration::from_secs(1));
        let failing = async {
            scene.sent(sent).await;
            scene.engine.abandon_pay(hash(1)).await.unwrap();
            for part in parts {
                scene.fail(part);
            }
        };
        let (first, ()) = tokio::join!(soon(scene.engine.pay(keyed(key))), failing);
        let Err(ApiError::OrderFailed(first)) = first else {
            panic!("{first:?}");
        };
        let last = first.last_failed.as_ref().map(|part| part.id.0);
        assert!(last.is_some_and(|last| parts.contains(&last)), "{last:?}");
        told.push(first);
    }
    for (key, first) in ["once", "again"].into_iter().zip(&told) {
        let repeated = soon(scene.engine.pay(keyed(key))).await;
        let Err(ApiError::OrderFailed(repeated)) = repeated else {
            panic!("{repeated:?}");
        };
        assert_eq!(
            (&repeated.order, &repeated.last_failed),
            (&first.order, &first.last_failed)
        );
    }
    scene.is_sound().await;
}

/// Rule B-9, of an order that was closed while parts of it were in flight.
#[tokio::test]
async fn a_repeated_request_waits_as_long_as_its_caller_says() {
    let scene = Scene::new().await;
    let keyed = || Pay {
        request_id: RequestId::new("once").ok(),
        timeout: Some(Duration::ZERO),
        ..pay()
    };
    scene.engine.pay(keyed()).await.unwrap();
    scene.sent(2).await;
    scene.engine.abandon_pay(hash(1)).await.unwrap();
    let again = soon(scene.engine.pay(keyed())).await.unwrap();
    assert_eq!(again.payment.status(), StatusKind::Pending);
    for part in [1, 2] {
        scene.fail(part);
    }
    soon(scene.engine.wait_payment(hash(1), None))
        .await
        .unwrap();
    let failed = soon(scene.engine.pay(keyed())).await;
    assert!(
        matches!(failed, Err(ApiError::OrderFailed(_))),
        "{failed:?}"
    );
    scene.is_sound().await;
}

/// Rule B-9: with the part that says why.
#[tokio::test]
async fn a_repeated_request_is_told_why_the_payee_refused_as_the_first_one_was() {
    let scene = Scene::new().await;
    let keyed = || Pay {
        request_id: RequestId::new("once").ok(),
        ..pay()
    };
    let refusing = async {
        scene.sent(2).await;
        for part in [1, 2] {
            scene.refuse(part);
        }
    };
    let (first, ()) = tokio::join!(soon(scene.engine.pay(keyed())), refusing);
    let Err(ApiError::OrderFailed(told)) = &first else {
        panic!("{first:?}");
    };
    assert!(told.last_failed.is_some(), "{told:?}");
    let again = soon(scene.engine.pay(keyed())).await;
    assert_eq!(again, first);
    scene.is_sound().await;
}
