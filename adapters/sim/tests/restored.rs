//! An old copy of the database is put back: nothing is paid twice, and what the nodes know is told.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::{failure, hash, msat, node, preimage, route};
use domain::{
    ApiError, Cursor, Engine, Info, LoadError, NodeName, NodePorts, OperatorEnd, Outcome, PartId,
    PaymentApi, PaymentStore, Ports, Refusal, Resolution, ResolvePart, Resolved, SendPartialPay,
    Sent, UnrecordedFate, UnrecordedStore,
};
use sim::{SimClock, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use support::{World, accepted, failed_code, partial, patient, soon};

/// Over that copy, with these nodes.
async fn start(store: &SimStore, nodes: &[(&str, &Arc<SimNode>)]) -> Arc<Engine> {
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store.clone()),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: nodes
            .iter()
            .map(|(name, node)| NodePorts {
                name: NodeName::new(*name),
                sender: (*node).clone(),
                listener: node.listener(),
            })
            .collect(),
    };
    Engine::start(ports, patient()).await.unwrap()
}

async fn over(store: &SimStore, alice: &Arc<SimNode>) -> Arc<Engine> {
    start(store, &[("alice", alice)]).await
}

async fn send(engine: &Engine, n: u64, amount: u64) -> Result<Sent, ApiError> {
    engine.send_partial_pay(partial(n, amount, 1_000)).await
}

async fn info(engine: &Engine) -> Info {
    engine.get_info().await.unwrap()
}

/// A payment of one part, which really went out.
async fn pay(world: &World, n: u64) {
    let before = usize::try_from(world.htlcs()).unwrap();
    let part = world.part(n, 1_000, 1_000).await.id;
    world.sent(before + 1).await;
    world.fulfil(n, part);
    world.completes(part).await;
}

/// What is known of a part that is not stored.
async fn fate(engine: &Engine, part: PartId) -> Option<UnrecordedFate> {
    let parts = info(engine).await.unrecorded_parts;
    let found = parts.into_iter().find(|it| it.part == part);
    found.map(|it| it.fate)
}

async fn becomes(engine: &Engine, part: PartId, expected: UnrecordedFate) {
    soon(async {
        while fate(engine, part).await != Some(expected) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn proof(n: u64) -> Outcome {
    Outcome::Fulfilled(*preimage(n).1.expose())
}

fn no() -> Outcome {
    Outcome::Failed(Box::new(failure()))
}

/// Proven, without a payment here.
fn is_paid(answer: &Result<Sent, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Refused(Refusal::PaidBefore(it))) if it.payment.is_none())
}

fn is_kept_out(answer: &Result<Sent, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Refused(Refusal::Unrecorded(_))))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_after_the_copy_is_refused_named_and_its_number_is_not_used_again() {
    let world = World::new().await;
    pay(&world, 1).await;
    let copy = world.store.copy();
    pay(&world, 2).await;
    let engine = over(&copy, &world.node).await;
    let told = info(&engine).await;
    assert_eq!((told.unrecorded.fulfilled, told.unrecorded.all()), (1, 1));
    assert_eq!(told.alarms, 1);
    let named = told.unrecorded_parts[0].to_string();
    let expected = format!("node alice knows part 2 of payment {}", hash(2));
    assert!(named.starts_with(&expected), "{named}");
    assert!(named.contains("it was fulfilled"), "{named}");
    assert!(
        named.contains("the database is older than the node"),
        "{named}"
    );
    let refused = send(&engine, 2, 1_000).await;
    assert!(is_paid(&refused), "{refused:?}");
    let loaded = copy.load(hash(2)).await;
    assert!(matches!(loaded, Err(LoadError::Deleted(_))), "{loaded:?}");
    assert_eq!(accepted(send(&engine, 3, 400).await).id, PartId(3));
    assert_eq!(world.node.ledger().values().max(), Some(&1));
    // The second time it is known, and no alarm.
    drop(engine);
    let engine = over(&copy, &world.node).await;
    let told = info(&engine).await;
    assert_eq!((told.alarms, told.unrecorded.all()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_since_the_copy_is_waited_for() {
    for (word, ended) in [
        (proof(2), UnrecordedFate::Fulfilled),
        (no(), UnrecordedFate::Failed),
    ] {
        let world = World::new().await;
        pay(&world, 1).await;
        let copy = world.store.copy();
        let out = world.part(2, 400, 1_000).await.id;
        world.sent(2).await;
        let engine = over(&copy, &world.node).await;
        assert_eq!(fate(&engine, out).await, Some(UnrecordedFate::Pending));
        let refused = send(&engine, 2, 600).await;
        assert!(is_kept_out(&refused), "{refused:?}");
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("before it has ended"), "{refused}");
        let check = engine.check_partial_pay(partial(2, 600, 1_000)).await;
        assert!(matches!(
            check,
            Err(ApiError::Refused(Refusal::Unrecorded(_)))
        ));
        // Nobody else waits for it.
        assert_eq!(accepted(send(&engine, 3, 400).await).id, PartId(3));
        world.node.say(out, hash(2), word);
        becomes(&engine, out, ended).await;
        match (ended, send(&engine, 2, 600).await) {
            (UnrecordedFate::Failed, sent) => assert_eq!(accepted(sent).id, PartId(4)),
            (_, refused) => assert!(is_paid(&refused), "{refused:?}"),
        }
    }
}

/// The copy has the payment, and a later part of it was paid.
#[tokio::test(flavor = "multi_thread")]
async fn payment_of_the_copy_that_was_paid_since_by_another_part_is_quarantined() {
    let world = World::new().await;
    let first = world.part(1, 400, 1_000).await.id;
    world.sent(1).await;
    let copy = world.store.copy();
    let second = world.part(1, 600, 1_000).await.id;
    world.sent(2).await;
    world.node.say(first, hash(1), no());
    world.node.say(second, hash(1), proof(1));
    world.completes(second).await;
    let engine = over(&copy, &world.node).await;
    let refused = send(&engine, 1, 600).await;
    let Err(ApiError::Refused(Refusal::Quarantined { reason, .. })) = &refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("node alice fulfilled part 2"), "{reason}");
    // What the copy has is looked up as ever.
    let told = soon(engine.wait_partial_pay(first, None)).await;
    assert_eq!(failed_code(&told), 204);
    assert_eq!(world.htlcs(), 2);
}

/// And a later part of it is out: what waits to be offered is dropped, for together they could be too much.
#[tokio::test(flavor = "multi_thread")]
async fn part_of_the_copy_that_never_left_is_dropped_while_another_is_out() {
    let world = World::new().await;
    world.node.set_down(true);
    let waits = world.part(1, 1_000, 1_000).await.id;
    let copy = world.store.copy();
    drop(world);
    // The same node, when it is back.
    let alice = SimNode::new();
    // In the life that is forgotten the part failed, and another went out in its place.
    let offered = domain::Offer {
        part: PartId(2),
        payment_hash: hash(1),
        total: msat(1_000),
        route: route(1_000),
        secret: None,
        metadata: None,
        notes: domain::Notes::default(),
    };
    domain::HtlcSender::offer(&*alice, &offered).await;
    let engine = over(&copy, &alice).await;
    let told = soon(engine.wait_partial_pay(waits, None)).await;
    assert_eq!(failed_code(&told), 204);
    assert!(
        told.unwrap_err()
            .to_string()
            .starts_with("never sent: node alice knows part 2")
    );
    assert_eq!(alice.ledger().values().sum::<u32>(), 1);
}

/// One node shows that the database is old, and another cannot be asked: nothing leaves, after a restart either.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_sent_before_every_node_was_asked_if_one_knows_more() {
    let (store, alice, beth) = (SimStore::new(), SimNode::new(), SimNode::new());
    let nodes = [("alice", &alice), ("beth", &beth)];
    let engine = start(&store, &nodes).await;
    let copy = store.copy();
    let by_beth = |n| SendPartialPay {
        extras: domain::Extras {
            node: Some(NodeName::new("beth")),
            ..support::extras(n)
        },
        ..partial(n, 1_000, 1_000)
    };
    let out = accepted(engine.send_partial_pay(by_beth(1)).await).id;
    let seen = accepted(send(&engine, 2, 1_000).await).id;
    soon(alice.has_sent(1)).await;
    soon(beth.has_sent(1)).await;
    alice.say(seen, hash(2), no());
    drop(engine);
    beth.set_down(true);
    for _ in 0..2 {
        let engine = start(&copy, &nodes).await;
        let refused = send(&engine, 3, 1_000).await;
        let Err(ApiError::Unsettled(why)) = &refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("beth is away"), "{why}");
        assert_eq!(info(&engine).await.unsettled.as_ref(), Some(why));
        assert_eq!(alice.ledger().len(), 1);
    }
    let engine = start(&copy, &nodes).await;
    beth.set_down(false);
    becomes(&engine, out, UnrecordedFate::Pending).await;
    soon(async {
        while info(&engine).await.unsettled.is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let refused = send(&engine, 1, 400).await;
    assert!(is_kept_out(&refused), "{refused:?}");
    assert_eq!(accepted(send(&engine, 3, 1_000).await).id, PartId(3));
}

/// A node that is away, and nothing that shows an old copy: that delays nobody else, as ever. Once it is back it
/// is asked for what it knew before.
#[tokio::test(flavor = "multi_thread")]
async fn node_that_was_away_is_asked_when_it_is_back_whatever_was_given_out_meanwhile() {
    for is_back_first in [false, true] {
        let (store, alice, beth) = (SimStore::new(), SimNode::new(), SimNode::new());
        let nodes = [("alice", &alice), ("beth", &beth)];
        let engine = start(&store, &nodes).await;
        let copy = store.copy();
        let mut by_beth = partial(1, 1_000, 1_000);
        by_beth.extras.node = Some(NodeName::new("beth"));
        let out = accepted(engine.send_partial_pay(by_beth).await).id;
        soon(beth.has_sent(1)).await;
        drop(engine);
        beth.set_down(true);
        let engine = start(&copy, &nodes).await;
        assert_eq!(info(&engine).await.unsettled, None);
        // The same number, for another payment: at its node it is another key.
        assert_eq!(accepted(send(&engine, 2, 400).await).id, out);
        soon(alice.has_sent(1)).await;
        drop(engine);
        // Before the daemon is, or after it.
        beth.set_down(!is_back_first);
        let engine = start(&copy, &nodes).await;
        beth.set_down(false);
        becomes(&engine, out, UnrecordedFate::Pending).await;
        assert!(is_kept_out(&send(&engine, 1, 400).await));
        assert_eq!(copy.unasked().await, Ok(vec![]));
    }
}

/// The usual case, and a daemon that was killed: the nodes know what is stored.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_know_nothing_more_change_nothing() {
    let mut world = World::new().await;
    for n in 1..=3 {
        world.part(n, 1_000, 1_000).await;
    }
    world.sent(3).await;
    world = world.restart().await;
    let told = info(&world.engine).await;
    assert_eq!(
        (told.alarms, told.unrecorded.all(), told.unsettled),
        (0, 0, None)
    );
    assert_eq!(world.store.unasked().await, Ok(vec![]));
    assert_eq!(world.part(4, 1_000, 1_000).await.id, PartId(4));
}

/// Its node has forgotten how it ended: only a human can say.
#[tokio::test(flavor = "multi_thread")]
async fn part_that_is_not_stored_and_that_its_node_has_forgotten_is_ended_by_hand() {
    for end in [
        OperatorEnd::Failed,
        OperatorEnd::Complete(*preimage(2).1.expose()),
    ] {
        let world = World::new().await;
        let copy = world.store.copy();
        pay(&world, 2).await;
        world.heard(1).await;
        // What was heard, and is acknowledged by this restart, the node forgets.
        let world = world.restart().await;
        world.part(3, 400, 1_000).await;
        world.sent(2).await;
        // Nor does it tell it again.
        copy.advance(node(), Cursor(1)).await.unwrap();
        let engine = over(&copy, &world.node).await;
        assert_eq!(fate(&engine, PartId(1)).await, Some(UnrecordedFate::Lost));
        assert!(is_kept_out(&send(&engine, 2, 400).await));
        let request = |part, end| ResolvePart {
            part: PartId(part),
            end,
            by: Resolution {
                who: "uid 0".to_owned(),
                why: "the payee says so".to_owned(),
            },
        };
        let wrong = OperatorEnd::Complete(*preimage(9).1.expose());
        let refused = engine.resolve_part(request(1, wrong)).await;
        let no_proof = matches!(
            refused,
            Err(ApiError::Refused(Refusal::NotItsPreimage { .. }))
        );
        assert!(no_proof, "{refused:?}");
        let busy = engine.resolve_part(request(2, OperatorEnd::Failed)).await;
        let can_tell = matches!(busy, Err(ApiError::Refused(Refusal::NodeCanTell { .. })));
        assert!(can_tell, "it is out: {busy:?}");
        let resolved = engine.resolve_part(request(1, end.clone())).await.unwrap();
        let Resolved::Unrecorded(resolved) = resolved else {
            panic!("{resolved:?}");
        };
        assert_eq!(
            resolved.resolution.map(|by| by.why).as_deref(),
            Some("the payee says so")
        );
        let again = send(&engine, 2, 400).await;
        match end {
            OperatorEnd::Failed => assert_eq!(accepted(again).payment_hash, hash(2)),
            OperatorEnd::Complete(_) => {
                assert!(is_paid(&again), "{again:?}");
            }
        }
    }
}

/// Many at once, and an end of each.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_parts_that_are_not_stored_are_all_kept() {
    let (store, alice) = (SimStore::new(), SimNode::new());
    let world = World::with_policy(store, alice, SimClock::hasty(), patient()).await;
    let copy = world.store.copy();
    for n in 1..=1_200 {
        world.part(n, 1_000, 1_000).await;
    }
    world.sent(1_200).await;
    for n in (2..=1_200).step_by(2) {
        world.fulfil(n, PartId(n));
    }
    let engine = over(&copy, &world.node).await;
    let told = info(&engine).await;
    assert_eq!(
        (told.unrecorded.pending, told.unrecorded.fulfilled),
        (600, 600)
    );
    assert_eq!((told.alarms, told.unrecorded_parts.len()), (1_200, 100));
    assert_eq!(copy.last_part().await, Ok(PartId(1_200)));
    let paid = send(&engine, 1_000, 1_000).await;
    assert!(is_paid(&paid), "{paid:?}");
    assert!(is_kept_out(&send(&engine, 999, 1_000).await));
    assert_eq!(accepted(send(&engine, 2_000, 400).await).id, PartId(1_201));
    let status = engine
        .wait_send_pay(hash(1_000), None)
        .await
        .map(|it| it.status());
    assert!(
        matches!(status, Err(ApiError::PaymentDeleted(_))),
        "{status:?}"
    );
}
