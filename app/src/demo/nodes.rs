//! `pay` from two nodes: an invoice that neither of them can pay alone.

use super::apart::{Apart, TWO_NODES};
use super::order::{Bill, Order, Paid};
use super::stage::Stage;
use crate::view::{print_line, sat};
use anyhow::bail;
use rpc::client::CallError;
use rpc::error::Code;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Alice has paid dave most of her 24,000,000 sat by now, and grace never had more than 11,000,000.
const BILL: Bill = Bill {
    payee: "frank",
    description: "more than either node has",
    whole_msat: 11_500_000_000,
    max_fee_msat: 20_000_000,
};

/// The nodes that are ours.
const OWN: [&str; 2] = ["alice", "grace"];

/// What came of it.
pub(super) struct NodesReport {
    paid: Paid,
    /// What each of them could have sent alone, in msat.
    alone: BTreeMap<&'static str, u64>,
}

/// Alice and grace pay frank, with one call.
pub(super) async fn two_nodes(stage: &Stage) -> anyhow::Result<NodesReport> {
    print_line("\n7. One invoice, paid from two nodes");
    print_line(
        " · the same network, started again with a second node that is ours, grace:\n   \
         ampered --node alice=embedded --node embedded:grace",
    );
    let daemon = Apart::start(&stage.folder().join("apart"), TWO_NODES).await?;
    let order = Order::prepare(stage, &daemon, &BILL).await?;
    let mut alone = BTreeMap::new();
    for node in OWN {
        let spendable = too_little(&daemon, &order, node).await?;
        order.say(&format!(
            "{node} alone cannot pay it (error {}): she can send {}",
            Code::InsufficientFunds.number(),
            sat(spendable)
        ));
        alone.insert(node, spendable);
    }
    order.pause().await;
    order.place(&daemon).await?;
    let paid = order.close(&daemon).await?;
    daemon.stop().await?;
    let report = NodesReport { paid, alone };
    report.tell();
    Ok(report)
}

/// What that node can send, which is not enough.
async fn too_little(daemon: &Apart, order: &Order<'_>, node: &str) -> anyhow::Result<u64> {
    let mut params = order.terms();
    params["nodes"] = json!([node]);
    let mut client = daemon.client().await?;
    match client.call("estimate", params).await {
        Err(CallError::Rpc { code, data, .. }) if code == Code::InsufficientFunds.number() => {
            let data = data.unwrap_or_default();
            Ok(data["spendable_msat"].as_u64().unwrap_or(0))
        }
        Err(error) => bail!("estimate for {node} alone: {error}"),
        Ok(found) => bail!("{node} alone was to have too little, and yet: {found}"),
    }
}

impl NodesReport {
    /// The sum of it all: who paid how much.
    fn tell(&self) {
        print_line(" · paid by both, as one payment:");
        for (node, (parts, amount_msat)) in self.shares() {
            print_line(&format!(
                "   {node}  {:>15} in {parts} {}",
                sat(amount_msat),
                if parts == 1 { "part" } else { "parts" }
            ));
        }
        let failed = self.paid.tried() - self.paid.complete().count();
        print_line(&format!(
            "   {failed} of {} parts failed and were replaced; {}",
            self.paid.tried(),
            self.paid.fees()
        ));
    }

    /// How many complete parts each node sent, and what they delivered.
    fn shares(&self) -> BTreeMap<&str, (u64, u64)> {
        let mut shares = BTreeMap::new();
        for part in self.paid.complete() {
            let node = part["node"].as_str().unwrap_or("?");
            let (parts, amount) = shares.entry(node).or_insert((0_u64, 0_u64));
            *parts += 1;
            *amount = amount.saturating_add(part["amount_msat"].as_u64().unwrap_or(0));
        }
        shares
    }

    /// Everything that is not as it must be.
    pub(super) fn problems(&self) -> Vec<String> {
        let shares = self.shares();
        let is_enough = |(node, (_, amount)): (&&str, &(u64, u64))| {
            self.alone.get(node).is_some_and(|alone| amount <= alone)
        };
        let delivered = shares.values().map(|(_, amount)| amount).sum::<u64>();
        let too_little = self.alone.values().all(|alone| *alone < BILL.whole_msat);
        self.paid.problems(&[
            ("one node could have paid it alone", too_little),
            ("not both nodes paid", shares.keys().eq(OWN.iter())),
            ("a node sent more than it had", shares.iter().all(is_enough)),
            ("not all of it arrived", delivered == BILL.whole_msat),
        ])
    }

    pub(super) fn json(&self) -> Value {
        let shares = self.shares().into_iter();
        let nodes = shares.map(|(node, (parts, amount))| {
            json!({"node": node, "parts": parts, "amount_msat": amount, "alone_msat": self.alone.get(node)})
        });
        self.paid
            .json(json!({ "nodes": nodes.collect::<Vec<_>>() }))
    }
}
