//! A BOLT 11 invoice of a node's.

use super::{FINAL_DELTA, Node};
use domain::{Msat, Timestamp};
use lightning::bolt11_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use lightning::ln::channelmanager::Bolt11InvoiceParameters;
use std::time::Duration;

impl Node {
    /// An invoice that is good for so many seconds, and until when that is; or why LDK would not make it.
    pub(crate) fn bolt11(
        &self,
        amount: Option<Msat>,
        description: String,
        expiry: u32,
    ) -> Result<(Bolt11Invoice, Timestamp), String> {
        let description = Description::new(description).map_err(|error| error.to_string())?;
        let parameters = Bolt11InvoiceParameters {
            amount_msats: amount.map(Msat::get),
            description: Bolt11InvoiceDescription::Direct(description),
            invoice_expiry_delta_secs: Some(expiry),
            min_final_cltv_expiry_delta: Some(FINAL_DELTA),
            ..Bolt11InvoiceParameters::default()
        };
        let invoice = self.manager.create_bolt11_invoice(parameters);
        let invoice = invoice.map_err(|error| error.to_string())?;
        let expires_at = invoice.expires_at().unwrap_or(Duration::MAX).as_micros();
        let expires_at = Timestamp(u64::try_from(expires_at).unwrap_or(u64::MAX));
        Ok((invoice, expires_at))
    }
}
