//! `dev-pay`: another node of the embedded network pays, whole or in part.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use devnet::DevPayment;
use domain::Msat;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevPay;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct SentView {
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// What each part brings.
    parts_msat: Vec<u64>,
}

impl Method for DevPay {
    const NAME: &'static str = "dev-pay";
    const PARAMS: &'static [Param] = &[
        Param::required("bolt11"),
        Param::optional("parts_msat"),
        Param::optional("node"),
        Param::optional("total_msat"),
    ];
    const DESCRIPTION: &'static str = "Make dave pay {bolt11}, on the embedded network";
    const HELP: &'static str = "\
Another node than ours sends parts towards an invoice. What they leave missing can follow with another call: until then the payee keeps what has come, and after some minutes gives it back.

bolt11      the invoice: invoice makes one of our own node
parts_msat  what each part brings, as in [400000, 600000]; one of all it asks for, unless given
node        who pays: bob, carol, dave, erin, frank, grace (unless she is ours) or heidi; dave unless said
total_msat  what all parts bring together, where the invoice leaves it to the payer

Returns {payment_hash, parts_msat} as soon as every part is on its way.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::RouteNotFound, Code::Unspecified];

    type Request = DevPayment;
    type Answer = SentView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<DevPayment, RpcError> {
        let invoice = arguments.required("bolt11", values::invoice)?;
        context.is_of_our_network(&invoice)?;
        let parts = arguments.optional("parts_msat", values::msats)?;
        let given = arguments.optional("total_msat", values::some_msat)?;
        let total = given.or(invoice.amount).ok_or_else(|| {
            RpcError::params("the invoice names no amount: say what to pay with total_msat")
        })?;
        Ok(DevPayment {
            from: arguments.optional("node", values::word)?,
            destination: invoice.payee,
            payment_hash: invoice.payment_hash,
            secret: Some(invoice.secret),
            metadata: invoice.metadata,
            total,
            parts: parts.unwrap_or_else(|| vec![total]),
        })
    }

    async fn run(context: Arc<Context>, payment: DevPayment) -> Result<Self::Answer, RpcError> {
        let sent = SentView {
            payment_hash: payment.payment_hash.to_string(),
            parts_msat: payment.parts.iter().copied().map(Msat::get).collect(),
        };
        super::dev_network(&context)?.pay(payment).await?;
        Ok(sent)
    }
}
