//! Every cell of (payment × its parts × what an operator says of the first part), and what becomes of it when
//! its node speaks after all (rule A-7). Payments are written as in `table.rs`.

use domain::contract::samples::Command;
use domain::contract::samples::{after, failure, part, preimage};
use domain::invariant::step;
use domain::{
    Decision, OperatorEnd, Outcome, PartId, Payment, Receipt, Refusal, Resolution, ResolvePart,
    StatusKind, Timestamp, Transition,
};
use expect_test::expect;
use std::fmt::Write;

const STATES: [&str; 12] = [
    "P", "C", "F", "PP", "PC", "CP", "PF", "FP", "CC", "CF", "FF", "C!",
];

fn fulfilled(id: u64) -> Command {
    resolve(id, Outcome::Fulfilled(*preimage(1).1.expose()))
}

fn failed(id: u64) -> Command {
    resolve(id, Outcome::Failed(Box::new(failure())))
}

fn resolve(id: u64, word: Outcome) -> Command {
    Command::Resolve {
        part: PartId(id),
        word,
        at: Timestamp(2_000_000),
    }
}

/// The payment of that state: its parts are accepted first, then get their outcomes.
fn payment(state: &str) -> Payment {
    let parts: Vec<char> = state.chars().filter(|c| "PCF".contains(*c)).collect();
    let mut payment = None;
    for _ in &parts {
        let send = Command::Send(Box::new(part(1, 400, 1_000)));
        payment = Some(after(payment, &send));
    }
    for (id, state) in (1..).zip(&parts) {
        match state {
            'C' => payment = Some(after(payment, &fulfilled(id))),
            'F' => payment = Some(after(payment, &failed(id))),
            _ => {}
        }
    }
    if state.ends_with('!') {
        payment = Some(after(payment, &failed(1)));
    }
    payment.expect("each has a part")
}

fn written(payment: &Payment) -> String {
    let parts = payment.parts().map(|part| match part.status() {
        StatusKind::Pending => 'P',
        StatusKind::Complete => 'C',
        StatusKind::Failed => 'F',
    });
    let parts: String = parts.collect();
    let tally = payment.summary().tally;
    format!(
        "{parts} {}, {} in flight, {} delivered",
        payment.status().as_str(),
        tally.in_flight,
        tally.delivered
    )
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotItsPreimage { .. } => "wrong preimage".into(),
        Refusal::HasEnded { status, .. } => format!("it has ended, {}", status.as_str()),
        Refusal::NoReason { .. } => "no reason".into(),
        other => panic!("not in this table: {other}"),
    }
}

#[test]
fn every_cell_of_an_operators_word() {
    let by = |why: &str| Resolution {
        who: "uid 0".to_owned(),
        why: why.to_owned(),
    };
    let proof = |n| OperatorEnd::Complete(*preimage(n).1.expose());
    let words = [
        ("failed", OperatorEnd::Failed, by("the channel is gone")),
        ("failed, no reason", OperatorEnd::Failed, by("")),
        ("complete", proof(1), by("the payee has it")),
        ("complete, no proof", proof(2), by("the payee has it")),
    ];
    let mut table = String::new();
    for state in STATES {
        let before = payment(state);
        for (name, end, by) in words.clone() {
            let request = ResolvePart {
                part: PartId(1),
                end,
                by,
            };
            let cell = match before.by_operator(&request, Timestamp(4_000_000)) {
                Err(refusal) => format!("refused: {}", refused(&refusal)),
                Ok(transition) => ended_by_operator(&before, transition),
            };
            writeln!(table, "{state:2}  {name:18} {cell}").unwrap();
        }
    }
    expect![[r"
        P   failed             PartResolved: F failed, 0 in flight, 0 delivered; fulfilled then: PartFulfilledAfterFailure, failed then: AlreadyResolved
        P   failed, no reason  refused: no reason
        P   complete           PartResolved: C complete, 0 in flight, 400 delivered; fulfilled then: AlreadyResolved, failed then: Contradiction
        P   complete, no proof refused: wrong preimage
        C   failed             refused: it has ended, complete
        C   failed, no reason  refused: it has ended, complete
        C   complete           refused: it has ended, complete
        C   complete, no proof refused: it has ended, complete
        F   failed             refused: it has ended, failed
        F   failed, no reason  refused: it has ended, failed
        F   complete           refused: it has ended, failed
        F   complete, no proof refused: it has ended, failed
        PP  failed             PartResolved: FP pending, 400 in flight, 0 delivered; fulfilled then: PartFulfilledAfterFailure, failed then: AlreadyResolved
        PP  failed, no reason  refused: no reason
        PP  complete           PartResolved: CP complete, 400 in flight, 400 delivered; fulfilled then: AlreadyResolved, failed then: Contradiction
        PP  complete, no proof refused: wrong preimage
        PC  failed             PartResolved: FC complete, 0 in flight, 400 delivered; fulfilled then: PartFulfilledAfterFailure, failed then: AlreadyResolved
        PC  failed, no reason  refused: no reason
        PC  complete           PartResolved: CC complete, 0 in flight, 800 delivered; fulfilled then: AlreadyResolved, failed then: Contradiction
        PC  complete, no proof refused: wrong preimage
        CP  failed             refused: it has ended, complete
        CP  failed, no reason  refused: it has ended, complete
        CP  complete           refused: it has ended, complete
        CP  complete, no proof refused: it has ended, complete
        PF  failed             PartResolved: FF failed, 0 in flight, 0 delivered; fulfilled then: PartFulfilledAfterFailure, failed then: AlreadyResolved
        PF  failed, no reason  refused: no reason
        PF  complete           PartResolved: CF complete, 0 in flight, 400 delivered; fulfilled then: AlreadyResolved, failed then: Contradiction
        PF  complete, no proof refused: wrong preimage
        FP  failed             refused: it has ended, failed
        FP  failed, no reason  refused: it has ended, failed
        FP  complete           refused: it has ended, failed
        FP  complete, no proof refused: it has ended, failed
        CC  failed             refused: it has ended, complete
        CC  failed, no reason  refused: it has ended, complete
        CC  complete           refused: it has ended, complete
        CC  complete, no proof refused: it has ended, complete
        CF  failed             refused: it has ended, complete
        CF  failed, no reason  refused: it has ended, complete
        CF  complete           refused: it has ended, complete
        CF  complete, no proof refused: it has ended, complete
        FF  failed             refused: it has ended, failed
        FF  failed, no reason  refused: it has ended, failed
        FF  complete           refused: it has ended, failed
        FF  complete, no proof refused: it has ended, failed
        C!  failed             refused: it has ended, complete
        C!  failed, no reason  refused: it has ended, complete
        C!  complete           refused: it has ended, complete
        C!  complete, no proof refused: it has ended, complete
    "]]
    .assert_eq(&table);
}

/// The payment afterwards, and what becomes of it when the node speaks after all (rule A-7).
fn ended_by_operator(before: &Payment, transition: Transition) -> String {
    assert_eq!(step::step(Some(before), &transition), Ok(()));
    let kind = transition.kind();
    let receipt = Receipt {
        payment: before.summary().id,
        part: Some(PartId(1)),
        event: transition.after.version,
    };
    let payment = Payment::apply(Some(before.clone()), transition, receipt);
    let parts = payment.parts().cloned().collect();
    let restored = Payment::restore(payment.summary().clone(), parts);
    assert_eq!(restored.as_ref(), Ok(&payment), "it is sound");
    let part = payment.part(PartId(1)).expect("the first");
    assert!(part.resolution.is_some());
    if let Some(failure) = part.failure() {
        let said = "resolved by an operator: the channel is gone";
        assert_eq!((&*failure.message, failure.code.number()), (said, 209));
    }
    let later = [fulfilled(1), failed(1)].map(|word| {
        let decision = word.decide(Some(&payment)).expect("it is its part");
        match decision {
            Decision::Unchanged(why) => format!("{why:?}"),
            Decision::Commit(transition) => format!("{:?}", transition.kind()),
        }
    });
    let [fulfilled, failed] = later;
    format!(
        "{kind:?}: {}; fulfilled then: {fulfilled}, failed then: {failed}",
        written(&payment)
    )
}
