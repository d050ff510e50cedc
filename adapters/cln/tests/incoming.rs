//! What comes in at a fake lightningd: the domain's contract, and what only a fake one does when it is
//! told to.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod receiving;
mod support;

use async_trait::async_trait;
use domain::{Cursor, PaymentHash, Received};
use futures::StreamExt;
use receiving::{Paid, Receiver};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{msat, soon};
use tempfile::TempDir;

struct World {
    lightningd: fake::Lightningd,
    sent: AtomicUsize,
    _folder: TempDir,
}

fn receiver() -> Receiver<World> {
    let folder = tempfile::tempdir().unwrap();
    Receiver::new(World {
        lightningd: fake::Lightningd::start(&folder.path().join("lightning-rpc")),
        sent: AtomicUsize::new(0),
        _folder: folder,
    })
}

#[async_trait]
impl Paid for World {
    fn socket(&self) -> PathBuf {
        self.lightningd.rpc_file().to_owned()
    }

    async fn invoice(&self, amount_msat: u64) -> String {
        self.lightningd.own_invoice(amount_msat).payment_hash
    }

    async fn send(&self, payment_hash: &str, amount_msat: u64) {
        let way = self.sent.fetch_add(1, Ordering::Relaxed) % 2;
        self.lightningd.arrives(payment_hash, way, amount_msat);
    }

    async fn give_back(&self, payment_hash: &str) {
        self.lightningd.gives_back(payment_hash);
    }

    async fn kill(&self) {
        self.lightningd.kill().await;
    }

    async fn start(&self) {
        self.lightningd.start_again();
    }
}

mod contract {
    use super::receiver;
    domain::incoming_node_contract!(receiver());
}

/// An invoice over 1,000 sat, paid in these parts.
async fn pay(r: &Receiver<World>, parts: &[u64]) -> PaymentHash {
    let hash = r.world.invoice(1_000_000).await;
    for part in parts {
        r.world.send(&hash, *part).await;
    }
    hash.parse().unwrap()
}

fn hashes(received: &[Received]) -> Vec<PaymentHash> {
    let hashes = received.iter().map(|one| one.invoice.payment_hash);
    hashes.collect()
}

/// Neither what is on its way in or out, nor what only passes through.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_waits_for_us_is_listed() {
    let r = receiver();
    let ours = r.world.invoice(1_000_000).await;
    let lightningd = &r.world.lightningd;
    for state in [
        "RCVD_ADD_HTLC",
        "RCVD_ADD_COMMIT",
        "SENT_ADD_REVOCATION",
        "SENT_ADD_COMMIT",
        "SENT_REMOVE_HTLC",
        "SENT_REMOVE_COMMIT",
        "RCVD_REMOVE_REVOCATION",
        "RCVD_REMOVE_ACK_COMMIT",
        "SENT_REMOVE_ACK_REVOCATION",
    ] {
        lightningd.is_on_its_way(&ours, 0, 1, state);
    }
    lightningd.arrives(&"ab".repeat(32), 0, 5_000);
    assert_eq!(r.listed(None).await, []);
    lightningd.arrives(&ours, 1, 400_000);
    let listed = r.listed(None).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].amount, msat(400_000));
    assert_eq!(listed[0].channel, "104x3x0".parse().unwrap());
}

/// One HTLC too many, which lightningd is about to fail; or one that was claimed between two questions.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_for_an_invoice_that_is_paid() {
    let r = receiver();
    let paid = pay(&r, &[1_000_000]).await.to_string();
    let late = "RCVD_ADD_ACK_REVOCATION";
    r.world.lightningd.is_on_its_way(&paid, 0, 1_000, late);
    assert_eq!(r.listed(None).await, []);
}

/// Whatever became of it on chain, it cannot be claimed for sure any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_timed_out_is_gone() {
    let r = receiver();
    let hash = pay(&r, &[400_000]).await;
    let expiry = r.listed(None).await[0].cltv_expiry;
    r.world.lightningd.set_height(expiry);
    soon("the new height", async {
        while !r.listed(Some(hash)).await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// What a plugin's hook was told of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_hook_says_when_it_came_and_how_much_is_to_come() {
    let r = receiver();
    let open = r.world.lightningd.open_invoice();
    let hash: PaymentHash = open.payment_hash.parse().unwrap();
    // Two HTLCs that stay: nobody has looked at them yet.
    for (way, amount) in [(0, 400), (1, 300)] {
        let lightningd = &r.world.lightningd;
        lightningd.is_on_its_way(&hash.to_string(), way, amount, "RCVD_ADD_ACK_REVOCATION");
    }
    r.arrivals.note(&json!({
        "onion": {"payload": "00", "total_msat": 700},
        "htlc": {"short_channel_id": "104x4x0", "id": 0, "amount_msat": 400, "cltv_expiry": 126,
            "payment_hash": hash.to_string()},
    }));
    let mut listed = r.listed(None).await;
    listed.sort_by_key(|part| part.amount);
    let totals: Vec<_> = listed.iter().map(|part| part.total).collect();
    assert_eq!(totals, [None, Some(msat(700))]);
    assert!(listed[1].seen_at < listed[0].seen_at, "{listed:?}");
    assert_eq!(listed[0].label, Some(open.label));
}

/// lightningd does not say which of them failed.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_earlier_attempt_are_not_taken_for_the_payments() {
    let r = receiver();
    let hash = pay(&r, &[400_000]).await.to_string();
    r.world.give_back(&hash).await;
    r.world.send(&hash, 1_000_000).await;
    let paid = r.paid(None, 1).await.remove(0).invoice;
    assert_eq!((paid.received, paid.parts.len()), (msat(1_000_000), 0));
    pay(&r, &[600_000, 500_000]).await;
    let paid = r.paid(None, 2).await.remove(1).invoice;
    assert_eq!(paid.received, msat(1_100_000), "more than was asked for");
    assert_eq!(paid.requested, Some(msat(1_000_000)));
    assert_eq!(paid.parts.len(), 2);
}

/// lightningd may go away at any moment; what was paid meanwhile is heard when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_paid_is_missed_over_restarts() {
    let r = receiver();
    let mut stream = r.node().paid(None).await;
    let mut heard = Vec::new();
    let mut paid = Vec::new();
    for _ in 0..3 {
        paid.push(pay(&r, &[1_000_000]).await);
        paid.push(pay(&r, &[300_000, 700_000]).await);
        r.world.lightningd.restart().await;
        for _ in 0..2 {
            heard.push(soon("a paid invoice", stream.next()).await.unwrap());
        }
    }
    assert_eq!(hashes(&heard), paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_invoice_is_passed_over() {
    let r = receiver();
    let (first, second) = (pay(&r, &[1_000_000]).await, pay(&r, &[1_000_000]).await);
    let cursor = r.paid(None, 1).await[0].cursor;
    r.world.lightningd.forget_invoice(&first.to_string());
    assert_eq!(hashes(&r.paid(Some(cursor), 1).await), [second]);
    assert_eq!(hashes(&r.paid(None, 1).await), [second]);
}

/// Its numbers begin anew at a lower one, and one that we have heard of is another invoice's now:
/// everything is told again, under later cursors.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_of_lightningd_hides_no_payment() {
    let r = receiver();
    let kept = pay(&r, &[1_000_000]).await;
    r.paid(None, 1).await;
    let backup = r.world.lightningd.snapshot();
    let lost = pay(&r, &[1_000_000]).await;
    let before = r.paid(None, 2).await;
    assert_eq!(hashes(&before), [kept, lost]);
    let mut stream = r.node().paid(Some(before[1].cursor)).await;
    r.world.lightningd.kill().await;
    r.world.lightningd.restore(&backup);
    r.world.lightningd.start_again();
    let new = pay(&r, &[1_000_000]).await;
    let again = async { vec![stream.next().await.unwrap(), stream.next().await.unwrap()] };
    let again = soon("all of them", again).await;
    assert_eq!(hashes(&again), [kept, new]);
    assert!(again[0].cursor > before[1].cursor && again[1].cursor > again[0].cursor);
    // And from there it goes on, also after a restart of ours.
    let next = pay(&r, &[1_000_000]).await;
    assert_eq!(hashes(&r.paid(Some(again[1].cursor), 1).await), [next]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_elsewhere_loses_nothing() {
    let r = receiver();
    let paid = pay(&r, &[1_000_000]).await;
    let elsewhere = Cursor(1_000 << 16);
    let told = r.paid(Some(elsewhere), 1).await;
    assert_eq!(hashes(&told), [paid]);
    assert!(told[0].cursor > elsewhere);
}
