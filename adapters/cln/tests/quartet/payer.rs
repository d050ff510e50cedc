//! The other way round: l2 and l3 pay l1, which has funded their channels.

use serde_json::json;

use super::{Invoice, Quartet, field};

/// What l1 gives each of the two first, so that they have something to pay with.
const SHARE_MSAT: u64 = 2_000_000_000;
/// In how many blocks an HTLC to a direct peer expires.
const DELAY: u32 = 18;
/// All parts of a payer's are one attempt to lightningd.
const GROUP: u64 = 1;

impl Quartet {
    /// A new invoice of l1's.
    pub async fn own_invoice(&self, amount_msat: u64) -> Invoice {
        self.invoice_of(1, amount_msat, "own").await
    }

    /// l1 pays l2 and l3 something. Once only.
    pub async fn endow_payers(&self) {
        for index in [2, 3] {
            let invoice = self.invoice_of(index, SHARE_MSAT, "share").await;
            self.send(1, index, &invoice, 1, SHARE_MSAT).await;
            let params =
                json!({"payment_hash": invoice.payment_hash, "partid": 1, "groupid": GROUP});
            self.node(1).ok("waitsendpay", params).await;
        }
    }

    /// l2 or l3 sends one part, which no other of its has the number of, of a payment to l1.
    pub async fn pay_l1(&self, from: usize, invoice: &Invoice, partid: u64, amount_msat: u64) {
        self.send(from, 1, invoice, partid, amount_msat).await;
    }

    /// l2 or l3 sends one part of a payment to l4, the only one of its.
    pub async fn pay_l4(&self, from: usize, invoice: &Invoice, amount_msat: u64) {
        self.send(from, 4, invoice, 1, amount_msat).await;
    }

    async fn send(&self, from: usize, to: usize, invoice: &Invoice, partid: u64, amount_msat: u64) {
        let hop = json!({
            "id": self.node(to).id(), "channel": self.channel(from, to),
            "amount_msat": amount_msat, "delay": DELAY,
        });
        let params = json!({
            "route": [hop], "payment_hash": invoice.payment_hash, "partid": partid,
            "groupid": GROUP, "amount_msat": invoice.amount_msat,
            "payment_secret": invoice.payment_secret,
        });
        self.node(from).ok("sendpay", params).await;
    }

    pub(super) async fn invoice_of(&self, index: usize, amount_msat: u64, label: &str) -> Invoice {
        let number = self.next_number();
        let label = format!("{label}-{number}");
        let params = json!({"amount_msat": amount_msat, "label": label, "description": label});
        let made = self.node(index).ok("invoice", params).await;
        Invoice {
            payment_hash: field(&made, "payment_hash"),
            payment_secret: field(&made, "payment_secret"),
            bolt11: field(&made, "bolt11"),
            amount_msat,
        }
    }
}
