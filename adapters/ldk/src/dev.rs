//! What our own network offers beyond a node: invoices and routes for the asking, minutes, holding.

mod routes;

use crate::invoices::Invoices;
use crate::network::{ALICE, CORE, Network};
use crate::node::{Ask, Node, now};
use async_trait::async_trait;
use devnet::{DevError, DevInvoice, DevNetwork, DevPayment, NewInvoice, OwnInvoices};
use domain::{Msat, NodeId, Notes, Offer, OfferAnswer, PartId, PaymentHash, PaymentSecret, Route};
use routes::Side;
use std::sync::Arc;
use std::time::Duration;

/// Who is paid unless someone else is named, and who holds.
const DAVE: usize = 3;
/// How long an invoice is good for.
const INVOICE_SECONDS: u32 = 3_600;
/// How long a minute waits for the peers. LDK drops a peer that owes an answer for two minutes.
const SETTLE: Duration = Duration::from_secs(2);

#[async_trait]
impl DevNetwork for Network {
    async fn invoice(
        &self,
        amount: Msat,
        description: Option<String>,
        node: Option<String>,
    ) -> Result<DevInvoice, DevError> {
        let node = match node {
            Some(node) => self.find(&node)?,
            None => DAVE,
        };
        let description = description.unwrap_or_default();
        if self.own.contains(&node) {
            return self.own_invoice(node, amount, description).await;
        }
        invoice(&self.nodes[node], amount, description)
    }

    fn routes(
        &self,
        destination: &str,
        amount: Msat,
        count: Option<usize>,
    ) -> Result<Vec<Route>, DevError> {
        let to = self.find(destination)?;
        if to == ALICE {
            return Err(DevError::NoRoute("alice is our own node".to_owned()));
        }
        let ids: Vec<NodeId> = self.nodes.iter().map(|node| node.id()).collect();
        let count = count.unwrap_or(usize::MAX);
        routes::disjoint(self.sides(ALICE, to), &ids, (ALICE, to), amount, count)
    }

    async fn pay(&self, payment: DevPayment) -> Result<(), DevError> {
        let from = match &payment.from {
            Some(node) => self.find(node)?,
            None => DAVE,
        };
        let to = self.find(&payment.destination.to_string())?;
        if self.own.contains(&from) || from == to {
            let reason = "a node that is not ours pays another node";
            return Err(DevError::NoRoute(reason.to_owned()));
        }
        let ids: Vec<NodeId> = self.nodes.iter().map(|node| node.id()).collect();
        let first = now().0;
        for (place, amount) in (0..).zip(&payment.parts) {
            let ways =
                routes::disjoint(self.sides(from, to), &ids, (from, to), *amount, usize::MAX)?;
            // Each part takes another way than the one before, as far as there are any.
            let turn = place % ways.len().max(1);
            let route = ways.into_iter().nth(turn);
            let route = route.ok_or_else(|| DevError::NoRoute("no way".to_owned()))?;
            let number = first.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
            let offer = Box::new(offer(&payment, PartId(number), route));
            let node = &self.nodes[from];
            match node.ask(|reply| Ask::Offer(offer, reply)).await {
                Some(OfferAnswer::Accepted | OfferAnswer::AlreadyOffered) => {}
                Some(OfferAnswer::Refused(why)) => return Err(DevError::Refused(why.message)),
                Some(OfferAnswer::Unknown(why) | OfferAnswer::NotYet(why)) => {
                    return Err(DevError::Refused(why));
                }
                None => return Err(stopped(node)),
            }
        }
        Ok(())
    }

    async fn tick(&self, minutes: u32) -> Result<(), DevError> {
        self.settle().await;
        for _ in 0..minutes {
            for node in &self.nodes {
                let ticked = node.ask(Ask::Tick).await;
                ticked.ok_or_else(|| stopped(node))?;
            }
            self.settle().await;
        }
        Ok(())
    }

    async fn hold(&self, on: bool) -> Result<(), DevError> {
        let dave = &self.nodes[DAVE];
        let held = dave.ask(|reply| Ask::Hold(on, reply)).await;
        held.ok_or_else(|| stopped(dave))
    }
}

impl Network {
    /// An invoice of our own, which is in that node's list of those.
    async fn own_invoice(
        &self,
        place: usize,
        amount: Msat,
        description: String,
    ) -> Result<DevInvoice, DevError> {
        let new = NewInvoice {
            amount: Some(amount),
            label: format!("dev-invoice {}", now().0),
            description,
            expiry: Some(INVOICE_SECONDS),
        };
        let node = &self.nodes[place];
        let made = Invoices(node.clone()).make(new).await;
        let (invoice, secret) = made.map_err(|error| DevError::Refused(error.to_string()))?;
        Ok(DevInvoice {
            bolt11: invoice.bolt11,
            payment_hash: invoice.payment_hash,
            payment_secret: secret,
            destination: node.id(),
            expires_at: invoice.expires_at,
        })
    }

    /// A node's place, by id or name.
    fn find(&self, node: &str) -> Result<usize, DevError> {
        let id = node.parse::<NodeId>().ok();
        let place = self
            .nodes
            .iter()
            .position(|n| n.name == node || Some(n.id()) == id);
        place.ok_or_else(|| DevError::NoSuchNode(node.to_owned()))
    }

    /// Every channel from both of its ends, with what can be sent over it now. Between nodes of the
    /// core it is the core's channels alone, so that there are two ways, whatever else there is.
    fn sides(&self, from: usize, to: usize) -> Vec<Side> {
        let is_in_core = from.max(to) < CORE.members.len();
        let layout = if is_in_core { CORE } else { self.layout };
        let mut sides = Vec::new();
        for (channel, id) in layout.channels.iter().zip(&self.channels) {
            for (from, to) in [(channel.from, channel.to), (channel.to, channel.from)] {
                let manager = &self.nodes[from].manager;
                let ends = manager.list_channels_with_counterparty(&self.nodes[to].key);
                let mut ends = ends.iter();
                let usable = ends.find(|end| end.is_usable && end.short_channel_id == Some(id.0));
                let room = usable.map_or(0, |end| end.next_outbound_htlc_limit_msat);
                sides.push(Side {
                    from,
                    to,
                    channel: *id,
                    room,
                    fees: layout.members[from].fees,
                });
            }
        }
        sides
    }

    /// Waits until nothing is on its way between two nodes; not for ever: a minute is a minute.
    async fn settle(&self) {
        let mut pulse = self.pulse.clone();
        let settled = tokio::time::timeout(SETTLE, async {
            // Twice, for what had just left one node when it was asked and not yet reached the next.
            let mut times = 0;
            while times < 2 {
                pulse.borrow_and_update();
                if self.is_settled().await {
                    times += 1;
                } else {
                    times = 0;
                    _ = pulse.changed().await;
                }
            }
        });
        if settled.await.is_err() {
            tracing::debug!("the network did not settle within {SETTLE:?}");
        }
    }

    async fn is_settled(&self) -> bool {
        for node in &self.nodes {
            // A node that has stopped will not change any more.
            if !node.ask(Ask::Settled).await.unwrap_or(true) {
                return false;
            }
        }
        true
    }
}

fn invoice(node: &Arc<Node>, amount: Msat, description: String) -> Result<DevInvoice, DevError> {
    let made = node.bolt11(Some(amount), description, INVOICE_SECONDS);
    let (invoice, expires_at) = made.map_err(DevError::Refused)?;
    Ok(DevInvoice {
        bolt11: invoice.to_string(),
        payment_hash: PaymentHash(invoice.payment_hash().0),
        payment_secret: PaymentSecret::new(invoice.payment_secret().0),
        destination: node.id(),
        expires_at,
    })
}

/// One part of it, on that way.
fn offer(payment: &DevPayment, part: PartId, route: Route) -> Offer {
    Offer {
        part,
        payment_hash: payment.payment_hash,
        total: payment.total,
        route,
        secret: payment.secret.clone(),
        metadata: payment.metadata.clone(),
        notes: Notes::default(),
    }
}

fn stopped(node: &Node) -> DevError {
    DevError::Refused(format!("{} has stopped", node.name))
}
