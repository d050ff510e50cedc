//! Payments, routes and commands to test with.

mod orders;

pub use orders::*;

use crate::{
    Decision, Failure, FailureCode, Hop, Invoice, InvoiceTerms, Method, Msat, Network, NodeId,
    NodeName, OpenOrder, Outcome, PartId, Payment, PaymentHash, PaymentMetadata, PaymentSecret,
    Preimage, Receipt, Refusal, Route, SendPart, ShortChannelId, Timestamp, Transition, Unchanged,
    Why,
};

/// So many msat.
pub fn msat(msat: u64) -> Msat {
    Msat::new(msat).expect("a sane amount")
}

/// The `n`-th preimage and its hash.
pub fn preimage(n: u64) -> (PaymentHash, Preimage) {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Preimage::from_secret_bytes(bytes)
}

/// The `n`-th payment's hash.
pub fn hash(n: u64) -> PaymentHash {
    preimage(n).0
}

/// A node id that ends in `n`.
pub fn node_id(n: u8) -> NodeId {
    let mut bytes = [n; 33];
    bytes[0] = 2;
    NodeId::new(bytes).expect("it starts with 2")
}

/// The node that offers what these samples send.
pub fn node() -> NodeName {
    NodeName::new("alice")
}

/// Two hops that deliver `amount`, for a fee of 1 sat, to the usual destination.
pub fn route(amount: u64) -> Route {
    route_to(9, amount)
}

/// Two hops that deliver `amount` to that node.
pub fn route_to(destination: u8, amount: u64) -> Route {
    let hop = |node, channel, amount, delay| Hop {
        node: node_id(node),
        channel: ShortChannelId(channel),
        amount: msat(amount),
        delay,
    };
    let hops = vec![
        hop(1, 100 << 40, amount + 1_000, 120),
        hop(destination, 101 << 40, amount, 42),
    ];
    Route::new(hops).expect("amounts and delays shrink")
}

/// The secret of these samples' invoices: as a simulated payee's it is the preimage itself.
pub fn secret(n: u64) -> PaymentSecret {
    PaymentSecret::new(*preimage(n).1.expose())
}

/// A part of `amount` of payment `n`, which shall deliver `intended`.
pub fn part(n: u64, amount: u64, intended: u64) -> SendPart {
    SendPart {
        method: Method::SendPartialPay,
        payment_hash: hash(n),
        intended: msat(intended),
        requested: msat(intended),
        route: route(amount),
        node: node(),
        network: None,
        cltv_expiry: Some(1_000),
        secret: Some(secret(n)),
        metadata: None,
        invoice: None,
        description: None,
        label: None,
        request: None,
        at: Timestamp(1_000_000),
    }
}

/// An invoice of the usual payee over 1,000 msat, with which parts of payment `n` agree.
pub fn invoice(n: u64) -> Invoice {
    Invoice {
        bolt11: "lnbcrt10n1".into(),
        payment_hash: hash(n),
        amount: Some(msat(1_000)),
        payee: node_id(9),
        secret: secret(n),
        metadata: Some(PaymentMetadata::new(vec![1])),
        description: Some("coffee".into()),
        hints: Vec::new(),
        terms: invoice_terms(),
    }
}

/// What that invoice demands.
pub fn invoice_terms() -> InvoiceTerms {
    InvoiceTerms {
        network: Network::regtest(),
        expires_at: Timestamp(4_000_000_000_000_000),
        min_final_cltv_expiry: 18,
        takes_parts: true,
        description_hash: None,
    }
}

/// `sendpay` of `amount` for payment `n`.
pub fn whole(n: u64, amount: u64) -> SendPart {
    SendPart {
        method: Method::SendPay,
        ..part(n, amount, amount)
    }
}

/// A failure that another route may not have.
pub fn failure() -> Failure {
    Failure {
        erring_index: Some(1),
        failcode: Some(0x100c),
        erring_node: Some(node_id(1)),
        erring_channel: Some(ShortChannelId(101 << 40)),
        ..Failure::plain(
            FailureCode::TryOtherRoute,
            "failed: WIRE_FEE_INSUFFICIENT (reply from remote)",
        )
    }
}

/// What can happen to a payment: for tests that try everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A caller wants a part sent.
    Send(Box<SendPart>),
    /// A node, or our own recovery, says what became of a part.
    Resolve {
        /// The part.
        part: PartId,
        /// The word, not yet checked.
        word: Outcome,
        /// When it was heard.
        at: Timestamp,
    },
    /// A caller wants an order opened.
    Open(Box<OpenOrder>),
    /// The order is closed.
    Close {
        /// Why.
        why: Why,
        /// When.
        at: Timestamp,
    },
}

impl Command {
    /// What it changes.
    pub fn decide(&self, payment: Option<&Payment>) -> Result<Decision, Refusal> {
        match (self, payment) {
            (Command::Send(part), payment) => Payment::accept(payment, part),
            (Command::Resolve { part, word, at }, Some(payment)) => {
                payment.resolve(*part, word, *at)
            }
            (Command::Resolve { part, .. }, None) => {
                let (hash, part) = (self::hash(1), *part);
                Err(Refusal::NoSuchPart { hash, part })
            }
            (Command::Open(order), payment) => Payment::open(payment, order),
            (Command::Close { why, at }, Some(payment)) => Ok(payment.close(why, *at)),
            (Command::Close { .. }, None) => Ok(Decision::Unchanged(Unchanged::AlreadyClosed)),
        }
    }
}

/// The transition that a payment decides on.
pub fn decided(payment: Option<&Payment>, command: &Command) -> Result<Transition, Refusal> {
    match command.decide(payment)? {
        Decision::Commit(transition) => Ok(*transition),
        Decision::Unchanged(why) => panic!("nothing to commit: {why:?}"),
    }
}

/// A payment after a command, with numbers as a store would give them.
pub fn after(payment: Option<Payment>, command: &Command) -> Payment {
    let transition = decided(payment.as_ref(), command).expect("not refused");
    let next = payment.as_ref().map_or(1, |p| p.summary().tally.parts + 1);
    let part = match &transition.change {
        crate::Change::Accepted(_) => Some(crate::PartId(u64::from(next))),
        crate::Change::Opened(_) | crate::Change::OrderClosed => None,
        crate::Change::Resolved { part, .. }
        | crate::Change::EndedByOperator { part, .. }
        | crate::Change::Quarantined { part }
        | crate::Change::Unrecorded { part } => Some(*part),
    };
    let receipt = Receipt {
        payment: crate::PaymentId(1),
        part,
        event: transition.after.version,
    };
    Payment::apply(payment, transition, receipt)
}
