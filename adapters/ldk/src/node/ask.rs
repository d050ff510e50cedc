//! What can be asked of a node's driver, and how it answers.
//!
//! Questions are taken before a turn and answered after it: an answer is durable, and nothing that
//! LDK had to say before it is missing from it.

use super::driver::Driver;
use super::{offer, types::Manager};
use crate::store::{Key, StoreError};
use crate::{failure, key};
use devnet::{InvoiceError, InvoiceFilter, NewInvoice, OwnInvoice};
use domain::{
    Heard, IncomingPart, KnownFate, KnownPart, LookUp, Offer, OfferAnswer, Outcome, PartId,
    PaymentHash, PaymentSecret, Preimage, Received,
};
use lightning::ln::channelmanager::{PaymentId, RecentPaymentDetails};
use lightning::ln::outbound_payment::RetryableSendFailure;
use lightning::types::payment::PaymentPreimage;
use tokio::sync::oneshot::Sender;

/// The numbering of outcomes is lifted no further: half of what SQLite can number is left to count.
const PLACE_MAX: u64 = 1 << 62;

/// An invoice that was made, and its secret.
pub(super) type InvoiceReply = Result<(OwnInvoice, PaymentSecret), InvoiceError>;

/// A question to the driver.
pub(crate) enum Ask {
    /// Send a part.
    Offer(Box<Offer>, Sender<OfferAnswer>),
    /// What became of a part.
    LookUp(PartId, PaymentHash, Sender<LookUp>),
    /// So many of the parts that were ever offered, after that one.
    Keys((PartId, PaymentHash), u32, Sender<Vec<KnownPart>>),
    /// So many outcomes after that place.
    Outcomes(u64, u32, Sender<Vec<Heard>>),
    /// Outcomes up to that place were told. The answer: whether it can be gone on from.
    GoOn(u64, Sender<bool>),
    /// Make an invoice of ours.
    MakeInvoice(NewInvoice, Sender<InvoiceReply>),
    /// A page of them.
    Invoices(InvoiceFilter, Sender<Vec<OwnInvoice>>),
    /// Delete the one of that label and status.
    DeleteInvoice(String, String, Sender<Result<OwnInvoice, InvoiceError>>),
    /// The HTLCs that are there for them, or for that one.
    Arrived(Option<PaymentHash>, Sender<Vec<IncomingPart>>),
    /// So many of those that were paid, after that place.
    Received(u64, u32, Sender<Vec<Received>>),
    /// Keep what arrives, or claim it.
    Hold(bool, Sender<()>),
    /// Let one of LDK's minutes pass.
    Tick(Sender<()>),
    /// Whether there is nothing to do here, and nothing on its way to or from a peer.
    Settled(Sender<bool>),
    /// Make durable what a fresh start has written, and everything from now on.
    Harden(Sender<()>),
}

/// A question that has been acted upon and waits for the commit.
pub(super) enum Due {
    Offered(Sender<OfferAnswer>, OfferAnswer),
    LookUp(PartId, PaymentHash, Sender<LookUp>),
    Keys((PartId, PaymentHash), u32, Sender<Vec<KnownPart>>),
    Outcomes(u64, u32, Sender<Vec<Heard>>),
    Made(Sender<InvoiceReply>, InvoiceReply),
    Invoices(InvoiceFilter, Sender<Vec<OwnInvoice>>),
    Deleted(
        Sender<Result<OwnInvoice, InvoiceError>>,
        Result<OwnInvoice, InvoiceError>,
    ),
    Arrived(Option<PaymentHash>, Sender<Vec<IncomingPart>>),
    Received(u64, u32, Sender<Vec<Received>>),
    GoesOn(Sender<bool>, bool),
    Done(Sender<()>),
    Settled(Sender<bool>),
    Harden(Sender<()>),
}

impl Driver {
    /// Does what is asked.
    pub(super) fn act(&mut self, ask: Ask) -> Due {
        match ask {
            Ask::Offer(offer, reply) => Due::Offered(reply, self.offer(&offer)),
            Ask::LookUp(part, hash, reply) => Due::LookUp(part, hash, reply),
            Ask::Keys(after, limit, reply) => Due::Keys(after, limit, reply),
            Ask::Outcomes(after, limit, reply) => Due::Outcomes(after, limit, reply),
            Ask::MakeInvoice(new, reply) => Due::Made(reply, self.make_invoice(new)),
            Ask::Invoices(filter, reply) => Due::Invoices(filter, reply),
            Ask::DeleteInvoice(label, status, reply) => {
                Due::Deleted(reply, self.delete_invoice(&label, status))
            }
            Ask::Arrived(hash, reply) => Due::Arrived(hash, reply),
            Ask::Received(after, limit, reply) => Due::Received(after, limit, reply),
            Ask::GoOn(upto, reply) => Due::GoesOn(reply, self.go_on_from(upto)),
            Ask::Hold(on, reply) => {
                self.holding = on;
                self.turn.holding = Some(on);
                if !on {
                    self.release();
                }
                Due::Done(reply)
            }
            Ask::Tick(reply) => {
                self.node.manager.timer_tick_occurred();
                Due::Done(reply)
            }
            Ask::Settled(reply) => Due::Settled(reply),
            Ask::Harden(reply) => Due::Harden(reply),
        }
    }

    /// Answers, after a turn in which something was done or not. Who has stopped waiting misses
    /// nothing but the answer.
    pub(super) fn answer(&self, due: Due, busy: bool) -> Result<(), StoreError> {
        match due {
            Due::Offered(reply, answer) => _ = reply.send(answer),
            Due::LookUp(part, hash, reply) => _ = reply.send(self.look_up(part, hash)?),
            Due::Keys(after, limit, reply) => _ = reply.send(self.known_parts(after, limit)?),
            Due::Outcomes(after, limit, reply) => {
                _ = reply.send(self.store.outcomes_after(after, limit)?);
            }
            Due::Made(reply, made) => _ = reply.send(self.numbered(made)?),
            Due::Invoices(filter, reply) => _ = reply.send(self.store.invoices(&filter)?),
            Due::Deleted(reply, deleted) => _ = reply.send(deleted),
            Due::Arrived(hash, reply) => _ = reply.send(self.arrived(hash)?),
            Due::Received(after, limit, reply) => {
                let ours = self.node.id();
                _ = reply.send(self.store.received_after(after, limit, ours)?);
            }
            Due::GoesOn(reply, done) => _ = reply.send(done),
            Due::Done(reply) => _ = reply.send(()),
            Due::Harden(reply) => {
                self.store.harden()?;
                _ = reply.send(());
            }
            Due::Settled(reply) => _ = reply.send(!busy && self.node.is_settled()),
        }
        Ok(())
    }

    /// Hands a part to LDK, unless it ever was.
    fn offer(&mut self, offer: &Offer) -> OfferAnswer {
        let id = key::payment_id(offer.part, offer.payment_hash);
        if self.out.contains(&id) {
            return OfferAnswer::AlreadyOffered;
        }
        match self.store.had_outcome(offer.part, offer.payment_hash) {
            Ok(false) => {}
            Ok(true) => return OfferAnswer::AlreadyOffered,
            Err(error) => return OfferAnswer::Unknown(error.to_string()),
        }
        let ours = self.node.id();
        let (route, onion) = match offer::prepare(&self.node.manager, ours, offer) {
            Ok(prepared) => prepared,
            Err(failure) => return OfferAnswer::Refused(failure),
        };
        let hash = lightning::types::payment::PaymentHash(offer.payment_hash.0);
        match self
            .node
            .manager
            .send_payment_with_route(route, hash, onion, id)
        {
            Ok(()) => {
                self.out.insert(id);
                self.turn.keys.push(Key {
                    part: offer.part,
                    payment_hash: offer.payment_hash,
                    amount_sent: Some(offer.route.amount_sent()),
                });
                OfferAnswer::Accepted
            }
            Err(RetryableSendFailure::DuplicatePayment) => OfferAnswer::AlreadyOffered,
            // The other errors come before LDK has made a note of the part.
            Err(error) => {
                OfferAnswer::Refused(Box::new(failure::nonsense(ours, &format!("{error:?}"))))
            }
        }
    }

    /// A place that this node never gave belongs to another life of it: then nothing is stored of
    /// this one, and everything is to be told, from places beyond it.
    fn go_on_from(&mut self, upto: u64) -> bool {
        let (node, last) = (self.node.name, *self.last_outcome.borrow());
        if upto <= last {
            return true;
        }
        let fits = upto.checked_add(last).is_some_and(|end| end <= PLACE_MAX);
        if fits {
            tracing::warn!(node, cursor = upto, "a cursor of another node");
            self.turn.above = self.turn.above.max(Some(upto));
        } else {
            tracing::error!(node, cursor = upto, "a cursor of no node: nothing is told");
        }
        fits
    }

    fn look_up(&self, part: PartId, hash: PaymentHash) -> Result<LookUp, StoreError> {
        if let Some(word) = self.store.outcome(part, hash)? {
            return Ok(match word {
                Outcome::Failed(failure) => LookUp::Failed(failure),
                Outcome::Fulfilled(bytes) => Preimage::proving(hash, bytes)
                    .map_or_else(|wrong| LookUp::Lost(wrong.to_string()), LookUp::Fulfilled),
            });
        }
        let id = key::payment_id(part, hash);
        if self.out.contains(&id) {
            return Ok(LookUp::Pending);
        }
        if self.store.was_forgotten(part, hash)? {
            let reason = "its outcome was told and acknowledged";
            return Ok(LookUp::Lost(reason.to_owned()));
        }
        Ok(match recent(&self.node.manager, id) {
            None => LookUp::NeverSeen,
            Some(RecentPaymentDetails::Fulfilled { .. }) => {
                LookUp::Lost("it was fulfilled, and that was acknowledged".to_owned())
            }
            Some(_) => LookUp::Pending,
        })
    }

    /// What became of each of those parts.
    fn known_parts(
        &self,
        after: (PartId, PaymentHash),
        limit: u32,
    ) -> Result<Vec<KnownPart>, StoreError> {
        let keys = self.store.keys_after(after, limit)?;
        let known = keys.into_iter().map(|key| {
            let fate = match self.look_up(key.part, key.payment_hash)? {
                LookUp::Fulfilled(preimage) => KnownFate::Fulfilled(*preimage.expose()),
                LookUp::Failed(_) => KnownFate::Failed,
                LookUp::Pending => KnownFate::Pending,
                // Handed to LDK it was, or there would be no key.
                LookUp::Unknown(_) | LookUp::Lost(_) | LookUp::NeverSeen => KnownFate::Lost,
            };
            Ok(KnownPart {
                part: key.part,
                payment_hash: key.payment_hash,
                amount_sent: key.amount_sent,
                fate,
            })
        });
        known.collect()
    }

    /// Claims what was kept.
    pub(super) fn release(&mut self) {
        for preimage in std::mem::take(&mut self.held) {
            self.node.manager.claim_funds(PaymentPreimage(preimage));
        }
        self.turn.held.clear();
        self.turn.released = true;
    }
}

fn recent(manager: &Manager, id: PaymentId) -> Option<RecentPaymentDetails> {
    let mut recent = manager.list_recent_payments().into_iter();
    recent.find(|payment| recent_id(payment) == id)
}

/// The key of what LDK remembers.
pub(super) fn recent_id(payment: &RecentPaymentDetails) -> PaymentId {
    match payment {
        RecentPaymentDetails::AwaitingInvoice { payment_id }
        | RecentPaymentDetails::Pending { payment_id, .. }
        | RecentPaymentDetails::Fulfilled { payment_id, .. }
        | RecentPaymentDetails::Abandoned { payment_id, .. } => *payment_id,
    }
}
