//! A lightningd that has yet to read the chain's last blocks: nothing is offered to it, and everything
//! else goes on.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

use cln::OfferBy;
use domain::{LookUp, Offer, OfferAnswer};
use faked::{Fake, node};
use futures::FutureExt;
use support::{AMOUNT, GROUP, Node, fulfilled, soon};

/// The tip when a test begins.
const TIP: u32 = 112;

fn at_the_tip(offer_by: OfferBy) -> Node<Fake> {
    let fake = Fake::new();
    fake.lightningd.set_height(TIP);
    Node::new(fake, offer_by)
}

fn not_yet(at: u32, least: u32) -> OfferAnswer {
    OfferAnswer::NotYet(format!(
        "lightningd is still loading blocks (at {at} of at least {least})"
    ))
}

/// What lightningd says to an offer, once it is noticed that it was killed, and is back.
async fn answer(node: &Node<Fake>, part: &Offer) -> OfferAnswer {
    let definite = async {
        loop {
            match node.offer(part).await {
                OfferAnswer::Unknown(_) => tokio::task::yield_now().await,
                definite => return definite,
            }
        }
    };
    soon("a definite answer", definite).await
}

/// What delays count from, as soon as it is that.
async fn height(node: &Node<Fake>, expected: u32) {
    let sender = node.sender();
    soon("that height", async {
        while sender.height() != Some(expected) {
            assert!(sender.identity().await.is_ok());
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A part of a payment of its own is paid out, which takes the right height.
async fn pays(node: &Node<Fake>, part: u64) {
    let mut words = node.words(None).await;
    let part = node.part(part, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &part).await;
}

async fn waits_until_all_blocks_are_read(offer_by: OfferBy) {
    let node = at_the_tip(offer_by);
    let (lightningd, sender) = (&node.world.lightningd, node.sender());
    let mut words = node.words(None).await;
    let held = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&held).await, OfferAnswer::Accepted);
    soon("an HTLC", async {
        while lightningd.ledger().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    lightningd.kill().await;
    lightningd.start_at(95);
    let part = node.part(2, 1, AMOUNT, AMOUNT).await;
    assert_eq!(answer(&node, &part).await, not_yet(95, TIP));
    assert_eq!(sender.height(), None);
    // It is met, asked and heard.
    assert!(sender.identity().await.is_ok());
    assert_eq!(node.settled(&held).await, LookUp::Pending);
    assert_eq!(node.look_up(&part).await, LookUp::NeverSeen);
    lightningd.rest_arrives(&held.payment_hash.to_string());
    fulfilled(&mut words, &held).await;
    // It has read the block that is the last one, and does not know that it is.
    lightningd.loads(TIP);
    let warns_still = async {
        while node.offer(&part).await != not_yet(TIP, TIP) {
            tokio::task::yield_now().await;
        }
    };
    soon("that block", warns_still).await;
    assert!(sender.reach_tip().now_or_never().is_none());
    assert_eq!(lightningd.ledger().len(), 1, "nothing has left");
    lightningd.has_loaded();
    soon("the tip", sender.reach_tip()).await;
    assert_eq!(sender.height(), Some(TIP + 1));
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &part).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_sendonion_nothing_leaves_until_all_blocks_are_read() {
    waits_until_all_blocks_are_read(OfferBy::SendOnion).await;
}

/// lightningd counts a first hop's expiry itself, and an onion's.
#[tokio::test(flavor = "multi_thread")]
async fn by_sendpay_nothing_leaves_until_all_blocks_are_read() {
    waits_until_all_blocks_are_read(OfferBy::SendPay).await;
}

/// It reads by itself, while parts are offered again and again, as the engine does.
#[tokio::test(flavor = "multi_thread")]
async fn no_part_fails_for_its_height_over_many_kills() {
    let node = at_the_tip(OfferBy::SendOnion);
    let mut words = node.words(None).await;
    for round in 1..=8 {
        node.world.lightningd.kill().await;
        node.world.lightningd.start_and_load();
        let part = node.part(round, 0, AMOUNT, AMOUNT).await;
        let mut said = answer(&node, &part).await;
        while let OfferAnswer::NotYet(_) = said {
            soon("the tip", node.sender().reach_tip()).await;
            said = answer(&node, &part).await;
        }
        assert_eq!(said, OfferAnswer::Accepted);
        fulfilled(&mut words, &part).await;
    }
}

/// Below what was ever heard of it, it is not at the tip, whatever it says, and whoever has heard it:
/// an Ampere before this one may have.
#[tokio::test(flavor = "multi_thread")]
async fn the_highest_block_outlives_lightningd_and_ampere() {
    for at in [0, 1, 82, 95] {
        let mut node = at_the_tip(OfferBy::SendOnion);
        pays(&node, 1).await;
        node.world.lightningd.kill().await;
        node.crash_ampere();
        node.world.lightningd.start_silently_at(at);
        let part = node.part(2, 0, AMOUNT, AMOUNT).await;
        assert_eq!(answer(&node, &part).await, not_yet(at, TIP));
        assert_eq!(node.sender().height(), None);
        node.world.lightningd.has_loaded();
        soon("the tip", node.sender().reach_tip()).await;
        pays(&node, 3).await;
    }
}

/// Where all blocks are read again.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_young_chain_nothing_leaves_below_its_tip() {
    for at in [0, 1] {
        let node = node();
        node.world.lightningd.set_height(20);
        pays(&node, 1).await;
        node.world.lightningd.kill().await;
        node.world.lightningd.start_at(at);
        let part = node.part(2, 0, AMOUNT, AMOUNT).await;
        assert_eq!(answer(&node, &part).await, not_yet(at, 20));
        node.world.lightningd.has_loaded();
        soon("the tip", node.sender().reach_tip()).await;
        pays(&node, 3).await;
    }
}

/// Met for the first time while it loads.
#[tokio::test(flavor = "multi_thread")]
async fn a_lightningd_of_which_nothing_is_known_is_believed_that_it_loads() {
    let node = at_the_tip(OfferBy::SendOnion);
    node.world.lightningd.kill().await;
    node.world.lightningd.start_at(95);
    let part = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(answer(&node, &part).await, not_yet(95, 95));
    node.world.lightningd.has_loaded();
    soon("the tip", node.sender().reach_tip()).await;
    pays(&node, 2).await;
}

/// For a moment after the last warning `getinfo` says 0.
#[tokio::test(flavor = "multi_thread")]
async fn a_gossipd_that_lags_holds_nothing_up() {
    let node = at_the_tip(OfferBy::SendOnion);
    node.world.lightningd.gossip_lags(true);
    pays(&node, 1).await;
    assert_eq!(node.sender().height(), Some(TIP + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_blocks_and_a_reorganisation_at_the_tip_are_followed() {
    let mut node = at_the_tip(OfferBy::SendOnion);
    pays(&node, 1).await;
    height(&node, TIP + 1).await;
    node.world.lightningd.set_height(TIP + 3);
    height(&node, TIP + 4).await;
    node.world.lightningd.set_height(TIP + 1);
    height(&node, TIP + 2).await;
    pays(&node, 2).await;
    // And while nobody looks.
    node.world.lightningd.kill().await;
    node.crash_ampere();
    node.world.lightningd.set_height(TIP);
    node.world.lightningd.start_again();
    height(&node, TIP + 1).await;
    pays(&node, 3).await;
    let group = GROUP.to_string();
    let kept = node
        .world
        .lightningd
        .datastore_holds(&["ampere", &group, "height"]);
    assert_eq!(kept, Some(TIP.to_string()));
}
