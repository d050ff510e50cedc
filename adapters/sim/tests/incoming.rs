//! What the engine makes of what comes in.

mod support;

use domain::contract::incoming::paid;
use domain::contract::samples::{hash, msat, node};
use domain::{
    Cursor, Direction, Engine, HistoryFilter, HistoryRow, Incoming, IncomingNode, IncomingPart,
    IncomingPayment, Listed, NodeName, NodePorts, PaymentApi, PaymentFilter, Policy, Ports,
    Preimage, ShortChannelId, StatusKind, Timestamp,
};
use sim::{SimClock, SimNode, SimReceiver, SimStore, TestSpawner};
use std::sync::Arc;
use support::soon;

struct World {
    engine: Arc<Engine>,
    store: SimStore,
    receivers: Vec<(NodeName, SimReceiver)>,
    clock: Arc<SimClock>,
}

impl World {
    async fn new() -> World {
        World::of(SimStore::new(), vec![(node(), SimReceiver::new())]).await
    }

    async fn of(store: SimStore, receivers: Vec<(NodeName, SimReceiver)>) -> World {
        let clock = Arc::new(SimClock::hasty());
        let started = |name: &NodeName| {
            let node = SimNode::new();
            NodePorts {
                name: name.clone(),
                listener: node.listener(),
                sender: node,
            }
        };
        let nodes = receivers.iter().map(|(name, receiver)| {
            let receiver: Arc<dyn IncomingNode> = Arc::new(receiver.clone());
            (name.clone(), receiver)
        });
        let ports = Ports {
            ways: None,
            store: Arc::new(store.clone()),
            unrecorded: Arc::new(store.clone()),
            clock: clock.clone(),
            spawner: Arc::new(TestSpawner),
            nodes: receivers.iter().map(|(name, _)| started(name)).collect(),
            incoming: Some(Incoming {
                store: Arc::new(store.clone()),
                nodes: nodes.collect(),
            }),
        };
        let engine = Engine::start(ports, Policy::default()).await;
        World {
            engine: engine.expect("storage and a node are there"),
            store,
            receivers,
            clock,
        }
    }

    async fn restart(self) -> World {
        self.engine.close().await;
        World::of(self.store, self.receivers).await
    }

    /// The engine before may still hear what comes while it ends.
    async fn listens_again(&self) {
        soon(async {
            while self.receiver().asked_from().len() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    fn receiver(&self) -> &SimReceiver {
        &self.receivers[0].1
    }

    async fn history(&self, direction: Direction) -> Vec<HistoryRow> {
        let filter = HistoryFilter {
            direction,
            payments: PaymentFilter {
                limit: 100,
                ..PaymentFilter::default()
            },
            count: false,
        };
        let page = self.engine.list_history(filter).await;
        let page = page.expect("storage answers").page;
        let sound = page.rows.into_iter().map(|row| match row {
            Listed::Sound(row) => row,
            Listed::Damaged(row) => panic!("{row:?}"),
        });
        sound.collect()
    }

    /// Asks until so many have been recorded.
    async fn recorded(&self, many: usize) -> Vec<HistoryRow> {
        soon(async {
            loop {
                let rows = self.history(Direction::All).await;
                if rows.len() == many {
                    return rows;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}

fn incoming(row: &HistoryRow) -> &IncomingPayment {
    match row {
        HistoryRow::Incoming(payment) => payment,
        HistoryRow::Outgoing(payment) => panic!("{payment:?}"),
    }
}

fn part(n: u64, htlc_id: u64, amount: u64) -> IncomingPart {
    IncomingPart {
        payment_hash: hash(n),
        channel: ShortChannelId(7 << 40),
        htlc_id,
        amount: msat(amount),
        cltv_expiry: 160,
        seen_at: Timestamp(htlc_id),
        total: Some(msat(1_000)),
        label: None,
        bolt11: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_is_recorded_in_order_and_once() {
    let world = World::new().await;
    for n in 1..=3 {
        world.receiver().pay(paid(n));
    }
    let rows = world.recorded(3).await;
    for (n, row) in (1..).zip(&rows) {
        assert_eq!(incoming(row).paid, paid(n));
        assert_eq!(incoming(row).node, node());
    }
    let world = world.restart().await;
    world.listens_again().await;
    world.receiver().pay(paid(4));
    assert_eq!(world.recorded(4).await[..3], rows);
    assert_eq!(world.receiver().asked_from(), [None, Some(Cursor(3))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_yet_is_not_lost() {
    let world = World::new().await;
    world.store.set_incoming_fails(true);
    world.receiver().pay(paid(1));
    world.receiver().pay(paid(2));
    soon(async {
        while world.clock.sleeps() < 5 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let world = world.restart().await;
    world.listens_again().await;
    assert_eq!(world.history(Direction::All).await, []);
    world.store.set_incoming_fails(false);
    let rows = world.recorded(2).await;
    assert_eq!(incoming(&rows[0]).paid, paid(1));
    assert_eq!(world.receiver().asked_from(), [None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_nothing_is_an_alarm_and_holds_up_no_other() {
    let world = World::new().await;
    let mut wrong = paid(1);
    wrong.preimage = Preimage::from_secret_bytes([9; 32]).1;
    let mut more = paid(2);
    more.received = msat(1_000);
    world.receiver().pay(wrong);
    world.receiver().pay(more);
    world.receiver().pay(paid(3));
    let rows = world.recorded(1).await;
    assert_eq!(incoming(&rows[0]).paid, paid(3));
    assert_eq!(world.engine.get_info().await.unwrap().alarms, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_shows_once_with_what_all_of_them_bring() {
    let world = World::new().await;
    let parts = vec![
        part(1, 2, 300),
        part(1, 1, 400),
        part(2, 9, 50),
        part(1, 1, 400),
    ];
    world.receiver().set_pending(parts);
    let list = world.engine.list_partial_invoices(None).await.unwrap();
    let rows: Vec<_> = list
        .rows
        .iter()
        .filter(|row| row.part.payment_hash == hash(1))
        .collect();
    let seen: Vec<_> = rows.iter().map(|row| row.part.htlc_id).collect();
    assert_eq!(seen, [1, 2], "once, by time");
    assert!(rows.iter().all(|row| row.received == msat(700)));
    assert_eq!((list.rows.len(), list.away.len()), (3, 0));
    let one = world
        .engine
        .list_partial_invoices(Some(hash(2)))
        .await
        .unwrap();
    assert_eq!(one.rows.len(), 1);
    assert_eq!(one.rows[0].received, msat(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be_asked_hides_no_other() {
    let names = ["alice", "beth", "chris"].map(NodeName::new);
    let receivers = names.clone().map(|name| (name, SimReceiver::new()));
    let world = World::of(SimStore::new(), receivers.into()).await;
    world.receivers[0].1.set_pending(vec![part(1, 1, 400)]);
    world.receivers[1].1.set_away(Some("no socket"));
    world.receivers[2].1.set_silent(true);
    let list = soon(world.engine.list_partial_invoices(None))
        .await
        .unwrap();
    assert_eq!(list.rows.len(), 1);
    assert_eq!(list.rows[0].node, names[0]);
    let away = [
        (names[1].clone(), "no socket".to_owned()),
        (names[2].clone(), "it does not answer".to_owned()),
    ];
    assert_eq!(list.away, away);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_complete_is_what_came_in() {
    let world = World::new().await;
    world.receiver().pay(paid(1));
    world.recorded(1).await;
    assert_eq!(world.history(Direction::Outgoing).await, []);
    assert_eq!(world.history(Direction::Incoming).await.len(), 1);
    for (status, rows) in [
        (StatusKind::Complete, 1),
        (StatusKind::Pending, 0),
        (StatusKind::Failed, 0),
    ] {
        let filter = HistoryFilter {
            direction: Direction::All,
            payments: PaymentFilter {
                status: Some(status),
                limit: 10,
                ..PaymentFilter::default()
            },
            count: false,
        };
        let page = world.engine.list_history(filter).await.unwrap().page;
        assert_eq!(page.rows.len(), rows, "{status:?}");
    }
    soon(world.engine.close()).await;
}
