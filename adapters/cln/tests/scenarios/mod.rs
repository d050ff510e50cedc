//! What must hold on any lightningd, the fake one and a real one alike.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use crate::support::{
    AMOUNT, GROUP, Node, World, adapter, changed, failure_of, fulfilled, msat, soon, word_of,
};
use cln::OfferBy;
use domain::{FailureCode, LookUp, Offer, OfferAnswer, Outcome, PartId};
use futures::future::join_all;

/// Every scenario as a test of its own.
#[macro_export]
macro_rules! scenarios {
    ($node:expr) => {
        $crate::scenarios!($node;
            two_parts_by_two_ways_pay_one_invoice, an_identical_offer_after_a_crash_is_the_same_part,
            every_failure_says_who_where_and_what, a_secret_that_is_wrong_fails_for_good,
            a_payment_of_somebody_else_is_never_touched, another_ampere_is_somebody_else,
            parts_in_flight_survive_a_kill, after_a_kill_under_load_every_part_is_accounted_for,
            outcomes_while_nobody_listened_are_heard, no_part_fails_for_its_height);
    };
    ($node:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let mut node = $node;
                $crate::scenarios::$case(&mut node).await;
            }
        )*
    };
}

/// One payment, two parts, two ways: the first waits at the payee for the second.
pub async fn two_parts_by_two_ways_pay_one_invoice<W: World>(node: &mut Node<W>) {
    let mut words = node.words(None).await;
    let (hash, secret) = node.world.invoice(AMOUNT).await;
    let invoice = (hash.as_str(), secret.as_str());
    let one = node.part_of(invoice, 1, 0, (600_000, AMOUNT)).await;
    let two = node.part_of(invoice, 2, 1, (400_000, AMOUNT)).await;
    assert_eq!(node.offer(&one).await, OfferAnswer::Accepted);
    assert_eq!(node.look_up(&one).await, LookUp::Pending);
    assert_eq!(node.offer(&two).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &one).await;
    let mut again = node.words(None).await;
    fulfilled(&mut again, &two).await;
    assert!(matches!(node.look_up(&one).await, LookUp::Fulfilled(_)));
}

/// Rule A-4: the call that got no answer is repeated, by another process.
pub async fn an_identical_offer_after_a_crash_is_the_same_part<W: World>(node: &mut Node<W>) {
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    node.crash_ampere();
    assert_eq!(node.offer(&part).await, OfferAnswer::AlreadyOffered);
    node.world.kill().await;
    node.world.start().await;
    let again = soon("an answer", async {
        loop {
            match node.offer(&part).await {
                OfferAnswer::Unknown(_) => tokio::task::yield_now().await,
                definite => return definite,
            }
        }
    });
    assert_eq!(again.await, OfferAnswer::AlreadyOffered);
}

/// Heard or asked for, with every detail that there is.
pub async fn every_failure_says_who_where_and_what<W: World>(node: &mut Node<W>) {
    let mut words = node.words(None).await;
    let part = node.part(1, 1, AMOUNT, AMOUNT).await;
    let route = changed(&part.route, |hops| hops[0].amount = hops[1].amount);
    let part = Offer { route, ..part };
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    let failure = failure_of(&mut words, &part).await;
    assert_eq!(failure.code, FailureCode::TryOtherRoute);
    assert_eq!(failure.failcodename(), Some("WIRE_FEE_INSUFFICIENT"));
    assert_eq!(failure.erring_index, Some(1));
    assert_eq!(failure.erring_node, Some(part.route.first().node));
    assert_eq!(failure.erring_channel, Some(part.route.last().channel));
    assert!(failure.raw_message.is_some(), "{failure:?}");
    assert!(
        failure.message.contains("WIRE_FEE_INSUFFICIENT"),
        "{failure:?}"
    );
    assert_eq!(node.look_up(&part).await, LookUp::Failed(Box::new(failure)));
}

/// The destination's word.
pub async fn a_secret_that_is_wrong_fails_for_good<W: World>(node: &mut Node<W>) {
    let mut words = node.words(None).await;
    let part = Offer {
        secret: Some(domain::PaymentSecret::new([7; 32])),
        ..node.part(1, 0, AMOUNT, AMOUNT).await
    };
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    let failure = failure_of(&mut words, &part).await;
    assert_eq!(failure.code, FailureCode::DestinationPermanent);
    assert_eq!(failure.erring_node, Some(part.route.destination()));
    assert_eq!(
        failure.failcodename(),
        Some("WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS")
    );
}

/// A `sendpay` of somebody else's, by hand: refused with a clear 200, told of nothing, and on its own
/// terms afterwards.
pub async fn a_payment_of_somebody_else_is_never_touched<W: World>(node: &mut Node<W>) {
    let mut words = node.words(None).await;
    let (hash, secret) = node.world.invoice(AMOUNT).await;
    let invoice = (hash.as_str(), secret.as_str());
    let other = adapter(&node.world, 4_711, OfferBy::SendPay).sender();
    let theirs = node.part_of(invoice, 9, 0, (400_000, AMOUNT)).await;
    assert_eq!(other.offer(&theirs).await, OfferAnswer::Accepted);
    let ours = node.part_of(invoice, 1, 1, (600_000, AMOUNT)).await;
    let OfferAnswer::Refused(failure) = node.offer(&ours).await else {
        panic!("not refused");
    };
    assert_eq!(failure.code, FailureCode::InProgressElsewhere);
    assert_eq!(node.look_up(&ours).await, LookUp::NeverSeen);
    // They go on as if nothing had been.
    let rest = node.part_of(invoice, 10, 1, (600_000, AMOUNT)).await;
    assert_eq!(other.offer(&rest).await, OfferAnswer::Accepted);
    for part in [&theirs, &rest] {
        let done = async {
            loop {
                match other
                    .look_up(part.part, part.payment_hash, &part.route)
                    .await
                {
                    LookUp::Pending => tokio::task::yield_now().await,
                    end => return end,
                }
            }
        };
        assert!(matches!(
            soon("their end", done).await,
            LookUp::Fulfilled(_)
        ));
    }
    // Now it is paid, and by none of us.
    let OfferAnswer::Refused(failure) = node.offer(&ours).await else {
        panic!("not refused");
    };
    assert_eq!(failure.code, FailureCode::PaidElsewhere);
    // Of all that, nothing was told: the next word is of our own part.
    let own = node.part(2, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&own).await, OfferAnswer::Accepted);
    let heard = soon("a word", futures::StreamExt::next(&mut words))
        .await
        .unwrap();
    assert_eq!(heard.part, own.part);
}

/// Rule A-10: a second daemon with a database of its own, on the same node, with the same numbers.
pub async fn another_ampere_is_somebody_else<W: World>(node: &mut Node<W>) {
    let other = adapter(&node.world, GROUP + 1, OfferBy::SendOnion).sender();
    let part = node.part(1, 0, AMOUNT, AMOUNT * 2).await;
    assert_eq!(node.offer(&part).await, OfferAnswer::Accepted);
    let OfferAnswer::Refused(failure) = soon("an answer", other.offer(&part)).await else {
        panic!("not refused");
    };
    assert_eq!(failure.code, FailureCode::InProgressElsewhere);
    assert_eq!(other.identity().await, node.sender().identity().await);
}

/// What is held at the payee over a kill of our lightningd goes on.
pub async fn parts_in_flight_survive_a_kill<W: World>(node: &mut Node<W>) {
    let (hash, secret) = node.world.invoice(AMOUNT).await;
    let invoice = (hash.as_str(), secret.as_str());
    let one = node.part_of(invoice, 1, 0, (500_000, AMOUNT)).await;
    assert_eq!(node.offer(&one).await, OfferAnswer::Accepted);
    // It has an HTLC before the kill.
    committed(node, 1).await;
    let life = node.sender().life(None).await;
    node.world.kill().await;
    node.world.start().await;
    assert_eq!(node.settled(&one).await, LookUp::Pending);
    assert!(soon("another life", node.sender().life(Some(life))).await > life);
    let mut words = node.words(None).await;
    let two = node.part_of(invoice, 2, 1, (500_000, AMOUNT)).await;
    assert_eq!(node.offer(&two).await, OfferAnswer::Accepted);
    fulfilled(&mut words, &one).await;
    assert!(matches!(
        node.settled(&two).await,
        LookUp::Fulfilled(_) | LookUp::Pending
    ));
}

/// Until lightningd has as many outgoing HTLCs.
async fn committed<W: World>(node: &Node<W>, htlcs: usize) {
    soon("an HTLC", async {
        while crate::support::htlcs(&node.world.socket()).await < htlcs {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

const LOAD: u64 = 160;

/// Many parts at once, killed after a quarter of the answers. Afterwards each is pending with an HTLC, or has its
/// outcome, or is proved never to have left, and then the payment is completed by a new part beside
/// the dead row, and the payee was never paid twice.
pub async fn after_a_kill_under_load_every_part_is_accounted_for<W: World>(node: &mut Node<W>) {
    let mut offers = Vec::new();
    for part in 1..=LOAD {
        // Every amount is another: so an HTLC says whose it is.
        offers.push(
            node.part(
                part,
                usize::from(part % 2 == 0),
                AMOUNT + part,
                AMOUNT + part,
            )
            .await,
        );
    }
    assert!(node.sender().identity().await.is_ok());
    let sender = node.sender();
    let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let sending = offers.iter().map(|offer| {
        let (sender, told, offer) = (sender.clone(), told.clone(), offer.clone());
        tokio::spawn(async move {
            let answer = sender.offer(&offer).await;
            let _ = told.send(answer);
        })
    });
    let sending: Vec<_> = sending.collect();
    for _ in 0..LOAD / 4 {
        let answer = soon("an answer", answers.recv()).await;
        assert!(matches!(answer, Some(OfferAnswer::Accepted)), "{answer:?}");
    }
    node.world.kill().await;
    join_all(sending).await;
    node.crash_ampere();
    node.world.start().await;
    let (mut dead, mut unseen) = (0, 0);
    for offer in &offers {
        match node.settled(offer).await {
            LookUp::Pending | LookUp::Fulfilled(_) => {}
            LookUp::NeverSeen => {
                unseen += 1;
                assert_eq!(node.offer(offer).await, OfferAnswer::Accepted);
            }
            LookUp::Failed(failure) if failure.is_never_sent() => {
                dead += 1;
                let beside = Offer {
                    part: PartId(offer.part.0 + LOAD),
                    ..offer.clone()
                };
                assert_eq!(node.offer(&beside).await, OfferAnswer::Accepted);
            }
            other @ (LookUp::Failed(_) | LookUp::Unknown(_) | LookUp::Lost(_)) => {
                panic!("{:?}: {other:?}", offer.part)
            }
        }
    }
    println!("of {LOAD} parts, {unseen} were never seen and {dead} left a dead row");
    // Each invoice is paid once: by its own part, or by the one beside it.
    let mut words = node.words(None).await;
    let mut open: std::collections::BTreeSet<_> = offers.iter().map(|o| o.payment_hash).collect();
    while !open.is_empty() {
        let heard = soon("a word", futures::StreamExt::next(&mut words))
            .await
            .unwrap();
        assert!(matches!(heard.outcome, Outcome::Fulfilled(_)), "{heard:?}");
        assert!(open.remove(&heard.payment_hash), "{heard:?} came twice");
    }
}

/// Ampere was down when it happened.
pub async fn outcomes_while_nobody_listened_are_heard<W: World>(node: &mut Node<W>) {
    let mut words = node.words(None).await;
    let before = node.part(1, 0, AMOUNT, AMOUNT).await;
    assert_eq!(node.offer(&before).await, OfferAnswer::Accepted);
    let cursor = loop {
        let heard = soon("a word", futures::StreamExt::next(&mut words))
            .await
            .unwrap();
        if heard.part == before.part {
            break heard.cursor;
        }
    };
    drop(words);
    let (good, bad) = (
        node.part(2, 0, AMOUNT, AMOUNT).await,
        node.part(3, 0, AMOUNT, AMOUNT).await,
    );
    let route = changed(&bad.route, |hops| hops[0].amount = msat(AMOUNT));
    let bad = Offer { route, ..bad };
    for part in [&good, &bad] {
        assert_eq!(node.offer(part).await, OfferAnswer::Accepted);
    }
    node.crash_ampere();
    let mut words = node.words(Some(cursor.0)).await;
    let mut open = vec![good.part, bad.part];
    while !open.is_empty() {
        let heard = soon("a word", futures::StreamExt::next(&mut words))
            .await
            .unwrap();
        assert!(heard.cursor > cursor);
        assert_eq!(
            matches!(heard.outcome, Outcome::Fulfilled(_)),
            heard.part == good.part
        );
        open.retain(|part| *part != heard.part);
    }
    drop(words);
    assert!(matches!(
        word_of(&mut node.words(None).await, &good).await,
        Outcome::Fulfilled(_)
    ));
}

/// kill -9, and parts offered while lightningd reads the blocks that it has missed, as the engine does.
pub async fn no_part_fails_for_its_height<W: World>(node: &mut Node<W>) {
    // Whoever listens reconnects by himself.
    let _listening = node.words(None).await;
    for round in 1..=3 {
        node.world.kill().await;
        node.world.start_below_the_tip().await;
        let mut parts = Vec::new();
        for part in 1..=6 {
            let number = round * 10 + part;
            parts.push(
                node.part(number, usize::from(part % 2 == 0), AMOUNT, AMOUNT)
                    .await,
            );
        }
        soon("the wait", below_the_tip(node, &parts[0])).await;
        let offers = join_all(parts.iter().map(|part| accepted(node, part)));
        soon("all blocks", async {
            tokio::join!(offers, node.world.load_blocks())
        })
        .await;
        for part in &parts {
            fulfilled(&mut node.words(None).await, part).await;
        }
    }
}

/// Until the part has been told to wait.
async fn below_the_tip<W: World>(node: &Node<W>, part: &Offer) {
    loop {
        match node.sender().offer(part).await {
            OfferAnswer::NotYet(reason) => {
                assert!(reason.contains("still loading blocks"), "{reason}");
                return;
            }
            // Nobody has reconnected yet.
            OfferAnswer::Unknown(_) => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
}

/// Until the part is in the node's hands.
async fn accepted<W: World>(node: &Node<W>, part: &Offer) {
    loop {
        match node.sender().offer(part).await {
            OfferAnswer::Accepted => return,
            OfferAnswer::NotYet(_) => node.sender().reach_tip().await,
            other => panic!("{other:?}"),
        }
    }
}
