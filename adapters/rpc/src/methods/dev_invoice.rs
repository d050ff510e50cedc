//! `dev-invoice`: an invoice on the embedded network.

use super::{Kind, Method, Reply, reply};
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::Msat;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevInvoice;

#[derive(Serialize)]
struct InvoiceView {
    bolt11: String,
    payment_hash: String,
    payment_secret: String,
    destination: String,
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
description  what it is for
node         whose: alice, bob, carol or dave; dave's unless said

Returns {bolt11, payment_hash, payment_secret, destination, expires_at}.";
    const KIND: Kind = Kind::Dev;

    type Request = (Msat, Option<String>, Option<String>);

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        Ok((
            arguments.required("amount_msat", values::some_msat)?,
            arguments.optional("description", values::text(context.limits.text_bytes))?,
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
