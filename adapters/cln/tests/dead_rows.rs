//! Rows of lightningd's that say pending for ever, and what proves that their parts never left.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

use cln::OfferBy;
use domain::{FailureCode, LookUp, Offer, OfferAnswer, PartId};
use faked::{Fake, node};
use support::{AMOUNT, Node, fulfilled, soon};

/// A part that lightningd has taken, and killed before its HTLC was committed.
async fn dead_row(node: &Node<Fake>, part: u64) -> Offer {
    let fake = &node.world.lightningd;
    fake.hold_commits(true);
    let offer = node.part(part, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&offer).await, OfferAnswer::Accepted);
    // In the life that made it, lightningd itself brings it to an end.
    assert_eq!(node.look_up(&offer).await, LookUp::Pending);
    fake.kill().await;
    fake.hold_commits(false);
    offer
}

fn beside(offer: &Offer, part: u64) -> Offer {
    Offer {
        part: PartId(part),
        ..offer.clone()
    }
}

/// The part stays unknown, and soon for this reason.
async fn doubted(node: &Node<Fake>, offer: &Offer, why: &str) {
    soon(why, async {
        loop {
            match node.look_up(offer).await {
                LookUp::Unknown(reason) | LookUp::Lost(reason) if reason.contains(why) => return,
                // A connection that has just been cut, say.
                LookUp::Unknown(_) => tokio::task::yield_now().await,
                definite => panic!("{definite:?}"),
            }
        }
    })
    .await;
}

/// How many HTLCs were really made.
fn sent(node: &Node<Fake>) -> u32 {
    let ledger = node.world.lightningd.ledger();
    assert!(ledger.iter().all(|sent| sent.htlcs <= 1), "{ledger:?}");
    ledger.iter().map(|sent| sent.htlcs).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_row_is_found_and_a_new_part_completes_beside_it() {
    let node = node();
    let dead = dead_row(&node, 1).await;
    node.world.lightningd.start_again();
    let LookUp::Failed(failure) = node.settled(&dead).await else {
        panic!("not failed");
    };
    assert!(failure.is_never_sent(), "{failure:?}");
    assert_eq!(failure.code, FailureCode::TryOtherRoute);
    // Its key is used up: lightningd answers with the dead row, and sends nothing.
    assert_eq!(node.offer(&dead).await, OfferAnswer::AlreadyOffered);
    assert_eq!(sent(&node), 0);
    let mut words = node.words(None).await;
    let new = beside(&dead, 2);
    assert_eq!(node.offer(&new).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &new).await;
    assert_eq!(sent(&node), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_row_stays_pending_until_its_channel_is_back() {
    let node = node();
    let dead = dead_row(&node, 1).await;
    let fake = &node.world.lightningd;
    fake.reconnect(false);
    fake.start_again();
    doubted(&node, &dead, "re-established").await;
    fake.reconnect(true);
    assert!(matches!(node.settled(&dead).await, LookUp::Failed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_row_of_a_closed_channel_stays_pending() {
    let node = node();
    let dead = dead_row(&node, 1).await;
    let fake = &node.world.lightningd;
    fake.start_again();
    for _ in 0..2 {
        fake.close_channel(0);
        doubted(&node, &dead, "gone").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_row_is_judged_by_a_later_ampere_as_well() {
    let mut node = node();
    let dead = dead_row(&node, 1).await;
    node.world.lightningd.start_again();
    node.crash_ampere();
    assert!(matches!(node.settled(&dead).await, LookUp::Failed(_)));
    // And in yet another life of both.
    node.world.lightningd.restart().await;
    node.crash_ampere();
    assert!(matches!(node.settled(&dead).await, LookUp::Failed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_equal_parts_the_one_that_is_out_is_not_called_dead() {
    let node = node();
    let fake = &node.world.lightningd;
    let (hash, secret) = support::World::invoice(&node.world, AMOUNT * 2).await;
    let invoice = (hash.as_str(), secret.as_str());
    let out = node.part_of(invoice, 1, 0, (AMOUNT / 2, AMOUNT * 2)).await;
    assert_eq!(node.offer(&out).await, OfferAnswer::Accepted);
    fake.hold_commits(true);
    let dead = beside(&out, 2);
    assert_eq!(node.offer(&dead).await, OfferAnswer::Accepted);
    fake.kill().await;
    fake.hold_commits(false);
    fake.start_again();
    // One HTLC for two rows, on one channel, of one amount: it could be either's.
    for part in [&out, &dead] {
        doubted(&node, part, "fewer HTLCs").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_that_was_deleted_is_not_a_part_that_was_never_seen() {
    let mut node = node();
    let mut words = node.words(None).await;
    let paid = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&paid).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &paid).await;
    node.world
        .lightningd
        .forget_rows(&paid.payment_hash.to_string());
    node.crash_ampere();
    doubted(&node, &paid, "no row").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_database_proves_nothing() {
    let node = node();
    let fake = &node.world.lightningd;
    assert!(node.sender().identity().await.is_ok());
    let backup = fake.snapshot();
    let held = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&held).await, OfferAnswer::Accepted);
    // lightningd answers before the HTLC is committed.
    soon("the HTLC", async {
        while sent(&node) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    fake.kill().await;
    fake.restore(&backup);
    fake.start_again();
    doubted(&node, &held, "an old one").await;
    let offered = node.offer(&held).await;
    assert!(matches!(offered, OfferAnswer::Unknown(_)), "{offered:?}");
    assert_eq!(sent(&node), 1);
}

/// An Ampere that has heard nothing yet knows of no number; the channel does.
#[tokio::test(flavor = "multi_thread")]
async fn old_database_is_known_by_its_channel_too() {
    let mut node = node();
    let fake = node.world.lightningd.clone();
    assert!(node.sender().identity().await.is_ok());
    let backup = fake.snapshot();
    let held = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&held).await, OfferAnswer::Accepted);
    // lightningd answers before the HTLC is committed.
    soon("the HTLC", async {
        while sent(&node) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    fake.kill().await;
    fake.restore(&backup);
    fake.start_again();
    node.crash_ampere();
    doubted(&node, &held, "lost state").await;
    assert_eq!(sent(&node), 1);
}

/// What `sendpay` costs those who want lightningd's own guard.
#[tokio::test(flavor = "multi_thread")]
async fn by_sendpay_a_dead_row_of_the_whole_blocks_the_payment() {
    let node = Node::new(Fake::new(), OfferBy::SendPay);
    let dead = dead_row(&node, 1).await;
    node.world.lightningd.start_again();
    assert!(matches!(node.settled(&dead).await, LookUp::Failed(_)));
    let answer = node.offer(&beside(&dead, 2)).await;
    let OfferAnswer::Refused(failure) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(failure.code, FailureCode::InProgressElsewhere);
    assert_eq!(sent(&node), 0);
}

/// What was said of a part before its row was deleted is not lost, though no list shows it any more.
#[tokio::test(flavor = "multi_thread")]
async fn end_that_was_heard_before_its_row_was_deleted_is_known() {
    let node = node();
    let paid = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&paid).await, OfferAnswer::Accepted);
    node.world
        .lightningd
        .forget_rows(&paid.payment_hash.to_string());
    let known = node.settled(&paid).await;
    assert!(matches!(known, LookUp::Fulfilled(_)), "{known:?}");
}

/// Its channel took the HTLC with it.
#[tokio::test(flavor = "multi_thread")]
async fn row_that_was_deleted_with_its_channel_closed_is_in_doubt() {
    let mut node = node();
    let mut words = node.words(None).await;
    let paid = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&paid).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &paid).await;
    let fake = node.world.lightningd.clone();
    fake.forget_rows(&paid.payment_hash.to_string());
    for _ in 0..2 {
        fake.close_channel(0);
    }
    node.crash_ampere();
    doubted(&node, &paid, "gone").await;
}

/// An Ampere that met the old database before it read its own cursor.
#[tokio::test(flavor = "multi_thread")]
async fn old_database_is_known_by_the_cursor_that_was_stored() {
    let mut node = node();
    let fake = node.world.lightningd.clone();
    assert!(node.sender().identity().await.is_ok());
    let backup = fake.snapshot();
    let mut words = node.words(None).await;
    let told = node.part(1, 1, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&told).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &told).await;
    fake.kill().await;
    fake.restore(&backup);
    fake.start_again();
    node.crash_ampere();
    assert!(node.sender().identity().await.is_ok());
    drop(node.words(Some(1)).await);
    // By the other way, whose channel has lost nothing.
    let next = node.part(2, 0, AMOUNT, AMOUNT).await;
    doubted(&node, &next, "an old one").await;
    let offered = node.offer(&next).await;
    assert!(matches!(offered, OfferAnswer::Unknown(_)), "{offered:?}");
}
