//! `sendpartialpay`: one part of possibly many.

use super::Method;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::views::{AsView, PartView, PaymentView, Viewed};
use crate::{route, values};
use domain::{Extras, SendPartialPay as Request, Sent};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct SendPartialPay;

/// The part; or the payment, which was complete: nothing was sent.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum SentView<'a> {
    Part(PartView<'a>),
    AlreadyComplete(PaymentView<'a>),
}

impl Method for SendPartialPay {
    const NAME: &'static str = "sendpartialpay";
    const PARAMS: &'static [Param] = &[
        Param::required("route"),
        Param::required("payment_hash"),
        Param::required("intended_msatoshi").or(&["intended_msat", "amount_msat"]),
        Param::optional("description"),
        Param::optional("payment_secret").secret(),
        Param::optional("payment_metadata").secret(),
        Param::optional("bolt11"),
        Param::optional("label"),
        Param::optional("node"),
        Param::optional("request_id"),
    ];
    const DESCRIPTION: &'static str = "Send a partial payment along {route} towards {payment_hash}";
    const HELP: &'static str = "\
Sends one part of a payment that shall deliver {intended_msatoshi} in all, and returns as soon as the part is durable; what becomes of it is waitpartialpay's to tell.

route              hops, from our node outwards: [{id, channel, amount_msat (or msatoshi), delay}, …], or a path of getroutes
payment_hash       32 bytes of hex: names the payment
intended_msatoshi  what all parts together shall deliver; the same in every part
description        a note, for the lists
payment_secret     the invoice's; needed unless bolt11 is given or the part is the whole payment
payment_metadata   the invoice's, if it has any
bolt11             the invoice: gives the secret and the metadata, and every part of its payment is checked against it, also one that does not repeat it: network, hash, amount, payee, features (no part below the whole without basic_mpp), expiry, the last hop's delay (min_final_cltv_expiry), and the description where the invoice holds only its hash
label              your own name for the payment
node               which configured node sends the part; the first unless said
request_id         1 to 128 bytes, kept with the part that it made: the same request under the same key is answered as before, and nothing is sent

Returns the part: {id, payment_hash, status: \"pending\", …}. If the payment is complete already: the payment with status \"complete\" and its payment_preimage, without id; nothing is sent.
Errors: 200 more than intended would be in flight (data.room_msat may still be sent), or a node knows a part of this payment that is not in the database and may be out, 201 other terms, or paid and deleted since, 207 expired, 230 storage, 231 the database is an old copy and a node has not told yet what it knows, 232 quarantined, -32602, -32005.";

    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::OtherTerms,
        Code::InvoiceExpired,
        Code::StorageUnavailable,
        Code::NodeUnavailable,
        Code::Quarantined,
    ];

    type Request = Request;
    type Answer = AsView<Sent>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Request, RpcError> {
        let text = values::text(context.limits.text_bytes);
        Ok(Request {
            route: arguments.required("route", route::route)?,
            payment_hash: arguments.required("payment_hash", values::hash)?,
            intended: arguments.required("intended_msatoshi", values::some_msat)?,
            extras: Extras {
                description: arguments.optional("description", &text)?,
                label: arguments.optional("label", &text)?,
                ..extras(arguments)?
            },
            request_id: arguments.optional("request_id", values::request_id)?,
        })
    }

    async fn check(context: Arc<Context>, request: Request) -> Result<(), RpcError> {
        Ok(context.services.payments.check_partial_pay(request).await?)
    }

    async fn run(context: Arc<Context>, request: Request) -> Result<Self::Answer, RpcError> {
        context.page_writer.payment_asked_for();
        let sent = context.services.payments.send_partial_pay(request).await?;
        Ok(AsView(sent))
    }
}

impl Viewed for Sent {
    type View<'a> = SentView<'a>;

    fn view(&self) -> SentView<'_> {
        match self {
            Sent::Part(part) => SentView::Part(part.view()),
            Sent::AlreadyComplete(payment) => {
                SentView::AlreadyComplete(payment.view().without_id())
            }
        }
    }
}

/// What both ways of paying can carry, apart from the caller's own words.
pub(super) fn extras(arguments: &Arguments<'_>) -> Result<Extras, RpcError> {
    Ok(Extras {
        description: None,
        label: None,
        secret: arguments.optional("payment_secret", values::secret)?,
        metadata: arguments.optional("payment_metadata", values::metadata)?,
        invoice: arguments.optional("bolt11", values::invoice)?,
        node: arguments.optional("node", values::node_name)?,
    })
}
