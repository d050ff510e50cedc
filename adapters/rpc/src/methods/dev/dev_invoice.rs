//! `dev-invoice`: an invoice on the embedded network.

use super::view::NewInvoiceView;
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::Msat;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevInvoice;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct InvoiceView {
    #[serde(flatten)]
    invoice: NewInvoiceView,
    /// The node that is paid.
    destination: String,
    /// When it expires, in Unix seconds.
    expires_at: u64,
}

impl Method for DevInvoice {
    const NAME: &'static str = "dev-invoice";
    const PARAMS: &'static [Param] = &[
        Param::required("amount_msat"),
        Param::optional("description"),
        Param::optional("node"),
    ];
    const DESCRIPTION: &'static str = "Make an invoice over {amount_msat} on the embedded network";
    const HELP: &'static str = "\
amount_msat  what it asks for
description  what it is for: at most 639 bytes, as an invoice holds no more
node         whose: alice, bob, carol, dave, erin, frank, grace or heidi; dave's unless said

Returns {bolt11, payment_hash, payment_secret, destination, expires_at}.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = (Msat, Option<String>, Option<String>);
    type Answer = InvoiceView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        Ok((
            arguments.required("amount_msat", values::some_msat)?,
            arguments.optional(
                "description",
                values::invoice_description(context.limits.text_bytes),
            )?,
            arguments.optional("node", values::word)?,
        ))
    }

    async fn run(
        context: Arc<Context>,
        (amount, description, node): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let network = super::dev_network(&context)?;
        let invoice = network.invoice(amount, description, node).await?;
        Ok(InvoiceView {
            destination: invoice.destination.to_string(),
            expires_at: invoice.expires_at.seconds(),
            invoice: NewInvoiceView::new(
                invoice.bolt11,
                invoice.payment_hash,
                &invoice.payment_secret,
            ),
        })
    }
}
