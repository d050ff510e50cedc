//! What every `PaymentStore` must do about parts that an operator ends by hand.

use super::lists::events;
use super::{Harness, Numbers, StoreHarness, commit, failed, fulfilled, load, run, sent};
use crate::contract::samples::{hash, preimage};
use crate::{
    Committed, Deleted, Direction, Event, EventFilter, EventKind, HistoryFilter, OperatorEnd,
    PartId, Payment, PaymentFilter, Resolution, ResolvePart, StatusKind, Timestamp,
};

const AT: Timestamp = Timestamp(4_000_000);

fn by(why: &str) -> Resolution {
    Resolution {
        who: "uid 1000 (pid 7)".to_owned(),
        why: why.to_owned(),
    }
}

/// Decides on what is stored, commits, and checks that what is loaded is what was decided.
async fn end(h: &dyn StoreHarness, part: PartId, end: OperatorEnd) -> (Payment, Numbers) {
    let before = load(h, hash(1)).await.expect("it is there");
    let request = ResolvePart {
        part,
        end,
        by: by("its channel is gone \u{2615}"),
    };
    let transition = before.by_operator(&request, AT).expect("it is pending");
    let receipt = commit(h, transition.clone()).await;
    let expected = Payment::apply(Some(before), transition, receipt);
    assert_eq!(load(h, hash(1)).await.as_ref(), Some(&expected));
    (expected, receipt.into())
}

async fn all_events(h: &dyn StoreHarness) -> Vec<Event> {
    let filter = EventFilter {
        hash: Some(hash(1)),
        start: 0,
        limit: 10,
    };
    events(h, filter).await
}

/// Rules: with who, why and the proof, in the list of parts and in the history.
pub async fn operators_word_is_stored_with_who_and_why(h: Harness<'_>) {
    let one = sent(h, 1, 400, 1_000).await.part;
    let two = sent(h, 1, 600, 1_000).await.part;
    let (payment, receipt) = end(h, one, OperatorEnd::Failed).await;
    assert_eq!((receipt.part, receipt.event), (one, 3));
    let failure = payment.part(one).and_then(|part| part.failure()).cloned();
    let proof = OperatorEnd::Complete(*preimage(1).1.expose());
    let (payment, _) = end(h, two, proof).await;
    assert_eq!(payment.status(), StatusKind::Complete);
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, Some(payment));
    let told = all_events(h).await;
    let expected = Some(by("its channel is gone \u{2615}"));
    for (event, part, status) in [
        (&told[2], one, StatusKind::Failed),
        (&told[3], two, StatusKind::Complete),
    ] {
        assert_eq!(event.kind, EventKind::PartResolved);
        assert_eq!((event.part, event.part_status), (Some(part), Some(status)));
        assert_eq!((&event.resolution, event.at), (&expected, AT));
    }
    assert_eq!(told[2].failure.as_deref(), failure.as_ref());
    assert!(
        [&told[0], &told[1]]
            .iter()
            .all(|event| event.resolution.is_none())
    );
}

/// A list of payments names them, as long as nothing has beaten the operator's word.
pub async fn history_names_the_parts_that_an_operator_ended(h: Harness<'_>) {
    let by_hand = sent(h, 1, 400, 1_000).await.part;
    let beaten = sent(h, 1, 300, 1_000).await.part;
    let other = sent(h, 2, 1_000, 1_000).await.part;
    for part in [by_hand, beaten] {
        end(h, part, OperatorEnd::Failed).await;
    }
    run(h, hash(1), &fulfilled(1, beaten)).await;
    run(h, hash(2), &failed(other)).await;
    let filter = HistoryFilter {
        direction: Direction::All,
        payments: PaymentFilter {
            limit: 10,
            ..PaymentFilter::default()
        },
        count: false,
    };
    let history = h.store().history(filter).await.expect("it can be read");
    let [ended] = &history.by_hand[..] else {
        panic!("{:?}", history.by_hand);
    };
    let payment = load(h, hash(1)).await.expect("it is there");
    let stored = payment.part(by_hand).expect("it is there");
    assert_eq!((ended.payment, ended.part), (payment.summary().id, by_hand));
    assert_eq!(Some(&ended.by), stored.resolution.as_ref());
}

/// Rule A-7: a preimage beats an operator's word too, and the history keeps who said what.
pub async fn preimage_beats_an_operators_word(h: Harness<'_>) {
    let one = sent(h, 1, 1_000, 1_000).await.part;
    end(h, one, OperatorEnd::Failed).await;
    let (payment, _) = run(h, hash(1), &fulfilled(1, one)).await;
    let part = payment.part(one).expect("it is there");
    assert_eq!(
        (part.status(), &part.resolution),
        (StatusKind::Complete, &None)
    );
    let told = all_events(h).await;
    assert!(told[1].resolution.is_some());
    assert_eq!(told[2].kind, EventKind::PartFulfilledAfterFailure);
}

/// What is deleted takes an operator's word with it.
pub async fn operators_word_goes_with_its_payment(h: Harness<'_>) {
    let one = sent(h, 1, 400, 1_000).await.part;
    let two = sent(h, 1, 600, 1_000).await.part;
    end(h, one, OperatorEnd::Failed).await;
    run(h, hash(1), &failed(two)).await;
    let payment = load(h, hash(1)).await.expect("it is there");
    let deletion = payment.deletion(AT).expect("it has ended");
    let deleted = Deleted {
        parts: 2,
        events: 4,
        requests: 0,
    };
    assert_eq!(h.store().delete(deletion).await, Committed::Yes(deleted));
    assert_eq!(load(h, hash(1)).await, None);
    assert_eq!(all_events(h).await, []);
}
