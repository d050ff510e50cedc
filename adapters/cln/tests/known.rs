//! Which parts lightningd knows of: what an old copy of the database has to ask for.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

use domain::{KnownFate, KnownPart, NodeAway, OfferAnswer, PartId};
use faked::{Fake, node};
use futures::StreamExt;
use support::{AMOUNT, GROUP, Node, World, fulfilled, soon};

async fn told(node: &Node<Fake>, after: u64) -> Result<Vec<KnownPart>, NodeAway> {
    soon("an answer", async {
        let parts = node.sender().known_parts(PartId(after)).await;
        let parts: Vec<_> = parts.collect().await;
        parts.into_iter().collect()
    })
    .await
}

async fn numbers(node: &Node<Fake>, after: u64) -> Vec<u64> {
    let mut numbers: Vec<u64> = told(node, after)
        .await
        .unwrap()
        .into_iter()
        .map(|known| known.part.0)
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Held at the payee.
async fn out(node: &Node<Fake>, part: u64) -> domain::Offer {
    let offer = node.part(part, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&offer).await, OfferAnswer::Accepted);
    offer
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_rows_are_told() {
    let node = node();
    let own = out(&node, 7).await;
    for n in 0..1_100_u64 {
        let hash = format!("{n:064x}");
        node.world
            .lightningd
            .foreign_payment(&hash, AMOUNT, GROUP + 1);
    }
    let known = told(&node, 0).await.unwrap();
    let expected = KnownPart {
        part: PartId(7),
        payment_hash: own.payment_hash,
        amount_sent: Some(own.route.amount_sent()),
        fate: KnownFate::Pending,
    };
    assert_eq!(known, [expected]);
}

/// What was read once is not read again, and whoever asks for less is told all of it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_is_told_what_a_newer_one_has_read() {
    let mut node = node();
    for part in 1..=3 {
        out(&node, part).await;
        assert_eq!(numbers(&node, part).await, [0; 0]);
    }
    node.crash_ampere();
    assert_eq!(numbers(&node, 3).await, [0; 0]);
    // A copy that has given out less.
    assert_eq!(numbers(&node, 1).await, [2, 3]);
    assert_eq!(numbers(&node, 0).await, [1, 2, 3]);
    out(&node, 4).await;
    assert_eq!(numbers(&node, 3).await, [4]);
    assert_eq!(numbers(&node, 1).await, [2, 3, 4]);
    // In another block of numbers, and over a restart of lightningd.
    out(&node, 5_000).await;
    node.world.kill().await;
    node.world.start().await;
    node.crash_ampere();
    assert_eq!(numbers(&node, 4).await, [5_000]);
    assert_eq!(numbers(&node, 2).await, [3, 4, 5_000]);
    assert_eq!(numbers(&node, 5_000).await, [0; 0]);
}

/// It can be reached, or it has not told.
#[tokio::test(flavor = "multi_thread")]
async fn lightningd_that_is_away_has_told_nothing() {
    let node = node();
    out(&node, 1).await;
    node.world.kill().await;
    let answer = soon("an answer", async {
        loop {
            match told(&node, 0).await {
                Err(away) => return away,
                Ok(_) => tokio::task::yield_now().await,
            }
        }
    });
    assert!(!answer.await.to_string().is_empty());
}

/// Of a row that says pending for ever lightningd tells no end.
#[tokio::test(flavor = "multi_thread")]
async fn dead_row_is_one_of_which_nobody_can_tell() {
    let node = node();
    let fake = &node.world.lightningd;
    fake.hold_commits(true);
    let dead = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&dead).await, OfferAnswer::Accepted);
    let known = async |node: &Node<Fake>, part: u64| {
        let parts = told(node, part - 1).await.ok()?;
        parts
            .into_iter()
            .find(|it| it.part.0 == part)
            .map(|it| it.fate)
    };
    assert_eq!(known(&node, 1).await, Some(KnownFate::Pending));
    fake.kill().await;
    fake.hold_commits(false);
    fake.start_again();
    let lost = soon("an answer", async {
        loop {
            match known(&node, 1).await {
                None => tokio::task::yield_now().await,
                told => return told,
            }
        }
    });
    assert_eq!(lost.await, Some(KnownFate::Lost));
    // One that has its HTLC is out.
    let mut words = node.words(None).await;
    let out = out(&node, 2).await;
    assert_eq!(known(&node, 2).await, Some(KnownFate::Pending));
    fake.rest_arrives(&out.payment_hash.to_string());
    fulfilled(&mut words, &out).await;
    assert!(matches!(
        known(&node, 2).await,
        Some(KnownFate::Fulfilled(_))
    ));
}
