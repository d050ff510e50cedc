//! `pay` in front of fake lightningds: what real ones do too (`lightning::pay`), and what only fake ones
//! do when they are told to.

use crate::fake::Lightningd;
use crate::lightning::pay::{self, Payable, pay};
use crate::lightning::{WHOLE, beside};
use crate::lightningd::Fake;
use crate::support::{Home, Invoice};
use rpc::forge::Forge;
use std::time::{SystemTime, UNIX_EPOCH};

impl Payable for Fake {
    /// l3's channel has 6,000,000,000 msat, of which l1 can send 5,900,000,000.
    const SPLIT: u64 = 6_200_000_000;
    const FROM_TWO: u64 = 9_000_000_000;
    const REST: u64 = 100_000_000;

    async fn asks(&self, msat: u64) -> Invoice {
        signed(&self.lightningd, "lnbcrt", msat)
    }

    async fn waiting(&self, invoice: &Invoice) -> u64 {
        self.lightningd.waiting_msat(&invoice.hash)
    }

    async fn is_paid_besides(&self, invoice: &Invoice, _: u64) {
        self.lightningd.rest_arrives(&invoice.hash);
    }

    async fn received(&self, invoice: &Invoice) -> Option<u64> {
        self.lightningd
            .is_paid(&invoice.hash)
            .then_some(invoice.msat)
    }
}

/// A new invoice of l4's, signed by it; `currency` is what the network has in invoices.
fn signed(lightningd: &Lightningd, currency: &str, msat: u64) -> Invoice {
    let invoice = lightningd.invoice(msat);
    let bytes = |digits: &str| hex::decode(digits).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // A msat is ten pico-bitcoin.
    let forge = Forge::new(&format!("{currency}{}p", msat * 10), now.as_secs())
        .by(lightningd.destination_key())
        .bytes('p', &bytes(&invoice.payment_hash))
        .bytes('s', &bytes(&invoice.payment_secret))
        .bytes('d', b"coffee")
        .features(&[8, 14, 17]);
    assert_eq!(forge.payee(), lightningd.destination());
    Invoice {
        bolt11: forge.signed(),
        hash: invoice.payment_hash,
        destination: forge.payee(),
        msat,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pays_an_invoice() {
    pay::pays_an_invoice(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_what_no_way_can_carry() {
    pay::splits_what_no_way_can_carry(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_after_kill_9_of_both() {
    pay::goes_on_after_kill_9_of_both(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_lightningd_that_is_away_or_loads_blocks() {
    pay::waits_for_a_lightningd_that_is_away_or_loads_blocks(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_over_two_lightningds() {
    let (one, folder) = (Fake::new(), tempfile::tempdir().unwrap());
    let socket = folder.path().join("lightning-rpc");
    let two = one.lightningd.start_another(&socket);
    pay::splits_over_two_lightningds(&one, &socket).await;
    for node in [&one.lightningd, &two] {
        let ledger = node.ledger();
        assert!(!ledger.is_empty(), "both have sent something");
        assert!(ledger.iter().all(|sent| sent.htlcs == 1), "{ledger:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_of_another_network_is_refused() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    let regtest = fake.asks(WHOLE).await;
    daemon.ok("pay", pay(&regtest)).await;
    let mainnet = signed(&fake.lightningd, "lnbc", WHOLE);
    for method in ["pay", "estimate"] {
        let refused = daemon.refused(method, pay(&mainnet)).await;
        assert_eq!(refused.code, -32602, "{method}: {refused:?}");
        assert!(refused.message.contains("bitcoin"), "{refused:?}");
    }
    let listed = daemon.order_of(&mainnet).await;
    assert!(listed.is_null(), "there is no order: {listed}");
    daemon.terminate().await;
}
