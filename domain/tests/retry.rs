//! Whether it is safe to try again, in every state.

use domain::contract::samples::Command;
use domain::contract::samples::{after, failure, part, preimage};
use domain::{ListedPart, Outcome, PartId, Payment, PaymentSummary, Timestamp};

fn send(payment: Option<Payment>, amount: u64) -> Payment {
    after(payment, &Command::Send(Box::new(part(1, amount, 1_000))))
}

fn resolve(payment: Payment, id: u64, word: Outcome) -> Payment {
    let command = Command::Resolve {
        part: PartId(id),
        word,
        at: Timestamp(2_000_000),
    };
    after(Some(payment), &command)
}

fn fail(payment: Payment, id: u64) -> Payment {
    resolve(payment, id, Outcome::Failed(Box::new(failure())))
}

fn fulfil(payment: Payment, id: u64) -> Payment {
    resolve(payment, id, Outcome::Fulfilled(*preimage(1).1.expose()))
}

#[track_caller]
fn check(payment: &PaymentSummary, is_safe: bool, why: &str) {
    let retry = payment.retry();
    assert_eq!((retry.is_safe, &*retry.why), (is_safe, why));
}

#[test]
fn a_payment_is_safe_to_retry_only_when_it_has_failed() {
    let pending = send(Some(fail(send(None, 400), 1)), 600);
    check(
        pending.summary(),
        false,
        "1 of its 2 parts are pending, and may still be paid",
    );
    let failed = fail(pending.clone(), 2);
    check(
        failed.summary(),
        true,
        "every part of it has failed for good: nothing of it is under way",
    );
    let mut quarantined = failed.summary().clone();
    quarantined.quarantine = Some("A-7: contradiction".to_owned());
    check(&quarantined, false, "it is quarantined: A-7: contradiction");
    check(fulfil(pending, 2).summary(), false, "it is paid");
    // Complete with a live part.
    let paid = fulfil(send(Some(send(None, 400)), 600), 1);
    check(paid.summary(), false, "it is paid");
}

#[test]
fn a_part_is_safe_to_retry_only_when_it_has_failed() {
    let two = send(Some(send(None, 400)), 600);
    let over = fulfil(fail(two.clone(), 1), 2);
    for (part, is_safe, why) in [
        (
            two.part(PartId(1)).unwrap(),
            false,
            "it is pending, and may still be paid",
        ),
        (
            over.part(PartId(1)).unwrap(),
            true,
            "it has failed for good: its node is done with it",
        ),
        (over.part(PartId(2)).unwrap(), false, "it is paid"),
    ] {
        let retry = part.retry();
        assert_eq!((retry.is_safe, &*retry.why), (is_safe, why));
        let listed = |doubt| ListedPart {
            part: part.clone(),
            doubt,
        };
        assert_eq!(listed(None).retry(), retry);
        let doubtful = listed(Some("connection refused".to_owned())).retry();
        if part.is_live() {
            let why = "its node has not said what becomes of it, and it may still be paid: connection refused";
            assert_eq!((doubtful.is_safe, &*doubtful.why), (false, why));
        } else {
            assert_eq!(doubtful, retry);
        }
    }
}
