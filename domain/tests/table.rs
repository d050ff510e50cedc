//! Every cell of (payment × its parts × command): what is decided, and what the payment is then.
//!
//! A payment of 1,000 msat is written as its parts' states, each part 400 msat: `P` pending, `C`
//! complete, `F` failed; `-` is no payment, `!` a quarantined one. `UPDATE_EXPECT=1` rewrites the
//! table; read the difference as you would read a change of the law.

use domain::contract::samples::Command;
use domain::contract::samples::{after, decided, failure, msat, part, preimage, route_to, whole};
use domain::invariant::{Violation, step};
use domain::{
    Decision, Outcome, Payment, PaymentMetadata, PaymentSecret, Refusal, SendPart, StatusKind,
    Timestamp,
};
use expect_test::expect;
use std::fmt::Write;

const STATES: [&str; 13] = [
    "-", "P", "C", "F", "PP", "PC", "CP", "PF", "FP", "CC", "CF", "FF", "C!",
];

fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

fn fulfilled(n: u64, id: u64) -> Command {
    Command::Resolve {
        part: domain::PartId(id),
        word: Outcome::Fulfilled(*preimage(n).1.expose()),
        at: Timestamp(2_000_000),
    }
}

fn failed(id: u64) -> Command {
    Command::Resolve {
        part: domain::PartId(id),
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(3_000_000),
    }
}

/// The payment of that state: its parts are accepted first, then get their outcomes.
fn payment(state: &str) -> Option<Payment> {
    let parts: Vec<char> = state.chars().filter(|c| "PCF".contains(*c)).collect();
    let mut payment = None;
    for _ in &parts {
        payment = Some(after(payment, &send(part(1, 400, 1_000))));
    }
    for (id, state) in (1..).zip(&parts) {
        match state {
            'C' => payment = Some(after(payment, &fulfilled(1, id))),
            'F' => payment = Some(after(payment, &failed(id))),
            _ => {}
        }
    }
    if state.ends_with('!') {
        payment = Some(after(payment, &failed(1)));
    }
    payment
}

fn commands() -> Vec<(&'static str, Command)> {
    let partial = |change: fn(&mut SendPart)| {
        let mut command = part(1, 200, 1_000);
        change(&mut command);
        send(command)
    };
    let pay = |change: fn(&mut SendPart)| {
        let mut command = whole(1, 1_000);
        change(&mut command);
        send(command)
    };
    vec![
        ("part that fits", partial(|_| {})),
        ("part too large", partial(|p| p.route = route_to(9, 601))),
        (
            "part, other total",
            partial(|p| (p.intended, p.requested) = (msat(900), msat(900))),
        ),
        ("part, other payee", partial(|p| p.route = route_to(8, 200))),
        (
            "part, other secret",
            partial(|p| p.secret = Some(PaymentSecret::new([1; 32]))),
        ),
        (
            "part, other metadata",
            partial(|p| p.metadata = Some(PaymentMetadata::new(vec![1]))),
        ),
        ("part, no secret", partial(|p| p.secret = None)),
        ("sendpay", pay(|_| {})),
        ("sendpay, other amount", send(whole(1, 900))),
        (
            "sendpay, other payee",
            pay(|p| p.route = route_to(8, 1_000)),
        ),
        ("1 fulfilled", fulfilled(1, 1)),
        ("1 fulfilled, no proof", fulfilled(2, 1)),
        ("1 failed", failed(1)),
        ("2 fulfilled", fulfilled(1, 2)),
        ("2 failed", failed(2)),
    ]
}

fn written(payment: &Payment) -> String {
    let parts = payment.parts().map(|part| match part.status() {
        StatusKind::Pending => 'P',
        StatusKind::Complete => 'C',
        StatusKind::Failed => 'F',
    });
    let parts: String = parts.collect();
    let tally = payment.summary().tally;
    let quarantine = payment.summary().quarantine.as_ref().map_or("", |_| "!");
    format!(
        "{parts}{quarantine} {}, {} in flight, {} delivered",
        payment.status().as_str(),
        tally.in_flight,
        tally.delivered
    )
}

#[rustfmt::skip]
fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TermsDiffer { what, .. } => format!("other {what}"),
        Refusal::Ceiling { room, .. } => format!("room for {room} only"),
        Refusal::SecretMissing => "secret missing".into(),
        Refusal::SucceededWithAmount(_) | Refusal::SucceededTo(_) => refusal.to_string(),
        Refusal::Quarantined { .. } => "quarantined".into(),
        Refusal::NoSuchPart { .. } => "no such part".into(),
        Refusal::WrongPreimage { .. } => "wrong preimage".into(),
        Refusal::InvoiceDiffers { .. } | Refusal::InvoiceAmount { .. } |
        Refusal::OtherNetwork { .. } | Refusal::FinalDelay { .. } | Refusal::TakesNoParts { .. } |
        Refusal::OtherDescription { .. } | Refusal::InvoiceExpired(_) |
        Refusal::TooManyParts { .. } | Refusal::PaidBefore(_) | Refusal::HasEnded { .. } |
        Refusal::NoReason { .. } | Refusal::NotItsPreimage { .. } | Refusal::NodeCanTell { .. } |
        Refusal::Unrecorded(_) | Refusal::Live { .. } | Refusal::RequestReused { .. } |
        Refusal::RequestOfOrder { .. } | Refusal::OrderOpen { .. } | Refusal::OrderDiffers { .. }
        | Refusal::PartsLive { .. } | Refusal::NoOrder { .. } | Refusal::OutsideOrder { .. } |
        Refusal::ShareTooLarge { .. } => {
            panic!("not in this table: {refusal}")
        }
    }
}

fn cell(state: &str, command: &Command) -> String {
    let before = payment(state);
    match command.decide(before.as_ref()) {
        Err(refusal) => format!("refused: {}", refused(&refusal)),
        Ok(Decision::Unchanged(why)) => format!("unchanged: {why:?}"),
        Ok(Decision::Commit(transition)) => {
            let step = step::step(before.as_ref(), &transition);
            assert_eq!(step, Ok(()), "{state} {command:?}");
            let (kind, payment) = (transition.kind(), after(before, command));
            assert_sound(&payment);
            format!("{kind:?}: {}", written(&payment))
        }
    }
}

/// What is decided passes the checks that a stored payment must pass.
fn assert_sound(payment: &Payment) {
    let parts = payment.parts().cloned().collect();
    let restored: Result<Payment, Violation> = Payment::restore(payment.summary().clone(), parts);
    assert_eq!(restored.as_ref(), Ok(payment));
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn every_cell() {
    let mut table = String::new();
    for state in STATES {
        for (name, command) in commands() {
            writeln!(table, "{state:2}  {name:22} {}", cell(state, &command)).unwrap();
        }
    }
    expect![[r"
        -   part that fits         PartAccepted: P pending, 200 in flight, 0 delivered
        -   part too large         PartAccepted: P pending, 601 in flight, 0 delivered
        -   part, other total      PartAccepted: P pending, 200 in flight, 0 delivered
        -   part, other payee      PartAccepted: P pending, 200 in flight, 0 delivered
        -   part, other secret     PartAccepted: P pending, 200 in flight, 0 delivered
        -   part, other metadata   PartAccepted: P pending, 200 in flight, 0 delivered
        -   part, no secret        refused: secret missing
        -   sendpay                PartAccepted: P pending, 1000 in flight, 0 delivered
        -   sendpay, other amount  PartAccepted: P pending, 900 in flight, 0 delivered
        -   sendpay, other payee   PartAccepted: P pending, 1000 in flight, 0 delivered
        -   1 fulfilled            refused: no such part
        -   1 fulfilled, no proof  refused: no such part
        -   1 failed               refused: no such part
        -   2 fulfilled            refused: no such part
        -   2 failed               refused: no such part
        P   part that fits         PartAccepted: PP pending, 600 in flight, 0 delivered
        P   part too large         refused: room for 600 only
        P   part, other total      refused: other intended_msatoshi
        P   part, other payee      refused: other destination
        P   part, other secret     refused: other payment_secret
        P   part, other metadata   refused: other payment_metadata
        P   part, no secret        PartAccepted: PP pending, 600 in flight, 0 delivered
        P   sendpay                unchanged: InProgress
        P   sendpay, other amount  unchanged: InProgress
        P   sendpay, other payee   unchanged: InProgress
        P   1 fulfilled            PartFulfilled: C complete, 0 in flight, 400 delivered
        P   1 fulfilled, no proof  refused: wrong preimage
        P   1 failed               PartFailed: F failed, 0 in flight, 0 delivered
        P   2 fulfilled            refused: no such part
        P   2 failed               refused: no such part
        C   part that fits         unchanged: AlreadyComplete
        C   part too large         unchanged: AlreadyComplete
        C   part, other total      refused: other intended_msatoshi
        C   part, other payee      refused: other destination
        C   part, other secret     unchanged: AlreadyComplete
        C   part, other metadata   unchanged: AlreadyComplete
        C   part, no secret        unchanged: AlreadyComplete
        C   sendpay                unchanged: AlreadyComplete
        C   sendpay, other amount  refused: Already succeeded with amount 1000
        C   sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        C   1 fulfilled            unchanged: AlreadyResolved
        C   1 fulfilled, no proof  refused: wrong preimage
        C   1 failed               Contradiction: C! complete, 0 in flight, 400 delivered
        C   2 fulfilled            refused: no such part
        C   2 failed               refused: no such part
        F   part that fits         PartAccepted: FP pending, 200 in flight, 0 delivered
        F   part too large         PartAccepted: FP pending, 601 in flight, 0 delivered
        F   part, other total      refused: other intended_msatoshi
        F   part, other payee      refused: other destination
        F   part, other secret     PartAccepted: FP pending, 200 in flight, 0 delivered
        F   part, other metadata   PartAccepted: FP pending, 200 in flight, 0 delivered
        F   part, no secret        PartAccepted: FP pending, 200 in flight, 0 delivered
        F   sendpay                PartAccepted: FP pending, 1000 in flight, 0 delivered
        F   sendpay, other amount  refused: other msatoshi
        F   sendpay, other payee   refused: other destination
        F   1 fulfilled            PartFulfilledAfterFailure: C complete, 0 in flight, 400 delivered
        F   1 fulfilled, no proof  refused: wrong preimage
        F   1 failed               unchanged: AlreadyResolved
        F   2 fulfilled            refused: no such part
        F   2 failed               refused: no such part
        PP  part that fits         PartAccepted: PPP pending, 1000 in flight, 0 delivered
        PP  part too large         refused: room for 200 only
        PP  part, other total      refused: other intended_msatoshi
        PP  part, other payee      refused: other destination
        PP  part, other secret     refused: other payment_secret
        PP  part, other metadata   refused: other payment_metadata
        PP  part, no secret        PartAccepted: PPP pending, 1000 in flight, 0 delivered
        PP  sendpay                unchanged: InProgress
        PP  sendpay, other amount  unchanged: InProgress
        PP  sendpay, other payee   unchanged: InProgress
        PP  1 fulfilled            PartFulfilled: CP complete, 400 in flight, 400 delivered
        PP  1 fulfilled, no proof  refused: wrong preimage
        PP  1 failed               PartFailed: FP pending, 400 in flight, 0 delivered
        PP  2 fulfilled            PartFulfilled: PC complete, 400 in flight, 400 delivered
        PP  2 failed               PartFailed: PF pending, 400 in flight, 0 delivered
        PC  part that fits         unchanged: AlreadyComplete
        PC  part too large         unchanged: AlreadyComplete
        PC  part, other total      refused: other intended_msatoshi
        PC  part, other payee      refused: other destination
        PC  part, other secret     unchanged: AlreadyComplete
        PC  part, other metadata   unchanged: AlreadyComplete
        PC  part, no secret        unchanged: AlreadyComplete
        PC  sendpay                unchanged: AlreadyComplete
        PC  sendpay, other amount  refused: Already succeeded with amount 1000
        PC  sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        PC  1 fulfilled            PartFulfilled: CC complete, 0 in flight, 800 delivered
        PC  1 fulfilled, no proof  refused: wrong preimage
        PC  1 failed               PartFailed: FC complete, 0 in flight, 400 delivered
        PC  2 fulfilled            unchanged: AlreadyResolved
        PC  2 failed               Contradiction: PC! complete, 400 in flight, 400 delivered
        CP  part that fits         unchanged: AlreadyComplete
        CP  part too large         unchanged: AlreadyComplete
        CP  part, other total      refused: other intended_msatoshi
        CP  part, other payee      refused: other destination
        CP  part, other secret     unchanged: AlreadyComplete
        CP  part, other metadata   unchanged: AlreadyComplete
        CP  part, no secret        unchanged: AlreadyComplete
        CP  sendpay                unchanged: AlreadyComplete
        CP  sendpay, other amount  refused: Already succeeded with amount 1000
        CP  sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        CP  1 fulfilled            unchanged: AlreadyResolved
        CP  1 fulfilled, no proof  refused: wrong preimage
        CP  1 failed               Contradiction: CP! complete, 400 in flight, 400 delivered
        CP  2 fulfilled            PartFulfilled: CC complete, 0 in flight, 800 delivered
        CP  2 failed               PartFailed: CF complete, 0 in flight, 400 delivered
        PF  part that fits         PartAccepted: PFP pending, 600 in flight, 0 delivered
        PF  part too large         refused: room for 600 only
        PF  part, other total      refused: other intended_msatoshi
        PF  part, other payee      refused: other destination
        PF  part, other secret     refused: other payment_secret
        PF  part, other metadata   refused: other payment_metadata
        PF  part, no secret        PartAccepted: PFP pending, 600 in flight, 0 delivered
        PF  sendpay                unchanged: InProgress
        PF  sendpay, other amount  unchanged: InProgress
        PF  sendpay, other payee   unchanged: InProgress
        PF  1 fulfilled            PartFulfilled: CF complete, 0 in flight, 400 delivered
        PF  1 fulfilled, no proof  refused: wrong preimage
        PF  1 failed               PartFailed: FF failed, 0 in flight, 0 delivered
        PF  2 fulfilled            PartFulfilledAfterFailure: PC complete, 400 in flight, 400 delivered
        PF  2 failed               unchanged: AlreadyResolved
        FP  part that fits         PartAccepted: FPP pending, 600 in flight, 0 delivered
        FP  part too large         refused: room for 600 only
        FP  part, other total      refused: other intended_msatoshi
        FP  part, other payee      refused: other destination
        FP  part, other secret     refused: other payment_secret
        FP  part, other metadata   refused: other payment_metadata
        FP  part, no secret        PartAccepted: FPP pending, 600 in flight, 0 delivered
        FP  sendpay                unchanged: InProgress
        FP  sendpay, other amount  unchanged: InProgress
        FP  sendpay, other payee   unchanged: InProgress
        FP  1 fulfilled            PartFulfilledAfterFailure: CP complete, 400 in flight, 400 delivered
        FP  1 fulfilled, no proof  refused: wrong preimage
        FP  1 failed               unchanged: AlreadyResolved
        FP  2 fulfilled            PartFulfilled: FC complete, 0 in flight, 400 delivered
        FP  2 failed               PartFailed: FF failed, 0 in flight, 0 delivered
        CC  part that fits         unchanged: AlreadyComplete
        CC  part too large         unchanged: AlreadyComplete
        CC  part, other total      refused: other intended_msatoshi
        CC  part, other payee      refused: other destination
        CC  part, other secret     unchanged: AlreadyComplete
        CC  part, other metadata   unchanged: AlreadyComplete
        CC  part, no secret        unchanged: AlreadyComplete
        CC  sendpay                unchanged: AlreadyComplete
        CC  sendpay, other amount  refused: Already succeeded with amount 1000
        CC  sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        CC  1 fulfilled            unchanged: AlreadyResolved
        CC  1 fulfilled, no proof  refused: wrong preimage
        CC  1 failed               Contradiction: CC! complete, 0 in flight, 800 delivered
        CC  2 fulfilled            unchanged: AlreadyResolved
        CC  2 failed               Contradiction: CC! complete, 0 in flight, 800 delivered
        CF  part that fits         unchanged: AlreadyComplete
        CF  part too large         unchanged: AlreadyComplete
        CF  part, other total      refused: other intended_msatoshi
        CF  part, other payee      refused: other destination
        CF  part, other secret     unchanged: AlreadyComplete
        CF  part, other metadata   unchanged: AlreadyComplete
        CF  part, no secret        unchanged: AlreadyComplete
        CF  sendpay                unchanged: AlreadyComplete
        CF  sendpay, other amount  refused: Already succeeded with amount 1000
        CF  sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        CF  1 fulfilled            unchanged: AlreadyResolved
        CF  1 fulfilled, no proof  refused: wrong preimage
        CF  1 failed               Contradiction: CF! complete, 0 in flight, 400 delivered
        CF  2 fulfilled            PartFulfilledAfterFailure: CC complete, 0 in flight, 800 delivered
        CF  2 failed               unchanged: AlreadyResolved
        FF  part that fits         PartAccepted: FFP pending, 200 in flight, 0 delivered
        FF  part too large         PartAccepted: FFP pending, 601 in flight, 0 delivered
        FF  part, other total      refused: other intended_msatoshi
        FF  part, other payee      refused: other destination
        FF  part, other secret     PartAccepted: FFP pending, 200 in flight, 0 delivered
        FF  part, other metadata   PartAccepted: FFP pending, 200 in flight, 0 delivered
        FF  part, no secret        PartAccepted: FFP pending, 200 in flight, 0 delivered
        FF  sendpay                PartAccepted: FFP pending, 1000 in flight, 0 delivered
        FF  sendpay, other amount  refused: other msatoshi
        FF  sendpay, other payee   refused: other destination
        FF  1 fulfilled            PartFulfilledAfterFailure: CF complete, 0 in flight, 400 delivered
        FF  1 fulfilled, no proof  refused: wrong preimage
        FF  1 failed               unchanged: AlreadyResolved
        FF  2 fulfilled            PartFulfilledAfterFailure: FC complete, 0 in flight, 400 delivered
        FF  2 failed               unchanged: AlreadyResolved
        C!  part that fits         unchanged: AlreadyComplete
        C!  part too large         unchanged: AlreadyComplete
        C!  part, other total      refused: other intended_msatoshi
        C!  part, other payee      refused: other destination
        C!  part, other secret     unchanged: AlreadyComplete
        C!  part, other metadata   unchanged: AlreadyComplete
        C!  part, no secret        unchanged: AlreadyComplete
        C!  sendpay                unchanged: AlreadyComplete
        C!  sendpay, other amount  refused: Already succeeded with amount 1000
        C!  sendpay, other payee   refused: Already succeeded to 020909090909090909090909090909090909090909090909090909090909090909
        C!  1 fulfilled            unchanged: AlreadyResolved
        C!  1 fulfilled, no proof  refused: wrong preimage
        C!  1 failed               unchanged: AlreadyResolved
        C!  2 fulfilled            refused: no such part
        C!  2 failed               refused: no such part
    "]].assert_eq(&table);
}

/// The figures go with the refusal: what is in flight, what was delivered, what may still be sent.
#[test]
fn ceiling_refusal_carries_the_figures() {
    let refusal = decided(payment("PP").as_ref(), &send(part(1, 201, 1_000))).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Ceiling {
            asked: msat(201),
            intended: msat(1_000),
            in_flight: msat(800),
            delivered: msat(0),
            room: msat(200),
        }
    );
    assert!(
        refusal.to_string().contains("send at most 200 msat"),
        "{refusal}"
    );
}
