//! Payments, routes and commands to test with.

use crate::{
    Command, Decision, Failure, FailureCode, Hop, Method, Msat, NodeId, NodeName, Payment,
    PaymentHash, PaymentSecret, Preimage, Receipt, Refusal, Route, SendPart, ShortChannelId,
    Timestamp, Transition,
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

/// The transition that a payment decides on.
pub fn decided(payment: Option<&Payment>, command: &Command) -> Result<Transition, Refusal> {
    match Payment::decide(payment, command)? {
        Decision::Commit(transition) => Ok(*transition),
        Decision::Unchanged(why) => panic!("nothing to commit: {why:?}"),
    }
}

/// A payment after a command, with numbers as a store would give them.
pub fn after(payment: Option<Payment>, command: &Command) -> Payment {
    let transition = decided(payment.as_ref(), command).expect("not refused");
    let next = payment.as_ref().map_or(1, |p| p.summary().tally.parts + 1);
    let part = match &transition.change {
        crate::Change::Accepted(_) => crate::PartId(u64::from(next)),
        crate::Change::Resolved { part, .. }
        | crate::Change::EndedByOperator { part, .. }
        | crate::Change::Quarantined { part }
        | crate::Change::Unrecorded { part } => *part,
    };
    let receipt = Receipt {
        payment: crate::PaymentId(1),
        part,
        event: transition.after.version,
    };
    Payment::apply(payment, transition, receipt)
}
