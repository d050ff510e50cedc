//! Payments to break.

use domain::contract::samples::Command;
use domain::contract::samples::{after, failure, part, preimage};
use domain::invariant::{Rule, Violation};
use domain::{Outcome, PartId, PartialPayment, Payment, SendPart, Timestamp};

pub(crate) fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

pub(crate) fn fulfilled(id: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word: Outcome::Fulfilled(*preimage(1).1.expose()),
        at: Timestamp(2_000_000),
    }
}

pub(crate) fn failed(id: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(3_000_000),
    }
}

/// A payment of 1,000 whose parts of 400 each are in these states: `P`, `C` or `F`.
pub(crate) fn payment(parts: &str) -> Payment {
    let mut payment = None;
    for _ in parts.chars() {
        payment = Some(after(payment, &send(part(1, 400, 1_000))));
    }
    for (id, state) in (1..).zip(parts.chars()) {
        match state {
            'C' => payment = Some(after(payment, &fulfilled(id))),
            'F' => payment = Some(after(payment, &failed(id))),
            _ => {}
        }
    }
    payment.expect("at least one part")
}

pub(crate) fn part_of(payment: &Payment, id: u64) -> PartialPayment {
    payment.part(PartId(id)).expect("it has it").clone()
}

/// It is this rule that is broken, and the words say something.
pub(crate) fn assert_broken(rule: Rule, result: Result<(), Violation>, case: &str) {
    match result {
        Err(violation) if violation.rule == rule => assert!(!violation.what.is_empty()),
        other => panic!("{case}: {other:?}, not {rule}"),
    }
}
