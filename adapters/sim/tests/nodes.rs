//! Nodes that are away, that start anew, and that are others than they were.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::hash;
use domain::{
    ApiError, Engine, NodeName, NodePorts, Outcome, PaymentApi, Ports, SendPartialPay, StatusKind,
};
use sim::{SimClock, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use std::time::Duration;
use support::{World, accepted, partial, patient, soon};

/// Two nodes, of which the second is the default of none.
async fn with_second(second: &Arc<SimNode>, store: &SimStore) -> (Arc<Engine>, Arc<SimNode>) {
    let first = SimNode::new();
    let port = |name: &str, node: &Arc<SimNode>| NodePorts {
        name: NodeName::new(name),
        sender: node.clone(),
        listener: node.listener(),
    };
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store.clone()),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![port("alice", &first), port("beth", second)],
    };
    let engine = Engine::start(ports, patient()).await.unwrap();
    (engine, first)
}

fn by_beth(n: u64, amount: u64, intended: u64) -> SendPartialPay {
    let mut request = partial(n, amount, intended);
    request.extras.node = Some(NodeName::new("beth"));
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_is_away_at_the_start_delays_its_own_parts_only() {
    let beth = SimNode::new();
    beth.set_down(true);
    let (engine, alice) = with_second(&beth, &SimStore::new()).await;
    let late = accepted(engine.send_partial_pay(by_beth(1, 400, 1_000)).await);
    let quick = accepted(engine.send_partial_pay(partial(1, 600, 1_000)).await);
    soon(alice.has_sent(1)).await;
    assert!(beth.ledger().is_empty());
    beth.set_down(false);
    soon(beth.has_sent(1)).await;
    let proof = Outcome::Fulfilled(*domain::contract::samples::preimage(1).1.expose());
    alice.say(quick.id, hash(1), proof.clone());
    beth.say(late.id, hash(1), proof);
    for part in [late.id, quick.id] {
        let part = soon(engine.wait_partial_pay(part, None)).await.unwrap();
        assert_eq!(part.status(), StatusKind::Complete);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_turns_out_to_be_another_is_never_asked() {
    let store = SimStore::new();
    let beth = SimNode::new();
    drop(with_second(&beth, &store).await);
    // Another node stands where beth was, and was out of reach when the engine started.
    let other = SimNode::new();
    other.set_identity("another");
    other.set_down(true);
    let (engine, _alice) = with_second(&other, &store).await;
    let part = accepted(engine.send_partial_pay(by_beth(1, 400, 1_000)).await);
    other.set_down(false);
    let reason = soon(async {
        loop {
            let filter = domain::PartFilter {
                id: Some(part.id),
                limit: 1,
                ..domain::PartFilter::default()
            };
            let page = engine.list_partial_payments(filter).await.unwrap();
            if let [domain::Listed::Sound(part)] = &page.rows[..]
                && let Some(reason) = part.doubt.clone().filter(|why| why.contains("another"))
            {
                return reason;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(reason.contains("give this one another name"), "{reason}");
    assert!(other.ledger().is_empty());
    let polled = engine.wait_partial_pay(part.id, Some(Duration::ZERO));
    assert!(matches!(polled.await, Err(ApiError::TimedOut(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn part_that_a_node_lost_when_it_started_anew_is_sent_again() {
    let world = World::new().await;
    let (lost, kept) = (
        world.part(1, 1_000, 1_000).await,
        world.part(2, 1_000, 1_000).await,
    );
    world.sent(2).await;
    world.node.restart_without(&[(lost.id, hash(1))]);
    world.sent(3).await;
    assert_eq!(world.htlcs(), 2, "{:?}", world.node.ledger());
    world.fulfil(1, lost.id);
    world.fulfil(2, kept.id);
    world.completes(lost.id).await;
    world.completes(kept.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn part_in_doubt_says_why_and_only_as_long_as_it_is() {
    let (store, node) = (SimStore::new(), SimNode::new());
    let world = World::with_policy(store, node, SimClock::hasty(), patient()).await;
    world.node.set_down(true);
    let part = world.part(1, 1_000, 1_000).await;
    world.doubted(part.id).await;
    let doubt = world.listed(part.id).await.doubt;
    assert_eq!(doubt.as_deref(), Some("connection refused"));
    world.node.set_down(false);
    world.sent(1).await;
    soon(async {
        while world.listed(part.id).await.doubt.is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
