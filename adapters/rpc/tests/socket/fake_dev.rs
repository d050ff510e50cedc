//! The fake engine as the embedded network, and as the keeper of our own invoices.

use crate::fake::{Asked, Fake};
use crate::samples::{own_invoice, route};
use async_trait::async_trait;
use devnet::{
    DevError, DevInvoice, DevNetwork, DevPayment, InvoiceError, InvoiceFilter, NewInvoice,
    OwnInvoice, OwnInvoices,
};
use domain::{Msat, PaymentSecret, Route, Timestamp};

#[async_trait]
impl DevNetwork for Fake {
    async fn invoice(
        &self,
        amount: Msat,
        description: Option<String>,
        node: Option<String>,
    ) -> Result<DevInvoice, DevError> {
        let _ = self.note(Asked::Invoice(amount, description, node));
        Ok(DevInvoice {
            bolt11: "lnbcrt1".into(),
            payment_hash: crate::samples::hash(),
            payment_secret: PaymentSecret::new([1; 32]),
            destination: crate::samples::DAVE.parse().unwrap(),
            expires_at: Timestamp(1_700_000_000_000_000),
        })
    }

    fn routes(
        &self,
        destination: &str,
        amount: Msat,
        count: Option<usize>,
    ) -> Result<Vec<Route>, DevError> {
        let _ = self.note(Asked::Routes(destination.to_owned(), amount, count));
        match destination {
            "dave" => Ok(vec![route(amount.get())]),
            "nowhere" => Err(DevError::NoRoute("too far".into())),
            _ => Err(DevError::NoSuchNode(destination.to_owned())),
        }
    }

    async fn pay(&self, payment: DevPayment) -> Result<(), DevError> {
        let _ = self.note(Asked::DevPay(payment));
        Ok(())
    }

    async fn tick(&self, minutes: u32) -> Result<(), DevError> {
        let _ = self.note(Asked::Tick(minutes));
        Ok(())
    }

    async fn hold(&self, on: bool) -> Result<(), DevError> {
        let _ = self.note(Asked::Hold(on));
        Ok(())
    }
}

#[async_trait]
impl OwnInvoices for Fake {
    async fn make(&self, new: NewInvoice) -> Result<(OwnInvoice, PaymentSecret), InvoiceError> {
        let label = new.label.clone();
        let _ = self.note(Asked::MakeInvoice(new));
        match &*label {
            "used" => Err(InvoiceError::LabelInUse(label)),
            _ => Ok((own_invoice(1, false), PaymentSecret::new([1; 32]))),
        }
    }

    async fn list(&self, filter: InvoiceFilter) -> Result<Vec<OwnInvoice>, InvoiceError> {
        let _ = self.note(Asked::Invoices(filter));
        Ok(vec![own_invoice(1, true), own_invoice(2, false)])
    }

    async fn delete(&self, label: String, status: String) -> Result<OwnInvoice, InvoiceError> {
        let _ = self.note(Asked::DeleteInvoice(label.clone(), status.clone()));
        match (&*label, &*status) {
            ("none", _) => Err(InvoiceError::Unknown),
            ("arriving", _) => Err(InvoiceError::Arriving),
            (_, "paid") => Ok(own_invoice(1, true)),
            (_, _) => Err(InvoiceError::OtherStatus {
                is: "paid",
                wanted: status,
            }),
        }
    }
}
