//! The embedded network, as the daemon's node and as the socket's methods want a development network: from
//! the words of one adapter to those of another, which know nothing of each other.

use super::ways::View;
use crate::data_dir;
use crate::trouble::trouble;
use async_trait::async_trait;
use domain::{IncomingNode, Msat, NodeName, NodePorts, PaymentSecret, Route};
use rpc::dev::{
    DevError, DevInvoice, DevNetwork, DevPayment, InvoiceError, InvoiceFilter, InvoiceStatus,
    NewInvoice, OwnInvoice, OwnInvoices,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The embedded network.
#[derive(Clone)]
pub(super) struct Dev(Arc<ldk::Network>);

impl Dev {
    /// Whether one keeps its state in that folder.
    pub(super) fn is_kept_in(dir: &Path) -> bool {
        ldk::Network::is_kept_in(dir)
    }

    /// Brings it up; in memory, if there is no folder.
    pub(super) async fn start(dir: Option<PathBuf>) -> anyhow::Result<Dev> {
        if let Some(dir) = &dir {
            data_dir::create(dir)?;
        }
        let started = ldk::Network::start(ldk::Options { dir }).await;
        started.map(Dev).map_err(|why| {
            let help = "see the log above; parts stay as they are stored";
            trouble("cannot start the embedded Lightning network", why, help)
        })
    }

    /// Alice, as the engine drives her.
    pub(super) fn ports(&self, name: NodeName) -> NodePorts {
        NodePorts {
            name,
            sender: self.0.sender(),
            listener: self.0.listener(),
        }
    }

    /// Alice, as money comes in.
    pub(super) fn receiver(&self) -> Arc<dyn IncomingNode> {
        self.0.receiver()
    }

    /// What alice knows of the network.
    pub(super) fn view(&self, name: NodeName) -> View {
        View {
            name,
            funds: self.0.funds(),
            graph: self.0.graph(),
        }
    }

    /// What the `dev-…` methods call.
    pub(super) fn network(&self) -> Arc<dyn DevNetwork> {
        Arc::new(self.clone())
    }

    /// What the methods of alice's invoices call.
    pub(super) fn invoices(&self) -> Arc<dyn OwnInvoices> {
        Arc::new(self.clone())
    }

    /// Lets every node make durable what it has. Parts stay pending.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

#[async_trait]
impl DevNetwork for Dev {
    async fn invoice(
        &self,
        amount: Msat,
        description: Option<String>,
        node: Option<String>,
    ) -> Result<DevInvoice, DevError> {
        let made = self.0.invoice(amount, description, node).await;
        let made = made.map_err(dev_error)?;
        Ok(DevInvoice {
            bolt11: made.bolt11,
            payment_hash: made.payment_hash,
            payment_secret: made.payment_secret,
            destination: made.destination,
            expires_at: made.expires_at,
        })
    }

    async fn routes(
        &self,
        destination: String,
        amount: Msat,
        count: Option<usize>,
    ) -> Result<Vec<Route>, DevError> {
        let routes = self.0.routes(&destination, amount, count);
        routes.map_err(dev_error)
    }

    async fn pay(&self, payment: DevPayment) -> Result<(), DevError> {
        let payment = ldk::DevPayment {
            from: payment.from,
            destination: payment.destination,
            payment_hash: payment.payment_hash,
            secret: payment.secret,
            metadata: payment.metadata,
            total: payment.total,
            parts: payment.parts,
        };
        self.0.pay(payment).await.map_err(dev_error)
    }

    async fn tick(&self, minutes: u32) -> Result<(), DevError> {
        self.0.tick(minutes).await.map_err(dev_error)
    }

    async fn hold(&self, on: bool) -> Result<(), DevError> {
        self.0.hold(on).await.map_err(dev_error)
    }
}

#[async_trait]
impl OwnInvoices for Dev {
    async fn make(&self, new: NewInvoice) -> Result<(OwnInvoice, PaymentSecret), InvoiceError> {
        let new = ldk::NewInvoice {
            amount: new.amount,
            label: new.label,
            description: new.description,
            expiry: new.expiry,
        };
        let (invoice, secret) = self.0.invoices().make(new).await.map_err(invoice_error)?;
        Ok((own_invoice(invoice), secret))
    }

    async fn list(&self, filter: InvoiceFilter) -> Result<Vec<OwnInvoice>, InvoiceError> {
        let filter = ldk::InvoiceFilter {
            label: filter.label,
            payment_hash: filter.payment_hash,
            start: filter.start,
            limit: filter.limit,
        };
        let listed = self.0.invoices().list(filter).await;
        let listed = listed.map_err(invoice_error)?;
        Ok(listed.into_iter().map(own_invoice).collect())
    }

    async fn delete(&self, label: String, status: String) -> Result<OwnInvoice, InvoiceError> {
        let deleted = self.0.invoices().delete(label, status).await;
        deleted.map(own_invoice).map_err(invoice_error)
    }
}

fn own_invoice(invoice: ldk::OwnInvoice) -> OwnInvoice {
    OwnInvoice {
        id: invoice.id,
        payment_hash: invoice.payment_hash,
        label: invoice.label,
        description: invoice.description,
        bolt11: invoice.bolt11,
        amount: invoice.amount,
        created_at: invoice.created_at,
        expires_at: invoice.expires_at,
        status: match invoice.status {
            ldk::InvoiceStatus::Unpaid => InvoiceStatus::Unpaid,
            ldk::InvoiceStatus::Paid {
                place,
                preimage,
                received,
                at,
            } => InvoiceStatus::Paid {
                place,
                preimage,
                received,
                at,
            },
            ldk::InvoiceStatus::Expired => InvoiceStatus::Expired,
        },
    }
}

fn dev_error(error: ldk::DevError) -> DevError {
    match error {
        ldk::DevError::NoSuchNode(node) => DevError::NoSuchNode(node),
        ldk::DevError::NoRoute(why) => DevError::NoRoute(why),
        ldk::DevError::Refused(why) => DevError::Refused(why),
    }
}

fn invoice_error(error: ldk::InvoiceError) -> InvoiceError {
    match error {
        ldk::InvoiceError::LabelInUse(label) => InvoiceError::LabelInUse(label),
        ldk::InvoiceError::Unknown => InvoiceError::Unknown,
        ldk::InvoiceError::OtherStatus { is, wanted } => InvoiceError::OtherStatus { is, wanted },
        ldk::InvoiceError::Arriving => InvoiceError::Arriving,
        ldk::InvoiceError::Refused(why) => InvoiceError::Refused(why),
    }
}
