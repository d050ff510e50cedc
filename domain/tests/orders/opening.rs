//! Opening an order: anew, again, and by whoever asks for the same.

use crate::support::{close, fail, from, fulfil, open, opened, refused, run, send, with};
use domain::contract::samples::{
    Command, hash, invoice, msat, node_id, order, ordered, part, preimage, secret,
};
use domain::{
    Decision, DirectedChannel, EventKind, Expected, Invoice, InvoiceTerms, Network, NodeName,
    OpenOrder, OrderId, Outcome, PartId, Payment, Refusal, StatusKind, Timestamp, Transition,
    Unchanged, Why,
};

type Change = fn(&mut OpenOrder);

fn asked() -> OpenOrder {
    order(1, 1_000, 5_000)
}

fn changed(change: Change) -> OpenOrder {
    let mut order = asked();
    change(&mut order);
    order
}

fn transition(payment: Option<&Payment>, order: &OpenOrder) -> Transition {
    match Payment::open(payment, order) {
        Ok(Decision::Commit(transition)) => *transition,
        other => panic!("not opened: {other:?}"),
    }
}

#[test]
fn a_new_order_makes_its_payment_without_a_part() {
    let opening = transition(None, &asked());
    assert_eq!(opening.expected, Expected::Absent);
    assert_eq!(opening.kind(), EventKind::OrderOpened);
    let payment = opened();
    let row = payment.summary();
    assert_eq!(
        (row.tally.parts, row.status(), row.completed_at),
        (0, StatusKind::Pending, None)
    );
    assert_eq!(row.order, Some(asked().terms.limits()));
    let order = payment.order().expect("it is open");
    assert!(order.is_open());
    assert_eq!(
        (order.id, order.parts_before, &order.terms),
        (OrderId(1), 0, &asked().terms)
    );
    let terms = &row.terms;
    assert_eq!(
        (terms.intended, terms.requested, terms.destination),
        (msat(1_000), msat(1_000), node_id(9))
    );
    assert_eq!(terms.secret, Some(secret(1)));
    assert_eq!(terms.metadata, invoice(1).metadata);
    assert_eq!(terms.invoice, Some(invoice(1).terms));
    assert_eq!(row.bolt11.as_deref(), Some("lnbcrt10n1"));
    assert_eq!(row.invoice_description.as_deref(), Some("coffee"));
}

/// The payee may have made another invoice of the same hash.
#[test]
fn a_failed_payment_is_opened_again_with_the_secret_of_the_new_invoice() {
    let failed = fail(
        run(None, &Command::Send(Box::new(part(1, 400, 1_000)))),
        1,
        from(1, 0x400a),
    );
    assert_eq!(failed.status(), StatusKind::Failed);
    let again = changed(|order| {
        order.invoice.secret = secret(2);
        order.invoice.metadata = None;
        order.invoice.bolt11 = "lnbcrt10n2".to_owned();
        order.label = Some("second".to_owned());
    });
    let payment = open(Some(failed), again);
    let row = payment.summary();
    assert_eq!(row.terms.secret, Some(secret(2)));
    assert_eq!(row.terms.metadata, None);
    assert_eq!(row.bolt11.as_deref(), Some("lnbcrt10n2"));
    assert_eq!(row.label.as_deref(), Some("second"));
    assert_eq!(
        (row.status(), row.completed_at),
        (StatusKind::Pending, None)
    );
    assert_eq!(payment.order().map(|order| order.parts_before), Some(1));
    assert_eq!(payment.ordered_parts().count(), 0);
}

/// What it has paid for before is not in the new one's cap, and its failures do not bind the new one.
#[test]
fn the_next_order_begins_anew() {
    let payment = open(
        Some(close(with("FF"), Why::Attempts)),
        changed(|order| {
            order.terms.max_attempts = 1;
            order.terms.max_fee = msat(1_000);
        }),
    );
    let payment = send(payment, ordered(1, 400, 1_000));
    let ids: Vec<u64> = payment.ordered_parts().map(|part| part.id.0).collect();
    assert_eq!(ids, [3]);
    assert_eq!(refused(&payment, &ordered(1, 400, 1_000)), "B-1");
}

/// Rule B-9, and no deadline of its own: whoever asks joins what is open.
#[test]
fn whoever_asks_for_the_same_joins_the_open_order() {
    let changes: [Change; 4] = [
        |_| {},
        |order| order.terms.deadline = Timestamp(99_000_000),
        |order| order.at = Timestamp(7_000_000),
        |order| order.label = Some("mine".to_owned()),
    ];
    for payment in [opened(), with("P"), with("F")] {
        for change in changes {
            assert_eq!(
                Payment::open(Some(&payment), &changed(change)),
                Ok(Decision::Unchanged(Unchanged::Joined))
            );
        }
    }
}

#[test]
fn other_terms_while_an_order_is_open_are_refused_by_name() {
    let cases: [(&str, Change); 9] = [
        ("amount", |order| order.intended = msat(1_001)),
        ("partial_msat", |order| order.terms.deliver = msat(999)),
        ("maxfee", |order| order.terms.max_fee = msat(5_001)),
        ("limit", |order| order.terms.max_delay = 7),
        ("limit", |order| order.terms.max_parts = 7),
        ("limit", |order| order.terms.max_attempts = 7),
        ("limit", |order| {
            order.terms.nodes = vec![NodeName::new("bob")];
        }),
        ("limit", |order| {
            order.terms.avoid.nodes.insert(node_id(4));
        }),
        ("limit", |order| {
            let (channel, direction) = (crate::support::channel_of(7), 0);
            let excluded = DirectedChannel { channel, direction };
            order.terms.avoid.channels.insert(excluded);
        }),
    ];
    for payment in [opened(), with("P"), with("F")] {
        for (what, change) in cases {
            let hash = hash(1);
            assert_eq!(
                Payment::open(Some(&payment), &changed(change)),
                Err(Refusal::OrderDiffers { hash, what })
            );
        }
    }
}

#[test]
fn no_order_opens_on_live_parts() {
    let others = run(None, &Command::Send(Box::new(part(1, 400, 1_000))));
    let own = close(with("PF"), Why::Deadline);
    for payment in [others, own] {
        let refusal = Payment::open(Some(&payment), &asked()).unwrap_err();
        let (hash, live) = (hash(1), 1);
        assert_eq!(refusal, Refusal::PartsLive { hash, live });
        assert!(refusal.to_string().contains("1 pending parts"));
    }
}

/// Whatever else is asked: rules.
#[test]
fn what_is_paid_is_a_success_and_opens_nothing() {
    for payment in [with("C"), with("PC"), with("FC")] {
        for order in [asked(), changed(|order| order.intended = msat(7))] {
            assert_eq!(
                Payment::open(Some(&payment), &order),
                Ok(Decision::Unchanged(Unchanged::AlreadyComplete))
            );
        }
    }
}

#[test]
fn a_quarantined_payment_gets_no_order() {
    let payment = with("F");
    let stop = payment
        .unrecorded(&NodeName::new("alice"), PartId(7), Timestamp(9))
        .expect("it is not complete");
    let receipt = domain::Receipt {
        payment: payment.summary().id,
        part: Some(PartId(7)),
        event: 9,
    };
    let payment = Payment::apply(Some(payment), stop, receipt);
    let refused = Payment::open(Some(&payment), &asked());
    assert!(
        matches!(refused, Err(Refusal::Quarantined { .. })),
        "{refused:?}"
    );
}

/// Rule A-9: another amount or another payee is another payment.
#[test]
fn a_failed_payment_keeps_its_amount_and_its_payee() {
    let failed = close(with("F"), Why::Abandoned);
    let changes: [Change; 2] = [
        |order| order.intended = msat(1_001),
        |order| order.invoice.payee = node_id(8),
    ];
    for change in changes {
        let refused = Payment::open(Some(&failed), &changed(change));
        assert!(
            matches!(refused, Err(Refusal::TermsDiffer { .. })),
            "{refused:?}"
        );
    }
}

/// Each thing for which an invoice cannot be paid, new or again.
#[test]
fn an_invoice_that_cannot_be_paid_opens_nothing() {
    let cases: [(&str, Change); 10] = [
        ("for regtest, this node is on", |order| {
            order.network = Some(Network::named("bitcoin"));
        }),
        ("expired at", |order| {
            order.invoice.terms.expires_at = Timestamp(999_999);
        }),
        ("asks for 499 msat", |order| {
            order.invoice.amount = Some(msat(499));
        }),
        ("asks for 1001 msat", |order| {
            order.invoice.amount = Some(msat(1_001));
        }),
        ("partial_msat: 1001 msat", |order| {
            order.terms.deliver = msat(1_001);
        }),
        ("partial_msat: 0 msat", |order| {
            order.terms.deliver = msat(0);
        }),
        ("lacks the feature basic_mpp", |order| {
            order.invoice.terms.takes_parts = false;
            order.terms.deliver = msat(999);
        }),
        ("hash of another description", |order| {
            order.invoice.terms.description_hash = Some([1; 32]);
            order.description = Some("tea".to_owned());
        }),
        ("asks for 2000 msat", |order| {
            order.invoice.amount = Some(msat(2_000));
        }),
        ("partial_msat: 18446744073709551 msat", |order| {
            order.terms.deliver = msat(18_446_744_073_709_551);
        }),
    ];
    let failed = close(with("F"), Why::Abandoned);
    for (says, change) in cases {
        for payment in [None, Some(&failed)] {
            let refusal = Payment::open(payment, &changed(change)).unwrap_err();
            assert!(refusal.to_string().contains(says), "{says}: {refusal}");
        }
    }
}

#[test]
fn an_invoice_at_its_limits_is_paid() {
    let changes: [Change; 6] = [
        |order| order.invoice.terms.expires_at = order.at,
        |order| order.invoice.amount = Some(msat(500)),
        |order| order.invoice.amount = None,
        |order| order.terms.deliver = msat(1),
        |order| order.invoice.terms.takes_parts = false,
        |order| {
            order.network = Some(Network::regtest());
            order.terms.max_fee = msat(0);
        },
    ];
    for change in changes {
        open(None, changed(change));
    }
}

/// What is looked at first is the order that is open: who joins brings nothing new.
#[test]
fn an_expired_invoice_still_joins_its_open_order() {
    let joins = changed(|order| {
        let terms = InvoiceTerms {
            expires_at: Timestamp(2),
            ..order.invoice.terms.clone()
        };
        order.invoice = Invoice {
            terms,
            ..order.invoice.clone()
        };
    });
    assert_eq!(
        Payment::open(Some(&opened()), &joins),
        Ok(Decision::Unchanged(Unchanged::Joined))
    );
}

/// A late proof of a part that an earlier order sent ends the order that is open now (rules A-7, B-7).
#[test]
fn a_late_proof_of_an_earlier_part_pays_and_closes_the_new_order() {
    let again = open(Some(close(with("F"), Why::Abandoned)), asked());
    let payment = fulfil(again, 1);
    assert_eq!(payment.status(), StatusKind::Complete);
    let closed = payment.order().and_then(|order| order.closed.clone());
    assert_eq!(closed.map(|closed| closed.why), Some(Why::Paid));
    let word = Outcome::Fulfilled(*preimage(1).1.expose());
    let twice = payment.resolve(PartId(1), &word, Timestamp(8));
    assert_eq!(twice, Ok(Decision::Unchanged(Unchanged::AlreadyResolved)));
}
