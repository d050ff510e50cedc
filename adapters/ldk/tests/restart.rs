//! What a crash may not take away.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod support;

use devnet::DevNetwork;
use domain::{Cursor, Heard, LookUp, Offer, OfferAnswer, Outcome, PartId, PaymentHash};
use ldk::{Network, Options, StartError};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Net, changed, offer, soon, ways};

const TOTAL: u64 = 10_000_000;
/// Where the child of the kill test keeps its network.
const DIR: &str = "AMPERE_LDK_TEST_DIR";
const FIRST_PART: &str = "AMPERE_LDK_TEST_FIRST_PART";

#[tokio::test(flavor = "multi_thread")]
async fn directory_is_not_shared() {
    let dir = tempfile::tempdir().unwrap();
    let _net = Net::in_dir(dir.path(), None).await;
    let second = Network::start(Options {
        dir: Some(dir.path().to_owned()),
        grace: false,
    })
    .await;
    assert!(matches!(second.err(), Some(StartError::InUse(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_part_settles_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::in_dir(dir.path(), None).await;
    let invoice = net.invoice(TOTAL).await;
    let [bob, carol] = net.ways(TOTAL / 2);
    let (first, second) = (
        offer(1, &invoice, bob, TOTAL),
        offer(2, &invoice, carol, TOTAL),
    );
    assert_eq!(net.sender.offer(&first).await, OfferAnswer::Accepted);
    drop(net);

    let mut net = Net::in_dir(dir.path(), None).await;
    assert_eq!(net.look_up(&first).await, LookUp::Pending);
    assert_eq!(net.sender.offer(&first).await, OfferAnswer::AlreadyOffered);
    assert_eq!(net.look_up(&second).await, LookUp::NeverSeen);
    assert_eq!(net.sender.offer(&second).await, OfferAnswer::Accepted);
    for _ in 0..2 {
        assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_fails_no_part() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::in_dir(dir.path(), None).await;
    let invoice = net.invoice(TOTAL).await;
    let [way, _] = net.ways(TOTAL / 100);
    let parts: Vec<_> = (1..=50)
        .map(|part| offer(part, &invoice, way.clone(), TOTAL))
        .collect();
    let offers = futures::future::join_all(parts.iter().map(|part| net.sender.offer(part)));
    let (answers, ()) = tokio::join!(offers, net.network.stop());
    drop(net);

    let net = Net::in_dir(dir.path(), None).await;
    for (part, answer) in parts.iter().zip(answers) {
        let now = net.look_up(part).await;
        let is_right = match answer {
            OfferAnswer::Accepted => now == LookUp::Pending,
            OfferAnswer::Unknown(_) => matches!(now, LookUp::Pending | LookUp::NeverSeen),
            _ => false,
        };
        assert!(is_right, "{}: {answer:?}, then {now:?}", part.part);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_payment_is_held_after_a_crash_until_holding_ends() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::in_dir(dir.path(), None).await;
    net.network.hold(true).await.unwrap();
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&part).await;
    net.network.tick(1).await.unwrap();
    assert_eq!(net.look_up(&part).await, LookUp::Pending);
    drop(net);
    let mut net = Net::in_dir(dir.path(), None).await;
    net.network.tick(1).await.unwrap();
    assert_eq!(net.look_up(&part).await, LookUp::Pending);
    net.network.hold(false).await.unwrap();
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

/// Offers a part of an invoice of its own, and waits for its outcome.
async fn paid(net: &mut Net, part: u64, is_good: bool) -> (Offer, Heard) {
    let invoice = net.invoice(TOTAL).await;
    let mut part = net.part(part, &invoice, TOTAL, TOTAL);
    if !is_good {
        part.route = changed(&part.route, |hops| hops[0].amount = hops[1].amount);
    }
    assert_eq!(net.sender.offer(&part).await, OfferAnswer::Accepted);
    let heard = net.heard().await;
    assert_eq!(matches!(heard.outcome, Outcome::Fulfilled(_)), is_good);
    (part, heard)
}

/// It was told long ago; still it is not taken for one that was never sent, and what became of it is told to
/// whoever asks: an old copy of the database may have to.
async fn assert_known(net: &Net, offer: &Offer, is_good: bool) {
    match net.look_up(offer).await {
        LookUp::Fulfilled(_) => assert!(is_good),
        LookUp::Failed(_) => assert!(!is_good),
        other => panic!("{other:?}"),
    }
    assert_eq!(net.sender.offer(offer).await, OfferAnswer::AlreadyOffered);
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_are_told_from_the_cursor_on_and_none_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut net = Net::in_dir(dir.path(), None).await;
    let (one, _) = paid(&mut net, 1, true).await;
    let (two, last) = paid(&mut net, 2, false).await;
    let (three, heard) = paid(&mut net, 3, true).await;
    for _ in 0..2 {
        net.network.stop().await;
        drop(net);
        net = Net::in_dir(dir.path(), Some(last.cursor)).await;
        assert_eq!(net.heard().await, heard);
        // After seven of them LDK knows nothing of any part.
        net.network.tick(9).await.unwrap();
        assert!(matches!(net.look_up(&three).await, LookUp::Fulfilled(_)));
        assert_known(&net, &one, true).await;
        assert_known(&net, &two, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursor_of_another_life_forgets_nothing_that_was_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut net = Net::in_dir(dir.path(), None).await;
    let (one, last) = paid(&mut net, 1, true).await;
    paid(&mut net, 2, false).await;
    // The third outcome would be the one at that place.
    let another = Cursor(last.cursor.0 + 2);
    for part in 3..6 {
        drop(net);
        net = Net::in_dir(dir.path(), Some(another)).await;
        for told in 1..part {
            let heard = net.heard().await;
            assert_eq!(heard.part, PartId(told));
            assert!(heard.cursor > another);
        }
        paid(&mut net, part, true).await;
    }
    let (six, last) = paid(&mut net, 6, true).await;
    drop(net);
    let mut net = Net::in_dir(dir.path(), Some(last.cursor)).await;
    assert_known(&net, &one, true).await;
    assert_known(&net, &six, true).await;
    let (_, seventh) = paid(&mut net, 7, true).await;
    assert!(seventh.cursor > last.cursor);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_life_is_another_node() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::in_dir(dir.path(), None).await;
    let (first, id) = (
        net.sender.identity().await.unwrap(),
        net.network.node_id("alice"),
    );
    assert_eq!(first.as_str().len(), 64);
    drop(net);
    for file in std::fs::read_dir(dir.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let net = Net::in_dir(dir.path(), None).await;
    assert_eq!(net.network.node_id("alice"), id);
    assert_ne!(net.sender.identity().await.unwrap(), first);
    assert_ne!(
        Net::in_memory().await.sender.identity().await,
        Net::in_memory().await.sender.identity().await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn start_cut_short_is_started_anew() {
    let dir = tempfile::tempdir().unwrap();
    let started = Network::start(Options {
        dir: Some(dir.path().to_owned()),
        grace: false,
    });
    // Too short for any start, long enough for some files.
    let cut = tokio::time::timeout(std::time::Duration::from_millis(3), started).await;
    drop(cut);
    let mut net = Net::in_dir(dir.path(), None).await;
    let invoice = net.invoice(TOTAL).await;
    let part = net.part(1, &invoice, TOTAL, TOTAL);
    net.sender.offer(&part).await;
    assert!(matches!(net.heard().await.outcome, Outcome::Fulfilled(_)));
}

/// The child of `kill_loses_no_part_and_no_channel`, and nothing at all when run without it: sends
/// parts until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_is_killed() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let first: u64 = std::env::var(FIRST_PART).unwrap().parse().unwrap();
    let net = Net::in_dir(Path::new(&dir), None).await;
    let [bob, carol] = net.ways(TOTAL / 2);
    for part in (first..).step_by(2) {
        let invoice = net.invoice(TOTAL).await;
        println!("intend {part} {}", invoice.payment_hash);
        for (n, way) in [(0, &bob), (1, &carol)] {
            let part = offer(part + n, &invoice, way.clone(), TOTAL);
            if net.sender.offer(&part).await == OfferAnswer::Accepted {
                println!("accepted {} {}", part.part, part.payment_hash);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_loses_no_part_and_no_channel() {
    let dir = tempfile::tempdir().unwrap();
    for round in 1..=rounds() {
        let accepted =
            accepted_before_the_kill(dir.path(), round * 1_000_000, 12 + 5 * (round % 7));
        // All channels are usable when this returns.
        let mut net = Net::in_dir(dir.path(), None).await;
        let mut pending = BTreeSet::new();
        let [way, _] = ways(&net.network, 1_000_000);
        for (part, hash) in accepted {
            match soon(net.sender.look_up(part, hash, &way)).await {
                LookUp::Fulfilled(_) => {}
                LookUp::Pending => _ = pending.insert(part),
                other => panic!("part {part}: {other:?}"),
            }
        }
        println!(
            "round {round}: {} parts pending after the kill",
            pending.len()
        );
        // Half of a payment is given up by dave.
        net.network.tick(3).await.unwrap();
        while !pending.is_empty() {
            pending.remove(&net.heard().await.part);
        }
        net.network.stop().await;
    }
}

/// Three kills, or as many as are asked for by hand.
fn rounds() -> u64 {
    let asked = std::env::var("AMPERE_LDK_KILLS").ok();
    asked.map_or(3, |rounds| rounds.parse().unwrap())
}

/// Parts that the child had an answer for when it was killed.
fn accepted_before_the_kill(dir: &Path, first: u64, answers: u64) -> Vec<(PartId, PaymentHash)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed", "--nocapture"])
        .env(DIR, dir)
        .env(FIRST_PART, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut accepted = Vec::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        if let ["accepted", part, hash] = words[..] {
            accepted.push((PartId(part.parse().unwrap()), hash.parse().unwrap()));
        }
        if u64::try_from(accepted.len()).unwrap() == answers {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    accepted
}
