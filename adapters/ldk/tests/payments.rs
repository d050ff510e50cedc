//! Parts that settle, wait, or are known already.

mod support;

use devnet::{DevError, DevNetwork};
use domain::{Cursor, FailureCode, LookUp, OfferAnswer, Outcome, Preimage};
use futures::StreamExt;
use support::{Net, msat, offer, soon};

const TOTAL: u64 = 50_000_000;

#[tokio::test]
async fn network_is_up_on_one_thread() {
    let began = std::time::Instant::now();
    let net = Net::in_memory().await;
    println!("up after {:?}", began.elapsed());
    assert!(net.sender.height().is_some());
    assert!(net.network.node_id("alice").is_some());
    assert_eq!(net.network.node_id("mallory"), None);
    net.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_parts_settle_with_the_preimage() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [bob, _] = net.ways(20_000_000);
    let [_, carol] = net.ways(30_000_000);
    for (part, way) in [(1, bob), (2, carol)] {
        let answer = net.sender.offer(&offer(part, &invoice, way, TOTAL)).await;
        assert_eq!(answer, OfferAnswer::Accepted);
    }
    for _ in 0..2 {
        let heard = net.heard().await;
        assert_eq!(heard.payment_hash, invoice.payment_hash);
        let Outcome::Fulfilled(preimage) = heard.outcome else {
            panic!("{heard:?}")
        };
        assert!(Preimage::proving(invoice.payment_hash, preimage).is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn part_is_known_in_each_state() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let [bob, carol] = net.ways(TOTAL / 2);
    let (first, second) = (
        offer(1, &invoice, bob, TOTAL),
        offer(2, &invoice, carol, TOTAL),
    );
    assert_eq!(net.look_up(&first).await, LookUp::NeverSeen);
    assert_eq!(net.sender.offer(&first).await, OfferAnswer::Accepted);
    assert_eq!(net.look_up(&first).await, LookUp::Pending);
    assert_eq!(net.sender.offer(&first).await, OfferAnswer::AlreadyOffered);
    assert_eq!(net.sender.offer(&second).await, OfferAnswer::Accepted);
    net.heard().await;
    net.heard().await;
    assert!(matches!(net.look_up(&first).await, LookUp::Fulfilled(_)));
    assert_eq!(net.sender.offer(&first).await, OfferAnswer::AlreadyOffered);
    net.network.stop().await;
    assert!(matches!(net.look_up(&first).await, LookUp::Unknown(_)));
    assert!(matches!(
        net.sender.offer(&first).await,
        OfferAnswer::Unknown(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn fulfilled_part_stays_known_when_ldk_forgets_it() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&part).await;
    net.heard().await;
    net.network.tick(12).await.unwrap();
    assert!(matches!(net.look_up(&part).await, LookUp::Fulfilled(_)));
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::AlreadyOffered);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_payment_is_claimed_when_holding_ends() {
    let mut net = Net::in_memory().await;
    net.network.hold(true).await.unwrap();
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&part).await;
    net.network.tick(5).await.unwrap();
    assert_eq!(net.look_up(&part).await, LookUp::Pending);
    net.network.hold(false).await.unwrap();
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn invoice_is_paid_once_only() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let first = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&first).await;
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
    let second = net.part(2, &invoice, TOTAL, TOTAL);
    assert_eq!(net.sender.offer(&second).await, OfferAnswer::Accepted);
    assert_eq!(net.failure().await.code, FailureCode::DestinationPermanent);
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_can_be_paid_by_name_or_id() {
    let mut net = Net::in_memory().await;
    for (part, name) in [(1, "bob"), (2, "carol"), (3, "dave")] {
        let id = net.network.node_id(name).unwrap();
        let invoice = net
            .network
            .invoice(msat(TOTAL), Some("tea".to_owned()), Some(name.into()));
        let invoice = invoice.await.unwrap();
        assert_eq!(invoice.destination, id);
        assert!(invoice.bolt11.starts_with("lnbcrt"));
        let routes = net
            .network
            .routes(&id.to_string(), msat(TOTAL), None)
            .unwrap();
        assert_eq!(routes.len(), 2);
        for (n, route) in (0..).zip(routes) {
            // The second way round pays nothing new: it must fail, and say why.
            net.sender
                .offer(&offer(part * 10 + n, &invoice, route, TOTAL))
                .await;
            let fulfilled = matches!(net.heard().await.outcome, Outcome::Fulfilled(_));
            assert_eq!(fulfilled, n == 0);
        }
    }
    let alice = net
        .network
        .invoice(msat(TOTAL), None, Some("alice".to_owned()))
        .await;
    assert!(alice.is_ok());
    let nobody = net
        .network
        .invoice(msat(TOTAL), None, Some("mallory".to_owned()))
        .await;
    assert!(matches!(nobody, Err(DevError::NoSuchNode(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_of_one_key_race_to_one_part() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    let racers = (0..16).map(|_| net.sender.offer(&part));
    let answers = soon(futures::future::join_all(racers)).await;
    let accepted = answers
        .iter()
        .filter(|a| **a == OfferAnswer::Accepted)
        .count();
    assert_eq!(accepted, 1);
    assert!(
        answers
            .iter()
            .all(|a| { matches!(a, OfferAnswer::Accepted | OfferAnswer::AlreadyOffered) })
    );
    net.heard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_pass_without_losing_a_peer() {
    let mut net = Net::in_memory().await;
    let invoice = net.invoice(TOTAL).await;
    net.network.tick(30).await.unwrap();
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::Accepted);
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn cursor_of_another_life_hides_nothing() {
    let net = Net::in_memory().await;
    let mut words = net
        .network
        .alice()
        .listener()
        .listen(Some(Cursor(1_000)))
        .await;
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&part).await;
    assert_eq!(
        soon(words.next()).await.map(|heard| heard.part),
        Some(part.part)
    );
    // No numbering can be lifted above such a one.
    let mut words = net
        .network
        .alice()
        .listener()
        .listen(Some(Cursor(u64::MAX)))
        .await;
    assert_eq!(soon(words.next()).await, None);
}
