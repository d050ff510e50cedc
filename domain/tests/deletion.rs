//! Which payments can be deleted, and what is left of them.

use domain::contract::samples::Command;
use domain::contract::samples::{after, failure, hash, part, preimage};
use domain::{
    Burial, Ended, Outcome, PartId, Payment, PaymentId, Refusal, StatusKind, Timestamp, Tombstone,
    WrongPreimage,
};
use expect_test::expect;
use std::fmt::Write;
use std::time::Duration;

const AT: Timestamp = Timestamp(9_000_000);

/// A payment of 1,000 whose parts of 400 each are in these states; `!`: the node contradicts itself.
fn payment(states: &str) -> Payment {
    let send = Command::Send(Box::new(part(1, 400, 1_000)));
    let resolve = |part, word| Command::Resolve {
        part: PartId(part),
        word,
        at: Timestamp(2_000_000),
    };
    let fulfilled = |part| resolve(part, Outcome::Fulfilled(*preimage(1).1.expose()));
    let failed = |part| resolve(part, Outcome::Failed(Box::new(failure())));
    let parts = states.trim_end_matches('!');
    let mut payment = None;
    for _ in parts.chars() {
        payment = Some(after(payment, &send));
    }
    for (id, state) in (1..).zip(parts.chars()) {
        match state {
            'C' => payment = Some(after(payment, &fulfilled(id))),
            'F' => payment = Some(after(payment, &failed(id))),
            _ => {}
        }
    }
    if states.ends_with('!') {
        payment = Some(after(payment, &failed(1)));
    }
    payment.expect("it has parts")
}

#[test]
fn every_state_and_whether_it_can_be_deleted() {
    let mut table = String::new();
    for state in [
        "P", "C", "F", "PP", "PC", "PF", "CC", "CF", "FF", "C!", "CP!",
    ] {
        let payment = payment(state);
        let said = match payment.deletion(AT) {
            Ok(deletion) => {
                let row = payment.summary();
                assert_eq!(deletion.payment, row.id);
                assert_eq!(deletion.payment_hash, row.payment_hash);
                assert_eq!((deletion.version, deletion.at), (row.version, AT));
                let left = if deletion.tombstone {
                    "a tombstone"
                } else {
                    "nothing"
                };
                format!("deleted: {left} is left")
            }
            Err(refusal) => format!("refused: {refusal}"),
        };
        let said = said.replace(&hash(1).to_string(), "1");
        writeln!(table, "{state:3}  {said}").unwrap();
    }
    expect![[r"
        P    refused: payment 1 has 1 pending parts: it can be deleted when all of them have ended (waitpayment waits for that)
        C    deleted: a tombstone is left
        F    deleted: nothing is left
        PP   refused: payment 1 has 2 pending parts: it can be deleted when all of them have ended (waitpayment waits for that)
        PC   refused: payment 1 has 1 pending parts: it can be deleted when all of them have ended (waitpayment waits for that)
        PF   refused: payment 1 has 1 pending parts: it can be deleted when all of them have ended (waitpayment waits for that)
        CC   deleted: a tombstone is left
        CF   deleted: a tombstone is left
        FF   deleted: nothing is left
        C!   refused: payment 1 is quarantined: the node called part 1 failed after it had been fulfilled
        CP!  refused: payment 1 is quarantined: the node called part 1 failed after it had been fulfilled
    "]].assert_eq(&table);
}

#[test]
fn a_tombstone_says_what_became_of_the_payment() {
    let tombstone = Tombstone {
        payment_hash: hash(1),
        payment: Some(PaymentId(7)),
        deleted_at: AT,
    };
    let refusal = tombstone.refusal();
    assert_eq!(refusal, Refusal::PaidBefore(tombstone));
    let text = refusal.to_string();
    assert!(text.contains("was paid, and deleted since, at 9"), "{text}");
    assert!(text.contains("never paid again (A-10)"), "{text}");
    let buried = Burial::proving(hash(1), *preimage(1).1.expose(), AT).unwrap();
    assert_eq!(buried.tombstone().payment, None);
    let text = buried.tombstone().refusal().to_string();
    assert!(text.contains("its node told the preimage, at 9"), "{text}");
    assert!(text.contains("never paid again (A-10)"), "{text}");
}

/// Rule A-6: what opens nothing buries nothing.
#[test]
fn only_a_proof_buries_a_hash() {
    let other = *preimage(2).1.expose();
    assert_eq!(Burial::proving(hash(1), other, AT), Err(WrongPreimage));
}

#[test]
fn what_is_pending_is_none_of_those_that_have_ended() {
    let all = [
        StatusKind::Pending,
        StatusKind::Complete,
        StatusKind::Failed,
    ];
    let included = |ended: Ended| all.map(|status| ended.includes(status));
    assert_eq!(included(Ended::Failed), [false, false, true]);
    assert_eq!(included(Ended::Complete), [false, true, false]);
    assert_eq!(included(Ended::Either), [false, true, true]);
    assert_eq!(Ended::Either.status(), None);
    assert_eq!(Ended::Failed.status(), Some(StatusKind::Failed));
}

#[test]
fn time_does_not_begin_before_its_beginning() {
    let second = Duration::from_secs(1);
    assert_eq!(AT.before(second), Timestamp(8_000_000));
    assert_eq!(Timestamp(1).before(second), Timestamp(0));
    assert_eq!(AT.before(Duration::MAX), Timestamp(0));
}
