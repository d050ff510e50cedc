//! What every `PaymentStore` must do about orders.

mod deletions;
mod lists;

pub use deletions::*;
pub use lists::*;

use super::{Harness, StoreHarness, commit, failed, fulfilled, load, send, sent};
use crate::contract::samples::{
    Command, DEADLINE, decided, hash, msat, node, node_id, order, ordered, part, preimage, secret,
};
use crate::{
    Committed, DirectedChannel, Failure, FailureCode, HintHop, Made, Msat, NoPlan, NodeName,
    OpenOrder, Order, OrderId, Outcome, PartFilter, PartId, Payment, PaymentHash, PaymentId,
    Receipt, Request, RequestId, RouteHint, SendPart, ShortChannelId, StatusKind, Timestamp, Why,
};

const AT: Timestamp = Timestamp(9_000_000);

/// Decides on what is stored, commits, and checks that what is loaded is what was decided.
async fn run(h: &dyn StoreHarness, hash: PaymentHash, command: &Command) -> (Payment, Receipt) {
    let before = load(h, hash).await;
    let transition = decided(before.as_ref(), command).expect("not refused");
    let receipt = commit(h, transition.clone()).await;
    let expected = Payment::apply(before, transition, receipt);
    assert_eq!(load(h, hash).await.as_ref(), Some(&expected));
    (expected, receipt)
}

fn asked(n: u64) -> OpenOrder {
    order(n, 1_000, 5_000)
}

async fn opened(h: &dyn StoreHarness, n: u64) -> Receipt {
    run(h, hash(n), &open(asked(n))).await.1
}

fn open(order: OpenOrder) -> Command {
    Command::Open(Box::new(order))
}

fn closing(why: Why) -> Command {
    Command::Close { why, at: AT }
}

async fn closed(h: &dyn StoreHarness, n: u64) {
    run(h, hash(n), &closing(Why::Abandoned)).await;
}

async fn joined(h: &dyn StoreHarness, n: u64, amount: u64) -> PartId {
    let (_, receipt) = run(h, hash(n), &send(ordered(n, amount, 1_000))).await;
    receipt.part.expect("it is about a part")
}

fn keyed(n: u64, key: &str) -> OpenOrder {
    OpenOrder {
        request: Some(request(key)),
        ..asked(n)
    }
}

fn request(key: &str) -> Request {
    let id = RequestId::new(key).expect("a short key");
    let digest = [3; 32];
    Request { id, digest }
}

/// Why the payment's last order is closed, if it is.
fn why(payment: &Payment) -> Option<Why> {
    let closed = payment.order()?.closed.as_ref()?;
    Some(closed.why.clone())
}

/// The payment is there before it has a part, and its order is named by its event.
pub async fn order_makes_its_payment_without_a_part(h: Harness<'_>) {
    sent(h, 7, 400, 1_000).await;
    let (payment, receipt) = run(h, hash(1), &open(asked(1))).await;
    let numbers = (receipt.payment, receipt.part, receipt.event);
    assert_eq!(numbers, (PaymentId(2), None, 2));
    assert_eq!(payment.order().map(|order| order.id), Some(OrderId(2)));
    assert_eq!(payment.status(), StatusKind::Pending);
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
    assert_eq!(joined(h, 1, 400).await, PartId(2));
}

/// What was asked for comes back as it went: lists, texts and the largest numbers.
pub async fn terms_of_an_order_survive(h: Harness<'_>) {
    let mut most = order(1, 1_000, 0);
    let terms = &mut most.terms;
    terms.max_fee = Msat::MAX;
    terms.deadline = Timestamp(i64::MAX.unsigned_abs());
    (terms.max_delay, terms.max_parts, terms.max_attempts) = (u32::MAX, u16::MAX, u32::MAX);
    terms.nodes = vec![NodeName::new("z\u{fc}rich \"1\""), node()];
    terms.avoid.nodes.extend([node_id(3), node_id(4)]);
    for direction in [0, 1] {
        let channel = ShortChannelId(u64::MAX);
        let directed = DirectedChannel { channel, direction };
        terms.avoid.channels.insert(directed);
    }
    let hop = |n| HintHop {
        node: node_id(n),
        channel: ShortChannelId(u64::from(n)),
        fee_base: Msat::MAX,
        fee_ppm: u32::MAX,
        delay: u32::MAX,
    };
    terms.hints = vec![RouteHint(vec![hop(2), hop(3)]), RouteHint(vec![hop(4)])];
    most.description = Some("two coffees \u{2615}".to_owned());
    most.label = Some("order-7".to_owned());
    let (payment, _) = run(h, hash(1), &open(most.clone())).await;
    assert_eq!(payment.order().map(|order| &order.terms), Some(&most.terms));
    let mut least = order(2, 1_000, 0);
    least.terms.deliver = msat(1);
    least.terms.max_delay = 0;
    (least.terms.max_parts, least.terms.max_attempts) = (1, 1);
    (least.at, least.terms.deadline) = (Timestamp(0), Timestamp(0));
    run(h, hash(2), &open(least)).await;
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
}

/// Rule B-6: with every reason, and for good.
pub async fn order_stays_closed_with_its_reason(h: Harness<'_>) {
    let needs = Msat::MAX;
    let reasons = [
        Why::NoRoute(NoPlan::Unreachable),
        Why::NoRoute(NoPlan::DestinationCapacity),
        Why::NoRoute(NoPlan::TooExpensive { needs }),
        Why::NoRoute(NoPlan::TooSlow),
        Why::NoRoute(NoPlan::NoFunds { spendable: msat(0) }),
        Why::Deadline,
        Why::Attempts,
        Why::Expired,
        Why::Abandoned,
        Why::Quarantined,
    ];
    let mut stored = Vec::new();
    for (n, reason) in (1..).zip(reasons) {
        opened(h, n).await;
        let (payment, receipt) = run(h, hash(n), &closing(reason.clone())).await;
        assert_eq!((receipt.part, receipt.event), (None, 2 * n));
        assert_eq!(why(&payment), Some(reason));
        assert_eq!(payment.status(), StatusKind::Failed);
        stored.push(payment);
    }
    h.reopen().await;
    for payment in stored {
        let hash = payment.summary().payment_hash;
        assert_eq!(load(h, hash).await, Some(payment));
    }
}

/// Rule B-7: in the commit of the outcome, which is one event.
pub async fn order_is_closed_in_the_commit_of_its_cause(h: Harness<'_>) {
    let refusal = Failure::plain(FailureCode::DestinationPermanent, "refused");
    let refused = Outcome::Failed(Box::new(refusal));
    let proof = |n| Outcome::Fulfilled(*preimage(n).1.expose());
    for (n, word, reason) in [(1, proof(1), Why::Paid), (2, refused, Why::Refused)] {
        opened(h, n).await;
        let part = joined(h, n, 400).await;
        joined(h, n, 300).await;
        let end = Command::Resolve { part, word, at: AT };
        let (payment, receipt) = run(h, hash(n), &end).await;
        assert_eq!((receipt.part, receipt.event), (Some(part), 4 * n));
        assert_eq!(why(&payment), Some(reason));
        assert_eq!(payment.summary().tally.live, 1);
        h.reopen().await;
        assert_eq!(load(h, hash(n)).await, Some(payment));
    }
    assert_eq!(h.store().open_orders(None, 10).await, Ok(vec![]));
}

/// The failure of a part leaves it open, and its payment pending.
pub async fn order_outlives_its_failed_parts(h: Harness<'_>) {
    opened(h, 1).await;
    let part = joined(h, 1, 400).await;
    let (payment, _) = run(h, hash(1), &failed(part)).await;
    assert_eq!(payment.status(), StatusKind::Pending);
    assert_eq!(payment.summary().completed_at, None);
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
    let open = h.store().open_orders(None, 10).await;
    assert_eq!(open, Ok(vec![(PaymentId(1), hash(1))]));
    assert_eq!(h.store().live(None, 10).await, Ok(vec![]), "no part is out");
}

/// In the same row, with the secret of the new invoice; what is known of an earlier order stays.
pub async fn failed_payment_gets_another_order(h: Harness<'_>) {
    let first = run(h, hash(1), &open(keyed(1, "first"))).await.1;
    let part = joined(h, 1, 400).await;
    run(h, hash(1), &failed(part)).await;
    closed(h, 1).await;
    let mut again = keyed(1, "second");
    again.invoice.secret = secret(2);
    again.invoice.metadata = None;
    again.terms.max_fee = msat(7_000);
    let (payment, second) = run(h, hash(1), &open(again)).await;
    assert_eq!(second.payment, first.payment);
    let (row, order) = (payment.summary(), payment.order().expect("it is open"));
    assert_eq!(row.terms.secret, Some(secret(2)));
    assert_eq!((order.id, order.parts_before), (OrderId(second.event), 1));
    assert_eq!(order.terms.max_fee, msat(7_000));
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
    let ids = vec![first.payment];
    let last = h.store().orders(ids).await.unwrap();
    assert!(last.iter().all(|(_, order)| order.id.0 == second.event));
    for (key, made) in [("first", first.event), ("second", second.event)] {
        let (_, order) = order_of(h, key).await;
        assert_eq!(order.id.0, made, "each key has made its own order");
        assert_eq!(order.closed.is_some(), key == "first");
    }
}

/// Two callers who both saw none, or both saw the same.
pub async fn second_order_is_a_conflict(h: Harness<'_>) {
    let first = decided(None, &open(asked(1))).expect("not refused");
    commit(h, first.clone()).await;
    assert_eq!(h.store().commit(first).await, Committed::Conflict);
    let stored = load(h, hash(1)).await;
    let end = decided(stored.as_ref(), &closing(Why::Abandoned)).expect("it is open");
    commit(h, end.clone()).await;
    assert_eq!(h.store().commit(end).await, Committed::Conflict);
    let stored = load(h, hash(1)).await;
    let again = decided(stored.as_ref(), &open(asked(1))).expect("not refused");
    commit(h, again.clone()).await;
    assert_eq!(h.store().commit(again).await, Committed::Conflict);
    let plan = decided(load(h, hash(1)).await.as_ref(), &send(ordered(1, 9, 1_000)));
    closed(h, 1).await;
    let before = load(h, hash(1)).await;
    let late = h.store().commit(plan.expect("it was open")).await;
    assert_eq!(late, Committed::Conflict, "a plan of another version");
    assert_eq!(load(h, hash(1)).await, before);
}

/// The request of that key, and the order that it opened.
async fn order_of(h: &dyn StoreHarness, key: &str) -> (PaymentHash, Order) {
    let found = h.store().request(request(key).id).await.unwrap();
    let (stored, made) = found.expect("stored");
    assert_eq!(stored, request(key));
    match made {
        Made::Order(hash, order) => (hash, *order),
        Made::Part(part) => panic!("it made part {part:?}"),
    }
}

/// Rule B-9: the key is as durable as the order, and tells how it is now.
pub async fn request_is_stored_with_its_order(h: Harness<'_>) {
    let (payment, _) = run(h, hash(1), &open(keyed(1, "a"))).await;
    h.reopen().await;
    let order = payment.order().expect("it is open").clone();
    assert_eq!(order_of(h, "a").await, (hash(1), order));
    let part = joined(h, 1, 400).await;
    let (paid, _) = run(h, hash(1), &fulfilled(1, part)).await;
    let order = paid.order().expect("it has one").clone();
    assert!(order.closed.is_some());
    assert_eq!(order_of(h, "a").await, (hash(1), order));
    let other = h.store().request(request("b").id).await;
    assert_eq!(other, Ok(None));
}

/// Rule B-9: one key, whatever it was for.
pub async fn used_key_is_a_conflict_for_parts_and_orders(h: Harness<'_>) {
    let part = |n, key| SendPart {
        request: Some(request(key)),
        ..part(n, 400, 1_000)
    };
    run(h, hash(1), &open(keyed(1, "order"))).await;
    run(h, hash(2), &send(part(2, "part"))).await;
    let clashes = [
        send(part(3, "order")),
        send(part(3, "part")),
        open(keyed(3, "order")),
        open(keyed(3, "part")),
    ];
    for clash in clashes {
        let second = decided(None, &clash).expect("not refused");
        assert_eq!(h.store().commit(second).await, Committed::Conflict);
        assert_eq!(load(h, hash(3)).await, None);
    }
    opened(h, 3).await;
}

/// Rule A-10: what is not stored and was fulfilled ends the order too.
pub async fn quarantine_closes_the_order(h: Harness<'_>) {
    opened(h, 1).await;
    let before = load(h, hash(1)).await.expect("stored");
    let stop = before.unrecorded(&node(), PartId(77), AT);
    let stop = stop.expect("it is not complete");
    let receipt = commit(h, stop.clone()).await;
    let expected = Payment::apply(Some(before), stop, receipt);
    assert_eq!(why(&expected), Some(Why::Quarantined));
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(expected));
}

/// Rule A-7: a preimage beats a failure of an earlier order's part, and closes the order that is open.
pub async fn late_proof_closes_the_order_that_is_open(h: Harness<'_>) {
    opened(h, 1).await;
    let part = joined(h, 1, 700).await;
    run(h, hash(1), &failed(part)).await;
    closed(h, 1).await;
    run(h, hash(1), &open(asked(1))).await;
    joined(h, 1, 400).await;
    let (payment, _) = run(h, hash(1), &fulfilled(1, part)).await;
    assert_eq!(payment.status(), StatusKind::Complete);
    assert_eq!(why(&payment), Some(Why::Paid));
    assert!(
        payment.summary().quarantine.is_some(),
        "1,100 of 1,000 are out"
    );
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
}

/// Hundreds of orders at once, each from its opening to its end.
pub async fn many_orders_at_once_all_land(h: Harness<'_>) {
    let store = h.store();
    let orders = (0..100).map(|n| {
        let store = store.clone();
        async move {
            let mut payment = None;
            for command in [
                open(keyed(n, &format!("key {n}"))),
                send(ordered(n, 1_000, 1_000)),
            ] {
                let transition = decided(payment.as_ref(), &command).expect("not refused");
                let Committed::Yes(receipt) = store.commit(transition.clone()).await else {
                    panic!("payment {n} was not stored");
                };
                payment = Some(Payment::apply(payment, transition, receipt));
            }
            payment.expect("it is stored")
        }
    });
    let mut parts = 0;
    for payment in futures::future::join_all(orders).await {
        parts += payment.parts().count();
        assert_eq!(load(h, payment.summary().payment_hash).await, Some(payment));
    }
    let filter = PartFilter {
        limit: 1_000,
        ..PartFilter::default()
    };
    assert_eq!(h.store().parts(filter).await.unwrap().len(), parts);
    let open = h.store().open_orders(None, 1_000).await.unwrap();
    assert_eq!(open.len(), 100);
    assert!(asked(0).at < DEADLINE);
}
