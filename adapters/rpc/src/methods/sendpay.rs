//! `sendpay`: a payment of one part, as in c-lightning 0.6.2.

use super::Method;
use super::sendpartialpay::extras;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::views::{AsView, PaymentView, Viewed};
use crate::{route, values};
use domain::{Extras, Paying, SendPay as Request};
use std::sync::Arc;

pub(super) struct SendPay;

impl Method for SendPay {
    const NAME: &'static str = "sendpay";
    const PARAMS: &'static [Param] = &[
        Param::required("route"),
        Param::required("payment_hash"),
        // Newer callers, pyln-client's helper among them, say `label` and `amount_msat`.
        Param::optional("description").or(&["label"]),
        Param::optional("msatoshi").or(&["amount_msat"]),
        Param::optional("bolt11"),
        Param::optional("payment_secret").secret(),
        Param::optional("payment_metadata").secret(),
        Param::optional("node"),
    ];
    const DESCRIPTION: &'static str = "Send along {route} in return for preimage of {payment_hash}";
    const HELP: &'static str = "\
Pays in one part, as c-lightning 0.6.2 did, and returns with the node's first answer; the outcome is waitsendpay's to tell. For payments in several parts see sendpartialpay.

route             hops, from our node outwards: [{id, channel, amount_msat (or msatoshi), delay}, …], or a path of getroutes
payment_hash      32 bytes of hex: names the payment
description       a note, for the lists (label is another name for it)
msatoshi          what was asked for; the last hop carries that to twice that. What the last hop carries, unless said
bolt11            the invoice: gives the secret and the metadata, and the payment is checked against it: network, hash, amount, payee, features, expiry, the last hop's delay, and the description where the invoice holds only its hash
payment_secret    the invoice's
payment_metadata  the invoice's, if it has any
node              which configured node sends it; the first unless said

Returns the payment, with message \"Monitor status with listpayments or waitsendpay\" while it is pending, with payment_preimage if it is complete already: then nothing is sent.
Errors: 200 a node knows a part of this payment that is not in the database and may be out, 201 already paid with another amount or to another node, or paid and deleted since, or tried before with other terms (a failed payment keeps its row, and its row its terms), 204 the node refused it, 207 expired, 230 storage, 231 the database is an old copy and a node has not told yet what it knows, 232 quarantined, -32602, -32005.";

    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::OtherTerms,
        Code::UnparseableOnion,
        Code::DestinationPermanent,
        Code::TryOtherRoute,
        Code::InvoiceExpired,
        Code::Unspecified,
        Code::StorageUnavailable,
        Code::NodeUnavailable,
        Code::Quarantined,
    ];

    type Request = Request;
    type Answer = AsView<Paying>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Request, RpcError> {
        let text = values::text(context.limits.text_bytes);
        let route = arguments.required("route", route::route)?;
        let payment_hash = arguments.required("payment_hash", values::hash)?;
        let msatoshi = arguments.optional("msatoshi", values::msat)?;
        if let Some(msat) = msatoshi.filter(|msat| !route.amount().is_within_twice(*msat)) {
            return Err(RpcError::params(format!("msatoshi {msat} out of range")));
        }
        Ok(Request {
            route,
            payment_hash,
            msatoshi,
            extras: Extras {
                description: arguments.optional("description", &text)?,
                ..extras(arguments)?
            },
        })
    }

    async fn check(context: Arc<Context>, request: Request) -> Result<(), RpcError> {
        Ok(context.services.payments.check_pay(request).await?)
    }

    async fn run(context: Arc<Context>, request: Request) -> Result<Self::Answer, RpcError> {
        context.page_writer.payment_asked_for();
        Ok(AsView(context.services.payments.send_pay(request).await?))
    }
}

impl Viewed for Paying {
    type View<'a> = PaymentView<'a>;

    fn view(&self) -> PaymentView<'_> {
        match self {
            Paying::InProgress(payment) => payment.view().monitored(),
            Paying::AlreadyComplete(payment) => payment.view(),
        }
    }
}
