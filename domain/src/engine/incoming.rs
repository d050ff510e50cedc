//! What comes in: recorded in each node's order, and listed.
//!
//! Nothing here answers a node: whoever pays us does not wait for us (rule A-12).

use super::core::Core;
use crate::invariant::stored;
use crate::planted::planted;
use crate::{
    Cursor, IncomingNode, IncomingPart, IncomingPayment, IncomingStore, Msat, NodeName,
    PartialInvoice, PartialInvoices, PaymentHash, PaymentId, Received, Recorded,
};
use futures::future::{Either, FutureExt, join_all, select};
use futures::stream::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, info, warn};

/// How long a node may take to say what is there: people wait for the list.
const PATIENCE: Duration = Duration::from_secs(10);

/// What comes in, and where it is kept.
pub struct Incoming {
    /// Where it is kept.
    pub store: Arc<dyn IncomingStore>,
    /// The configured nodes that can receive.
    pub nodes: Vec<(NodeName, Arc<dyn IncomingNode>)>,
}

/// Starts to record what that node was paid: it has shown to be the one that it should be.
pub(super) fn start(core: &Arc<Core>, met: &NodeName) {
    let Some(incoming) = &core.incoming else {
        return;
    };
    for (name, node) in incoming.nodes.iter().filter(|(name, _)| name == met) {
        let (core, store) = (core.clone(), incoming.store.clone());
        let work = record_all(core.clone(), store, name.clone(), node.clone());
        core.spawn_until_closed(work.boxed());
    }
}

/// Until the node is gone for good.
async fn record_all(
    core: Arc<Core>,
    store: Arc<dyn IncomingStore>,
    name: NodeName,
    node: Arc<dyn IncomingNode>,
) {
    let from = heard(&core, &*store, &name).await;
    let mut paid = node.paid(from).await;
    while let Some(received) = paid.next().await {
        record(&core, &*store, &name, received).await;
    }
    warn!(node = %name, "the node tells of no more paid invoices");
}

async fn heard(core: &Core, store: &dyn IncomingStore, name: &NodeName) -> Option<Cursor> {
    let mut backoff = core.backoff();
    loop {
        match store.incoming_cursor(name.clone()).await {
            Ok(cursor) => return cursor,
            Err(reason) => warn!(node = %name, %reason, "incoming payments wait for storage"),
        }
        core.pause(&mut backoff).await;
    }
}

/// Keeps one, for as long as storage takes to come back: the ones after it wait, and the node tells
/// them again after a restart.
async fn record(core: &Core, store: &dyn IncomingStore, name: &NodeName, received: Received) {
    let Received { cursor, invoice } = received;
    let hash = invoice.payment_hash;
    let payment = IncomingPayment {
        id: PaymentId(0),
        node: name.clone(),
        paid: invoice,
    };
    if let Err(violation) = stored::incoming(&payment) {
        core.ledger.violated(hash, &violation);
        return;
    }
    let mut backoff = core.backoff();
    loop {
        match store.record(payment.clone(), cursor).await {
            Recorded::Yes(..) => {
                core.board.has_news(hash);
                let (received_msat, parts) =
                    (payment.paid.received.get(), payment.paid.parts.len());
                info!(payment.hash = %hash, node = %name, received_msat, parts, "invoice paid");
                return;
            }
            // It may be the first time that we hear of it: what was in doubt is recorded again.
            Recorded::Before => return core.board.has_news(hash),
            Recorded::Refused(rule) => {
                let what = format!("storage refused an incoming payment: {rule} (A-15)");
                return core.ledger.alarm(hash, &what);
            }
            Recorded::Unavailable(reason) => {
                planted!(ForgetsWhatCameIn, return);
                error!(payment.hash = %hash, node = %name, reason, "an incoming payment waits for storage");
            }
        }
        core.pause(&mut backoff).await;
    }
}

impl Core {
    /// What is there now, asked of every node at once.
    pub(super) async fn partial_invoices(&self, hash: Option<PaymentHash>) -> PartialInvoices {
        let nodes = self.incoming.iter().flat_map(|incoming| &incoming.nodes);
        let asked = nodes.map(async |(name, node)| {
            let deadline = self.clock.now().after(PATIENCE);
            let late = self.clock.sleep_until(deadline);
            match select(node.pending(hash), late).await {
                Either::Left((Ok(parts), _)) => (name, Ok(parts)),
                Either::Left((Err(away), _)) => (name, Err(away.0)),
                Either::Right(_) => (name, Err("it does not answer".to_owned())),
            }
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
