//! l4: its invoices, and the sets of HTLCs that come in for them (`lightningd/htlc_set.c`).

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::failure::{Cause, wire};
use super::forward::{Incoming, unknown_details};
use super::htlc::{HtlcRef, Resolution};
use super::invoice::Invoice;
use super::topology::CLTV_FINAL;

/// What becomes of HTLCs.
type Ends = Vec<(HtlcRef, Resolution)>;

/// An HTLC in a set.
#[derive(Debug)]
struct Part {
    htlc: HtlcRef,
    incoming: Incoming,
}

/// What has come in for one hash.
#[derive(Debug)]
struct Set {
    total_msat: u64,
    parts: Vec<Part>,
}

/// The payee.
#[derive(Debug, Default)]
pub(crate) struct Payee {
    invoices: BTreeMap<String, (Invoice, Paid)>,
    issued: u64,
    sets: BTreeMap<String, Set>,
    hold: bool,
    held: Vec<Part>,
    /// What became of HTLCs, and the node that sent each has not heard yet.
    told: Ends,
    /// One for each node that pays here.
    bells: Vec<(&'static str, Arc<Notify>)>,
}

/// Whether an invoice has been paid; it is only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paid {
    Yes,
    No,
}

impl Payee {
    /// Rings when another node has brought about the end of one of this node's HTLCs.
    pub(crate) fn news(&mut self, node: &'static str) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        self.bells.push((node, Arc::clone(&bell)));
        bell
    }

    /// A node has brought about the end of these HTLCs, and asks for its own by itself.
    pub(crate) fn tell(&mut self, by: &str, ends: Ends) {
        for (node, bell) in &self.bells {
            if *node != by && ends.iter().any(|(htlc, _)| htlc.node == *node) {
                bell.notify_one();
            }
        }
        self.told.extend(ends);
    }

    /// What became of a node's HTLCs; each is told once.
    pub(crate) fn told(&mut self, node: &str) -> Ends {
        let of_node = self.told.extract_if(.., |(htlc, _)| htlc.node == node);
        of_node.collect()
    }

    /// A new invoice.
    pub(crate) fn issue(&mut self, amount_msat: u64) -> Invoice {
        self.issued += 1;
        let invoice = Invoice::numbered(self.issued, amount_msat);
        self.adopt(invoice.clone());
        invoice
    }

    /// Takes over an invoice from elsewhere.
    pub(crate) fn adopt(&mut self, invoice: Invoice) {
        self.invoices
            .insert(invoice.payment_hash.clone(), (invoice, Paid::No));
    }

    pub(crate) fn preimage(&self, payment_hash: &str) -> Option<String> {
        self.invoices
            .get(payment_hash)
            .map(|(invoice, _)| invoice.preimage.clone())
    }

    pub(crate) fn is_paid(&self, payment_hash: &str) -> bool {
        let invoice = self.invoices.get(payment_hash);
        invoice.is_some_and(|(_, paid)| *paid == Paid::Yes)
    }

    /// What waits here for the rest of its set.
    pub(crate) fn waiting_msat(&self, payment_hash: &str) -> u64 {
        let set = self.sets.get(payment_hash);
        let parts = set.into_iter().flat_map(|set| &set.parts);
        parts.map(|part| part.incoming.amount_msat).sum()
    }

    /// Someone paid by other means.
    pub(crate) fn mark_paid(&mut self, payment_hash: &str) {
        if let Some((_, paid)) = self.invoices.get_mut(payment_hash) {
            *paid = Paid::Yes;
        }
    }

    /// Keeps what arrives from now on, or looks at it after all.
    pub(crate) fn hold(&mut self, on: bool, height: u32) -> Ends {
        self.hold = on;
        if on {
            return Ends::new();
        }
        let held = std::mem::take(&mut self.held);
        held.into_iter()
            .flat_map(|part| self.take(part, height))
            .collect()
    }

    /// An HTLC arrives.
    pub(crate) fn arrive(&mut self, htlc: HtlcRef, incoming: Incoming, height: u32) -> Ends {
        let part = Part { htlc, incoming };
        if self.hold {
            self.held.push(part);
            return Ends::new();
        }
        self.take(part, height)
    }

    /// 60 seconds have passed without the rest.
    pub(crate) fn mpp_timeout(&mut self, payment_hash: &str) -> Ends {
        let set = self.sets.remove(payment_hash).map(|set| set.parts);
        let held = self
            .held
            .extract_if(.., |part| part.htlc.payment_hash == payment_hash);
        let late: Vec<Part> = set.into_iter().flatten().chain(held).collect();
        let message = wire::MPP_TIMEOUT.to_be_bytes().to_vec();
        late.into_iter()
            .map(|part| part.fail(message.clone()))
            .collect()
    }

    /// The rest of a set has come in over other peers: the payee takes what it has of it.
    pub(crate) fn rest_arrives(&mut self, payment_hash: &str) -> Ends {
        let Some(preimage) = self.preimage(payment_hash) else {
            return Ends::new();
        };
        self.mark_paid(payment_hash);
        self.end(payment_hash, |part| {
            let preimage = preimage.clone();
            (part.htlc, Resolution::Fulfilled { preimage })
        })
    }

    /// `htlc_set_add()`, after the checks of the single HTLC.
    fn take(&mut self, part: Part, height: u32) -> Ends {
        let Incoming {
            amount_msat,
            cltv_expiry,
            payload,
            ..
        } = &part.incoming;
        let amount_msat = *amount_msat;
        if amount_msat < payload.amt_to_forward {
            return vec![part.fail(incorrect_amount(amount_msat))];
        }
        if *cltv_expiry < payload.outgoing_cltv {
            let failcode = wire::FINAL_INCORRECT_CLTV_EXPIRY.to_be_bytes();
            let message = [&failcode[..], &cltv_expiry.to_be_bytes()].concat();
            return vec![part.fail(message)];
        }
        if height + CLTV_FINAL > *cltv_expiry {
            return vec![part.fail(unknown_details(amount_msat, height))];
        }
        let Some((invoice, total_msat)) = self.invoice_for(&part) else {
            return vec![part.fail(unknown_details(amount_msat, height))];
        };
        let payment_hash = part.htlc.payment_hash.clone();
        let set = self.sets.entry(payment_hash.clone());
        let set = set.or_insert_with(|| Set {
            total_msat,
            parts: Vec::new(),
        });
        set.parts.push(part);
        let so_far: u64 = set.parts.iter().map(|part| part.incoming.amount_msat).sum();
        if set.total_msat != total_msat {
            return self.end(&payment_hash, |part| {
                part.fail(incorrect_amount(amount_msat))
            });
        }
        if so_far < total_msat {
            return Ends::new();
        }
        self.mark_paid(&payment_hash);
        self.end(&payment_hash, |part| {
            (
                part.htlc,
                Resolution::Fulfilled {
                    preimage: invoice.preimage.clone(),
                },
            )
        })
    }

    /// `invoice_check_payment()`: unpaid, the right secret, between the price and twice that.
    fn invoice_for(&self, part: &Part) -> Option<(Invoice, u64)> {
        let (invoice, paid) = self.invoices.get(&part.htlc.payment_hash)?;
        let (secret, total_msat) = part.incoming.payload.payment_data.as_ref()?;
        let price = invoice.amount_msat..=invoice.amount_msat.saturating_mul(2);
        let is_fine =
            *paid == Paid::No && *secret == invoice.payment_secret && price.contains(total_msat);
        is_fine.then(|| (invoice.clone(), *total_msat))
    }

    fn end(&mut self, payment_hash: &str, how: impl Fn(Part) -> (HtlcRef, Resolution)) -> Ends {
        let set = self.sets.remove(payment_hash);
        set.into_iter().flat_map(|set| set.parts).map(how).collect()
    }
}

impl Part {
    fn fail(self, message: Vec<u8>) -> (HtlcRef, Resolution) {
        let cause = Cause::Remote {
            origin: self.incoming.origin,
            message,
        };
        (self.htlc, Resolution::Failed(cause))
    }
}

fn incorrect_amount(amount_msat: u64) -> Vec<u8> {
    let failcode = wire::FINAL_INCORRECT_HTLC_AMOUNT.to_be_bytes();
    [&failcode[..], &amount_msat.to_be_bytes()].concat()
}
