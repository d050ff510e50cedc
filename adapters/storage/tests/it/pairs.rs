//! Each rule is kept twice: what the domain calls a violation, the schema refuses too.

mod orders;

use crate::support::{Scene, failed, first, fulfilled, send};
use domain::contract::samples::{decided, msat, part};
use domain::invariant::Rule;
use domain::invariant::step::step;
use domain::{Committed, PaymentStore, Timestamp, Transition};

type Break = fn(&mut Transition);

/// A transition of payment 1, broken in that way: the domain names the rule, and storage refuses it
/// by the same name, writing nothing.
async fn assert_kept_twice(scene: &Scene, sound: Transition, rule: Rule, break_it: Break) {
    let before = scene.load(1).await;
    assert_eq!(step(before.as_ref(), &sound), Ok(()));
    let mut broken = sound;
    break_it(&mut broken);
    let violation = step(before.as_ref(), &broken).expect_err("it is broken");
    assert_eq!(violation.rule, rule, "{violation}");
    let said = scene.store.commit(broken).await;
    let by_name = matches!(&said, Committed::Refused(why) if why.contains(rule.id()));
    assert!(by_name, "{rule}: {said:?}");
    assert_eq!(scene.load(1).await, before);
}

#[tokio::test]
async fn a_first_part_that_breaks_a_rule_is_refused_twice() {
    let scene = Scene::new();
    let cases: [(Rule, Break); 3] = [
        (Rule::Ceiling, |t| {
            t.after.tally.in_flight = msat(1_001);
            t.after.tally.sent = msat(5_000);
        }),
        (Rule::OneSetOfTerms, |t| {
            t.after.terms.requested = msat(1_001);
        }),
        (Rule::FunctionOfParts, |t| {
            t.after.completed_at = Some(Timestamp(1));
        }),
    ];
    for (rule, break_it) in cases {
        assert_kept_twice(&scene, first(1), rule, break_it).await;
    }
}

#[tokio::test]
async fn a_secret_is_fixed_twice() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    // Amount and destination are written with the first part only, so there is nothing to refuse.
    let payment = scene.load(1).await;
    let sound = decided(payment.as_ref(), &send(part(1, 400, 1_000))).expect("there is room");
    assert_kept_twice(&scene, sound, Rule::OneSetOfTerms, |t| {
        t.after.terms.secret = None;
    })
    .await;
}

#[tokio::test]
async fn nothing_joins_or_undoes_what_is_complete() {
    let scene = Scene::new();
    scene.complete(1).await;
    let complete = scene.load(1).await.expect("it is there");
    let (last, row) = (
        complete.parts().last().expect("it has parts"),
        complete.summary(),
    );
    let mut undone = decided(Some(&complete), &failed(last.id)).expect("a contradiction");
    undone.after.preimage = None;
    undone.after.completed_at = None;
    undone.after.tally.delivered = msat(0);
    undone.after.tally.live = 1;
    let violation = step(Some(&complete), &undone).expect_err("the proof is lost");
    assert_eq!(violation.rule, Rule::NeverTwice);
    let said = scene.store.commit(undone).await;
    assert!(
        matches!(&said, Committed::Refused(why) if why.contains("A-")),
        "{said:?}"
    );

    let mut joining = first(1);
    joining.expected = complete.expected();
    joining.after = row.row.clone();
    joining.after.version += 1;
    joining.after.tally.parts += 1;
    joining.after.tally.live += 1;
    let violation = step(Some(&complete), &joining).expect_err("it is complete");
    assert_eq!(violation.rule, Rule::NothingAfterSuccess);
    let said = scene.store.commit(joining).await;
    assert!(
        matches!(&said, Committed::Refused(why) if why.contains("A-")),
        "{said:?}"
    );
}

#[tokio::test]
async fn an_outcome_needs_its_proof_twice() {
    let scene = Scene::new();
    let sent = scene.sent(1, 400).await;
    let payment = scene.load(1).await;
    let mut unproven = decided(payment.as_ref(), &fulfilled(1, sent.part)).expect("it is pending");
    unproven.after.preimage = None;
    let violation = step(payment.as_ref(), &unproven).expect_err("no proof");
    assert!(
        matches!(violation.rule, Rule::Proof | Rule::FunctionOfParts),
        "{violation}"
    );
    let said = scene.store.commit(unproven).await;
    assert!(
        matches!(&said, Committed::Refused(why) if why.contains("A-")),
        "{said:?}"
    );
    assert_eq!(scene.load(1).await, payment);
}
