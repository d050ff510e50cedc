//! `pay` through real lightningds, with kill -9 of either side, and with `xpay` beside it.

use crate::Real;
use crate::lightning::pay::{self, Payable, pay};
use crate::lightning::{WHOLE, beside};
use crate::support::{Home, Invoice, soon};
use serde_json::{Value, json};

impl Payable for Real {
    /// Each channel has 10,000,000,000 msat.
    const SPLIT: u64 = 12_000_000_000;
    /// l1 has given away 4,000,000,000 of its 20,000,000,000.
    const FROM_TWO: u64 = 17_000_000_000;
    const REST: u64 = 100_000_000;

    async fn asks(&self, msat: u64) -> Invoice {
        let invoice = self.0.invoice(msat, "pay").await;
        let asked = Invoice {
            bolt11: invoice.bolt11.clone(),
            hash: invoice.payment_hash.clone(),
            destination: self.0.node(4).id(),
            msat,
        };
        self.remember(invoice);
        asked
    }

    async fn waiting(&self, invoice: &Invoice) -> u64 {
        let is_here = |htlc: &&Value| {
            htlc["direction"] == "in"
                && htlc["payment_hash"] == invoice.hash.as_str()
                && htlc["state"] == "RCVD_ADD_ACK_REVOCATION"
        };
        let channels = self.0.node(4).channels().await;
        let htlcs = channels
            .iter()
            .filter_map(|channel| channel["htlcs"].as_array());
        let here = htlcs.flatten().filter(is_here);
        here.map(|htlc| htlc["amount_msat"].as_u64().unwrap()).sum()
    }

    async fn is_paid_besides(&self, invoice: &Invoice, msat: u64) {
        let (two, three) = (self.to_payee(2).await, self.to_payee(3).await);
        let from = if two > three { 2 } else { 3 };
        let invoice = self.remembered(&invoice.hash);
        self.0.pay_l4(from, &invoice, msat).await;
    }

    async fn received(&self, invoice: &Invoice) -> Option<u64> {
        let hash = json!({"payment_hash": invoice.hash});
        let listed = self.0.node(4).ok("listinvoices", hash).await;
        listed["invoices"][0]["amount_received_msat"].as_u64()
    }
}

impl Real {
    /// What l2 or l3 can send to l4 now.
    async fn to_payee(&self, from: usize) -> u64 {
        let channels = self.0.node(from).channels().await;
        let payee = self.0.node(4).id();
        let to_payee = channels
            .iter()
            .find(|channel| channel["peer_id"] == payee.as_str());
        to_payee.unwrap()["spendable_msat"].as_u64().unwrap()
    }

    /// Whether our node has an HTLC of that payment on its way.
    async fn has_sent(&self, invoice: &Invoice) -> bool {
        let channels = self.0.node(1).channels().await;
        let mut htlcs = channels
            .iter()
            .filter_map(|channel| channel["htlcs"].as_array());
        htlcs.any(|htlcs| {
            htlcs
                .iter()
                .any(|htlc| htlc["payment_hash"] == invoice.hash.as_str())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pays_an_invoice() {
    pay::pays_an_invoice(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_what_no_way_can_carry() {
    pay::splits_what_no_way_can_carry(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_after_kill_9_of_both() {
    pay::goes_on_after_kill_9_of_both(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_lightningd_that_is_away_or_loads_blocks() {
    pay::waits_for_a_lightningd_that_is_away_or_loads_blocks(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_over_two_lightningds() {
    let real = Real::with_payers().await;
    let two = real.0.node(2).socket();
    pay::splits_over_two_lightningds(&real, &two).await;
}

/// lightningd's own `xpay` pays first, or after us: the payee gets the invoice's amount once.
#[tokio::test(flavor = "multi_thread")]
async fn what_xpay_has_paid_is_not_paid_again_and_neither_what_pay_has() {
    let (home, real) = (Home::new(), Real::new().await);
    let daemon = beside(&home, &real).await;
    let (theirs, ours) = (real.asks(WHOLE).await, real.asks(WHOLE).await);
    let xpay = |invoice: &Invoice| real.0.node(1).call("xpay", json!([invoice.bolt11.clone()]));
    xpay(&theirs).await.unwrap();
    let refused = daemon.refused("pay", pay(&theirs)).await;
    assert_eq!(refused.code, 201, "{refused:?}");
    let parts = daemon.parts_of(&theirs).await;
    assert!(
        parts.iter().all(|part| part["failure"]["code"] == 201),
        "{parts:?}"
    );
    let paid = daemon.ok("pay", pay(&ours)).await;
    daemon.is_paid_within_its_cap(&ours, &paid).await;
    let again = xpay(&ours).await;
    println!("xpay of what pay has paid: {again:?}");
    for invoice in [&theirs, &ours] {
        assert_eq!(real.received(invoice).await, Some(WHOLE));
    }
    daemon.terminate().await;
}

/// While `xpay` has parts on their way, lightningd takes none of ours.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_xpay_pays_the_same_invoice() {
    let (home, real) = (Home::new(), Real::new().await);
    let daemon = beside(&home, &real).await;
    let invoice = real.asks(WHOLE).await;
    real.0.freeze(4).await;
    let xpay = async {
        real.0
            .node(1)
            .ok("xpay", json!([invoice.bolt11.clone()]))
            .await
    };
    let refused = async {
        soon("xpay's part", async {
            while !real.has_sent(&invoice).await {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let refused = daemon.refused("pay", pay(&invoice)).await;
        real.0.thaw(4);
        refused
    };
    let (theirs, refused) = tokio::join!(xpay, refused);
    assert_eq!(refused.code, 200, "{refused:?}");
    let parts = daemon.parts_of(&invoice).await;
    assert!(
        parts.iter().all(|part| part["failure"]["code"] == 200),
        "{parts:?}"
    );
    assert_eq!(theirs["amount_msat"], WHOLE, "{theirs}");
    assert_eq!(real.received(&invoice).await, Some(WHOLE));
    daemon.terminate().await;
}
