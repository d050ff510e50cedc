//! One payment in trouble: what it may not do to the others, and what may not be forgotten of it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::{failure, hash};
use domain::{
    ApiError, Engine, Listed, NodeIdentity, NodePorts, Outcome, PaymentApi, PaymentFilter,
    PaymentStore, Policy, Ports, Refusal, StartError, StatusKind,
};
use futures::poll;
use sim::{SimClock, SimNode, SimStore, TestSpawner};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use support::{World, failed_code, keyed, name, soon};

#[tokio::test(flavor = "multi_thread")]
async fn slow_waiter_that_leaves_takes_nobody_with_it() {
    let world = World::new().await;
    let one = world.part(1, 1_000, 1_000).await;
    // One waits, and is not looked at again for a while.
    let mut slow = Box::pin(world.engine.wait_send_pay(hash(1), None));
    assert!(poll!(&mut slow).is_pending());
    world.fail(1, one.id);
    assert_eq!(failed_code(&world.wait(one.id).await), 204);
    // The payment is tried again, and another waits for that.
    let two = world.part(1, 1_000, 1_000).await;
    let mut other = pin!(world.engine.wait_send_pay(hash(1), None));
    assert!(poll!(&mut other).is_pending());
    drop(slow);
    let now = poll!(&mut other);
    assert!(matches!(now, Poll::Pending), "it is told {now:?}");
    world.fulfil(1, two.id);
    assert_eq!(soon(other).await.unwrap().status(), StatusKind::Complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_for_a_part_of_a_damaged_payment_ends() {
    let world = World::new().await;
    let part = world.part(1, 400, 1_000).await;
    world.store.damage(hash(1), "A-1: test");
    let world = world.restart().await;
    let waited = world.wait(part.id).await;
    assert!(
        matches!(waited, Err(ApiError::Quarantined { .. })),
        "{waited:?}"
    );
}

/// What calls are told of a damaged payment, the list says too, and the alarm is raised once.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_payment_is_marked_in_the_list() {
    let world = World::new().await;
    world.part(1, 400, 1_000).await;
    world.store.damage(hash(1), "A-1: test");
    let world = world.restart().await;
    for _ in 0..3 {
        let refused = world.send(1, 100, 1_000).await;
        assert!(matches!(refused, Err(ApiError::Quarantined { .. })));
    }
    let filter = PaymentFilter {
        limit: 10,
        ..PaymentFilter::default()
    };
    let listed = world.engine.list_payments(filter).await.unwrap().rows;
    let [Listed::Sound(payment)] = &listed[..] else {
        panic!("{listed:?}");
    };
    assert_eq!(payment.quarantine.as_deref(), Some("A-1: test"));
    world.alarmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_knows_the_keys_that_were_used() {
    let world = World::new().await;
    support::accepted(
        world
            .engine
            .send_partial_pay(keyed(1, 1_000, 1_000, "k"))
            .await,
    );
    let check = |request| world.engine.check_partial_pay(request);
    assert_eq!(check(keyed(1, 1_000, 1_000, "k")).await, Ok(()));
    let reused = check(keyed(1, 999, 1_000, "k")).await;
    assert!(matches!(
        reused,
        Err(ApiError::Refused(Refusal::RequestReused { .. }))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcome_that_storage_refuses_holds_up_no_other() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 1_000, 1_000).await,
        world.part(2, 1_000, 1_000).await,
    );
    world.sent(2).await;
    world.store.refuse(hash(1), "A-1: test");
    world.fulfil(1, one.id);
    world.fulfil(2, two.id);
    world.completes(two.id).await;
    assert!(matches!(
        world.poll(one.id).await,
        Err(ApiError::TimedOut(_))
    ));
    assert_eq!(world.store.cursor(name("alice")).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcome_that_cannot_be_stored_yet_holds_up_no_other() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 1_000, 1_000).await,
        world.part(2, 1_000, 1_000).await,
    );
    world.sent(2).await;
    let world = world.restart().await;
    // After a restart that has taken charge of both: one of them cannot be written.
    for _ in 0..64 {
        world.store.fault(sim::Fault::Unavailable);
    }
    world.fulfil(1, one.id);
    world.fulfil(2, two.id);
    world.completes(two.id).await;
    world.completes(one.id).await;
    // And then the node may forget them, though it has nothing more to tell.
    world.heard(2).await;
}

/// The node must tell it again after a restart, though the wait for storage is over.
#[tokio::test(flavor = "multi_thread")]
async fn outcome_that_waited_and_is_refused_in_the_end_is_told_again() {
    let world = World::new().await;
    let (one, two) = (
        world.part(1, 1_000, 1_000).await,
        world.part(2, 1_000, 1_000).await,
    );
    world.sent(2).await;
    for _ in 0..10_000 {
        world.store.fault(sim::Fault::Unavailable);
    }
    world.fulfil(1, one.id);
    soon(async {
        // More often than it is tried before it waits by itself.
        while world.clock.sleeps() < 8 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    world.store.refuse(hash(1), "A-1: test");
    world.alarmed().await;
    world.store.clear_faults();
    world.fulfil(2, two.id);
    world.completes(two.id).await;
    assert_eq!(world.store.cursor(name("alice")).await, Ok(None));
}

/// Eight times it is decided again at once; then it waits, for something may be wrong.
#[tokio::test(flavor = "multi_thread")]
async fn outcome_in_conflict_is_decided_again_at_once_but_not_for_ever() {
    let world = World::with_slow_time().await;
    let (one, two) = (
        world.part(1, 1_000, 1_000).await,
        world.part(2, 1_000, 1_000).await,
    );
    world.sent(2).await;
    for _ in 0..8 {
        world.store.fault(sim::Fault::Conflict);
    }
    world.fulfil(1, one.id);
    world.completes(one.id).await;
    for _ in 0..9 {
        world.store.fault(sim::Fault::Conflict);
    }
    world.fulfil(2, two.id);
    world.slept().await;
    world.clock.advance(Policy::default().backoff.0);
    world.completes(two.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_part_of_a_new_payment_needs_no_read() {
    let world = World::new().await;
    world.store.set_reads_fail(true);
    world.part(1, 1_000, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keyed_request_for_a_payment_that_cannot_be_read_is_in_doubt() {
    let world = World::new().await;
    let one = world.part(1, 400, 1_000).await;
    world.fail(1, one.id);
    assert_eq!(failed_code(&world.wait(one.id).await), 204);
    // After a restart nobody has the payment in memory.
    let world = world.restart().await;
    world.store.set_read_fails(hash(1), true);
    let keyed = world.engine.send_partial_pay(keyed(1, 400, 1_000, "k"));
    assert!(matches!(keyed.await, Err(ApiError::StorageUnknown(_))));
    let other = world.send(1, 400, 1_000).await;
    assert!(
        matches!(other, Err(ApiError::StorageUnavailable(_))),
        "{other:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_need_not_be_told_again() {
    let world = World::new().await;
    let one = world.part(1, 1_000, 1_000).await;
    world.fulfil(1, one.id);
    world.completes(one.id).await;
    world.heard(1).await;
    // There is nothing to store.
    world.fulfil(1, one.id);
    world.heard(2).await;
    let (two, three) = (
        world.part(2, 1_000, 1_000).await,
        world.part(3, 1_000, 1_000).await,
    );
    world.fulfil(2, two.id);
    world.fulfil(3, three.id);
    world.heard(4).await;
}

/// The cursor stays before what could not be stored, whatever comes after it: else the node
/// forgets the outcome, and nobody can ever tell it again.
#[tokio::test(flavor = "multi_thread")]
async fn outcome_of_a_damaged_payment_is_heard_again_when_it_is_mended() {
    let world = World::new().await;
    let one = world.part(1, 1_000, 1_000).await;
    world.sent(1).await;
    world.store.damage(hash(1), "A-1: test");
    let mut world = world.restart().await;
    world.fulfil(1, one.id);
    for n in 2..6 {
        world.pay(n).await;
    }
    world = world.restart().await;
    world.store.mend(hash(1));
    world = world.restart().await;
    world.completes(one.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_preimage_is_heard_again_after_a_restart() {
    let world = World::new().await;
    let one = world.part(1, 1_000, 1_000).await;
    world.node.say(one.id, hash(1), Outcome::Fulfilled([9; 32]));
    for n in 2..6 {
        world.pay(n).await;
    }
    assert_eq!(world.store.cursor(name("alice")).await, Ok(None));
    let world = world.restart().await;
    world.alarmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keyed_request_in_doubt_is_never_told_that_nothing_was_sent() {
    let world = World::with_slow_time().await;
    let request = || world.engine.send_partial_pay(keyed(1, 400, 1_000, "k"));
    world.store.fault(sim::Fault::ErrorButWritten);
    world.store.set_read_fails(hash(1), true);
    assert!(matches!(request().await, Err(ApiError::StorageUnknown(_))));
    world.slept().await;
    world.store.set_reads_fail(true);
    assert!(matches!(request().await, Err(ApiError::StorageUnknown(_))));
    world.store.set_reads_fail(false);
    support::accepted(request().await);
    assert_eq!(world.htlcs(), 0, "nobody could read it yet");
    world.store.set_read_fails(hash(1), false);
    world.clock.advance(Policy::default().backoff.0);
    world.sent(1).await;
    assert_eq!(world.htlcs(), 1);
}

/// At another node "never seen" proves nothing: the part may be out at the one it was meant for.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_one_node_are_never_looked_up_at_another() {
    let world = World::new().await;
    world.part(1, 400, 1_000).await;
    world.sent(1).await;
    let store = world.store.clone();
    drop(world);
    let stranger = SimNode::new();
    stranger.set_identity("another");
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: name("alice"),
            sender: stranger.clone(),
            listener: stranger.listener(),
        }],
    };
    let Err(error) = Engine::start(ports, Policy::default()).await else {
        panic!("it started");
    };
    let another = StartError::AnotherNode {
        name: name("alice"),
        bound: NodeIdentity::new("simulated"),
        found: NodeIdentity::new("another"),
    };
    assert_eq!(error, another);
    assert!(stranger.ledger().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn preimage_of_a_part_that_is_not_ours_raises_an_alarm() {
    let (store, node) = (SimStore::new(), SimNode::new());
    node.say(domain::PartId(9), hash(9), Outcome::Fulfilled([0; 32]));
    node.say(
        domain::PartId(8),
        hash(8),
        Outcome::Failed(Box::new(failure())),
    );
    let world = World::with(store, node, SimClock::hasty()).await;
    soon(async {
        while world.engine.get_info().await.unwrap().alarms < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Each is named; the first is not believed, and its money may have moved all the same.
    let info = world.engine.get_info().await.unwrap();
    let listed: Vec<_> = info
        .unrecorded_parts
        .iter()
        .map(ToString::to_string)
        .collect();
    let known =
        |part: u64, n| format!("node alice knows part {part} of payment {}, which", hash(n));
    assert!(listed[0].starts_with(&known(9, 9)), "{listed:?}");
    assert!(listed[0].contains("before an operator says"), "{listed:?}");
    assert!(listed[1].starts_with(&known(8, 8)), "{listed:?}");
    assert!(
        listed[1].contains("it failed, and its money is back"),
        "{listed:?}"
    );
    let refused = world.send(9, 400, 1_000).await;
    assert!(
        matches!(refused, Err(ApiError::Refused(Refusal::Unrecorded(_)))),
        "{refused:?}"
    );
    assert_eq!(world.part(8, 400, 1_000).await.payment_hash, hash(8));
}
