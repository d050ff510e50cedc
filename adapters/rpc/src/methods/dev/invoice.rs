//! `invoice`: an invoice of our own node, on the embedded network.

use super::{Kind, Method, Reply, reply};
use crate::dev::NewInvoice;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Invoice;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct InvoiceView {
    /// The invoice.
    bolt11: String,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// The secret that each part must carry, 32 bytes of hex.
    payment_secret: String,
    /// When it expires, in Unix seconds.
    expires_at: u64,
    /// Its place among all that were made.
    created_index: u64,
}

impl Method for Invoice {
    const NAME: &'static str = "invoice";
    const PARAMS: &'static [Param] = &[
        Param::required("amount_msat").or(&["msatoshi"]),
        Param::required("label"),
        Param::required("description"),
        Param::optional("expiry"),
    ];
    const DESCRIPTION: &'static str = "Make an invoice of our own node over {amount_msat}";
    const HELP: &'static str = "\
Makes an invoice of our own node, on the embedded network. Core Lightning has a method of that name: ask it there.

amount_msat  what it asks for; any leaves that to the payer
label        our own name for it: no two invoices have the same
description  what the payer reads: at most 639 bytes, as an invoice holds no more
expiry       for how many seconds it is good. A week, unless given

Returns {bolt11, payment_hash, payment_secret, expires_at, created_index}. Errors: 900 the label is in use.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified, Code::LabelInUse];

    type Request = NewInvoice;
    #[cfg(feature = "docs")]
    type Shown = InvoiceView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<NewInvoice, RpcError> {
        let text = values::text(context.limits.text_bytes);
        Ok(NewInvoice {
            amount: arguments.required("amount_msat", values::msat_or_any)?,
            label: arguments.required("label", &text)?,
            description: arguments.required(
                "description",
                values::invoice_description(context.limits.text_bytes),
            )?,
            expiry: arguments.optional("expiry", values::u32)?,
        })
    }

    async fn run(context: Arc<Context>, new: NewInvoice) -> Reply {
        let (invoice, secret) = super::own_invoices(&context)?.make(new).await?;
        reply(&InvoiceView {
            payment_hash: invoice.payment_hash.to_string(),
            payment_secret: hex::encode(secret.expose()),
            expires_at: invoice.expires_at.seconds(),
            created_index: invoice.id,
            bolt11: invoice.bolt11,
        })
    }
}
