//! `delinvoice`: delete an invoice of our own node, on the embedded network.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::AsView;
use devnet::OwnInvoice;
use std::sync::Arc;

pub(super) struct DelInvoice;

impl Method for DelInvoice {
    const NAME: &'static str = "delinvoice";
    const PARAMS: &'static [Param] = &[Param::required("label"), Param::required("status")];
    const DESCRIPTION: &'static str = "Delete our own node's invoice {label}, if it is {status}";
    const HELP: &'static str = "\
Deletes an invoice of our own node, on the embedded network: it cannot be paid any more. One that was paid stays in listpayments. Core Lightning has a method of that name: ask it there.

label   the invoice's
status  what it must be: unpaid, paid or expired

Returns the invoice as it was. Errors: 905 no such invoice, 906 it has another status, or parts of its payment have arrived.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[
        Code::Unspecified,
        Code::NoSuchInvoice,
        Code::OtherInvoiceStatus,
    ];

    type Request = (String, String);
    type Answer = AsView<OwnInvoice>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        Ok((
            arguments.required("label", values::text(context.limits.text_bytes))?,
            arguments.required("status", values::invoice_status)?,
        ))
    }

    async fn run(
        context: Arc<Context>,
        (label, status): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let invoices = super::own_invoices(&context)?;
        Ok(AsView(invoices.delete(label, status).await?))
    }
}
