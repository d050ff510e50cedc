//! l1's own invoices: `invoice`, `listinvoices`, `waitanyinvoice`.

use std::time::Duration;

use serde_json::{Value, json};

use super::command::Command;
use super::dispatch::Conclusion;
use super::error::{Answer, RpcError, code};
use super::invoice::Invoice;
use super::params::{Params, msat_of};
use super::state::{Awaited, State, now};
use super::wait::{Index, Subsystem};

/// `invoice`'s parameters, as far as the fake goes.
pub(crate) const INVOICE: &str = "amount_msat label description [expiry]";

/// `listinvoices`' parameters, as far as the fake goes.
pub(crate) const LISTINVOICES: &str = "[label] [invstring] [payment_hash]";

/// `waitanyinvoice`'s parameters.
pub(crate) const WAITANYINVOICE: &str = "[lastpay_index] [timeout]";

/// Where the numbers of its secrets begin: none of l4's has the same.
const FIRST: u64 = 1_000_000;

/// A row of `invoices`.
#[derive(Debug, Clone)]
pub struct OwnInvoice {
    /// SHA-256 of the preimage.
    pub payment_hash: String,
    /// Its name here.
    pub label: String,
    pub(crate) amount_msat: Option<u64>,
    created_index: u64,
    /// What whoever pays gets for it.
    pub preimage: String,
    payment_secret: String,
    description: String,
    paid: Option<Paid>,
}

/// What an invoice that was paid has besides.
#[derive(Debug, Clone)]
struct Paid {
    pay_index: u64,
    updated_index: u64,
    received_msat: u64,
    at: u64,
}

impl OwnInvoice {
    pub(crate) fn is_paid(&self) -> bool {
        self.paid.is_some()
    }

    /// `json_add_invoice_fields()`.
    fn to_json(&self) -> Value {
        let mut fields = json!({
            "label": self.label,
            "bolt11": format!("lnbcrt1{}", self.payment_hash),
            "payment_hash": self.payment_hash,
            "status": if self.is_paid() { "paid" } else { "unpaid" },
            "description": self.description,
            "expires_at": 4_000_000_000_u64,
            "created_index": self.created_index,
        });
        if let Some(amount) = self.amount_msat {
            fields["amount_msat"] = json!(amount);
        }
        if let Some(paid) = &self.paid {
            fields["updated_index"] = json!(paid.updated_index);
            fields["pay_index"] = json!(paid.pay_index);
            fields["amount_received_msat"] = json!(paid.received_msat);
            fields["paid_at"] = json!(paid.at);
            fields["payment_preimage"] = json!(self.preimage);
        }
        fields
    }
}

impl State {
    /// A new invoice; its label is made up if there is none.
    pub(crate) fn issue(
        &mut self,
        amount_msat: Option<u64>,
        label: Option<String>,
        description: &str,
    ) -> OwnInvoice {
        let created_index = self.bump(Subsystem::Invoices, Index::Created, 1, &json!({}));
        self.world.own_invoices += 1;
        let secrets = Invoice::numbered(FIRST + self.world.own_invoices, 0);
        let invoice = OwnInvoice {
            payment_hash: secrets.payment_hash,
            label: label.unwrap_or_else(|| format!("invoice {created_index}")),
            amount_msat,
            created_index,
            preimage: secrets.preimage,
            payment_secret: secrets.payment_secret,
            description: description.to_owned(),
            paid: None,
        };
        self.db.invoices.insert(created_index, invoice.clone());
        invoice
    }

    /// `invoice`.
    pub(crate) fn invoice(&mut self, params: &Params<'_>) -> Answer {
        let amount = match params.required("amount_msat") {
            Value::String(any) if any == "any" => None,
            amount => Some(msat_of(amount).ok_or_else(|| {
                RpcError::bad_param("amount_msat", "should be positive msat or 'any'")
            })?),
        };
        let label = params.string("label")?.unwrap_or_default();
        let description = params.string("description")?.unwrap_or_default();
        if self.db.invoices.values().any(|known| known.label == label) {
            let text = format!("Duplicate label '{label}'");
            return Err(RpcError::new(code::INVOICE_LABEL_ALREADY_EXISTS, text));
        }
        let invoice = self.issue(amount, Some(label), &description);
        let shown = invoice.to_json();
        Ok(json!({
            "payment_hash": invoice.payment_hash,
            "expires_at": shown["expires_at"],
            "bolt11": shown["bolt11"],
            "payment_secret": invoice.payment_secret,
            "created_index": invoice.created_index,
        }))
    }

    /// `listinvoices`.
    pub(crate) fn listinvoices(&self, params: &Params<'_>) -> Answer {
        let label = params.string("label")?;
        let hash = params.hex32("payment_hash")?;
        let is_asked_for = |invoice: &&OwnInvoice| {
            label.as_ref().is_none_or(|label| *label == invoice.label)
                && hash
                    .as_ref()
                    .is_none_or(|hash| *hash == invoice.payment_hash)
        };
        let found = self.db.invoices.values().filter(is_asked_for);
        let found: Vec<Value> = found.map(OwnInvoice::to_json).collect();
        Ok(json!({"invoices": found}))
    }

    /// `waitanyinvoice`.
    pub(crate) fn waitanyinvoice(
        &mut self,
        command: &Command,
        params: &Params<'_>,
    ) -> Result<Conclusion, RpcError> {
        let after = params.u64("lastpay_index")?.unwrap_or_default();
        let timeout = params.u64("timeout")?;
        let number = |invoice: &OwnInvoice| invoice.paid.as_ref().map(|paid| paid.pay_index);
        let paid = self.db.invoices.values();
        let paid = paid.filter_map(|invoice| Some((number(invoice)?, invoice)));
        let later = paid.filter(|(index, _)| *index > after);
        if let Some((_, next)) = later.min_by_key(|(index, _)| *index) {
            return Ok(Conclusion::Done(Ok(next.to_json())));
        }
        let token = self.enlist(command, Awaited::Paid(after));
        let text = "Timed out while waiting for invoice to be paid";
        Ok(match timeout {
            None => Conclusion::Pending,
            Some(seconds) => Conclusion::PendingUntil {
                timeout: Duration::from_secs(seconds),
                token,
                error: RpcError::new(code::INVOICE_WAIT_TIMED_OUT, text),
            },
        })
    }

    /// The unpaid invoice of a hash.
    pub(crate) fn own_unpaid(&self, payment_hash: &str) -> Option<&OwnInvoice> {
        let mut invoices = self.db.invoices.values();
        invoices.find(|invoice| invoice.payment_hash == payment_hash && !invoice.is_paid())
    }

    /// An invoice has been paid: whoever waits is told.
    pub(crate) fn own_paid(&mut self, payment_hash: &str, received_msat: u64) {
        self.db.last_pay_index += 1;
        let pay_index = self.db.last_pay_index;
        let updated_index = self.bump(Subsystem::Invoices, Index::Updated, 1, &json!({}));
        let mut invoices = self.db.invoices.values_mut();
        let invoice = invoices.find(|invoice| invoice.payment_hash == payment_hash);
        let invoice = invoice.expect("it was just there");
        invoice.paid = Some(Paid {
            pay_index,
            updated_index,
            received_msat,
            at: now().as_secs(),
        });
        let told = invoice.to_json();
        self.wake(
            &Ok(told),
            |awaited| matches!(awaited, Awaited::Paid(after) if *after < pay_index),
        );
    }
}
