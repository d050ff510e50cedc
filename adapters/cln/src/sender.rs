//! Parts out: `createonion` and `sendonion`, or `sendpay`.

use crate::answers::{self, Reading};
use crate::calls::{CreateOnion, Row};
use crate::known;
use crate::link::Link;
use crate::onion;
use crate::options::OfferBy;
use crate::session::Session;
use crate::tip::Tip;
use async_trait::async_trait;
use domain::{
    Failure, Hop, HtlcSender, KnownPart, LookUp, Network, NodeAway, NodeIdentity, Offer,
    OfferAnswer, PartId, PaymentHash, Route,
};
use futures::stream::BoxStream;
use serde_json::{Value, json};
use std::sync::Arc;

/// One lightningd, as far as parts go out.
pub(crate) struct Sender {
    pub(crate) link: Arc<Link>,
}

#[async_trait]
impl HtlcSender for Sender {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let session = match self.link.session().await {
            Ok(session) => session,
            Err(away) => return OfferAnswer::Unknown(away.to_string()),
        };
        let (hash, part) = (offer.payment_hash, offer.part);
        self.link.ends.await_end(hash, part, &offer.route);
        let reading = self.offer_to(&session, offer).await;
        let answer = match reading {
            Reading::Answer(answer) => answer,
            Reading::RefusedUnlessThere(failure) => self.refused(&session, offer, failure).await,
        };
        match answer {
            OfferAnswer::Accepted | OfferAnswer::Unknown(_) => {}
            OfferAnswer::AlreadyOffered => session.watch(hash, part),
            OfferAnswer::Refused(_) | OfferAnswer::NotYet(_) => self.link.ends.forget(hash, part),
        }
        answer
    }

    async fn look_up(&self, part: PartId, payment_hash: PaymentHash, route: &Route) -> LookUp {
        let session = match self.link.session().await {
            Ok(session) => session,
            Err(away) => return LookUp::Unknown(away.to_string()),
        };
        let found = self.find(&session, part, payment_hash, route).await;
        found.unwrap_or_else(|error| LookUp::Unknown(error.to_string()))
    }

    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        match self.link.session().await {
            Ok(session) => known::parts(session, self.group(), after).await,
            Err(why) => known::away(&why),
        }
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        let identity = self.link.identity().await;
        identity.map_err(|away| NodeAway(away.to_string()))
    }

    async fn reach_tip(&self) {
        self.link.reach_tip().await;
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        self.link.life(known).await
    }

    fn height(&self) -> Option<u32> {
        self.link.base_height()
    }

    fn network(&self) -> Option<Network> {
        self.link.network().as_deref().map(Network::named)
    }
}

impl Sender {
    async fn offer_to(&self, session: &Session, offer: &Offer) -> Reading {
        if let Err(error) = session.before_offering(offer.part).await {
            return answers::unknown(error.to_string());
        }
        // Last of all, and by either method: lightningd itself counts from its own height.
        let base = match session.progress.now(session.waiting()).await {
            Ok(Tip::At(height)) => height.saturating_add(1),
            Ok(Tip::Below(at)) => {
                let reason = session.progress.reason(at);
                return Reading::Answer(OfferAnswer::NotYet(reason));
            }
            Err(error) => return answers::unknown(error.to_string()),
        };
        let (method, params) = match self.link.options.offer_by {
            OfferBy::SendPay => ("sendpay", self.sendpay(offer)),
            OfferBy::SendOnion => match self.sendonion(session, offer, base).await {
                Ok(params) => ("sendonion", params),
                Err(reading) => return reading,
            },
        };
        let (before, reply) = session
            .offer(method, &params, (offer.payment_hash, offer.part))
            .await;
        if let Ok(row) = &reply {
            self.link.seen_row(row.created_index);
        }
        let before = before.ok().map(|waited| waited.created);
        answers::read(reply, before, self.group(), offer.part)
    }

    /// The part's true amount and no total: so no row, whatever became of its HTLC, stands in its way.
    /// Delays count from `base`.
    async fn sendonion(
        &self,
        session: &Session,
        offer: &Offer,
        base: u32,
    ) -> Result<Value, Reading> {
        let hash = offer.payment_hash.to_string();
        let params = json!({"hops": onion::payloads(offer, base), "assocdata": hash});
        let created = session.ask::<CreateOnion>("createonion", &params).await;
        let onion = match created {
            Ok(onion) => onion,
            // Nothing is sent by making an onion.
            Err(error) => return Err(answers::read(Err(error), None, self.group(), offer.part)),
        };
        let mut params = json!({
            "onion": onion.onion,
            "first_hop": hop(offer.route.first()),
            "payment_hash": hash,
            "shared_secrets": onion.shared_secrets,
            "partid": offer.part.0,
            "groupid": self.group(),
            "amount_msat": offer.route.amount().get(),
            "destination": offer.route.destination().to_string(),
        });
        note(&mut params, offer);
        Ok(params)
    }

    fn sendpay(&self, offer: &Offer) -> Value {
        let route: Vec<Value> = offer.route.hops().iter().map(hop).collect();
        let mut params = json!({
            "route": route,
            "payment_hash": offer.payment_hash.to_string(),
            "partid": offer.part.0,
            "groupid": self.group(),
            "amount_msat": offer.total.get(),
        });
        if let Some(secret) = &offer.secret {
            params["payment_secret"] = hex::encode(secret.expose()).into();
        }
        if let Some(metadata) = &offer.metadata {
            params["payment_metadata"] = hex::encode(metadata.expose()).into();
        }
        note(&mut params, offer);
        params
    }

    /// A refusal is one only if the part has no row.
    async fn refused(
        &self,
        session: &Session,
        offer: &Offer,
        failure: Box<Failure>,
    ) -> OfferAnswer {
        match session.rows(offer.payment_hash).await {
            Ok(rows) if self.own(&rows, offer.part).is_some() => OfferAnswer::AlreadyOffered,
            Ok(_) => OfferAnswer::Refused(failure),
            Err(error) => OfferAnswer::Unknown(error.to_string()),
        }
    }

    pub(crate) fn own<'a>(&self, rows: &'a [Row], part: PartId) -> Option<&'a Row> {
        rows.iter().find(|row| row.part(self.group()) == Some(part))
    }

    pub(crate) fn group(&self) -> u64 {
        self.link.options.group
    }
}

/// A hop, as both methods take it.
fn hop(hop: &Hop) -> Value {
    json!({
        "id": hop.node.to_string(),
        "channel": hop.channel.to_string(),
        "amount_msat": hop.amount.get(),
        "delay": hop.delay,
    })
}

/// What lightningd shows in its own lists.
fn note(params: &mut Value, offer: &Offer) {
    let notes = &offer.notes;
    for (key, text) in [
        ("bolt11", &notes.bolt11),
        ("label", &notes.label),
        ("description", &notes.description),
    ] {
        if let Some(text) = text {
            params[key] = text.as_str().into();
        }
    }
}
