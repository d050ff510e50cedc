//! Our node as the domain hands it parts.

use crate::node::{Ask, Node};
use async_trait::async_trait;
use domain::{
    HtlcSender, KnownPart, LookUp, NodeAway, NodeIdentity, Offer, OfferAnswer, PartId, PaymentHash,
    Route, the_only_life,
};
use futures::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;

/// Parts fetched at a time.
const PAGE: u32 = 256;

/// Answers when the node's driver has: after the commit that makes the answer true for good.
pub(crate) struct Sender(pub(crate) Arc<Node>);

#[async_trait]
impl HtlcSender for Sender {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let offer = Box::new(offer.clone());
        let answer = self.0.ask(|reply| Ask::Offer(offer, reply)).await;
        answer.unwrap_or_else(|| OfferAnswer::Unknown(self.0.stopped()))
    }

    async fn look_up(&self, part: PartId, payment_hash: PaymentHash, _: &Route) -> LookUp {
        let answer = self
            .0
            .ask(|reply| Ask::LookUp(part, payment_hash, reply))
            .await;
        answer.unwrap_or_else(|| LookUp::Unknown(self.0.stopped()))
    }

    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        let node = self.0.clone();
        let first = Some((after, PaymentHash([0xff; 32])));
        let pages = stream::unfold(first, move |after| {
            let node = node.clone();
            async move {
                let after = after?;
                let page = node.ask(|reply| Ask::Keys(after, PAGE, reply)).await;
                let Some(page) = page else {
                    return Some((vec![Err(NodeAway(node.stopped()))], None));
                };
                let next = page.last().map(|last| (last.part, last.payment_hash));
                Some((page.into_iter().map(Ok).collect(), next))
            }
        });
        pages.flat_map(stream::iter).boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        Ok(self.0.identity.clone())
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        the_only_life(known).await
    }

    /// One above the best block: LDK counts from there, so that this plus the first hop's delay is
    /// the `cltv_expiry` of the HTLC.
    fn height(&self) -> Option<u32> {
        Some(self.0.height())
    }

    fn network(&self) -> Option<domain::Network> {
        Some(domain::Network::regtest())
    }
}
