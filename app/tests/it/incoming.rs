//! What comes in, through the real daemon: seen before it is whole, kept in the history, and true after
//! every end (rule A-13).

use crate::support::{Daemon, preimage_opens, soon};
use serde_json::{Value, json};

impl Daemon {
    async fn incoming_parts(&self) -> Vec<Value> {
        let list = self.ok("listpartialinvoices", json!([])).await;
        assert_eq!(list.get("warning_nodes"), None, "{list}");
        list["partialinvoices"].as_array().unwrap().clone()
    }

    /// Asks until so many parts are there.
    async fn until_there_are(&self, parts: usize) -> Vec<Value> {
        soon("arriving", async {
            loop {
                let there = self.incoming_parts().await;
                if there.len() == parts {
                    return there;
                }
            }
        })
        .await
    }

    /// Asks until so many rows are in the history.
    async fn until_history_has(&self, rows: usize) -> Vec<Value> {
        soon("recording", async {
            loop {
                let history = self.payments(json!({"direction": "all"})).await;
                if history.len() == rows {
                    return history;
                }
            }
        })
        .await
    }

    async fn own_invoice(&self, msat: u64, label: &str) -> Value {
        self.ok("invoice", json!([msat, label, "Two coffees"]))
            .await
    }
}

#[tokio::test]
async fn parts_show_until_they_are_claimed_and_then_are_a_payment() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.own_invoice(1_000_000, "order 1").await;
    let bolt11 = &invoice["bolt11"];
    daemon
        .ok("dev-pay", json!([bolt11, [400_000, 350_000]]))
        .await;
    let parts = daemon.until_there_are(2).await;
    for part in &parts {
        assert_eq!(part["payment_hash"], invoice["payment_hash"]);
        assert_eq!(part["total_amount_msat"], 1_000_000);
        assert_eq!(part["received_msat"], 750_000);
        assert_eq!(part["missing_msat"], 250_000);
        assert_eq!(
            (&part["node"], &part["label"]),
            (&json!("embedded"), &json!("order 1"))
        );
    }
    let places = parts
        .iter()
        .map(|part| (&part["incoming_scid"], &part["htlc_id"]));
    let places: Vec<_> = places.collect();
    assert_ne!(places[0], places[1]);
    assert_eq!(
        daemon.payments(json!({"direction": "all"})).await,
        [] as [Value; 0]
    );

    daemon.ok("dev-pay", json!([bolt11, [250_000]])).await;
    let history = daemon.until_history_has(1).await;
    assert_eq!(daemon.incoming_parts().await, [] as [Value; 0]);
    let paid = &history[0];
    assert_eq!(
        (&paid["direction"], &paid["status"]),
        (&json!("incoming"), &json!("complete"))
    );
    assert_eq!(paid["amount_received_msat"], 1_000_000);
    assert_eq!(paid["number_of_parts"], 3);
    assert!(preimage_opens(paid));
    assert_eq!(
        daemon.payments(json!([])).await,
        [] as [Value; 0],
        "0.6.2's meaning"
    );
    let events = daemon.ok("listevents", json!([])).await;
    assert_eq!(events["events"][0]["event"], "payment_received");
    let listed = daemon.ok("listinvoices", json!(["order 1"])).await;
    assert_eq!(listed["invoices"][0]["status"], "paid");
}

#[tokio::test]
async fn parts_are_there_right_after_kill_9() {
    parts_survive(Daemon::kill).await;
}

#[tokio::test]
async fn parts_are_there_right_after_sigterm() {
    parts_survive(Daemon::terminate).await;
}

async fn parts_survive(end: impl AsyncFn(Daemon)) {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.own_invoice(1_000_000, "order 1").await;
    let bolt11 = &invoice["bolt11"];
    daemon
        .ok("dev-pay", json!([bolt11, [400_000, 350_000]]))
        .await;
    let before = daemon.until_there_are(2).await;
    end(daemon).await;

    let daemon = home.start().await;
    assert_eq!(daemon.incoming_parts().await, before);
    daemon.ok("dev-pay", json!([bolt11, [250_000]])).await;
    let history = daemon.until_history_has(1).await;
    end(daemon).await;

    let daemon = home.start().await;
    assert_eq!(daemon.until_history_has(1).await, history);
    assert_eq!(daemon.incoming_parts().await, [] as [Value; 0]);
}

#[tokio::test]
async fn parts_that_are_given_back_are_gone() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.own_invoice(1_000_000, "order 1").await;
    let bolt11 = &invoice["bolt11"];
    daemon.ok("dev-pay", json!([bolt11, [400_000]])).await;
    daemon.until_there_are(1).await;
    daemon.ok("dev-tick", json!([5])).await;
    daemon.until_there_are(0).await;
    assert_eq!(
        daemon.payments(json!({"direction": "all"})).await,
        [] as [Value; 0]
    );
}

#[tokio::test]
async fn both_directions_are_one_list_that_can_be_paged_and_searched() {
    let (_home, daemon) = Daemon::fresh().await;
    let out = daemon.invoice().await;
    daemon.pay_in_two(&out).await;
    let own = daemon.own_invoice(1_000, "order 1").await;
    daemon.ok("dev-pay", json!([own["bolt11"]])).await;
    daemon.until_history_has(2).await;
    let second = daemon.invoice().await;
    daemon.pay_in_two(&second).await;
    let all = daemon.until_history_has(3).await;
    let directions: Vec<_> = all
        .iter()
        .map(|row| row["direction"].as_str().unwrap())
        .collect();
    assert_eq!(directions, ["outgoing", "incoming", "outgoing"]);

    let mut paged = Vec::new();
    let mut params = json!({"direction": "all", "limit": 1});
    loop {
        let page = daemon.ok("listpayments", params.clone()).await;
        paged.extend(page["payments"].as_array().unwrap().clone());
        let Some(next) = page.get("next") else { break };
        params["start"] = next.clone();
    }
    assert_eq!(paged, all);
    let found = json!({"direction": "all", "search": "COFFEE"});
    assert_eq!(daemon.payments(found).await, all[1..2]);
    let failed = json!({"direction": "incoming", "status": "failed"});
    assert_eq!(daemon.payments(failed).await, [] as [Value; 0]);
}
