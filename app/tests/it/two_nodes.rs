//! Two nodes of the embedded network are ours, alice and grace: one payment leaves from both.

use crate::support::{Daemon, Home, Invoice, LARGER, SMALLER, WHOLE, preimage_opens};
use serde_json::{Value, json};

/// What alice pays away beforehand. Of 24,000,000 sat she keeps less than 5,000,000.
const AWAY: u64 = 19_000_000_000;
/// More than grace's 11,000,000 sat.
const MORE: u64 = 11_500_000_000;

/// A daemon with both, in a folder of its own.
async fn both() -> (Home, Daemon) {
    let home = Home::new();
    let nodes = "[[node]]\nname = 'alice'\naddress = 'embedded'\n\
                 [[node]]\nname = 'grace'\naddress = 'embedded:grace'\n";
    std::fs::write(home.path().join("ampere.toml"), nodes).unwrap();
    let daemon = home.start().await;
    (home, daemon)
}

async fn invoice_of(daemon: &Daemon, node: &str, msat: u64) -> Invoice {
    let params = json!({"amount_msat": msat, "node": node});
    Invoice::from(&daemon.ok("dev-invoice", params).await, msat)
}

fn terms(invoice: &Invoice, nodes: &[&str]) -> Value {
    json!({"bolt11": invoice.bolt11, "maxfeepercent": 5, "nodes": nodes})
}

#[tokio::test]
async fn what_neither_node_can_pay_alone_is_paid_by_both() {
    let (_home, daemon) = both().await;
    let before = invoice_of(&daemon, "dave", AWAY).await;
    let paid = daemon.ok("pay", terms(&before, &["alice"])).await;
    assert_eq!(paid["nodes"].as_array().unwrap().len(), 1, "{paid}");
    let invoice = invoice_of(&daemon, "frank", MORE).await;
    let mut spendable = Vec::new();
    for node in ["alice", "grace"] {
        let refused = daemon.refused("estimate", terms(&invoice, &[node])).await;
        assert_eq!(refused.code, 215, "{node}: {refused:?}");
        spendable.push(refused.data["spendable_msat"].as_u64().unwrap());
    }
    let paid = daemon.ok("pay", terms(&invoice, &[])).await;
    assert!(preimage_opens(&paid), "{paid}");
    let mut shares: Vec<_> = paid["nodes"].as_array().unwrap().iter().collect();
    shares.sort_by_key(|share| share["node"].as_str());
    let names: Vec<_> = shares.iter().map(|share| &share["node"]).collect();
    assert_eq!(names, ["alice", "grace"], "{paid}");
    let amounts = shares.iter().map(|share| share["amount_msat"].as_u64());
    let amounts: Vec<u64> = amounts.map(Option::unwrap).collect();
    assert_eq!(amounts.iter().sum::<u64>(), MORE, "{paid}");
    for (amount, spendable) in amounts.iter().zip(spendable) {
        assert!(*amount <= spendable, "{amount} of {spendable}: {paid}");
    }
    daemon.terminate().await;
}

/// The same way to dave by bob, but from grace.
async fn from_grace(daemon: &Daemon, msat: u64) -> Value {
    let to_grace = daemon.ok("dev-routes", json!(["grace", 1_000, 1])).await;
    let hops = &to_grace["routes"][0]["route"];
    let (by_bob, of_grace) = (&hops[0]["channel"], &hops[1]["channel"]);
    let mut routes = [daemon.route(0, msat).await, daemon.route(1, msat).await];
    let [one, other] = &mut routes;
    let route = if one[0]["channel"] == *by_bob {
        one
    } else {
        other
    };
    route[0]["channel"] = of_grace.clone();
    route.clone()
}

/// One part of each is at dave, who holds them.
#[tokio::test]
async fn parts_of_both_nodes_go_on_after_kill_9() {
    let (home, daemon) = both().await;
    let invoice = invoice_of(&daemon, "dave", WHOLE).await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let mut ids = Vec::new();
    for (node, route) in [
        ("alice", daemon.route(0, LARGER).await),
        ("grace", from_grace(&daemon, SMALLER).await),
    ] {
        let mut part = invoice.part(&route);
        part["node"] = json!(node);
        let part = daemon.ok("sendpartialpay", part).await;
        assert_eq!(
            (&part["node"], &part["status"]),
            (&json!(node), &json!("pending"))
        );
        ids.push(part["id"].clone());
    }
    let early = daemon.refused("waitpartialpay", json!([ids[1], 1])).await;
    assert_eq!(early.code, 200, "{early:?}");
    daemon.kill().await;
    let daemon = home.start().await;
    let parts = daemon.parts_of(&invoice).await;
    assert!(
        parts.iter().all(|part| part["status"] == "pending"),
        "{parts:?}"
    );
    daemon.ok("dev-hold", json!(["off"])).await;
    for id in ids {
        let part = daemon.ok("waitpartialpay", json!([id])).await;
        assert!(preimage_opens(&part), "{part}");
    }
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
    daemon.terminate().await;
}

#[tokio::test]
async fn what_comes_in_at_the_second_node_is_in_the_history_under_its_name() {
    let (_home, daemon) = both().await;
    let invoice = invoice_of(&daemon, "grace", WHOLE).await;
    daemon.ok("dev-pay", json!([invoice.bolt11])).await;
    let row = loop {
        let incoming = json!({"direction": "incoming"});
        if let Some(row) = daemon.payments(incoming).await.pop() {
            break row;
        }
    };
    assert_eq!(
        (&row["node"], &row["amount_received_msat"]),
        (&json!("grace"), &json!(WHOLE))
    );
    assert_eq!(row["payment_hash"], invoice.hash.as_str());
    let of_dave = daemon.invoice().await;
    let params = json!({"bolt11": of_dave.bolt11, "node": "grace"});
    let refused = daemon.refused("dev-pay", params).await;
    assert!(
        refused.message.contains("not ours"),
        "what she sends is the engine's: {refused:?}"
    );
    daemon.terminate().await;
}
