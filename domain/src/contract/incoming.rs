//! What every `IncomingStore` must do. It is the same store as the `PaymentStore`.

mod history;

pub use history::*;

use super::samples::{hash, msat, node, node_id, preimage};
use super::store::{StoreHarness, sent};
use crate::{
    Cursor, EventFilter, EventKind, IncomingPayment, IncomingStore, Listed, NewIncoming, NodeName,
    PaidInvoice, PaymentFilter, PaymentId, ReceivedPart, Recorded, ShortChannelId, StatusKind,
    Timestamp,
};
use std::sync::Arc;

/// A store under test.
pub trait IncomingHarness: StoreHarness {
    /// The same store, for what comes in.
    fn incoming(&self) -> Arc<dyn IncomingStore>;
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! incoming_store_contract {
    ($harness:expr) => {
        $crate::incoming_store_contract!($harness;
            what_came_in_is_listed_as_it_came, numbers_are_shared_with_what_went_out,
            an_invoice_is_recorded_once, how_far_a_node_was_heard_only_grows,
            an_event_tells_of_what_came_in, what_came_in_is_found_by_its_texts,
            what_came_in_survives_a_restart,
            both_directions_are_one_list_either_way_round,
            pages_in_reverse_go_on_where_they_ended_whatever_happens_between,
            the_total_is_of_what_is_there, what_we_paid_to_ourselves_is_told,
            what_passes_through_under_one_hash_is_no_payment_to_ourselves,
            a_deleted_payment_to_ourselves_is_still_one);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::incoming::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn IncomingHarness;

/// The `n`-th invoice, paid in two parts.
pub fn paid(n: u64) -> PaidInvoice {
    let (payment_hash, preimage) = preimage(n);
    let part = |channel: u64, amount| ReceivedPart {
        channel: ShortChannelId(channel << 40),
        htlc_id: Some(n),
        amount: msat(amount),
        cltv_expiry: Some(800_144),
        seen_at: Some(Timestamp(4_000_000)),
    };
    PaidInvoice {
        payment_hash,
        preimage,
        destination: node_id(1),
        requested: Some(msat(1_000)),
        received: msat(1_001),
        parts: vec![part(100, 600), part(101, 401)],
        label: Some(format!("order {n}")),
        description: Some("Two coffees".to_owned()),
        bolt11: Some("lnbcrt10n1".to_owned()),
        created_at: Timestamp(4_000_000),
        completed_at: Timestamp(5_000_000),
    }
}

fn to(node: NodeName, n: u64) -> NewIncoming {
    NewIncoming {
        node,
        paid: paid(n),
    }
}

async fn record(h: Harness<'_>, n: u64) -> (PaymentId, u64) {
    match h.incoming().record(to(node(), n), Cursor(n)).await {
        Recorded::Yes(id, seq) => (id, seq),
        other => panic!("not recorded: {other:?}"),
    }
}

async fn list(h: Harness<'_>, filter: PaymentFilter) -> Vec<IncomingPayment> {
    let rows = h.incoming().incoming(filter).await.expect("it can be read");
    let sound = rows.into_iter().map(|row| match row {
        Listed::Sound(payment) => payment,
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    });
    sound.collect()
}

fn all() -> PaymentFilter {
    PaymentFilter {
        limit: 100,
        ..PaymentFilter::default()
    }
}

/// With its parts and everything else, also where the node knew little.
pub async fn what_came_in_is_listed_as_it_came(h: Harness<'_>) {
    let (id, _) = record(h, 1).await;
    let mut bare = to(node(), 2);
    bare.paid.requested = None;
    bare.paid.parts.truncate(1);
    bare.paid.parts[0].htlc_id = None;
    bare.paid.parts[0].cltv_expiry = None;
    bare.paid.parts[0].seen_at = None;
    (bare.paid.label, bare.paid.description, bare.paid.bolt11) = (None, None, None);
    let recorded = h.incoming().record(bare.clone(), Cursor(2)).await;
    let Recorded::Yes(second, _) = recorded else {
        panic!("not recorded: {recorded:?}");
    };
    let rows = list(h, all()).await;
    assert_eq!(rows[0], to(node(), 1).numbered(id));
    assert_eq!(rows[1], bare.numbered(second));
    let from = PaymentFilter {
        start: Some(second),
        ..all()
    };
    assert_eq!(list(h, from).await, rows[1..]);
    let of_hash = PaymentFilter {
        hash: Some(hash(1)),
        ..all()
    };
    assert_eq!(list(h, of_hash).await, rows[..1]);
    let one = PaymentFilter { limit: 1, ..all() };
    assert_eq!(list(h, one).await, rows[..1]);
}

/// One history: no number is used twice, and the later has the larger.
pub async fn numbers_are_shared_with_what_went_out(h: Harness<'_>) {
    let first = sent(h, 7, 400, 1_000).await;
    let (second, _) = record(h, 1).await;
    let third = sent(h, 8, 400, 1_000).await;
    let (fourth, _) = record(h, 2).await;
    let ids = [first.payment, second, third.payment, fourth];
    assert_eq!(ids, [1, 2, 3, 4].map(PaymentId));
}

/// However often its node tells of it. Another node of ours may have the same hash.
pub async fn an_invoice_is_recorded_once(h: Harness<'_>) {
    record(h, 1).await;
    let again = h.incoming().record(to(node(), 1), Cursor(9)).await;
    assert_eq!(again, Recorded::Before);
    let cursor = h.incoming().incoming_cursor(node()).await;
    assert_eq!(cursor, Ok(Some(Cursor(9))));
    assert_eq!(list(h, all()).await.len(), 1);
    let elsewhere = to(NodeName::new("another"), 1);
    let elsewhere = h.incoming().record(elsewhere, Cursor(1)).await;
    assert!(matches!(elsewhere, Recorded::Yes(PaymentId(2), 2)));
    assert_eq!(list(h, all()).await.len(), 2);
}

/// And is another than how far its outcomes were heard.
pub async fn how_far_a_node_was_heard_only_grows(h: Harness<'_>) {
    assert_eq!(h.incoming().incoming_cursor(node()).await, Ok(None));
    record(h, 5).await;
    record(h, 3).await;
    let cursor = h.incoming().incoming_cursor(node()).await;
    assert_eq!(cursor, Ok(Some(Cursor(5))));
    assert_eq!(h.store().cursor(node()).await, Ok(None));
}

/// In its place among the others.
pub async fn an_event_tells_of_what_came_in(h: Harness<'_>) {
    sent(h, 7, 400, 1_000).await;
    let (_, seq) = record(h, 1).await;
    assert_eq!(seq, 2);
    let filter = EventFilter {
        start: 1,
        limit: 10,
        hash: None,
    };
    let events = h.store().events(filter).await.expect("it can be read");
    let [_, Listed::Sound(event)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (event.seq, event.kind, event.payment_hash),
        (2, EventKind::PaymentReceived, hash(1))
    );
    assert_eq!((event.part, event.part_status), (None, None));
    assert_eq!(event.payment_status, StatusKind::Complete);
    assert_eq!(event.at, paid(1).completed_at);
}

/// In the label or the description, in either case of letters.
pub async fn what_came_in_is_found_by_its_texts(h: Harness<'_>) {
    record(h, 1).await;
    record(h, 2).await;
    for (text, found) in [("ORDER 1", 1), ("coffee", 2), ("tea", 0), ("%", 0)] {
        let search = PaymentFilter {
            search: Some(text.to_owned()),
            ..all()
        };
        assert_eq!(list(h, search).await.len(), found, "{text}");
    }
}

/// Whole.
pub async fn what_came_in_survives_a_restart(h: Harness<'_>) {
    record(h, 1).await;
    let before = list(h, all()).await;
    h.reopen().await;
    assert_eq!(list(h, all()).await, before);
    let cursor = h.incoming().incoming_cursor(node()).await;
    assert_eq!(cursor, Ok(Some(Cursor(1))));
    assert_eq!(record(h, 2).await, (PaymentId(2), 2));
}
