//! What every store must do with the two directions as one list.

use super::{Harness, paid, record, to};
use crate::contract::samples::{hash, msat, node, node_id, part};
use crate::contract::store::{failed, fulfilled, load, run, send, sent};
use crate::{
    Committed, Cursor, Direction, History, HistoryFilter, HistoryRow, Msat, NewIncoming, NodeName,
    PaymentFilter, PaymentId, Recorded, SelfPayment, SelfReceived, SelfSent, StatusKind, Timestamp,
};

/// Pages of two.
fn pages(direction: Direction, reverse: bool) -> HistoryFilter {
    HistoryFilter {
        direction,
        payments: PaymentFilter {
            limit: 2,
            reverse,
            ..PaymentFilter::default()
        },
        count: false,
    }
}

fn all(direction: Direction) -> HistoryFilter {
    let mut filter = pages(direction, false);
    filter.payments.limit = 100;
    filter
}

async fn history(h: Harness<'_>, filter: &HistoryFilter) -> History {
    let history = h.store().history(filter.clone()).await;
    history.expect("it can be read")
}

fn ids(history: &History) -> Vec<u64> {
    let rows = history.rows.iter();
    rows.map(|row| row.number(|row| row.id().0)).collect()
}

/// Every page, as whoever goes on after the last row of each reads them.
async fn read(h: Harness<'_>, mut filter: HistoryFilter) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let page = ids(&history(h, &filter).await);
        let Some(last) = page.last().copied() else {
            return found;
        };
        found.extend(page);
        let next = if filter.payments.reverse {
            last.checked_sub(1)
        } else {
            last.checked_add(1)
        };
        filter.payments.start = next.map(PaymentId);
    }
}

/// By number, from the first or from the last.
pub async fn both_directions_are_one_list_either_way_round(h: Harness<'_>) {
    sent(h, 1, 1_000, 1_000).await;
    record(h, 2).await;
    record(h, 3).await;
    sent(h, 4, 1_000, 1_000).await;
    sent(h, 5, 1_000, 1_000).await;
    record(h, 6).await;
    for (direction, numbers) in [
        (Direction::All, &[1, 2, 3, 4, 5, 6][..]),
        (Direction::Outgoing, &[1, 4, 5]),
        (Direction::Incoming, &[2, 3, 6]),
    ] {
        let mut expected = numbers.to_vec();
        assert_eq!(read(h, pages(direction, false)).await, expected);
        expected.reverse();
        assert_eq!(read(h, pages(direction, true)).await, expected);
    }
    let mut from = pages(Direction::All, true);
    from.payments.start = Some(PaymentId(4));
    assert_eq!(ids(&history(h, &from).await), [4, 3]);
    from.payments.status = Some(StatusKind::Pending);
    assert_eq!(ids(&history(h, &from).await), [4, 1]);
    from.payments.status = Some(StatusKind::Complete);
    assert_eq!(ids(&history(h, &from).await), [3, 2]);
    let rows = h.store().payments(from.payments.clone()).await;
    assert_eq!(rows, Ok(vec![]), "nothing that went out is complete");
    from.payments.status = None;
    let rows = h.incoming().incoming(from.payments).await;
    let rows = rows.expect("it can be read").into_iter();
    let rows: Vec<u64> = rows.map(|row| row.number(|row| row.id.0)).collect();
    assert_eq!(rows, [3, 2]);
}

/// What comes later has a larger number than all that is there, and what is deleted leaves a gap.
pub async fn pages_in_reverse_go_on_where_they_ended_whatever_happens_between(h: Harness<'_>) {
    for n in 1..=3 {
        let part = sent(h, n, 1_000, 1_000).await.part;
        run(h, hash(n), &failed(part)).await;
        record(h, 10 + n).await;
    }
    let mut filter = pages(Direction::All, true);
    assert_eq!(ids(&history(h, &filter).await), [6, 5]);
    sent(h, 7, 1_000, 1_000).await;
    record(h, 17).await;
    // The row on which the next page starts.
    delete(h, 2).await;
    filter.payments.start = Some(PaymentId(4));
    assert_eq!(ids(&history(h, &filter).await), [4, 2]);
    filter.payments.start = Some(PaymentId(3));
    assert_eq!(ids(&history(h, &filter).await), [2, 1]);
    let again = read(h, pages(Direction::All, true)).await;
    assert_eq!(again, [8, 7, 6, 5, 4, 2, 1]);
}

async fn delete(h: Harness<'_>, n: u64) {
    let payment = load(h, hash(n)).await.expect("it is there");
    let deletion = payment
        .deletion(Timestamp(9_000_000))
        .expect("it has ended");
    let deleted = h.store().delete(deletion).await;
    assert!(matches!(deleted, Committed::Yes(_)), "{deleted:?}");
}

async fn total(h: Harness<'_>, filter: &HistoryFilter) -> Option<u64> {
    history(h, filter).await.total
}

/// Whatever the page; where it would have to be counted, when that is asked for.
pub async fn the_total_is_of_what_is_there(h: Harness<'_>) {
    assert_eq!(total(h, &all(Direction::All)).await, Some(0));
    for n in 1..=5 {
        let part = sent(h, n, 1_000, 1_000).await.part;
        match n {
            1 | 2 => drop(run(h, hash(n), &failed(part)).await),
            3 => drop(run(h, hash(n), &fulfilled(n, part)).await),
            _ => {}
        }
    }
    for n in 11..=13 {
        record(h, n).await;
    }
    delete(h, 2).await;
    delete(h, 3).await;
    // The last of all, whose number is given out no more.
    let last = sent(h, 6, 1_000, 1_000).await.part;
    run(h, hash(6), &failed(last)).await;
    delete(h, 6).await;
    for restarts in 0..2 {
        for (direction, expected) in [
            (Direction::All, 6),
            (Direction::Outgoing, 3),
            (Direction::Incoming, 3),
        ] {
            let mut page = pages(direction, restarts == 0);
            page.payments.start = Some(PaymentId(4));
            assert_eq!(total(h, &page).await, Some(expected), "{direction:?}");
        }
        h.reopen().await;
    }
    let asked = |change: fn(&mut PaymentFilter)| {
        let mut filter = all(Direction::All);
        change(&mut filter.payments);
        filter
    };
    let pending = asked(|filter| filter.status = Some(StatusKind::Pending));
    let one = asked(|filter| filter.hash = Some(hash(11)));
    assert_eq!(total(h, &pending).await, Some(2));
    assert_eq!(total(h, &one).await, Some(1));
    for (mut filter, expected) in [
        (asked(|filter| filter.status = Some(StatusKind::Failed)), 1),
        (
            asked(|filter| filter.status = Some(StatusKind::Complete)),
            3,
        ),
        (asked(|filter| filter.search = Some("ORDER 12".into())), 1),
        (asked(|filter| filter.search = Some("no such".into())), 0),
    ] {
        assert_eq!(total(h, &filter).await, None, "{filter:?}");
        filter.count = true;
        assert_eq!(total(h, &filter).await, Some(expected), "{filter:?}");
    }
}

/// An invoice of that node, paid by a payment of ours, which ends at node 9.
fn ours(node: NodeName, n: u64, received: u64) -> NewIncoming {
    let mut payment = to(node, n);
    payment.paid.destination = node_id(9);
    payment.paid.received = msat(received);
    payment.paid.parts.clear();
    payment
}

async fn receive(h: Harness<'_>, payment: NewIncoming) -> SelfReceived {
    let (node, amount) = (payment.node.clone(), payment.paid.received);
    match h.incoming().record(payment, Cursor(1)).await {
        Recorded::Yes(id, _) => SelfReceived { id, node, amount },
        other => panic!("not recorded: {other:?}"),
    }
}

async fn own(h: Harness<'_>, direction: Direction) -> Vec<SelfPayment> {
    history(h, &all(direction)).await.own
}

/// On the row of either side, also where the other is on another page; with what left each node.
pub async fn what_we_paid_to_ourselves_is_told(h: Harness<'_>) {
    let first = sent(h, 1, 600, 1_000).await;
    let mut from_bob = part(1, 400, 1_000);
    from_bob.node = NodeName::new("bob");
    let (_, second) = run(h, hash(1), &send(from_bob)).await;
    sent(h, 2, 1_000, 1_000).await;
    assert_eq!(own(h, Direction::All).await, []);
    let received = receive(h, ours(node(), 1, 1_000)).await;
    let mut expected = SelfPayment {
        payment_hash: hash(1),
        outgoing: Some(first.payment),
        sent: SelfSent::Pending,
        received: vec![received],
    };
    for direction in [Direction::All, Direction::Outgoing, Direction::Incoming] {
        assert_eq!(own(h, direction).await, std::slice::from_ref(&expected));
    }
    run(h, hash(1), &fulfilled(1, first.part)).await;
    assert_eq!(own(h, Direction::All).await, [expected.clone()]);
    run(h, hash(1), &fulfilled(1, second.part)).await;
    expected.sent = SelfSent::Settled {
        delivered: msat(1_000),
        from: vec![(node(), msat(1_600)), (NodeName::new("bob"), msat(1_400))],
    };
    // An invoice that another node of ours has as well.
    expected
        .received
        .push(receive(h, ours(NodeName::new("twin"), 1, 70)).await);
    for direction in [Direction::All, Direction::Outgoing, Direction::Incoming] {
        assert_eq!(own(h, direction).await, std::slice::from_ref(&expected));
    }
    assert_eq!(expected.moved_in_all(), Some(msat(1_000)));
}

/// Another payee was paid; or we were, by somebody else, after our own try had failed.
pub async fn what_passes_through_under_one_hash_is_no_payment_to_ourselves(h: Harness<'_>) {
    let through = sent(h, 1, 1_000, 1_000).await;
    run(h, hash(1), &fulfilled(1, through.part)).await;
    record(h, 1).await;
    let tried = sent(h, 2, 1_000, 1_000).await;
    run(h, hash(2), &failed(tried.part)).await;
    receive(h, ours(node(), 2, 1_000)).await;
    assert_eq!(own(h, Direction::All).await, []);
    let page = history(h, &all(Direction::All)).await;
    let is_incoming = |row: &HistoryRow| matches!(row, HistoryRow::Incoming(_));
    let incoming = page.rows.iter().filter(|row| match row {
        crate::Listed::Sound(row) => is_incoming(row),
        crate::Listed::Damaged(_) => false,
    });
    assert_eq!(incoming.count(), 2);
}

/// What it delivered is forgotten; that it was ours is not.
pub async fn a_deleted_payment_to_ourselves_is_still_one(h: Harness<'_>) {
    let sent = sent(h, 1, 1_000, 1_000).await;
    run(h, hash(1), &fulfilled(1, sent.part)).await;
    let received = receive(h, ours(node(), 1, 1_000)).await;
    delete(h, 1).await;
    let own = own(h, Direction::All).await;
    let [own] = &own[..] else {
        panic!("{own:?}");
    };
    assert_eq!(
        (own.outgoing, &own.sent),
        (Some(sent.payment), &SelfSent::Deleted)
    );
    assert_eq!(own.received, [received]);
    assert_eq!(
        own.moved_in_all(),
        Some(Msat::new(1_000).expect("a sane amount"))
    );
    assert_eq!(paid(1).payment_hash, own.payment_hash);
}
