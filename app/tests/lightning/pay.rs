//! `pay` through a lightningd.

use super::{Lightning, beside};
use crate::support::{Home, Invoice, soon};
use serde_json::{Value, json};
use std::path::Path;

/// Our lightningd, and a payee whose invoices are BOLT 11's.
pub(crate) trait Payable: Lightning {
    /// More than any one way from our node can carry, and all ways of it can.
    const SPLIT: u64;
    /// More than our node can send at all, and it can with the other one of ours.
    const FROM_TWO: u64;
    /// What somebody else can pay the payee besides.
    const REST: u64;

    /// A new invoice of the payee's.
    async fn asks(&self, msat: u64) -> Invoice;

    /// What of it waits at the payee for the rest, in msat.
    async fn waiting(&self, invoice: &Invoice) -> u64;

    /// Somebody else pays that much of it.
    async fn is_paid_besides(&self, invoice: &Invoice, msat: u64);

    /// What the payee has got for it: nothing before it is paid.
    async fn received(&self, invoice: &Invoice) -> Option<u64>;
}

/// The parameters of a `pay` that has time.
pub(crate) fn pay(invoice: &Invoice) -> Value {
    json!({"bolt11": invoice.bolt11, "retry_for": 3_600})
}

/// The same, answered once the order is durable.
fn begin(invoice: &Invoice) -> Value {
    let mut params = pay(invoice);
    params["timeout"] = json!(0);
    params
}

/// Until that much of it waits at the payee: a part that is pending may be on its way yet.
async fn is_out(lightning: &impl Payable, invoice: &Invoice, msat: u64) {
    soon("the parts", async {
        while lightning.waiting(invoice).await < msat {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// One part; its lists, and lightningd's own.
pub(crate) async fn pays_an_invoice(lightning: &impl Payable) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let invoice = lightning.asks(super::WHOLE).await;
    let quote = daemon.ok("estimate", pay(&invoice)).await;
    let paid = daemon.ok("pay", pay(&invoice)).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    assert_eq!(paid["fee_msat"], quote["fee_msat"], "{quote}");
    assert_eq!(paid["parts"], 1, "{paid}");
    assert_eq!(lightning.received(&invoice).await, Some(invoice.msat));
    assert_eq!(daemon.ok("pay", pay(&invoice)).await, paid, "paid is paid");
    let listed = daemon.order_of(&invoice).await;
    assert_eq!(listed["order"]["closed_because"], "paid", "{listed}");
    daemon.terminate().await;
}

/// More than one way can carry.
pub(crate) async fn splits_what_no_way_can_carry<L: Payable>(lightning: &L) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let invoice = lightning.asks(L::SPLIT).await;
    let paid = daemon.ok("pay", pay(&invoice)).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    assert!(paid["parts"].as_u64() > Some(1), "{paid}");
    assert_eq!(lightning.received(&invoice).await, Some(invoice.msat));
    daemon.terminate().await;
}

/// kill -9 of both while parts wait at the payee for somebody else's: nothing is sent again, and the
/// order ends as if nothing had happened.
pub(crate) async fn goes_on_after_kill_9_of_both<L: Payable>(lightning: &L) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let invoice = lightning.asks(L::SPLIT + L::REST).await;
    let mut share = begin(&invoice);
    share["partial_msat"] = json!(L::SPLIT);
    daemon.ok("pay", share.clone()).await;
    is_out(lightning, &invoice, L::SPLIT).await;
    daemon.kill().await;
    lightning.kill().await;
    let daemon = beside(&home, lightning).await;
    lightning.start().await;
    let resumed = daemon.order_of(&invoice).await;
    assert_eq!(resumed["status"], "pending", "{resumed}");
    // Once more, while everything is out.
    daemon.kill().await;
    let daemon = beside(&home, lightning).await;
    is_out(lightning, &invoice, L::SPLIT).await;
    lightning.is_paid_besides(&invoice, L::REST).await;
    share["timeout"] = Value::Null;
    let paid = daemon.ok("pay", share).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    assert_eq!(paid["order"]["order"], resumed["order"]["order"]);
    assert_eq!(lightning.received(&invoice).await, Some(invoice.msat));
    daemon.terminate().await;
}

/// Asked for while lightningd is away, and while it loads blocks: no part fails for its height.
pub(crate) async fn waits_for_a_lightningd_that_is_away_or_loads_blocks(lightning: &impl Payable) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let mut invoices = vec![lightning.asks(super::WHOLE).await];
    daemon.ok("pay", pay(&invoices[0])).await;
    for _ in 0..3 {
        let (away, loading) = (
            lightning.asks(super::WHOLE).await,
            lightning.asks(super::WHOLE).await,
        );
        lightning.kill().await;
        daemon.ok("pay", begin(&away)).await;
        lightning.start_below_the_tip().await;
        daemon.ok("pay", begin(&loading)).await;
        lightning.load_blocks().await;
        invoices.extend([away, loading]);
        for invoice in &invoices {
            let paid = daemon.ok("pay", pay(invoice)).await;
            daemon.is_paid_within_its_cap(invoice, &paid).await;
            assert_eq!(lightning.received(invoice).await, Some(invoice.msat));
        }
    }
    for invoice in &invoices {
        for part in daemon.parts_of(invoice).await {
            let index = &part["failure"]["erring_index"];
            assert!(index.is_null() || *index == 0, "beyond our node: {part}");
        }
    }
    daemon.terminate().await;
}

/// One invoice, parts from each of two lightningds; kill -9 of the daemon, and of one of them.
pub(crate) async fn splits_over_two_lightningds<L: Payable>(lightning: &L, another: &Path) {
    let home = Home::new();
    let config = [("one", &*lightning.socket()), ("two", another)].map(|(name, socket)| {
        let socket = socket.display();
        format!("[[node]]\nname = '{name}'\naddress = 'cln:{socket}'\n")
    });
    std::fs::write(home.path().join("ampere.toml"), config.concat()).unwrap();
    let daemon = home.start().await;
    let invoice = lightning.asks(L::FROM_TWO).await;
    daemon.ok("pay", begin(&invoice)).await;
    daemon.kill().await;
    lightning.kill().await;
    let daemon = home.start().await;
    lightning.start().await;
    let paid = daemon.ok("pay", pay(&invoice)).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    let nodes = paid["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2, "{paid}");
    assert_eq!(lightning.received(&invoice).await, Some(invoice.msat));
    daemon.terminate().await;
}
