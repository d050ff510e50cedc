//! Paid invoices, by lightningd's own `pay_index`.

use super::said::Invoice;
use super::{Receiver, hash, msat};
use crate::connection::{CallError, shortened};
use crate::session::Session;
use domain::{
    Backoff, Cursor, NodeId, PaidInvoice, PaymentHash, Preimage, Received, ReceivedPart, Timestamp,
};
use serde_json::json;
use std::time::Duration;

/// The first and the longest pause before lightningd is tried again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(5));
/// lightningd's error when no invoice was paid within the time-out.
const NONE_PAID: i64 = 904;
/// Bits of a cursor that are a `pay_index`: some ten thousand million invoices.
const INDEX_BITS: u32 = 36;
/// Bits of a cursor that tell the invoice of that index from another one.
const MARK_BITS: u32 = 16;
/// What is left of a cursor that fits into 63 bits.
const BACKUPS_MAX: u64 = (1 << (63 - INDEX_BITS - MARK_BITS)) - 1;

/// How far a stream has come. A cursor only grows, and lightningd's own numbers begin anew at a lower
/// one when an old backup of its database is put back. So a cursor also counts how often that was, and
/// tells by which invoice it would be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    backups: u64,
    index: u64,
    mark: u64,
}

impl Place {
    fn of(cursor: Cursor) -> Place {
        let low = |bits: u64, count: u32| bits & ((1 << count) - 1);
        Place {
            backups: cursor.0 >> (INDEX_BITS + MARK_BITS),
            index: low(cursor.0 >> MARK_BITS, INDEX_BITS),
            mark: low(cursor.0, MARK_BITS),
        }
    }

    fn cursor(self) -> Cursor {
        Cursor((self.backups << INDEX_BITS | self.index) << MARK_BITS | self.mark)
    }

    fn then(self, index: u64, hash: PaymentHash) -> Place {
        Place {
            index,
            mark: mark(hash),
            ..self
        }
    }

    fn anew(self) -> Place {
        Place {
            backups: (self.backups + 1).min(BACKUPS_MAX),
            index: 0,
            mark: 0,
        }
    }
}

fn mark(PaymentHash([first, second, ..]): PaymentHash) -> u64 {
    u64::from(u16::from_be_bytes([first, second]))
}

/// Listens for paid invoices.
pub(super) struct InvoiceListener {
    receiver: Receiver,
    /// Up to there everything has been told.
    at: Place,
    /// In which life of lightningd its numbers were last compared with ours.
    life: Option<String>,
    backoff: Backoff,
}

impl InvoiceListener {
    pub(super) fn new(receiver: Receiver, from: Option<Cursor>) -> InvoiceListener {
        InvoiceListener {
            receiver,
            at: Place::of(from.unwrap_or(Cursor(0))),
            life: None,
            backoff: BACKOFF,
        }
    }

    /// The next one, however long it takes.
    pub(super) async fn next(&mut self) -> Received {
        loop {
            let reason = match self.receiver.link.session().await {
                Err(away) => away.to_string(),
                Ok(session) => match self.hear(&session).await {
                    Ok(heard) => {
                        self.backoff.reset();
                        match heard {
                            Some(received) => return received,
                            None => continue,
                        }
                    }
                    Err(CallError::Nonsense(what)) => {
                        // It will not pass by itself, and money has come in.
                        tracing::warn!(
                            what,
                            "a paid invoice cannot be read: it is asked for again"
                        );
                        what
                    }
                    Err(error) => error.to_string(),
                },
            };
            tracing::debug!(socket = %self.receiver.link.options.socket.display(), reason,
                "cannot hear of paid invoices now");
            tokio::time::sleep(self.backoff.next_pause()).await;
        }
    }

    async fn hear(&mut self, session: &Session) -> Result<Option<Received>, CallError> {
        if self.life.as_ref() != Some(&session.life.started) {
            self.compare(session).await?;
            self.life = Some(session.life.started.clone());
        }
        let params = json!({"lastpay_index": self.at.index});
        let invoice: Invoice = session.waiting().ask("waitanyinvoice", &params).await?;
        let index = index_of(&invoice)?;
        if index <= self.at.index {
            let what = format!("pay_index {index} after {}", self.at.index);
            return Err(CallError::Nonsense(what));
        }
        let next = self.at.then(index, hash(&invoice.payment_hash)?);
        let heard = self.read(session, &invoice).await?;
        // Only what was read whole is passed: an error makes it heard again.
        self.at = next;
        Ok(heard.map(|invoice| Received {
            cursor: next.cursor(),
            invoice,
        }))
    }

    /// Whether lightningd knows the number up to which we have heard, for the invoice that it was. If not,
    /// an old backup was put back, or all invoices from there on were deleted: what it has is told again
    /// from the first, and what was recorded before is not recorded twice.
    async fn compare(&mut self, session: &Session) -> Result<(), CallError> {
        if self.at.index == 0 {
            return Ok(());
        }
        let params = json!({"lastpay_index": self.at.index - 1, "timeout": 0});
        let known: Result<Invoice, CallError> =
            session.waiting().ask("waitanyinvoice", &params).await;
        let is_known = match known {
            Ok(invoice) => {
                let hash = hash(&invoice.payment_hash)?;
                index_of(&invoice)? > self.at.index || mark(hash) == self.at.mark
            }
            Err(CallError::ReportedOutcome(complaint)) if complaint.code == NONE_PAID => false,
            Err(error) => return Err(error),
        };
        if !is_known {
            tracing::warn!(
                pay_index = self.at.index,
                "lightningd does not know the invoice that was heard of last: it is asked for all of them"
            );
            self.at = self.at.anew();
        }
        Ok(())
    }

    /// What lightningd says of a paid invoice; nothing if that proves no payment.
    async fn read(
        &self,
        session: &Session,
        invoice: &Invoice,
    ) -> Result<Option<PaidInvoice>, CallError> {
        let payment_hash = hash(&invoice.payment_hash)?;
        let Some(preimage) = preimage(invoice, payment_hash) else {
            tracing::error!(payment.hash = %payment_hash, alarm = true,
                "lightningd says that an invoice was paid, and tells no preimage of it");
            return Ok(None);
        };
        let received = msat(invoice.amount_received_msat.unwrap_or(0))?;
        let completed_at = Timestamp(invoice.paid_at.unwrap_or(0).saturating_mul(1_000_000));
        let mut came = self.receiver.came.lock().await;
        let mut parts = came.parts(session, payment_hash, received).await?;
        drop(came);
        self.date(&mut parts, payment_hash);
        let seen = parts.iter().filter_map(|part| part.seen_at).min();
        Ok(Some(PaidInvoice {
            payment_hash,
            preimage,
            destination: node_id(session)?,
            requested: invoice.asked()?,
            received,
            parts,
            label: invoice.label.clone(),
            description: invoice
                .description
                .as_deref()
                .map(|text| shortened(text).into_owned()),
            bolt11: invoice.text(),
            // lightningd tells whole seconds.
            created_at: seen.map_or(completed_at, |seen| seen.min(completed_at)),
            completed_at,
        }))
    }

    fn date(&self, parts: &mut [ReceivedPart], hash: PaymentHash) {
        for part in parts {
            let when = |id| self.receiver.arrivals.when(part.channel, id, hash);
            part.seen_at = part.htlc_id.and_then(when);
        }
    }
}

fn index_of(invoice: &Invoice) -> Result<u64, CallError> {
    let index = invoice.pay_index.filter(|index| *index < 1 << INDEX_BITS);
    index.ok_or_else(|| CallError::Nonsense("a paid invoice without a pay_index".to_owned()))
}

/// Rule A-6.
pub(super) fn preimage(invoice: &Invoice, hash: PaymentHash) -> Option<Preimage> {
    let mut bytes = [0; 32];
    let text = invoice.payment_preimage.as_deref()?;
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Preimage::proving(hash, bytes).ok()
}

fn node_id(session: &Session) -> Result<NodeId, CallError> {
    let nonsense = |_| CallError::Nonsense("a node id that is none".to_owned());
    session.life.node_id.parse().map_err(nonsense)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule A-6.
    #[test]
    fn without_a_proof_nothing_was_paid() {
        let (hash, preimage) = Preimage::from_secret_bytes([7; 32]);
        let of = |text: serde_json::Value| -> Invoice {
            let invoice = json!({"payment_hash": hash.to_string(), "status": "paid",
                "payment_preimage": text});
            serde_json::from_value(invoice).expect("an invoice")
        };
        assert_eq!(
            super::preimage(&of(json!("07".repeat(32))), hash),
            Some(preimage)
        );
        for wrong in [json!(null), json!("07"), json!("08".repeat(32))] {
            assert_eq!(super::preimage(&of(wrong), hash), None);
        }
    }

    #[test]
    fn a_cursor_grows_also_when_lightningd_counts_anew() {
        let start = Place::of(Cursor(0));
        let at = start.then(100, PaymentHash([255; 32]));
        let next = at.then(101, PaymentHash([0; 32]));
        assert!(start.cursor() < at.cursor() && at.cursor() < next.cursor());
        assert_eq!(Place::of(at.cursor()), at);
        let anew = next.anew();
        assert!(anew.cursor() > next.cursor());
        assert_eq!(Place::of(anew.cursor()), anew);
    }
}
