//! What can be asked of a payment, and every way in which it can say no.

use crate::{
    Invoice, Msat, Network, NodeId, NodeName, OrderTerms, PartId, PaymentHash, PaymentMetadata,
    PaymentSecret, Request, Route, StatusKind, Timestamp, Tombstone, UnrecordedPart,
};

/// A part that a caller wants sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendPart {
    /// By which of the two methods.
    pub method: Method,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What the payment shall deliver in all.
    pub intended: Msat,
    /// What was asked for: less than `intended` only where `sendpay` overpays on purpose.
    pub requested: Msat,
    /// The way.
    pub route: Route,
    /// The node that shall offer it.
    pub node: NodeName,
    /// The chain that this node is on, where known.
    pub network: Option<Network>,
    /// The height at which its first HTLC will expire, where known.
    pub cltv_expiry: Option<u32>,
    /// The invoice's secret, if given apart from the invoice.
    pub secret: Option<PaymentSecret>,
    /// The invoice's metadata, if given apart from the invoice.
    pub metadata: Option<PaymentMetadata>,
    /// The invoice.
    pub invoice: Option<Invoice>,
    /// A note.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The idempotency key and a digest of the parameters.
    pub request: Option<Request>,
    /// When it was asked for.
    pub at: Timestamp,
}

/// The ways of paying, which share the payment's row and its ceiling (rule A-9).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `sendpartialpay`: one part of possibly many.
    SendPartialPay,
    /// `sendpay`: one part that is the whole payment.
    SendPay,
    /// `pay`: a part of the payment's order, of a plan that was made for this version of the payment.
    Pay,
}

/// An order that a caller wants opened: `pay`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenOrder {
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What the payment shall deliver in all (BOLT 4's `total_msat`).
    pub intended: Msat,
    /// What is asked for.
    pub terms: OrderTerms,
    /// The invoice.
    pub invoice: Invoice,
    /// The chain that the order's nodes are on, where known.
    pub network: Option<Network>,
    /// A note.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The idempotency key and a digest of the parameters.
    pub request: Option<Request>,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Why a payment said no. Nothing changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The row has other terms (rule A-9).
    #[error(
        "payment {hash} has {what} {stored}, not {given}: every part of a payment must agree; use \
         the stored value, or another payment_hash"
    )]
    TermsDiffer {
        /// The payment.
        hash: PaymentHash,
        /// Which term.
        what: Term,
        /// What the row says.
        stored: String,
        /// What was asked.
        given: String,
    },
    /// 0.6.2's `sendpay`: paid, with another amount.
    #[error("Already succeeded with amount {0}")]
    SucceededWithAmount(Msat),
    /// 0.6.2's `sendpay`: paid, to somebody else.
    #[error("Already succeeded to {0}")]
    SucceededTo(NodeId),
    /// It would deliver more than intended (rule A-1).
    #[error("part of {asked} msat refused: {}", over(*asked, *intended, *in_flight, *delivered, *room))]
    Ceiling {
        /// What the part would deliver.
        asked: Msat,
        /// What the payment shall deliver in all.
        intended: Msat,
        /// What pending parts deliver.
        in_flight: Msat,
        /// What complete parts delivered.
        delivered: Msat,
        /// What may still be sent.
        room: Msat,
    },
    /// The payee takes parts only with the invoice's secret.
    #[error(
        "payment_secret is missing: a part of a larger payment needs the invoice's; give \
         payment_secret, or the invoice as bolt11"
    )]
    SecretMissing,
    /// The invoice says otherwise.
    #[error("bolt11: the invoice's {what} is {invoice}, not {given}")]
    InvoiceDiffers {
        /// In what.
        what: Term,
        /// What the invoice says.
        invoice: String,
        /// What was asked.
        given: String,
    },
    /// The invoice asks for less than that, or for more.
    #[error(
        "bolt11: the invoice asks for {asks} msat, so intended_msatoshi can be {asks} to {}, not \
         {intended}",
        asks.get().saturating_mul(2)
    )]
    InvoiceAmount {
        /// What it asks for.
        asks: Msat,
        /// What was said.
        intended: Msat,
    },
    /// The invoice is for another chain.
    #[error(
        "bolt11: the invoice is for {invoice}, this node is on {node}; nothing was sent: ask the payee \
         for an invoice of {node}"
    )]
    OtherNetwork {
        /// The invoice's chain.
        invoice: Network,
        /// The node's.
        node: Network,
    },
    /// The payee would refuse an HTLC that has so few blocks left.
    #[error(
        "route: the last hop has a delay of {given}, and the invoice asks for at least {least} \
         (min_final_cltv_expiry); make every delay of the route {} larger",
        least.saturating_sub(*given)
    )]
    FinalDelay {
        /// The last hop's delay.
        given: u32,
        /// What the invoice asks for.
        least: u32,
    },
    /// The payee takes one part only.
    #[error(
        "the invoice takes no partial payments (it lacks the feature basic_mpp): a part of {amount} \
         msat is refused, send all {intended} msat in one part"
    )]
    TakesNoParts {
        /// What the part would deliver.
        amount: Msat,
        /// What the payment shall deliver in all.
        intended: Msat,
    },
    /// The invoice holds the hash of another description.
    #[error(
        "description: the invoice holds the hash of another description ({}); give the description \
         that the payee hashed, to the letter, or none, and your own words as label",
        hex::encode(invoice)
    )]
    OtherDescription {
        /// The hash that the invoice holds.
        invoice: [u8; 32],
    },
    /// The invoice has expired.
    #[error("Invoice expired at {}; ask the payee for a new one", .0.seconds())]
    InvoiceExpired(Timestamp),
    /// Nothing is sent towards this payment any more.
    #[error("payment {hash} is quarantined: {reason}")]
    Quarantined {
        /// The payment.
        hash: PaymentHash,
        /// Why.
        reason: String,
    },
    /// It was paid, and is not there any more, or never was (rule A-10).
    #[error("{0}: what was paid is never paid again (A-10); ask the payee for a new invoice")]
    PaidBefore(Tombstone),
    /// Only what has come to rest can be deleted (rule A-5).
    #[error(
        "payment {hash} has {live} pending parts: it can be deleted when all of them have ended \
         (waitpayment waits for that)"
    )]
    Live {
        /// The payment.
        hash: PaymentHash,
        /// How many parts have no outcome.
        live: u32,
    },
    /// One payment cannot have more parts.
    #[error("payment {hash} has {max} parts already, the most one payment can have")]
    TooManyParts {
        /// The payment.
        hash: PaymentHash,
        /// How many there can be.
        max: u32,
    },
    /// An order is open, and while it is, it alone adds parts (rule B-5).
    #[error(
        "payment {hash} has an open order (pay), which alone adds parts to it: wait until it has ended \
         (waitpayment), or end it (abandonpay)"
    )]
    OrderOpen {
        /// The payment.
        hash: PaymentHash,
    },
    /// An order is open with other terms (rule B-5).
    #[error(
        "payment {hash} has an open order with another {what}: ask with the same, wait until it has \
         ended (waitpayment), or end it (abandonpay)"
    )]
    OrderDiffers {
        /// The payment.
        hash: PaymentHash,
        /// In what.
        what: &'static str,
    },
    /// No order is opened while parts of others, or of an earlier order, are live (rules B-5 and B-6).
    #[error(
        "payment {hash} has {live} pending parts, and no order is open: pay it again when all of them have \
         ended (waitpayment waits for that)"
    )]
    PartsLive {
        /// The payment.
        hash: PaymentHash,
        /// How many.
        live: u32,
    },
    /// There is no open order (rule B-6).
    #[error("payment {hash} has no open order: what is closed stays closed")]
    NoOrder {
        /// The payment.
        hash: PaymentHash,
    },
    /// A part of a plan is not within its order.
    #[error("{rule}: the part is not sent: {what}")]
    OutsideOrder {
        /// The rule's id.
        rule: &'static str,
        /// Why.
        what: &'static str,
    },
    /// The share is not within the payment (rule B-2).
    #[error("partial_msat: {deliver} msat should be at least 1 and at most {intended} msat")]
    ShareTooLarge {
        /// What was asked for.
        deliver: Msat,
        /// The payment's whole.
        intended: Msat,
    },
    /// The idempotency key was used with other parameters.
    #[error(
        "request_id was used before with other parameters, for part {part}: use a new request_id \
         for a new request"
    )]
    RequestReused {
        /// The part that it made.
        part: PartId,
    },
    /// The idempotency key was used with other parameters.
    #[error(
        "request_id was used before with other parameters, for an order of payment {hash}: use a new \
         request_id for a new request"
    )]
    RequestOfOrder {
        /// The payment.
        hash: PaymentHash,
    },
    /// Nobody asked for that part.
    #[error("no part {part} in payment {hash}")]
    NoSuchPart {
        /// The payment.
        hash: PaymentHash,
        /// The part.
        part: PartId,
    },
    /// An operator may end only what is pending.
    #[error("part {part} has ended: it is {}, and stays so", status.as_str())]
    HasEnded {
        /// The part.
        part: PartId,
        /// What it is.
        status: StatusKind,
    },
    /// An operator's word is stored with who says so and why.
    #[error("part {part} is ended by hand only with a reason, which is stored and shown with it")]
    NoReason {
        /// The part.
        part: PartId,
    },
    /// What an operator gave is no proof (rule A-6).
    #[error("the preimage does not open payment hash {hash}: part {part} stays pending")]
    NotItsPreimage {
        /// The payment.
        hash: PaymentHash,
        /// The part.
        part: PartId,
    },
    /// An operator may end only what no node can tell of (rule A-5).
    #[error(
        "part {part} is not ended by hand: node {node} can still tell what becomes of it: {what}"
    )]
    NodeCanTell {
        /// The part.
        part: PartId,
        /// Its node.
        node: NodeName,
        /// What it tells.
        what: String,
    },
    /// A node knows a part of it that is not stored and may be out (rule A-10).
    #[error("{0}")]
    Unrecorded(Box<UnrecordedPart>),
    /// What should be the preimage is not (rule A-6): the part stays as it is.
    #[error("the node's preimage for part {part} does not open payment hash {hash}")]
    WrongPreimage {
        /// The payment.
        hash: PaymentHash,
        /// The part.
        part: PartId,
    },
}

/// Something that parts, payments and invoices must agree on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Term {
    /// What the payment shall deliver.
    Intended,
    /// What was asked for.
    Requested,
    /// Who is paid.
    Destination,
    /// The invoice's secret; never shown.
    Secret,
    /// The invoice's metadata.
    Metadata,
    /// The payment hash.
    Hash,
    /// The invoice.
    Invoice,
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Term::Intended => "intended_msatoshi",
            Term::Requested => "msatoshi",
            Term::Destination => "destination",
            Term::Secret => "payment_secret",
            Term::Metadata => "payment_metadata",
            Term::Hash => "payment_hash",
            Term::Invoice => "bolt11",
        })
    }
}

fn over(asked: Msat, intended: Msat, in_flight: Msat, delivered: Msat, room: Msat) -> String {
    if asked > intended {
        return format!("the whole payment shall deliver {intended} msat");
    }
    let committed = in_flight.checked_add(delivered).unwrap_or(Msat::MAX);
    format!(
        "{committed} of {intended} msat are in flight or delivered; send at most {room} msat, or \
         wait for a part to fail"
    )
}
