//! Parts out: `createonion` and `sendonion`, or `sendpay`; and what became of them.

use crate::answers::{self, Reading};
use crate::calls::{CreateOnion, ListPeerChannels, Row, RowStatus};
use crate::connection::CallError;
use crate::link::Link;
use crate::onion;
use crate::options::OfferBy;
use crate::proof::{self, Evidence, Verdict};
use crate::session::Session;
use async_trait::async_trait;
use domain::{
    Failure, HtlcSender, LookUp, NodeAway, NodeIdentity, Offer, OfferAnswer, PartId, PaymentHash,
    Preimage, Route,
};
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
            OfferAnswer::Refused(_) => self.link.ends.forget(hash, part),
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

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        let identity = self.link.identity().await;
        identity.map_err(|away| NodeAway(away.to_string()))
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        self.link.life(known).await
    }

    fn height(&self) -> Option<u32> {
        self.link.base_height()
    }
}

impl Sender {
    async fn offer_to(&self, session: &Session, offer: &Offer) -> Reading {
        if let Err(error) = session.before_offering(offer.part).await {
            return answers::unknown(error.to_string());
        }
        let (method, params) = match self.link.options.offer_by {
            OfferBy::SendPay => ("sendpay", self.sendpay(offer)),
            OfferBy::SendOnion => match self.sendonion(session, offer).await {
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
    async fn sendonion(&self, session: &Session, offer: &Offer) -> Result<Value, Reading> {
        let base = self.link.base_height();
        let base =
            base.ok_or_else(|| answers::unknown("lightningd's height is not known".into()))?;
        let hash = offer.payment_hash.to_string();
        let params = json!({"hops": onion::payloads(offer, base), "assocdata": hash});
        let created = session.ask::<CreateOnion>("createonion", &params).await;
        let onion = match created {
            Ok(onion) => onion,
            // Nothing is sent by making an onion.
            Err(error) => return Err(answers::read(Err(error), None, self.group(), offer.part)),
        };
        let first = offer.route.first();
        let mut params = json!({
            "onion": onion.onion,
            "first_hop": {
                "id": first.node.to_string(),
                "channel": first.channel.to_string(),
                "amount_msat": first.amount.get(),
                "delay": first.delay,
            },
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
        let hop = |hop: &domain::Hop| {
            json!({
                "id": hop.node.to_string(),
                "channel": hop.channel.to_string(),
                "amount_msat": hop.amount.get(),
                "delay": hop.delay,
            })
        };
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
            params["payment_metadata"] = hex::encode(metadata).into();
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

    async fn find(
        &self,
        session: &Session,
        part: PartId,
        hash: PaymentHash,
        route: &Route,
    ) -> Result<LookUp, CallError> {
        self.link.ends.await_end(hash, part, route);
        let rows = session.rows(hash).await?;
        let own = self.own(&rows, part);
        match own.map(|row| (row, row.status())) {
            Some((row, RowStatus::Complete)) => {
                session.forget(hash, part);
                self.link.ends.forget(hash, part);
                Ok(fulfilled(row, hash))
            }
            Some((_, RowStatus::Failed)) => {
                let failure = self.link.ends.failure(session, hash, part).await?;
                Ok(LookUp::Failed(Box::new(failure)))
            }
            Some((row, RowStatus::Strange)) => {
                let status = &row.status;
                Ok(LookUp::Unknown(format!(
                    "lightningd says that it is \"{status}\""
                )))
            }
            own @ (Some((_, RowStatus::Pending)) | None) => {
                let own = own.map(|(row, _)| row);
                if own.is_none()
                    && let Some(told) = self.told(session, hash, part)
                {
                    return Ok(told);
                }
                if own.is_some_and(|row| row.created_index > session.life.rows_before) {
                    session.watch(hash, part);
                    return Ok(LookUp::Pending);
                }
                self.judge(session, part, (hash, own, &rows), route).await
            }
        }
    }

    /// What was heard of a part before its row was deleted.
    fn told(&self, session: &Session, hash: PaymentHash, part: PartId) -> Option<LookUp> {
        let told = session.heard_already(hash, part)?;
        match told {
            Ok(row) => match fulfilled(&row, hash) {
                known @ LookUp::Fulfilled(_) => Some(known),
                _ => None,
            },
            Err(CallError::Said(complaint)) if complaint.code != NO_SUCH_PAYMENT => {
                let failure = self.link.ends.keep(hash, part, &complaint);
                Some(LookUp::Failed(Box::new(failure)))
            }
            Err(CallError::Said(_) | CallError::Lost(_) | CallError::Nonsense(_)) => None,
        }
    }

    /// A part that may have been lost on the way to its HTLC.
    async fn judge(
        &self,
        session: &Session,
        part: PartId,
        (hash, own, rows): (PaymentHash, Option<&Row>, &[Row]),
        route: &Route,
    ) -> Result<LookUp, CallError> {
        let first = route.first();
        let htlcs = session.htlcs(hash, part).await?;
        let like_it = htlcs
            .iter()
            .any(|htlc| htlc.amount_msat == first.amount.get());
        // To tell whose channel an HTLC is on takes all of them; there may be thousands.
        let params = if like_it {
            json!({})
        } else {
            json!({"id": first.node.to_string()})
        };
        let channels: ListPeerChannels = session.ask("listpeerchannels", &params).await?;
        let evidence = Evidence {
            rows,
            rows_before: session.life.rows_before,
            channels: &channels.channels,
            htlcs: &htlcs,
            rows_were_deleted: session.rows_were_deleted(part).await?,
            channel: &first.channel.to_string(),
            amount_sent_msat: first.amount.get(),
        };
        let verdict = match own {
            Some(row) => proof::of_pending_row(row, &evidence),
            None => proof::of_no_row(&evidence),
        };
        Ok(match (verdict, own) {
            (Verdict::Doubt(reason), _) => LookUp::Unknown(reason.to_owned()),
            (Verdict::NeverSent, own) => {
                session.forget(hash, part);
                self.link.ends.forget(hash, part);
                match own {
                    Some(_) => LookUp::Failed(Box::new(dead_row())),
                    None => LookUp::NeverSeen,
                }
            }
            (Verdict::Out, _) => {
                session.watch(hash, part);
                LookUp::Pending
            }
        })
    }

    fn own<'a>(&self, rows: &'a [Row], part: PartId) -> Option<&'a Row> {
        rows.iter().find(|row| row.part(self.group()) == Some(part))
    }

    fn group(&self) -> u64 {
        self.link.options.group
    }
}

/// lightningd's error of a part that it has no row of.
const NO_SUCH_PAYMENT: i64 = 208;

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

fn fulfilled(row: &Row, hash: PaymentHash) -> LookUp {
    let proven = row.preimage().map(|bytes| Preimage::proving(hash, bytes));
    match proven {
        Some(Ok(preimage)) => LookUp::Fulfilled(preimage),
        Some(Err(wrong)) => LookUp::Unknown(format!("lightningd says complete, but {wrong}")),
        None => LookUp::Unknown("lightningd says complete, and tells no preimage".into()),
    }
}

/// A row that says pending for ever. Its key must not be used again: lightningd would answer with it.
fn dead_row() -> Failure {
    Failure::never_sent(
        "lightningd was stopped before it had committed the HTLC; its own row goes on saying pending; \
         send a new part",
    )
}
