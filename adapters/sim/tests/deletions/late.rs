//! A proof that comes after its payment was deleted.

use super::{alarms, delete, fail, shown};
use crate::support::{World, accepted, failed_code, partial, soon, whole};
use domain::contract::samples::hash;
use domain::{ApiError, LoadError, PaymentApi, PaymentStore, Refusal, Tombstone};
use sim::Fault;

/// Rule A-10: its node had called it failed, and yet it was paid.
#[tokio::test(flavor = "multi_thread")]
async fn late_proof_for_a_failed_payment_that_was_deleted_refuses_its_hash_for_ever() {
    let mut world = World::new().await;
    let lost = fail(&world, 1).await;
    delete(&world, 1).await.unwrap();
    // As often as storage takes to keep it.
    world.store.fault(Fault::Unavailable);
    world.store.fault(Fault::ErrorAndLost);
    world.fulfil(1, lost);
    world.alarmed().await;
    let tombstone = Tombstone {
        payment_hash: hash(1),
        payment: None,
        deleted_at: match world.store.load(hash(1)).await {
            Err(LoadError::Deleted(tombstone)) => tombstone.deleted_at,
            other => panic!("{other:?}"),
        },
    };
    for _ in 0..2 {
        let refused = Refusal::PaidBefore(tombstone);
        let refused = || Some(ApiError::Refused(refused.clone()));
        assert_eq!(world.send(1, 1_000, 1_000).await.err(), refused());
        let paying = world.engine.send_pay(whole(1, 5)).await;
        assert_eq!(paying.err(), refused());
        let check = partial(1, 1_000, 1_000);
        assert_eq!(world.engine.check_partial_pay(check).await.err(), refused());
        let waited = soon(world.engine.wait_send_pay(hash(1), None)).await;
        assert_eq!(waited, Err(ApiError::PaymentDeleted(tombstone)));
        assert_eq!((world.htlcs(), shown(&world).await), (1, (0, 0)));
        world = world.restart().await;
    }
    // Told again, it is nothing new.
    world.fulfil(1, lost);
    world.heard(3).await;
    assert_eq!(alarms(&world).await, 0);
}

/// The same, when it is being paid anew by then.
#[tokio::test(flavor = "multi_thread")]
async fn late_proof_for_a_part_that_was_deleted_stops_the_payment_that_was_made_anew() {
    let world = World::new().await;
    let lost = fail(&world, 1).await;
    delete(&world, 1).await.unwrap();
    let anew = accepted(world.send(1, 400, 1_000).await).id;
    world.sent(2).await;
    world.fulfil(1, lost);
    world.alarmed().await;
    let refused = world.send(1, 600, 1_000).await;
    let Err(ApiError::Refused(Refusal::Quarantined { reason, .. })) = &refused else {
        panic!("{refused:?}");
    };
    let named = format!("node alice fulfilled part {lost} of it");
    assert!(reason.contains(&named), "{reason}");
    // What is out ends as it does.
    world.fail(1, anew);
    assert_eq!(failed_code(&world.wait(anew).await), 204);
    // Told again, it is nothing new.
    world.fulfil(1, lost);
    world.heard(4).await;
    assert_eq!((alarms(&world).await, world.htlcs()), (1, 2));
}
