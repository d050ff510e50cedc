//! `invoice`: an invoice of our own node, on the embedded network.

use super::view::NewInvoiceView;
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use devnet::NewInvoice;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Invoice;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct InvoiceView {
    #[serde(flatten)]
    invoice: NewInvoiceView,
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
Makes an invoice of our own node, alice, on the embedded network: dev-invoice makes those of grace, where she is ours, too. Core Lightning has a method of that name: ask it there.

amount_msat  what it asks for; any leaves that to the payer
label        our own name for it: no two invoices have the same
description  what the payer reads: at most 639 bytes, as an invoice holds no more
expiry       for how many seconds it is good. A week, unless given

Returns {bolt11, payment_hash, payment_secret, expires_at, created_index}. Errors: 900 the label is in use.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified, Code::LabelInUse];

    type Request = NewInvoice;
    type Answer = InvoiceView;

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

    async fn run(context: Arc<Context>, new: NewInvoice) -> Result<Self::Answer, RpcError> {
        let (invoice, secret) = super::own_invoices(&context)?.make(new).await?;
        Ok(InvoiceView {
            expires_at: invoice.expires_at.seconds(),
            created_index: invoice.id,
            invoice: NewInvoiceView::new(invoice.bolt11, invoice.payment_hash, &secret),
        })
    }
}
