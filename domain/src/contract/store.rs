//! What every `PaymentStore` must do.

mod deletions;
mod invoices;
mod lists;
mod nodes;
mod operator;
mod orders;
mod unrecorded;

pub use deletions::*;
pub use invoices::*;
pub use lists::*;
pub use nodes::*;
pub use operator::*;
pub use orders::*;
pub use unrecorded::*;

use super::samples::{decided, failure, hash, msat, part, preimage};
use crate::contract::samples::Command;
use crate::{
    Committed, Made, Outcome, PartId, Payment, PaymentHash, PaymentId, PaymentStore, Receipt,
    Request, RequestId, SendPart, StatusKind, Timestamp, Transition,
};
use async_trait::async_trait;
use std::sync::Arc;

/// A store under test.
#[async_trait]
pub trait StoreHarness: Send {
    /// The store.
    fn store(&self) -> Arc<dyn PaymentStore>;

    /// The same store after the process was restarted.
    async fn reopen(&mut self);
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! store_contract {
    ($harness:expr) => {
        $crate::store_contract!($harness;
            unknown_payment_is_none, first_part_makes_the_payment, what_is_committed_is_loaded,
            what_an_invoice_demands_is_loaded, payments_are_found_by_their_words,
            outcome_is_stored_with_its_proof, failure_keeps_every_detail,
            failed_payment_keeps_its_row_and_id, wrong_version_is_a_conflict,
            second_first_part_is_a_conflict, conflict_writes_nothing, conflict_spoils_no_other,
            numbers_are_dense_and_never_reused, request_is_stored_with_its_part,
            used_request_is_a_conflict, cursor_comes_with_its_transition, cursor_only_grows, node_keeps_its_first_identity,
            live_payments_are_found_page_by_page, payments_are_listed_by_id,
            parts_are_listed_by_id, lists_filter_by_status, lists_filter_by_hash,
            events_tell_every_transition, events_filter_by_hash,
            failed_payment_is_deleted_whole, paid_payment_leaves_a_tombstone,
            deletion_of_another_version_is_a_conflict, live_payment_is_not_deleted,
            deletions_spoil_no_other,
            proof_of_what_is_not_stored_leaves_a_tombstone, payment_that_is_stored_is_not_buried,
            proof_of_a_part_that_is_not_stored_is_a_quarantine,
            operators_word_is_stored_with_who_and_why, preimage_beats_an_operators_word,
            history_names_the_parts_that_an_operator_ended,
            operators_word_goes_with_its_payment,
            order_makes_its_payment_without_a_part, terms_of_an_order_survive,
            order_stays_closed_with_its_reason, order_is_closed_in_the_commit_of_its_cause,
            order_outlives_its_failed_parts, failed_payment_gets_another_order,
            second_order_is_a_conflict, open_orders_are_found_page_by_page,
            last_order_of_each_payment_is_told, request_is_stored_with_its_order,
            used_key_is_a_conflict_for_parts_and_orders, events_tell_of_orders,
            lists_tell_an_open_order_as_pending, quarantine_closes_the_order,
            late_proof_closes_the_order_that_is_open, orders_go_with_their_payment,
            paid_order_leaves_a_tombstone_and_an_open_one_stays, many_orders_at_once_all_land,
            quarantine_is_stored, preimage_beats_a_failure, extremes_survive,
            everything_survives_a_restart, many_at_once_all_land);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::store::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn StoreHarness;

/// The numbers of a transition that is about a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// The payment's row.
    pub payment: PaymentId,
    /// The part.
    pub part: PartId,
    /// The transition's place in the history.
    pub event: u64,
}

impl From<Receipt> for Numbers {
    fn from(receipt: Receipt) -> Numbers {
        Numbers {
            payment: receipt.payment,
            part: receipt.part.expect("it is about a part"),
            event: receipt.event,
        }
    }
}

async fn commit(h: &dyn StoreHarness, transition: Transition) -> Receipt {
    match h.store().commit(transition).await {
        Committed::Yes(receipt) => receipt,
        other => panic!("not committed: {other:?}"),
    }
}

pub(super) async fn load(h: &dyn StoreHarness, hash: PaymentHash) -> Option<Payment> {
    h.store().load(hash).await.expect("a sound payment")
}

pub(super) fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

pub(super) fn fulfilled(n: u64, part: PartId) -> Command {
    Command::Resolve {
        part,
        word: Outcome::Fulfilled(*preimage(n).1.expose()),
        at: Timestamp(2_000_000),
    }
}

pub(super) fn failed(part: PartId) -> Command {
    Command::Resolve {
        part,
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(3_000_000),
    }
}

/// Decides on what is stored, commits, and checks that what is loaded is what was decided.
pub(super) async fn run(
    h: &dyn StoreHarness,
    hash: PaymentHash,
    command: &Command,
) -> (Payment, Numbers) {
    let before = load(h, hash).await;
    let transition = decided(before.as_ref(), command).expect("not refused");
    let receipt = commit(h, transition.clone()).await;
    let expected = Payment::apply(before, transition, receipt);
    assert_eq!(load(h, hash).await.as_ref(), Some(&expected));
    (expected, receipt.into())
}

pub(super) async fn sent(h: &dyn StoreHarness, n: u64, amount: u64, intended: u64) -> Numbers {
    run(h, hash(n), &send(part(n, amount, intended))).await.1
}

/// A hash that nobody has paid.
pub async fn unknown_payment_is_none(h: Harness<'_>) {
    assert_eq!(load(h, hash(1)).await, None);
    assert_eq!(h.store().part(PartId(1)).await, Ok(None));
}

/// Rule 1.1 of docs/proposal.md.
pub async fn first_part_makes_the_payment(h: Harness<'_>) {
    let receipt = sent(h, 1, 400, 1_000).await;
    assert_eq!(receipt.payment, PaymentId(1));
    assert_eq!(receipt.part, PartId(1));
    assert_eq!(receipt.event, 1);
}

/// Text, secrets, metadata and invoices come back as they went.
pub async fn what_is_committed_is_loaded(h: Harness<'_>) {
    let mut first = part(1, 400, 1_000);
    first.metadata = Some(crate::PaymentMetadata::new(vec![1, 2, 3]));
    first.description = Some("two coffees \u{2615}".into());
    first.label = Some("order-7".into());
    run(h, hash(1), &send(first)).await;
    let (payment, _) = run(h, hash(1), &send(part(1, 600, 1_000))).await;
    assert_eq!(payment.summary().tally.live, 2);
}

/// Rule A-6: the proof is stored in the same commit.
pub async fn outcome_is_stored_with_its_proof(h: Harness<'_>) {
    let receipt = sent(h, 1, 1_000, 1_000).await;
    let (payment, _) = run(h, hash(1), &fulfilled(1, receipt.part)).await;
    assert_eq!(payment.status(), StatusKind::Complete);
    assert_eq!(payment.summary().preimage, Some(preimage(1).1));
}

/// Every detail of a failure, with and without.
pub async fn failure_keeps_every_detail(h: Harness<'_>) {
    let receipt = sent(h, 1, 1_000, 1_000).await;
    let mut detailed = failure();
    detailed.onionreply = Some(vec![0, 255]);
    detailed.raw_message = Some(vec![0x10, 0x0c]);
    let word = Outcome::Failed(Box::new(detailed));
    let command = Command::Resolve {
        part: receipt.part,
        word,
        at: Timestamp(3_000_000),
    };
    run(h, hash(1), &command).await;
    for (n, (code, _)) in (2..).zip(crate::FailureCode::ALL) {
        let plain = crate::Failure::plain(code, "who knows");
        let receipt = sent(h, n, 1_000, 1_000).await;
        let command = Command::Resolve {
            part: receipt.part,
            word: Outcome::Failed(Box::new(plain)),
            at: Timestamp(3_000_000),
        };
        run(h, hash(n), &command).await;
    }
}

/// Rule 1.2.3 of docs/proposal.md: tried again, it is pending again, in the same row.
pub async fn failed_payment_keeps_its_row_and_id(h: Harness<'_>) {
    let first = sent(h, 1, 1_000, 1_000).await;
    let (payment, _) = run(h, hash(1), &failed(first.part)).await;
    assert_eq!(payment.status(), StatusKind::Failed);
    let second = sent(h, 1, 500, 1_000).await;
    assert_eq!(second.payment, first.payment);
    assert_ne!(second.part, first.part);
}

/// A decision on what is no longer there.
pub async fn wrong_version_is_a_conflict(h: Harness<'_>) {
    let receipt = sent(h, 1, 400, 1_000).await;
    let stale = load(h, hash(1)).await;
    sent(h, 1, 300, 1_000).await;
    let transition = decided(stale.as_ref(), &failed(receipt.part)).expect("not refused");
    assert_eq!(h.store().commit(transition).await, Committed::Conflict);
}

/// Two callers who both saw that there was no such payment.
pub async fn second_first_part_is_a_conflict(h: Harness<'_>) {
    let transition = decided(None, &send(part(1, 400, 1_000))).expect("not refused");
    commit(h, transition.clone()).await;
    assert_eq!(h.store().commit(transition).await, Committed::Conflict);
}

/// Nothing of a conflicting transition is stored.
pub async fn conflict_writes_nothing(h: Harness<'_>) {
    let transition = decided(None, &send(part(1, 400, 1_000))).expect("not refused");
    commit(h, transition.clone()).await;
    let before = load(h, hash(1)).await;
    assert_eq!(h.store().commit(transition).await, Committed::Conflict);
    assert_eq!(load(h, hash(1)).await, before);
    let receipt = sent(h, 2, 400, 1_000).await;
    assert_eq!(
        (receipt.payment.0, receipt.part.0, receipt.event),
        (2, 2, 2)
    );
}

/// A conflict in a crowd fails alone.
pub async fn conflict_spoils_no_other(h: Harness<'_>) {
    let store = h.store();
    let commits = (0..60).map(|i| {
        let n = if i % 3 == 0 { 0 } else { i };
        let transition = decided(None, &send(part(n, 400, 1_000))).expect("not refused");
        let store = store.clone();
        async move { (n, store.commit(transition).await) }
    });
    let mut of_zero = 0;
    for (n, committed) in futures::future::join_all(commits).await {
        match (n, committed) {
            (0, Committed::Yes(_)) => of_zero += 1,
            (0, Committed::Conflict) => {}
            (_, Committed::Yes(_)) => assert!(load(h, hash(n)).await.is_some()),
            (n, other) => panic!("payment {n}: {other:?}"),
        }
    }
    assert_eq!(of_zero, 1);
}

/// Rule A-4: numbers grow by one, over payments, failures and restarts.
pub async fn numbers_are_dense_and_never_reused(h: Harness<'_>) {
    for n in 1..=5 {
        let receipt = sent(h, n, 400, 1_000).await;
        assert_eq!((receipt.payment.0, receipt.part.0), (n, n));
        assert_eq!(receipt.event, 2 * n - 1);
        run(h, hash(n), &failed(receipt.part)).await;
        h.reopen().await;
    }
}

fn keyed(n: u64, key: &str, digest: u8) -> SendPart {
    SendPart {
        request: Some(Request {
            id: RequestId::new(key).expect("a short key"),
            digest: [digest; 32],
        }),
        ..part(n, 400, 1_000)
    }
}

/// Rule A-14: the key is as durable as the part.
pub async fn request_is_stored_with_its_part(h: Harness<'_>) {
    let command = send(keyed(1, "a", 3));
    let (_, receipt) = run(h, hash(1), &command).await;
    h.reopen().await;
    let key = RequestId::new("a").expect("a short key");
    let (request, part) = h.store().request(key).await.unwrap().expect("stored");
    assert_eq!((request.digest, part), ([3; 32], Made::Part(receipt.part)));
    let other = RequestId::new("b").expect("a short key");
    assert_eq!(h.store().request(other).await, Ok(None));
}

/// One key, two payments at once: one of them must look again.
pub async fn used_request_is_a_conflict(h: Harness<'_>) {
    run(h, hash(1), &send(keyed(1, "a", 3))).await;
    let second = decided(None, &send(keyed(2, "a", 3))).expect("not refused");
    assert_eq!(h.store().commit(second).await, Committed::Conflict);
    assert_eq!(load(h, hash(2)).await, None);
}

/// Rule A-7: a contradiction is remembered.
pub async fn quarantine_is_stored(h: Harness<'_>) {
    let receipt = sent(h, 1, 1_000, 1_000).await;
    run(h, hash(1), &fulfilled(1, receipt.part)).await;
    let (payment, again) = run(h, hash(1), &failed(receipt.part)).await;
    assert!(payment.summary().quarantine.is_some());
    assert_eq!(again.part, receipt.part);
}

/// Rule A-7's one exception, even where it breaks the ceiling: money did move.
pub async fn preimage_beats_a_failure(h: Harness<'_>) {
    let first = sent(h, 1, 1_000, 1_000).await;
    run(h, hash(1), &failed(first.part)).await;
    sent(h, 1, 700, 1_000).await;
    let (payment, _) = run(h, hash(1), &fulfilled(1, first.part)).await;
    assert_eq!(payment.status(), StatusKind::Complete);
    assert_eq!(payment.summary().tally.committed(), msat(1_700));
    assert!(payment.summary().quarantine.is_some());
}

/// The largest numbers and the smallest.
pub async fn extremes_survive(h: Harness<'_>) {
    let all = crate::Msat::MAX.get() - 1_000;
    sent(h, 1, all, all).await;
    let mut tiny = part(2, 1, 1);
    tiny.secret = None;
    tiny.cltv_expiry = None;
    tiny.description = Some(String::new());
    tiny.at = Timestamp(0);
    run(h, hash(2), &send(tiny)).await;
}

/// What was acknowledged is there (rule A-14).
pub async fn everything_survives_a_restart(h: Harness<'_>) {
    let one = sent(h, 1, 400, 1_000).await;
    sent(h, 1, 600, 1_000).await;
    run(h, hash(1), &fulfilled(1, one.part)).await;
    let two = sent(h, 2, 400, 1_000).await;
    run(h, hash(2), &failed(two.part)).await;
    let before = (load(h, hash(1)).await, load(h, hash(2)).await);
    h.reopen().await;
    assert_eq!((load(h, hash(1)).await, load(h, hash(2)).await), before);
    sent(h, 2, 400, 1_000).await;
}

/// Hundreds of payments, each from its first part to its end, all at once.
pub async fn many_at_once_all_land(h: Harness<'_>) {
    let store = h.store();
    let payments = (0..300).map(|n| {
        let store = store.clone();
        async move {
            let first = decided(None, &send(part(n, 1_000, 1_000))).expect("not refused");
            let Committed::Yes(receipt) = store.commit(first.clone()).await else {
                panic!("payment {n} was not stored");
            };
            let payment = Payment::apply(None, first, receipt);
            let numbers = Numbers::from(receipt);
            let end = decided(Some(&payment), &fulfilled(n, numbers.part)).expect("not refused");
            let Committed::Yes(ended) = store.commit(end.clone()).await else {
                panic!("the end of payment {n} was not stored");
            };
            assert_eq!(ended.part, receipt.part);
            Payment::apply(Some(payment), end, ended)
        }
    });
    for payment in futures::future::join_all(payments).await {
        assert_eq!(load(h, payment.summary().payment_hash).await, Some(payment));
    }
}
