//! A payment without its parts: one row of `listpayments`, with the counters that are kept so that
//! nothing has to be added up again.

use crate::planted::planted;
use crate::{
    InvoiceTerms, Msat, NewPart, NodeId, OrderLimits, PartialPayment, PaymentHash, PaymentId,
    PaymentMetadata, PaymentSecret, PaymentStatus, Preimage, StatusKind, Timestamp,
};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// One row of `listpayments`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentSummary {
    /// The number that storage gave it.
    pub id: PaymentId,
    /// The rest, which storage takes as it was decided.
    pub row: PaymentRow,
}

/// A payment's row, whether storage has given it a number or not.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// Its name.
    pub payment_hash: PaymentHash,
    /// What every part is compared with (rule A-9).
    pub terms: Terms,
    /// What the caller wrote beside the first part that said something.
    pub description: Option<String>,
    /// The caller's own name for it, from the first part that had one.
    pub label: Option<String>,
    /// The invoice, from the first part that brought one.
    pub bolt11: Option<String>,
    /// What the payee wrote in that invoice.
    pub invoice_description: Option<String>,
    /// When its first part was accepted.
    pub created_at: Timestamp,
    /// When it last became complete or failed.
    pub completed_at: Option<Timestamp>,
    /// The proof of payment, once there is one.
    pub preimage: Option<Preimage>,
    /// The counters.
    pub tally: Tally,
    /// The limits of its open order; none if no order is open.
    pub order: Option<OrderLimits>,
    /// Why nothing new is sent towards it, if so (rules ).
    pub quarantine: Option<String>,
    /// Counts its transitions from 1.
    pub version: u64,
}

/// What is fixed by the payment's row (rule A-9).
#[derive(Clone, PartialEq, Eq)]
pub struct Terms {
    /// What the payment shall deliver in all.
    pub intended: Msat,
    /// What was asked for: `sendpay`'s `msatoshi`. At most `intended`, at least half of it.
    pub requested: Msat,
    /// The node that is paid.
    pub destination: NodeId,
    /// The invoice's secret. It is fixed while a part is live, and for ever once the payment is paid.
    pub secret: Option<PaymentSecret>,
    /// The invoice's metadata (BOLT 11 `m`), which goes into the final onion payload. As fixed as the secret.
    pub metadata: Option<PaymentMetadata>,
    /// What the invoice demands of every part. As fixed as the secret.
    pub invoice: Option<InvoiceTerms>,
}

/// The counters of a payment: a function of its parts, kept beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Parts ever accepted.
    pub parts: u32,
    /// Parts that are pending.
    pub live: u32,
    /// Amounts of the pending parts.
    pub in_flight: Msat,
    /// Amounts of the complete parts.
    pub delivered: Msat,
    /// What left our node in pending and complete parts, fees included.
    pub sent: Msat,
}

impl Deref for PaymentSummary {
    type Target = PaymentRow;

    fn deref(&self) -> &PaymentRow {
        &self.row
    }
}

impl DerefMut for PaymentSummary {
    fn deref_mut(&mut self) -> &mut PaymentRow {
        &mut self.row
    }
}

impl PaymentRow {
    /// Rule A-8: complete if any part is (then there is a proof); failed only if no part is live and no
    /// order is open.
    pub fn status(&self) -> PaymentStatus {
        if self.preimage.is_some() {
            StatusKind::Complete
        } else if self.tally.live == 0 && self.order.is_none() {
            StatusKind::Failed
        } else {
            StatusKind::Pending
        }
    }

    /// Whether nothing of it is under way: no part is live, and no order is open.
    pub fn is_settled(&self) -> bool {
        self.tally.live == 0 && self.order.is_none()
    }

    /// What delivering it cost, once that is known: it is complete, and no part may still change it.
    pub fn fee(&self) -> Option<Msat> {
        let is_final = self.preimage.is_some() && self.tally.live == 0;
        is_final.then(|| self.tally.sent.saturating_sub(self.tally.delivered))
    }

    /// What may still be sent towards it (rule A-1).
    pub fn room(&self) -> Msat {
        self.terms.intended.saturating_sub(self.tally.committed())
    }
}

impl Tally {
    /// Amounts of the pending and the complete parts, which never exceed the intended amount.
    pub fn committed(&self) -> Msat {
        self.in_flight
            .checked_add(self.delivered)
            .unwrap_or(Msat::MAX)
    }

    /// What the pending and the complete parts cost.
    pub fn fees(&self) -> Msat {
        self.sent.saturating_sub(self.committed())
    }

    /// The counters after one more pending part; `None` if they would overflow.
    pub fn with(self, part: &NewPart) -> Option<Tally> {
        let counted = Tally {
            parts: self.parts.checked_add(1)?,
            ..self
        };
        counted.entering(StatusKind::Pending, part.amount(), part.amount_sent())
    }

    /// The counters after a part left one state for another.
    pub fn moved(self, part: &PartialPayment, from: StatusKind, to: StatusKind) -> Option<Tally> {
        let (amount, sent) = (part.amount(), part.amount_sent());
        self.leaving(from, amount, sent)?.entering(to, amount, sent)
    }

    fn entering(self, status: StatusKind, amount: Msat, sent: Msat) -> Option<Tally> {
        let sent = || self.sent.checked_add(sent);
        planted!(
            CountsOnePartInFlight,
            if status == StatusKind::Pending && self.live > 0 {
                return Some(Tally {
                    live: self.live.checked_add(1)?,
                    sent: sent()?,
                    ..self
                });
            }
        );
        Some(match status {
            StatusKind::Pending => Tally {
                live: self.live.checked_add(1)?,
                in_flight: self.in_flight.checked_add(amount)?,
                sent: sent()?,
                ..self
            },
            StatusKind::Complete => Tally {
                delivered: self.delivered.checked_add(amount)?,
                sent: sent()?,
                ..self
            },
            StatusKind::Failed => self,
        })
    }

    fn leaving(self, status: StatusKind, amount: Msat, sent: Msat) -> Option<Tally> {
        let sent = || self.sent.checked_sub(sent);
        Some(match status {
            StatusKind::Pending => Tally {
                live: self.live.checked_sub(1)?,
                in_flight: self.in_flight.checked_sub(amount)?,
                sent: sent()?,
                ..self
            },
            StatusKind::Complete => Tally {
                delivered: self.delivered.checked_sub(amount)?,
                sent: sent()?,
                ..self
            },
            StatusKind::Failed => self,
        })
    }
}

/// Without the invoice, which holds the payment's secret.
impl fmt::Debug for PaymentRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRow")
            .field("payment_hash", &self.payment_hash)
            .field("status", &self.status())
            .field("terms", &self.terms)
            .field("description", &self.description)
            .field("label", &self.label)
            .field("created_at", &self.created_at)
            .field("completed_at", &self.completed_at)
            .field("tally", &self.tally)
            .field("order", &self.order)
            .field("quarantine", &self.quarantine)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Without the secret and the metadata.
impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("intended", &self.intended)
            .field("requested", &self.requested)
            .field("destination", &self.destination)
            .field("invoice", &self.invoice)
            .finish_non_exhaustive()
    }
}
