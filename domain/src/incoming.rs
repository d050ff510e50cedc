//! What comes in: parts that have arrived for our invoices and are not claimed yet, and invoices that
//! were paid.

use crate::{Msat, NodeId, NodeName, PaymentHash, PaymentId, Preimage, ShortChannelId, Timestamp};

/// An HTLC that has arrived for one of our invoices and is not claimed, failed or timed out: what a node
/// tells of a row of `listpartialinvoices`. Named by its channel and its number there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomingPart {
    /// The invoice's hash.
    pub payment_hash: PaymentHash,
    /// The channel over which it came.
    pub channel: ShortChannelId,
    /// The channel's number of it (BOLT 2's `id`).
    pub htlc_id: u64,
    /// What it brings.
    pub amount: Msat,
    /// The height at which it times out.
    pub cltv_expiry: u32,
    /// When it was first seen.
    pub seen_at: Timestamp,
    /// What all parts are to bring together, where that is known: the invoice's amount, or what the
    /// payer said (BOLT 4's `total_msat`).
    pub total: Option<Msat>,
    /// Our own name for the invoice.
    pub label: Option<String>,
    /// The invoice, of BOLT 11 or 12.
    pub bolt11: Option<String>,
}

/// A row of `listpartialinvoices`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartialInvoice {
    /// The configured node at which it arrived.
    pub node: NodeName,
    /// What arrived.
    pub part: IncomingPart,
    /// What all parts that are there bring together.
    pub received: Msat,
}

/// `listpartialinvoices`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartialInvoices {
    /// By node, payment and time.
    pub rows: Vec<PartialInvoice>,
    /// Nodes that could not be asked, and why: what came in there is not in the list.
    pub away: Vec<(NodeName, String)>,
}

/// An invoice of a node of ours that was paid, as the node tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaidInvoice {
    /// Its hash.
    pub payment_hash: PaymentHash,
    /// What was given for the money.
    pub preimage: Preimage,
    /// The node that was paid: ours.
    pub destination: NodeId,
    /// What was asked for; none where that was left to the payer.
    pub requested: Option<Msat>,
    /// What came.
    pub received: Msat,
    /// The parts that it came in, as far as the node still knew them.
    pub parts: Vec<ReceivedPart>,
    /// Our own name for it.
    pub label: Option<String>,
    /// What it was for.
    pub description: Option<String>,
    /// The invoice, of BOLT 11 or 12.
    pub bolt11: Option<String>,
    /// When its first part was seen; when it was paid, where that is not known.
    pub created_at: Timestamp,
    /// When it was paid.
    pub completed_at: Timestamp,
}

/// A part of an invoice that was paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceivedPart {
    /// The channel over which it came.
    pub channel: ShortChannelId,
    /// The channel's number of it, where the node still knew it.
    pub htlc_id: Option<u64>,
    /// What it brought.
    pub amount: Msat,
    /// The height at which it would have timed out.
    pub cltv_expiry: Option<u32>,
    /// When it was first seen.
    pub seen_at: Option<Timestamp>,
}

/// A payment that came in, before storage has given it a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewIncoming {
    /// The configured node that received it.
    pub node: NodeName,
    /// What was paid.
    pub paid: PaidInvoice,
}

impl NewIncoming {
    /// The row of that number.
    pub fn numbered(self, id: PaymentId) -> IncomingPayment {
        IncomingPayment {
            id,
            node: self.node,
            paid: self.paid,
        }
    }
}

/// A payment that came in: a row of the history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomingPayment {
    /// Its row. Numbers are shared with the payments that went out: one history.
    pub id: PaymentId,
    /// The configured node that received it.
    pub node: NodeName,
    /// What was paid.
    pub paid: PaidInvoice,
}
