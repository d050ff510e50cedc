//! `dev-invoice`: an invoice on the embedded network.

use super::{Kind, Method, Reply, reply};
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
    /// The invoice.
    bolt11: String,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// The secret that each part must carry, 32 bytes of hex.
    payment_secret: String,
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
node         whose: alice, bob, carol or dave; dave's unless said

Returns {bolt11, payment_hash, payment_secret, destination, expires_at}.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = (Msat, Option<String>, Option<String>);
    #[cfg(feature = "docs")]
    type Shown = InvoiceView;

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

    async fn run(context: Arc<Context>, (amount, description, node): Self::Request) -> Reply {
        let network = super::dev_network(&context)?;
        let invoice = network.invoice(amount, description, node).await?;
        reply(&InvoiceView {
            payment_hash: invoice.payment_hash.to_string(),
            payment_secret: hex::encode(invoice.payment_secret.expose()),
            destination: invoice.destination.to_string(),
            expires_at: invoice.expires_at.seconds(),
            bolt11: invoice.bolt11,
        })
    }
}
