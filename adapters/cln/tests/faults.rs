//! A connection that is cut at every message, replies that are lost, doubled, late or nonsense, and
//! nodes that are others than they were.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

use domain::{LookUp, Offer, OfferAnswer};
use faked::{Fake, node};
use futures::StreamExt;
use serde_json::json;
use support::{AMOUNT, Node, failure_of, fulfilled, soon};

/// Does what the engine does until the part is in the node's hands: an offer that got no definite
/// answer is followed by a look-up, and by another offer only if that says "never seen".
async fn deliver(node: &Node<Fake>, offer: &Offer) {
    soon("delivery", async {
        let mut answer = node.offer(offer).await;
        loop {
            match answer {
                OfferAnswer::Accepted | OfferAnswer::AlreadyOffered => return,
                OfferAnswer::Refused(failure) => panic!("{failure:?}"),
                OfferAnswer::NotYet(_) => node.sender().reach_tip().await,
                OfferAnswer::Unknown(_) => tokio::task::yield_now().await,
            }
            match node.look_up(offer).await {
                LookUp::NeverSeen => answer = node.offer(offer).await,
                LookUp::Unknown(_) => answer = OfferAnswer::Unknown(String::new()),
                LookUp::Pending | LookUp::Fulfilled(_) => return,
                LookUp::Failed(failure) => panic!("{failure:?}"),
                LookUp::Lost(why) => panic!("{why}"),
            }
        }
    })
    .await;
}

/// Exactly one HTLC was made of each key.
fn once(node: &Node<Fake>, parts: usize) {
    let ledger = node.world.lightningd.ledger();
    assert_eq!(ledger.len(), parts, "{ledger:?}");
    assert!(ledger.iter().all(|sent| sent.htlcs == 1), "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_at_every_message_a_part_goes_out_once_and_its_end_is_heard() {
    let mut cuts = 0;
    for n in 1.. {
        let node = node();
        let mut words = node.words(None).await;
        node.world.lightningd.cut_at(n);
        let before = node.world.lightningd.messages();
        let part = node.part(1, 0, AMOUNT, AMOUNT).await;
        deliver(&node, &part).await;
        fulfilled(&mut words, &part).await;
        once(&node, 1);
        if node.world.lightningd.messages() - before < n {
            break;
        }
        cuts += 1;
    }
    println!("{cuts} cuts");
    assert!(cuts > 20, "{cuts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_that_is_lost_is_neither_a_failure_nor_a_reason_to_send_again() {
    let node = node();
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    node.world.lightningd.lose_reply("sendonion");
    let answer = node.offer(&part).await;
    assert!(matches!(answer, OfferAnswer::Unknown(_)), "{answer:?}");
    assert_eq!(node.settled(&part).await, LookUp::Pending);
    assert_eq!(node.offer(&part).await, OfferAnswer::AlreadyOffered);
    once(&node, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn offer_that_never_arrived_is_proved_never_seen() {
    let node = node();
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    node.world.lightningd.cut_before("sendonion");
    let answer = node.offer(&part).await;
    assert!(matches!(answer, OfferAnswer::Unknown(_)), "{answer:?}");
    assert_eq!(node.settled(&part).await, LookUp::NeverSeen);
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    once(&node, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_and_strange_errors_are_unknown() {
    for method in ["createonion", "sendonion"] {
        let node = node();
        let fake = &node.world.lightningd;
        assert!(node.sender().identity().await.is_ok());
        let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
        fake.garble(method);
        let answer = node.offer(&part).await;
        assert!(
            matches!(answer, OfferAnswer::Unknown(_)),
            "{method}: {answer:?}"
        );
        fake.answer(method, json!({"code": -32603, "message": "out of memory"}));
        fake.answer(
            method,
            json!({"code": -5, "message": "lightningd is shutting down"}),
        );
        for _ in 0..2 {
            let answer = soon("the new session", async {
                loop {
                    match node.offer(&part).await {
                        OfferAnswer::Unknown(why) if !why.contains("with error") => {}
                        answer => return answer,
                    }
                    tokio::task::yield_now().await;
                }
            })
            .await;
            assert!(
                matches!(
                    answer,
                    OfferAnswer::Unknown(_) | OfferAnswer::AlreadyOffered
                ),
                "{answer:?}"
            );
        }
        deliver(&node, &part).await;
        once(&node, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_replies_change_nothing() {
    let node = node();
    let fake = &node.world.lightningd;
    for method in [
        "wait",
        "listsendpays",
        "sendonion",
        "createonion",
        "waitsendpay",
        "wait",
    ] {
        fake.double(method);
    }
    let mut words = node.words(None).await;
    for n in 1..=5 {
        let part = node.part(n, 0, AMOUNT, AMOUNT).await;
        assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
        let heard = soon("a word", words.next()).await.unwrap();
        assert_eq!((heard.part, heard.cursor.0), (part.part, n));
    }
    once(&node, 5);
}

/// Outcomes are told in the order of their numbers, however late their `wait` is answered.
#[tokio::test(flavor = "multi_thread")]
async fn late_replies_hold_up_outcomes_and_lose_none() {
    let node = node();
    let fake = &node.world.lightningd;
    let mut words = node.words(None).await;
    let first = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&first).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &first).await;
    let late = fake.stall("listsendpays");
    for n in 2..=4 {
        let part = node.part(n, 0, AMOUNT, AMOUNT).await;
        assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    }
    drop(late);
    for n in 2..=4 {
        assert_eq!(soon("a word", words.next()).await.unwrap().part.0, n);
    }
}

/// Updates whose rows are gone are passed, once.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_deleted_are_not_waited_for_again_and_again() {
    let mut node = node();
    let fake = node.world.lightningd.clone();
    for n in 1..=3 {
        let part = node.part(n, 0, AMOUNT, AMOUNT).await;
        assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
        fake.forget_rows(&part.payment_hash.to_string());
    }
    node.crash_ampere();
    let mut words = node.words(None).await;
    let before = fake.calls("wait");
    assert!(futures::poll!(words.next()).is_pending());
    let part = node.part(4, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    let heard = soon("a word", words.next()).await.unwrap();
    assert_eq!((heard.part, heard.cursor.0), (part.part, 4));
    // Those of a session's beginning and of an offer, and two of the listener's.
    assert!(
        fake.calls("wait") - before < 12,
        "{}",
        fake.calls("wait") - before
    );
}

/// A part whose second hop is paid no fee, which fails it.
async fn stingy(node: &Node<Fake>) -> Offer {
    let part = node.part(1, 0, AMOUNT, AMOUNT).await;
    let route = support::changed(&part.route, |hops| hops[0].amount = hops[1].amount);
    Offer { route, ..part }
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_that_overtakes_the_reply_to_its_offer_keeps_its_details() {
    let node = node();
    let part = stingy(&node).await;
    let mut words = node.words(None).await;
    let late = node.world.lightningd.stall("sendonion");
    let overtaking = async {
        let failure = failure_of(&mut words, &part).await;
        drop(late);
        failure
    };
    let (answer, failure) = tokio::join!(node.offer(&part), overtaking);
    assert_eq!(answer, OfferAnswer::Accepted);
    assert_eq!(failure.failcodename(), Some("WIRE_FEE_INSUFFICIENT"));
    assert_eq!(node.look_up(&part).await, LookUp::Failed(Box::new(failure)));
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_that_is_heard_and_looked_up_at_once_is_the_same_with_all_its_details() {
    let node = node();
    let fake = node.world.lightningd.clone();
    let part = stingy(&node).await;
    let late = fake.stall("waitsendpay");
    let mut words = node.words(None).await;
    let lists = fake.calls("listsendpays");
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    let both_have_asked = async {
        while fake.calls("listsendpays") < lists + 2 {
            tokio::task::yield_now().await;
        }
        drop(late);
    };
    let (heard, found, ()) = tokio::join!(
        failure_of(&mut words, &part),
        node.settled(&part),
        both_have_asked
    );
    assert_eq!(heard.failcodename(), Some("WIRE_FEE_INSUFFICIENT"));
    assert_eq!(found, LookUp::Failed(Box::new(heard)));
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_that_nobody_heard_live_has_no_details_and_is_a_failure() {
    let mut node = node();
    let fake = node.world.lightningd.clone();
    fake.hold_commits(true);
    let part = stingy(&node).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    // A new Ampere in place of the old one, which comes too late.
    node.crash_ampere();
    fake.hold_commits(false);
    let mut words = node.words(None).await;
    let failure = failure_of(&mut words, &part).await;
    assert_eq!(failure.code, domain::FailureCode::Unspecified);
    assert_eq!(node.look_up(&part).await, LookUp::Failed(Box::new(failure)));
}

#[tokio::test(flavor = "multi_thread")]
async fn node_that_is_down_is_unknown_and_its_outcomes_are_heard_when_it_is_back() {
    let node = node();
    let fake = &node.world.lightningd;
    let mut words = node.words(None).await;
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    fake.kill().await;
    assert!(matches!(node.look_up(&part).await, LookUp::Unknown(_)));
    assert!(node.sender().identity().await.is_err());
    fake.mpp_timeout(&part.payment_hash.to_string());
    fake.start_again();
    let failure = failure_of(&mut words, &part).await;
    assert_eq!(node.look_up(&part).await, LookUp::Failed(Box::new(failure)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_at_the_same_socket_is_asked_nothing() {
    let node = node();
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    node.world.lightningd.kill().await;
    let other = fake::Lightningd::start(node.world.lightningd.rpc_file());
    let reason = soon("being found out", async {
        loop {
            match node.look_up(&part).await {
                LookUp::Unknown(reason) if reason.contains("another node") => return reason,
                LookUp::Unknown(_) => tokio::task::yield_now().await,
                definite => panic!("{definite:?}"),
            }
        }
    })
    .await;
    assert!(reason.contains("in place of"), "{reason}");
    assert!(other.ledger().is_empty());
}
