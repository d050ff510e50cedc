//! Our own node's invoices: made, listed and deleted.

use crate::node::{Ask, Node};
use async_trait::async_trait;
use devnet::{InvoiceError, InvoiceFilter, NewInvoice, OwnInvoice, OwnInvoices};
use domain::PaymentSecret;
use std::sync::Arc;

/// Each answer comes from the node's driver: what it says is durable.
pub(crate) struct Invoices(pub(crate) Arc<Node>);

#[async_trait]
impl OwnInvoices for Invoices {
    async fn make(&self, new: NewInvoice) -> Result<(OwnInvoice, PaymentSecret), InvoiceError> {
        let made = self.0.ask(|reply| Ask::MakeInvoice(new, reply)).await;
        made.unwrap_or_else(|| Err(InvoiceError::Refused(self.0.stopped())))
    }

    async fn list(&self, filter: InvoiceFilter) -> Result<Vec<OwnInvoice>, InvoiceError> {
        let found = self.0.ask(|reply| Ask::Invoices(filter, reply)).await;
        found.ok_or_else(|| InvoiceError::Refused(self.0.stopped()))
    }

    async fn delete(&self, label: String, status: String) -> Result<OwnInvoice, InvoiceError> {
        let ask = |reply| Ask::DeleteInvoice(label, status, reply);
        let deleted = self.0.ask(ask).await;
        deleted.unwrap_or_else(|| Err(InvoiceError::Refused(self.0.stopped())))
    }
}
