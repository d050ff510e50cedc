//! Invoices of dave's, and parts towards them.

use super::Daemon;
use domain::{PaymentHash, Preimage};
use serde_json::{Value, json};

/// What an invoice asks for unless a test says otherwise.
pub(crate) const WHOLE: u64 = 100_000_000;
/// The larger part of it.
pub(crate) const LARGER: u64 = 60_000_000;
/// The rest.
pub(crate) const SMALLER: u64 = 40_000_000;

/// An invoice.
#[derive(Clone)]
pub(crate) struct Invoice {
    pub(crate) bolt11: String,
    pub(crate) hash: String,
    pub(crate) destination: String,
    pub(crate) msat: u64,
}

impl Invoice {
    pub(crate) async fn of(daemon: &Daemon, msat: u64) -> Invoice {
        Invoice::from(&daemon.ok("dev-invoice", json!([msat])).await, msat)
    }

    /// From what `dev-invoice` says.
    pub(crate) fn from(made: &Value, msat: u64) -> Invoice {
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        Invoice {
            bolt11: text("bolt11"),
            hash: text("payment_hash"),
            destination: text("destination"),
            msat,
        }
    }

    /// The parameters of a `sendpartialpay` towards it.
    pub(crate) fn part(&self, route: &Value) -> Value {
        json!({
            "route": route,
            "payment_hash": self.hash,
            "intended_msatoshi": self.msat,
            "bolt11": self.bolt11,
        })
    }

    /// The parameters of a `sendpay` of it.
    pub(crate) fn pay(&self, route: &Value) -> Value {
        json!({"route": route, "payment_hash": self.hash, "bolt11": self.bolt11})
    }
}

impl Daemon {
    /// An invoice of dave's for [`WHOLE`].
    pub(crate) async fn invoice(&self) -> Invoice {
        Invoice::of(self, WHOLE).await
    }

    /// One of the two disjoint routes to dave, for that amount.
    pub(crate) async fn route(&self, which: usize, msat: u64) -> Value {
        let answer = self.ok("dev-routes", json!(["dave", msat, 2])).await;
        assert_eq!(answer["routes"].as_array().unwrap().len(), 2, "{answer}");
        answer["routes"][which]["route"].clone()
    }

    /// The same, on which the first node finds too little fee.
    pub(crate) async fn route_without_fee(&self, which: usize, msat: u64) -> Value {
        let mut route = self.route(which, msat).await;
        route[0]["amount_msat"] = json!(msat);
        route
    }

    /// Sends a part: its number.
    pub(crate) async fn send(&self, invoice: &Invoice, route: &Value) -> u64 {
        let part = self.ok("sendpartialpay", invoice.part(route)).await;
        assert_eq!(part["status"], "pending", "{part}");
        part["id"].as_u64().unwrap()
    }

    /// Sends a part that fails on its way, and waits for that: its number.
    pub(crate) async fn send_in_vain(&self, invoice: &Invoice, which: usize, msat: u64) -> u64 {
        let route = self.route_without_fee(which, msat).await;
        let id = self.send(invoice, &route).await;
        let refused = self.refused("waitpartialpay", json!([id])).await;
        assert_eq!(refused.code, 204, "{refused:?}");
        id
    }

    /// Pays an invoice whole, in two parts.
    pub(crate) async fn pay_in_two(&self, invoice: &Invoice) -> [u64; 2] {
        let (larger, smaller) = (invoice.msat * 6 / 10, invoice.msat * 4 / 10);
        let first = self.send(invoice, &self.route(0, larger).await).await;
        let second = self.send(invoice, &self.route(1, smaller).await).await;
        for id in [first, second] {
            self.ok("waitpartialpay", json!([id])).await;
        }
        [first, second]
    }

    /// The one row of `listpayments` for this invoice.
    pub(crate) async fn payment(&self, invoice: &Invoice) -> Value {
        let rows = self.payments(json!({"payment_hash": invoice.hash})).await;
        let [row] = &rows[..] else {
            panic!("not one row: {rows:?}")
        };
        row.clone()
    }

    /// The rows of `listpartialpayments` for this invoice.
    pub(crate) async fn parts_of(&self, invoice: &Invoice) -> Vec<Value> {
        self.parts(json!({"payment_hash": invoice.hash})).await
    }

    /// The row of `listpays` for this invoice.
    pub(crate) async fn order_of(&self, invoice: &Invoice) -> Value {
        let hash = json!({"payment_hash": invoice.hash});
        let listed = self.ok("listpays", hash).await;
        listed["pays"][0].clone()
    }

    /// What the parts of a `pay` cost is within its cap, to the msat; and no part of it is left.
    pub(crate) async fn is_paid_within_its_cap(&self, invoice: &Invoice, paid: &Value) {
        assert!(preimage_opens(paid), "{paid}");
        let (fee, cap) = (&paid["fee_msat"], &paid["order"]["max_fee_msat"]);
        assert!(fee.as_u64() <= cap.as_u64(), "{paid}");
        let parts = self.parts_of(invoice).await;
        let complete = parts.iter().filter(|part| part["status"] == "complete");
        let msat = |part: &Value, key: &str| part[key].as_u64().unwrap();
        let delivered: u64 = complete.clone().map(|part| msat(part, "amount_msat")).sum();
        let sent: u64 = complete.map(|part| msat(part, "amount_sent_msat")).sum();
        let asked = paid["order"]["deliver_msat"].as_u64();
        assert_eq!(Some(delivered), asked, "{parts:?}");
        assert_eq!(fee.as_u64(), Some(sent - delivered), "{parts:?}");
        assert!(
            parts.iter().all(|part| part["status"] != "pending"),
            "{parts:?}"
        );
    }

    /// Lets minutes pass until dave has given up on this part.
    pub(crate) async fn give_up(&self, id: u64) -> super::Refused {
        loop {
            self.ok("dev-tick", json!([5])).await;
            let refused = self.refused("waitpartialpay", json!([id, 1])).await;
            if refused.code != 200 {
                return refused;
            }
        }
    }
}

/// Whether SHA256 of what a row calls its preimage is its payment hash.
pub(crate) fn preimage_opens(row: &Value) -> bool {
    let hash: PaymentHash = row["payment_hash"].as_str().unwrap().parse().unwrap();
    let mut bytes = [0; 32];
    let preimage = row["payment_preimage"].as_str().unwrap();
    hex::decode_to_slice(preimage, &mut bytes).unwrap();
    Preimage::proving(hash, bytes).is_ok()
}
