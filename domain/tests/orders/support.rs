//! Payments with orders, each step of which is checked.

use domain::contract::samples::{Command, after, decided, msat, node_id, order, ordered, preimage};
use domain::invariant::step::step;
use domain::{
    DirectedChannel, Failure, FailureCode, Hop, OpenOrder, Outcome, PartId, Payment, Refusal,
    Route, SendPart, ShortChannelId, Timestamp, Transition, Why,
};

/// When parts get their outcomes, unless a test says otherwise.
pub(crate) const ENDED: Timestamp = Timestamp(3_000_000);

/// The payment after a command that breaks no rule; what is stored of it can be restored.
#[track_caller]
pub(crate) fn run(payment: Option<Payment>, command: &Command) -> Payment {
    let transition = decided(payment.as_ref(), command).expect("not refused");
    assert_eq!(step(payment.as_ref(), &transition), Ok(()));
    let payment = after(payment, command);
    let (parts, order) = (payment.parts().cloned().collect(), payment.order().cloned());
    let restored = Payment::restore_with(payment.summary().clone(), parts, order);
    assert_eq!(restored.as_ref(), Ok(&payment));
    payment
}

#[track_caller]
pub(crate) fn open(payment: Option<Payment>, order: OpenOrder) -> Payment {
    run(payment, &Command::Open(Box::new(order)))
}

/// An order of 1,000 msat, for at most 5,000.
pub(crate) fn opened() -> Payment {
    open(None, order(1, 1_000, 5_000))
}

#[track_caller]
pub(crate) fn send(payment: Payment, part: SendPart) -> Payment {
    run(Some(payment), &Command::Send(Box::new(part)))
}

/// The order's parts of 400 msat each are in these states: `P`, `C` or `F`.
pub(crate) fn with(parts: &str) -> Payment {
    let mut payment = opened();
    for _ in parts.chars() {
        payment = send(payment, ordered(1, 400, 1_000));
    }
    for (id, state) in (1..).zip(parts.chars()) {
        payment = match state {
            'C' => fulfil(payment, id),
            'F' => fail(payment, id, from(1, UNKNOWN_NEXT_PEER)),
            _ => payment,
        };
    }
    payment
}

#[track_caller]
pub(crate) fn fulfil(payment: Payment, id: u64) -> Payment {
    let word = Outcome::Fulfilled(*preimage(1).1.expose());
    resolve(payment, id, word, Timestamp(2_000_000))
}

#[track_caller]
pub(crate) fn fail(payment: Payment, id: u64, failure: Failure) -> Payment {
    resolve(payment, id, Outcome::Failed(Box::new(failure)), ENDED)
}

#[track_caller]
pub(crate) fn resolve(payment: Payment, id: u64, word: Outcome, at: Timestamp) -> Payment {
    run(Some(payment), &ended(id, word, at))
}

pub(crate) fn ended(id: u64, word: Outcome, at: Timestamp) -> Command {
    let part = PartId(id);
    Command::Resolve { part, word, at }
}

#[track_caller]
pub(crate) fn close(payment: Payment, why: Why) -> Payment {
    let at = Timestamp(9_000_000);
    run(Some(payment), &Command::Close { why, at })
}

/// What a failure decides.
#[track_caller]
pub(crate) fn failing(payment: &Payment, id: u64, failure: Failure) -> Transition {
    let command = ended(id, Outcome::Failed(Box::new(failure)), ENDED);
    let transition = decided(Some(payment), &command).expect("it is pending");
    assert_eq!(step(Some(payment), &transition), Ok(()));
    transition
}

/// The rule by which the order refuses that part.
#[track_caller]
pub(crate) fn refused(payment: &Payment, part: &SendPart) -> &'static str {
    match Payment::accept(Some(payment), part) {
        Err(Refusal::OutsideOrder { rule, what }) => {
            assert!(!what.is_empty());
            rule
        }
        other => panic!("not refused by the order: {other:?}"),
    }
}

pub(crate) const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
pub(crate) const UNKNOWN_NEXT_PEER: u16 = 0x400a;
pub(crate) const INCORRECT_DETAILS: u16 = 0x400f;
pub(crate) const MPP_TIMEOUT: u16 = 23;

/// What the node of that place on the way says: 1 is the first hop's.
pub(crate) fn from(index: u32, failcode: u16) -> Failure {
    Failure {
        erring_index: Some(index),
        failcode: Some(failcode),
        ..Failure::plain(FailureCode::TryOtherRoute, "failed")
    }
}

/// What the payee of the usual two hops says, as nodes report it: for good where it has BOLT 4's bit.
pub(crate) fn from_payee(failcode: u16, raw: Option<Vec<u8>>) -> Failure {
    let is_final = failcode & domain::PERM != 0;
    Failure {
        code: if is_final {
            FailureCode::DestinationPermanent
        } else {
            FailureCode::TryOtherRoute
        },
        raw_message: raw,
        ..from(2, failcode)
    }
}

/// BOLT 4's `incorrect_or_unknown_payment_details`, with the height that the payee knows.
pub(crate) fn incorrect_details(height: u32) -> Vec<u8> {
    let mut raw = INCORRECT_DETAILS.to_be_bytes().to_vec();
    raw.extend(400_u64.to_be_bytes());
    raw.extend(height.to_be_bytes());
    raw
}

/// Two hops that deliver `amount` for that fee.
pub(crate) fn way(amount: u64, fee: u64) -> Route {
    over(&[(1, 100), (9, 101)], amount, &[fee])
}

/// Four hops that deliver `amount`, for 10 msat to each node in between.
pub(crate) fn long_way(amount: u64) -> Route {
    over(
        &[(1, 100), (2, 101), (3, 102), (9, 103)],
        amount,
        &[10, 10, 10],
    )
}

/// Hops to these nodes over these channels; the fees are what each node but the last takes.
pub(crate) fn over(hops: &[(u8, u64)], amount: u64, fees: &[u64]) -> Route {
    let hop = |(at, (node, channel)): (usize, &(u8, u64))| Hop {
        node: node_id(*node),
        channel: channel_of(*channel),
        amount: msat(amount + fees[at..].iter().sum::<u64>()),
        delay: 42 + 40 * u32::try_from(hops.len() - 1 - at).expect("few hops"),
    };
    Route::new(hops.iter().enumerate().map(hop).collect()).expect("amounts and delays shrink")
}

/// A part of the order that goes this way.
pub(crate) fn by(route: Route) -> SendPart {
    SendPart {
        route,
        ..ordered(1, 400, 1_000)
    }
}

pub(crate) fn channel_of(block: u64) -> ShortChannelId {
    ShortChannelId(block << 40)
}

/// The direction of that channel from one node to another.
pub(crate) fn directed(channel: u64, from: u8, to: u8) -> DirectedChannel {
    DirectedChannel::between(channel_of(channel), node_id(from), node_id(to))
}
