//! Orders that wait for who is away.

use crate::scene::{Scene, pay};
use crate::support::soon;
use domain::contract::samples::{invoice, msat};
use domain::{NoPlan, Pay, PaymentApi, Why};
use sim::Trick;
use std::time::Duration;

/// The order is open after a while, and sends something once whoever was away is back.
async fn goes_on_once(scene: &Scene, back: impl FnOnce()) {
    for _ in 0..3 {
        scene.clock.advance(Duration::from_secs(5));
        tokio::task::yield_now().await;
    }
    assert!(scene.payment().await.order().unwrap().is_open());
    back();
    soon(async {
        while scene.node.ledger().is_empty() {
            scene.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    })
    .await;
    scene.is_sound().await;
}

#[tokio::test]
async fn a_finder_or_a_node_that_is_away_is_not_no_way() {
    let scene = Scene::new().await;
    let away = NoPlan::Away("simulated".into());
    scene.finder.trick(Trick::None(away));
    scene.open().await;
    soon(scene.finder.was_asked(1)).await;
    scene.funds.set_away(true);
    goes_on_once(&scene, || scene.funds.set_away(false)).await;
}

/// As right after a restart of the node, when no peer has come back yet.
#[tokio::test]
async fn peers_that_are_away_are_not_no_way_for_half_a_minute() {
    let scene = Scene::new().await;
    scene.funds.set_peer_away(true);
    scene.open().await;
    soon(scene.finder.was_asked(2)).await;
    goes_on_once(&scene, || scene.funds.set_peer_away(false)).await;

    let scene = Scene::new().await;
    scene.funds.set_peer_away(true);
    scene.open().await;
    let began = scene.payment().await.order().unwrap().opened_at;
    let (why, at) = soon(async {
        loop {
            let payment = scene.payment().await;
            match payment.order().unwrap().closed.clone() {
                Some(closed) => return (closed.why, closed.at),
                None => scene.clock.advance(Duration::from_millis(100)),
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let spendable = msat(0);
    assert_eq!(why, Why::NoRoute(NoPlan::NoFunds { spendable }));
    assert!(at >= began.after(Duration::from_secs(30)), "{at:?}");
    scene.is_sound().await;
}

/// An order that waits asks nobody and wakes nobody.
#[tokio::test]
async fn orders_that_wait_cost_no_polling() {
    let scene = Scene::new().await;
    let many = 200;
    for n in 1..=many {
        let pay = Pay {
            invoice: invoice(n),
            timeout: Some(Duration::ZERO),
            ..pay()
        };
        scene.engine.pay(pay).await.unwrap();
    }
    scene.sent(usize::try_from(2 * many).unwrap()).await;
    let asked = scene.finder.requests().len();
    let sleeps = scene.clock.sleeps();
    for _ in 0..50 {
        scene.clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.finder.requests().len(), asked);
    assert!(
        scene.clock.sleeps() - sleeps <= many,
        "at most its deadline"
    );
}

/// One of them asks again after longer and longer pauses; when it is answered, all go on.
#[tokio::test]
async fn orders_that_wait_for_a_node_ask_it_in_turn_and_go_on_together() {
    let scene = Scene::new().await;
    scene.funds.set_away(true);
    let many = 100;
    for n in 1..=many {
        let pay = Pay {
            invoice: invoice(n),
            retry_for: Duration::from_secs(3_600),
            timeout: Some(Duration::ZERO),
            ..pay()
        };
        scene.engine.pay(pay).await.unwrap();
    }
    let many = usize::try_from(many).unwrap();
    let asked = || scene.funds.asked();
    soon(async {
        while asked() < many {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let second = || async {
        scene.clock.advance(Duration::from_secs(1));
        for _ in 0..3 * many {
            tokio::task::yield_now().await;
        }
    };
    for _ in 0..300 {
        second().await;
    }
    assert!((1..30).contains(&(asked() - many)), "{}", asked());
    scene.funds.set_away(false);
    let before = asked();
    while asked() == before {
        second().await;
    }
    scene.sent(2 * many).await;
    scene.is_sound().await;
}
