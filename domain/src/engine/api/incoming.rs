//! What is on its way to us: HTLCs that have arrived for our invoices and are not claimed yet.

use crate::engine::Incoming;
use crate::engine::timing::Timing;
use crate::planted::planted;
use crate::{IncomingPart, Msat, NodeName, PartialInvoice, PartialInvoices, PaymentHash};
use futures::future::join_all;
use std::collections::HashMap;
use std::time::Duration;

/// How long a node may take to say what is there: people wait for the list.
const PATIENCE: Duration = Duration::from_secs(10);

/// The nodes that can receive.
pub(super) struct IncomingApi {
    pub(super) incoming: Option<Incoming>,
    pub(super) timing: Timing,
}

impl IncomingApi {
    /// What is there now, asked of every node at once.
    pub(super) async fn partial_invoices(&self, hash: Option<PaymentHash>) -> PartialInvoices {
        let nodes = self.incoming.iter().flat_map(|incoming| &incoming.nodes);
        let asked = nodes.map(async |(name, node)| {
            let answer = match self.timing.within(PATIENCE, node.pending(hash)).await {
                Some(Ok(parts)) => Ok(parts),
                Some(Err(away)) => Err(away.0),
                None => Err("it does not answer".to_owned()),
            };
            (name, answer)
        });
        let mut list = PartialInvoices::default();
        for (name, answer) in join_all(asked).await {
            match answer {
                Ok(parts) => list.rows.extend(rows(name, parts)),
                Err(reason) => list.away.push((name.clone(), reason)),
            }
        }
        list
    }
}

/// The rows of one node, each with what its payment has brought so far.
fn rows(node: &NodeName, mut parts: Vec<IncomingPart>) -> Vec<PartialInvoice> {
    parts.sort_by_key(|part| {
        (
            part.payment_hash.0,
            part.seen_at,
            part.channel,
            part.htlc_id,
        )
    });
    parts.dedup_by_key(|part| (part.channel, part.htlc_id));
    planted!(ShowsPartsTwice, parts.extend_from_within(..));
    let mut received: HashMap<PaymentHash, Msat> = HashMap::new();
    for part in &parts {
        let sum = received.entry(part.payment_hash).or_default();
        *sum = sum.checked_add(part.amount).unwrap_or(Msat::MAX);
    }
    let row = |part: IncomingPart| PartialInvoice {
        node: node.clone(),
        received: received
            .get(&part.payment_hash)
            .copied()
            .unwrap_or(part.amount),
        part,
    };
    parts.into_iter().map(row).collect()
}
