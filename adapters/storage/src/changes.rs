//! Domain → row: what one transition writes, made ready in its caller's task, so that the writer
//! thread has less to do. Whatever does not fit a row is refused here, before anything is written.
//! `orders`: the same of an order. `history`: of its event.

mod history;
mod orders;

pub(crate) use orders::OrderWrite;

use crate::codes;
use crate::route_codec;
use crate::statements::{
    ExpectedPart, ExpectedPayment, NewEvent, NewPart, NewPayment, NewRequest, NewResolution,
    NewTombstone, Notes, PartFailed, PartFulfilled, PaymentClosed, PaymentJoined, PaymentNotProven,
    PaymentOpened, PaymentProven, PaymentProvenAndClosed, Progress,
};
use domain::{
    Burial, Change, Cursor, Deletion, Expected, Failure, Msat, NodeName, PartStatus, PaymentRow,
    Request, StatusKind, Timestamp, Transition,
};

/// What no row can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unstorable {
    #[error("{0} is too large to be stored")]
    TooLarge(&'static str),
    #[error("B-5: an order without limits")]
    NoLimits,
    #[error("A-8: an outcome of a part of no payment")]
    NoPayment,
    #[error("A-7: pending is no outcome of a part")]
    NoOutcome,
}

/// What one transition writes. Numbers that are given out at commit are 0 until then.
///
/// It holds secrets, so nothing of it has a `Debug` (rule A-15).
pub(crate) struct TransitionWrite {
    pub(crate) request: Option<NewRequest>,
    pub(crate) payment: PaymentWrite,
    pub(crate) part: PartWrite,
    pub(crate) order: Option<OrderWrite>,
    pub(crate) resolution: Option<NewResolution>,
    pub(crate) event: NewEvent,
    pub(crate) cursor: Option<(NodeName, i64)>,
}

/// The payment's row: the first write of a transition, and the check of what it expects.
pub(crate) enum PaymentWrite {
    New(Box<NewPayment>),
    Opened(Box<PaymentOpened>),
    Joined(Box<PaymentJoined>),
    ProvenAndClosed(Box<PaymentProvenAndClosed>),
    Closed(Box<PaymentClosed>),
    Proven(Box<PaymentProven>),
    NotProven(Box<PaymentNotProven>),
}

/// What a deletion takes away, and what it leaves.
pub(crate) struct Removal {
    pub(crate) payment_id: i64,
    pub(crate) payment_hash: Vec<u8>,
    pub(crate) version: i64,
    pub(crate) tombstone: Option<NewTombstone>,
}

/// The part's row.
pub(crate) enum PartWrite {
    New {
        node: NodeName,
        row: Box<NewPart>,
    },
    Fulfilled(PartFulfilled),
    Failed(Box<PartFailed>),
    Untouched(i64),
    /// The transition is about the order alone.
    None,
}

impl TransitionWrite {
    /// What a transition writes.
    pub(crate) fn of(transition: Transition) -> Result<TransitionWrite, Unstorable> {
        let payment = PaymentWrite::of(&transition)?;
        let event = NewEvent::of(&transition)?;
        let order = OrderWrite::of(&transition)?;
        // An order keeps its key in its own row.
        let of_part = |_: &Request| !matches!(transition.change, Change::Opened(_));
        let request = transition
            .request
            .filter(of_part)
            .map(|request| NewRequest {
                request_id: request.id.as_str().to_owned(),
                digest: request.digest.to_vec(),
                payment_id: 0,
                part_id: 0,
            });
        let heard = transition.cursor.map(|(node, at)| Ok((node, cursor(at)?)));
        let resolution = history::resolution(&transition.change)?;
        let part = PartWrite::of(transition.expected, transition.change, transition.at)?;
        Ok(TransitionWrite {
            request,
            payment,
            part,
            order,
            resolution,
            event,
            cursor: heard.transpose()?,
        })
    }
}

impl TransitionWrite {
    /// The idempotency key that it answers, in whichever row that is kept.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let of_order = match &self.order {
            Some(OrderWrite::Opened(order)) => order.request_id.as_deref(),
            Some(OrderWrite::Closed(_)) | None => None,
        };
        let request = self.request.as_ref();
        request.map(|request| &*request.request_id).or(of_order)
    }
}

impl Removal {
    /// What a deletion does.
    pub(crate) fn of(deletion: &Deletion) -> Result<Removal, Unstorable> {
        let payment_id = fit(deletion.payment.0, "payment id")?;
        let payment_hash = deletion.payment_hash.0.to_vec();
        let deleted_at = time(deletion.at)?;
        let tombstone = deletion.tombstone.then(|| NewTombstone {
            payment_hash: payment_hash.clone(),
            payment_id: Some(payment_id),
            deleted_at,
        });
        Ok(Removal {
            payment_id,
            payment_hash,
            version: fit(deletion.version, "version")?,
            tombstone,
        })
    }
}

/// What a burial leaves.
pub(crate) fn tombstone(burial: &Burial) -> Result<NewTombstone, Unstorable> {
    Ok(NewTombstone {
        payment_hash: burial.payment_hash.0.to_vec(),
        payment_id: None,
        deleted_at: time(burial.at)?,
    })
}

impl PaymentWrite {
    fn of(transition: &Transition) -> Result<PaymentWrite, Unstorable> {
        let row = &transition.after;
        let progress = progress(row)?;
        let expected = match transition.expected {
            Expected::Absent => {
                return Ok(PaymentWrite::New(Box::new(NewPayment::of(row, progress)?)));
            }
            Expected::Stored { id, version } => ExpectedPayment {
                id: fit(id.0, "payment id")?,
                version: fit(version, "version")?,
            },
        };
        let is_proven = match &transition.change {
            Change::Opened(_) => {
                let limits = orders::limits(row)?.ok_or(Unstorable::NoLimits)?;
                return Ok(PaymentWrite::Opened(Box::new(PaymentOpened {
                    progress,
                    notes: notes(row)?,
                    order_deadline: limits.deadline,
                    deliver_msat: limits.deliver_msat,
                    max_fee_msat: limits.max_fee_msat,
                    expected,
                })));
            }
            Change::Accepted(_) => {
                return Ok(PaymentWrite::Joined(Box::new(PaymentJoined {
                    progress,
                    notes: notes(row)?,
                    expected,
                })));
            }
            Change::Resolved { status, .. } | Change::EndedByOperator { status, .. } => {
                status.kind() == StatusKind::Complete
            }
            Change::OrderClosed | Change::Quarantined { .. } | Change::Unrecorded { .. } => false,
        };
        let preimage = || row.preimage.as_ref().map(|p| p.expose().to_vec());
        Ok(match (is_proven, transition.closes.is_some()) {
            (true, false) => PaymentWrite::Proven(Box::new(PaymentProven {
                progress,
                payment_preimage: preimage(),
                expected,
            })),
            (true, true) => PaymentWrite::ProvenAndClosed(Box::new(PaymentProvenAndClosed {
                progress,
                payment_preimage: preimage(),
                expected,
            })),
            (false, false) => {
                PaymentWrite::NotProven(Box::new(PaymentNotProven { progress, expected }))
            }
            (false, true) => PaymentWrite::Closed(Box::new(PaymentClosed { progress, expected })),
        })
    }
}

impl NewPayment {
    pub(crate) fn of(row: &PaymentRow, progress: Progress) -> Result<NewPayment, Unstorable> {
        let (terms, notes) = (&row.terms, notes(row)?);
        let limits = orders::limits(row)?;
        Ok(NewPayment {
            id: 0,
            payment_hash: row.payment_hash.0.to_vec(),
            direction: codes::OUTGOING,
            intended_msat: amount(terms.intended, "intended_msat")?,
            requested_msat: amount(terms.requested, "requested_msat")?,
            destination: terms.destination.bytes().to_vec(),
            created_at: time(row.created_at)?,
            status: progress.status,
            parts: progress.parts,
            live_parts: progress.live_parts,
            in_flight_msat: progress.in_flight_msat,
            delivered_msat: progress.delivered_msat,
            sent_msat: progress.sent_msat,
            completed_at: progress.completed_at,
            version: progress.version,
            quarantine: progress.quarantine,
            payment_secret: notes.payment_secret,
            payment_metadata: notes.payment_metadata,
            description: notes.description,
            label: notes.label,
            bolt11: notes.bolt11,
            invoice_description: notes.invoice_description,
            invoice_network: notes.invoice_network,
            invoice_expires_at: notes.invoice_expires_at,
            min_final_cltv_expiry: notes.min_final_cltv_expiry,
            basic_mpp: notes.basic_mpp,
            description_hash: notes.description_hash,
            order_deadline: limits.map(|limits| limits.deadline),
            deliver_msat: limits.map(|limits| limits.deliver_msat),
            max_fee_msat: limits.map(|limits| limits.max_fee_msat),
        })
    }
}

pub(crate) fn progress(row: &PaymentRow) -> Result<Progress, Unstorable> {
    let tally = &row.tally;
    Ok(Progress {
        status: codes::of_status(row.status()),
        parts: i64::from(tally.parts),
        live_parts: i64::from(tally.live),
        in_flight_msat: amount(tally.in_flight, "in_flight_msat")?,
        delivered_msat: amount(tally.delivered, "delivered_msat")?,
        sent_msat: amount(tally.sent, "sent_msat")?,
        completed_at: row.completed_at.map(time).transpose()?,
        version: fit(row.version, "version")?,
        quarantine: row.quarantine.clone(),
    })
}

fn notes(row: &PaymentRow) -> Result<Notes, Unstorable> {
    let invoice = row.terms.invoice.as_ref();
    let expires_at = invoice.map(|invoice| time(invoice.expires_at));
    Ok(Notes {
        payment_secret: row.terms.secret.as_ref().map(|s| s.expose().to_vec()),
        payment_metadata: row.terms.metadata.as_ref().map(|m| m.expose().to_vec()),
        description: row.description.clone(),
        label: row.label.clone(),
        bolt11: row.bolt11.clone(),
        invoice_description: row.invoice_description.clone(),
        invoice_network: invoice.map(|invoice| invoice.network.as_str().to_owned()),
        invoice_expires_at: expires_at.transpose()?,
        min_final_cltv_expiry: invoice.map(|invoice| i64::from(invoice.min_final_cltv_expiry)),
        basic_mpp: invoice.map(|invoice| i64::from(invoice.takes_parts)),
        description_hash: invoice
            .and_then(|i| i.description_hash)
            .map(|hash| hash.to_vec()),
    })
}

impl PartWrite {
    fn of(stored: Expected, change: Change, at: Timestamp) -> Result<Self, Unstorable> {
        let (part, previous, status) = match change {
            Change::Opened(_) | Change::OrderClosed => return Ok(PartWrite::None),
            Change::Accepted(part) => {
                let row = Box::new(NewPart::of(&part)?);
                let node = part.node;
                return Ok(PartWrite::New { node, row });
            }
            Change::Quarantined { part } | Change::Unrecorded { part } => {
                return Ok(PartWrite::Untouched(fit(part.0, "part id")?));
            }
            Change::Resolved {
                part,
                previous,
                status,
            } => (part, previous, status),
            Change::EndedByOperator { part, status, .. } => (part, StatusKind::Pending, status),
        };
        let Expected::Stored { id: payment, .. } = stored else {
            return Err(Unstorable::NoPayment);
        };
        let completed_at = time(at)?;
        let expected = ExpectedPart {
            id: fit(part.0, "part id")?,
            payment_id: fit(payment.0, "payment id")?,
            status: codes::of_status(previous),
        };
        match status {
            PartStatus::Pending => Err(Unstorable::NoOutcome),
            PartStatus::Complete(_) => Ok(PartWrite::Fulfilled(PartFulfilled {
                completed_at,
                ended_event: 0,
                expected,
            })),
            PartStatus::Failed(failure) => {
                let row = failed(*failure, completed_at, expected);
                Ok(PartWrite::Failed(Box::new(row)))
            }
        }
    }
}

impl NewPart {
    fn of(part: &domain::NewPart) -> Result<NewPart, Unstorable> {
        Ok(NewPart {
            id: 0,
            payment_id: 0,
            node_id: 0,
            status: codes::of_status(StatusKind::Pending),
            amount_msat: amount(part.amount(), "amount_msat")?,
            amount_sent_msat: amount(part.amount_sent(), "amount_sent_msat")?,
            cltv_expiry: part.cltv_expiry.map(i64::from),
            created_at: time(part.created_at)?,
            accepted_event: 0,
            route: route_codec::encode(&part.route),
            description: part.description.clone(),
            label: part.label.clone(),
        })
    }
}

fn failed(failure: Failure, completed_at: i64, expected: ExpectedPart) -> PartFailed {
    let (code, elsewhere) = codes::of_failure(failure.code);
    PartFailed {
        completed_at,
        code,
        message: failure.message,
        erring_index: failure.erring_index.map(i64::from),
        failcode: failure.failcode.map(i64::from),
        erring_node: failure.erring_node.map(|node| node.bytes().to_vec()),
        // Channels are all 64 bits; aliases use the highest one.
        erring_channel: failure
            .erring_channel
            .map(|channel| channel.0.cast_signed()),
        onionreply: failure.onionreply,
        raw_message: failure.raw_message,
        elsewhere,
        ended_event: 0,
        expected,
    }
}

/// How far a node has been heard, as it is stored.
pub(crate) fn cursor(cursor: Cursor) -> Result<i64, Unstorable> {
    fit(cursor.0, "cursor")
}

pub(crate) fn amount(msat: Msat, what: &'static str) -> Result<i64, Unstorable> {
    fit(msat.get(), what)
}

pub(crate) fn time(at: Timestamp) -> Result<i64, Unstorable> {
    fit(at.0, "time")
}

pub(crate) fn fit(number: u64, what: &'static str) -> Result<i64, Unstorable> {
    i64::try_from(number).map_err(|_| Unstorable::TooLarge(what))
}
