//! Parts and payments to answer with.

use devnet::{InvoiceStatus, OwnInvoice};
use domain::{
    Avoid, Cleaned, Closed, Deleted, DeletedPayment, Event, EventKind, Failure, FailureCode, Hop,
    IncomingPart, IncomingPayment, ListedPart, Msat, NodeId, NodeName, Order, OrderId, OrderTerms,
    PaidInvoice, PartId, PartStatus, PartialInvoice, PartialInvoices, PartialPayment, PaymentHash,
    PaymentId, PaymentRow, PaymentSecret, PaymentSummary, Preimage, ReceivedPart, ResolvePart,
    Resolved, Route, ShortChannelId, StatusKind, Swept, Tally, Terms, Timestamp, Why,
};
use serde_json::{Value, json};

pub(crate) const BOB: &str = "02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const DAVE: &str = "03bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const SECRET: &str = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7";
const PREIMAGE: [u8; 32] = [7; 32];

/// From BOLT 11's own examples: 25 mBTC, secret 11…11, hash [`INVOICE_HASH`].
pub(crate) const INVOICE: &str = "lnbc25m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5vdhkven9v5sxyetpdeessp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9q5sqqqqqqqqqqqqqqqqsgq2a25dxl5hrntdtn6zvydt7d66hyzsyhqs4wdynavys42xgl6sgx9c4g7me86a27t07mdtfry458rtjr0v92cnmswpsjscgt2vcse3sgpz3uapa";
pub(crate) const INVOICE_HASH: &str =
    "0001020304050607080900010203040506070809000102030405060708090102";
pub(crate) const INVOICE_PAYEE: &str =
    "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";

pub(crate) fn hash() -> PaymentHash {
    Preimage::from_secret_bytes(PREIMAGE).0
}

pub(crate) fn preimage_hex() -> String {
    hex::encode(PREIMAGE)
}

pub(crate) fn msat(msat: u64) -> Msat {
    Msat::new(msat).unwrap()
}

fn node(id: &str) -> NodeId {
    id.parse().unwrap()
}

pub(crate) fn route(amount: u64) -> Route {
    let hop = |id, channel, amount, delay| Hop {
        node: node(id),
        channel: ShortChannelId(channel),
        amount: msat(amount),
        delay,
    };
    let (first, last) = (103 << 40 | 1 << 16, 104 << 40 | 2 << 16 | 1);
    let hops = vec![hop(BOB, first, amount + 10, 15), hop(DAVE, last, amount, 9)];
    Route::new(hops).unwrap()
}

/// [`route`], as a caller writes it.
pub(crate) fn route_json(amount: u64) -> Value {
    json!([
        {"id": BOB, "channel": "103x1x0", "amount_msat": amount + 10, "delay": 15},
        {"id": DAVE, "channel": "104x2x1", "amount_msat": amount, "delay": 9},
    ])
}

pub(crate) fn part(id: u64) -> PartialPayment {
    PartialPayment {
        resolution: None,
        id: PartId(id),
        payment_hash: hash(),
        intended: msat(1000),
        node: NodeName::new("alice"),
        route: route(600),
        description: Some("a note\n\nof two lines".into()),
        label: None,
        cltv_expiry: Some(115),
        created_at: Timestamp(1_700_000_000_999_999),
        completed_at: None,
        status: PartStatus::Pending,
    }
}

pub(crate) fn listed(part: PartialPayment) -> ListedPart {
    ListedPart { part, doubt: None }
}

pub(crate) fn complete_part(id: u64) -> PartialPayment {
    PartialPayment {
        completed_at: Some(Timestamp(1_700_000_001_000_000)),
        status: PartStatus::Complete(Preimage::from_secret_bytes(PREIMAGE).1),
        ..part(id)
    }
}

pub(crate) fn failed_part(id: u64, code: FailureCode) -> PartialPayment {
    let failure = Failure {
        erring_index: Some(1),
        failcode: Some(0x1000 | 12),
        erring_node: Some(node(BOB)),
        erring_channel: Some("104x2x1".parse().unwrap()),
        onionreply: Some(vec![0xbe, 0xef]),
        raw_message: Some(vec![0x10, 0x0c]),
        ..Failure::plain(code, "failed: WIRE_FEE_INSUFFICIENT (reply from remote)")
    };
    PartialPayment {
        completed_at: Some(Timestamp(1_700_000_001_000_000)),
        status: PartStatus::Failed(Box::new(failure)),
        ..part(id)
    }
}

pub(crate) fn payment() -> PaymentSummary {
    let row = PaymentRow {
        payment_hash: hash(),
        invoice_description: None,
        terms: Terms {
            invoice: None,
            intended: msat(1000),
            requested: msat(900),
            destination: node(DAVE),
            secret: SECRET.parse::<PaymentSecret>().ok(),
            metadata: None,
        },
        description: None,
        label: Some("rent".into()),
        bolt11: None,
        created_at: Timestamp(1_700_000_000_999_999),
        completed_at: None,
        preimage: None,
        tally: Tally {
            parts: 3,
            live: 1,
            in_flight: msat(600),
            delivered: Msat::ZERO,
            sent: msat(610),
        },
        order: None,
        quarantine: None,
        version: 4,
    };
    PaymentSummary {
        id: PaymentId(5),
        row,
    }
}

const CHANNEL: ShortChannelId = ShortChannelId(103 << 40 | 1 << 16);

/// An invoice over 1000 msat, for which 600 have arrived; and a node that is away.
pub(crate) fn partial_invoices() -> PartialInvoices {
    let part = IncomingPart {
        payment_hash: hash(),
        channel: CHANNEL,
        htlc_id: 3,
        amount: msat(600),
        cltv_expiry: 160,
        seen_at: Timestamp(1_700_000_000_000_000),
        total: Some(msat(1_000)),
        label: Some("order 1".into()),
        bolt11: Some("lnbcrt1".into()),
    };
    let bare = IncomingPart {
        total: None,
        label: None,
        bolt11: None,
        htlc_id: 4,
        ..part.clone()
    };
    let row = |part| PartialInvoice {
        node: NodeName::new("alice"),
        received: msat(600),
        part,
    };
    PartialInvoices {
        rows: vec![row(part), row(bare)],
        away: vec![(NodeName::new("cln"), "no socket".into())],
    }
}

pub(crate) fn incoming() -> IncomingPayment {
    let (payment_hash, preimage) = Preimage::from_secret_bytes(PREIMAGE);
    IncomingPayment {
        id: PaymentId(6),
        node: NodeName::new("alice"),
        paid: PaidInvoice {
            payment_hash,
            preimage,
            destination: node(DAVE),
            requested: Some(msat(1_000)),
            received: msat(1_001),
            parts: vec![ReceivedPart {
                channel: CHANNEL,
                htlc_id: Some(3),
                amount: msat(1_001),
                cltv_expiry: Some(160),
                seen_at: Some(Timestamp(1_700_000_000_000_000)),
            }],
            label: Some("order 1".into()),
            description: None,
            bolt11: Some("lnbcrt1".into()),
            created_at: Timestamp(1_700_000_000_000_000),
            completed_at: Timestamp(1_700_000_001_000_000),
        },
    }
}

pub(crate) fn own_invoice(id: u64, is_paid: bool) -> OwnInvoice {
    let (payment_hash, preimage) = Preimage::from_secret_bytes(PREIMAGE);
    OwnInvoice {
        id,
        payment_hash,
        label: format!("order {id}"),
        description: "coffee".into(),
        bolt11: "lnbcrt1".into(),
        amount: Some(msat(1_000)),
        created_at: Timestamp(1_700_000_000_000_000),
        expires_at: Timestamp(1_700_003_600_000_000),
        status: if is_paid {
            InvoiceStatus::Paid {
                place: 1,
                preimage,
                received: msat(1_001),
                at: Timestamp(1_700_000_001_000_000),
            }
        } else {
            InvoiceStatus::Unpaid
        },
    }
}

pub(crate) fn event() -> Event {
    Event {
        seq: 7,
        kind: EventKind::PartFailed,
        at: Timestamp(1_700_000_001_000_000),
        payment_hash: hash(),
        payment_status: StatusKind::Pending,
        part: Some(PartId(42)),
        part_status: Some(StatusKind::Failed),
        failure: Some(Box::new(Failure::plain(
            FailureCode::TryOtherRoute,
            "failed: WIRE_FEE_INSUFFICIENT (reply from remote)",
        ))),
        resolution: None,
        order_closed: None,
    }
}

pub(crate) fn deleted() -> DeletedPayment {
    DeletedPayment {
        payment_hash: hash(),
        status: StatusKind::Complete,
        tombstone: true,
        deleted: Deleted {
            parts: 2,
            events: 4,
            requests: 1,
        },
    }
}

pub(crate) fn cleaned() -> Cleaned {
    let swept = |payments| Swept {
        payments,
        parts: 2 * payments,
        events: 4 * payments,
    };
    Cleaned {
        failed: swept(3),
        complete: swept(10),
        kept: 1,
        more: true,
        stopped: None,
    }
}

pub(crate) fn failed_payment() -> PaymentSummary {
    let mut failed = payment();
    failed.completed_at = Some(Timestamp(1_700_000_001_000_000));
    failed.tally = Tally {
        parts: 2,
        ..Tally::default()
    };
    failed
}

pub(crate) fn complete_payment() -> PaymentSummary {
    let mut complete = payment();
    complete.completed_at = Some(Timestamp(1_700_000_001_000_000));
    complete.preimage = Some(Preimage::from_secret_bytes(PREIMAGE).1);
    complete
}

/// What an operator has ended.
pub(crate) fn ended_by_hand(request: &ResolvePart) -> Resolved {
    let mut part = part(request.part.0);
    part.resolution = Some(request.by.clone());
    part.completed_at = Some(part.created_at);
    part.status = PartStatus::Failed(Box::new(request.by.failure()));
    Resolved::Part(Box::new(part))
}

/// An order that is paid.
pub(crate) fn order() -> Order {
    Order {
        id: OrderId(12),
        terms: OrderTerms {
            deliver: msat(1000),
            max_fee: msat(20),
            deadline: Timestamp(1_700_000_060_000_000),
            max_delay: 2016,
            max_parts: 100,
            max_attempts: 200,
            nodes: vec![NodeName::new("alice")],
            avoid: Avoid {
                channels: "103x2x0/1".parse().into_iter().collect(),
                nodes: [node(BOB)].into(),
            },
            hints: Vec::new(),
        },
        opened_at: Timestamp(1_700_000_000_999_999),
        parts_before: 2,
        closed: Some(Closed {
            at: Timestamp(1_700_000_001_999_999),
            why: Why::Paid,
        }),
    }
}
