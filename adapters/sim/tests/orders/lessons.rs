//! What ended parts show about channels is told to the finder: once, and once more after a restart.

use crate::scene::Scene;
use crate::support::soon;
use domain::contract::samples::{hash, msat, route, secret};
use domain::{Bound, DirectedChannel, Extras, Held, Lesson, Msat, PaymentApi, SendPartialPay};
use std::time::Duration;

/// The channel beyond ours on the usual way.
fn beyond() -> DirectedChannel {
    let route = route(500);
    let (channel, _) = route.beyond_first().next().unwrap();
    channel
}

fn could_not(amount: u64) -> Lesson {
    Lesson {
        bounds: vec![Bound {
            channel: beyond(),
            at_least: Msat::ZERO,
            below: Some(msat(amount)),
        }],
        ..Lesson::default()
    }
}

fn moved(amount: u64) -> Lesson {
    Lesson {
        moved: vec![Held {
            channel: beyond(),
            amount: msat(amount),
        }],
        ..Lesson::default()
    }
}

/// Half of a payment, over the usual way.
fn half(payment: u64) -> SendPartialPay {
    SendPartialPay {
        route: route(500),
        payment_hash: hash(payment),
        intended: msat(1_000),
        extras: Extras {
            secret: Some(secret(payment)),
            ..Extras::default()
        },
        request_id: None,
    }
}

/// An order of which one part fails and three are paid, and what the finder is told of them.
async fn taught() -> (Scene, Vec<Lesson>) {
    let scene = Scene::new().await;
    scene.open().await;
    scene.sent(2).await;
    scene.fail_between(1, 1);
    scene.sent(4).await;
    for part in [2, 3, 4] {
        scene.fulfil(part);
        soon(scene.finder.was_taught(part.try_into().unwrap())).await;
    }
    (
        scene,
        vec![could_not(500), moved(500), moved(250), moved(250)],
    )
}

fn told(scene: &Scene) -> Vec<Lesson> {
    let lessons = scene.finder.lessons().into_iter();
    lessons.map(|(lesson, _)| lesson).collect()
}

#[tokio::test]
async fn each_part_that_ends_is_told_once() {
    let (scene, lessons) = taught().await;
    assert_eq!(told(&scene), lessons);
    scene.fulfil(2);
    scene.ended().await.unwrap();
    assert_eq!(told(&scene), lessons);
    scene.is_sound().await;
}

/// What is learnt is everybody's.
#[tokio::test]
async fn a_part_of_sendpartialpay_teaches_too() {
    let scene = Scene::new().await;
    scene.engine.send_partial_pay(half(1)).await.unwrap();
    scene.sent(1).await;
    scene.fail_between(1, 1);
    soon(scene.finder.was_taught(1)).await;
    assert_eq!(told(&scene), [could_not(500)]);
}

#[tokio::test]
async fn after_a_restart_what_ended_in_the_last_hour_is_told_again_with_its_time() {
    let (scene, lessons) = taught().await;
    let before = scene.finder.lessons();
    scene.clock.advance(Duration::from_secs(3_600));
    let scene = scene.restart().await;
    soon(scene.finder.was_taught(8)).await;
    assert_eq!(scene.finder.lessons()[4..], before);
    assert_eq!(told(&scene)[4..], lessons);
    scene.is_sound().await;
}

#[tokio::test]
async fn what_ended_before_the_last_hour_is_not_told_again() {
    let (scene, _) = taught().await;
    scene.clock.advance(Duration::from_secs(3_601));
    let scene = scene.restart().await;
    // Its own part is told after what was recalled, if anything was.
    scene.engine.send_partial_pay(half(2)).await.unwrap();
    scene.sent(5).await;
    scene.fail_between(5, 2);
    soon(scene.finder.was_taught(5)).await;
    assert_eq!(told(&scene)[4..], [could_not(500)]);
}
