//! `xpay`: `pay` under the name, the parameters and the answer of lightningd's newer one.

use super::pay::{self, EXEMPT_FEE, MAX_DELAY, RETRY_FOR};
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::{AsView, XPayView};
use domain::{Avoid, Msat, Pay as Request, PayAnswer, PaymentFilter, StatusKind};
use serde_json::json;
use std::sync::Arc;

pub(super) struct XPay;

/// What `xpay` answers with.
pub(crate) struct Paid(Box<PayAnswer>);

impl Method for XPay {
    const NAME: &'static str = "xpay";
    const PARAMS: &'static [Param] = &[
        Param::required("invstring").or(&["bolt11"]),
        Param::optional("amount_msat"),
        Param::optional("maxfee"),
        Param::optional("layers"),
        Param::optional("retry_for"),
        Param::optional("partial_msat"),
        Param::optional("maxdelay"),
        Param::optional("payer_note"),
        Param::optional("label"),
        Param::optional("localinvreqid"),
    ];
    const DESCRIPTION: &'static str = "Pay the invoice {invstring}, as lightningd's xpay would";
    const HELP: &'static str = "\
Pays as pay does, by an order that is as durable, with the parameters and the answer of lightningd's xpay. Until nothing is under way it does not return.

invstring      the invoice, of BOLT 11
amount_msat    what to pay, if the invoice leaves that to you
maxfee         the most that it may cost, in msat: 1 % or 5000 msat, whichever is more, unless given
layers         only an empty list: layers are askrene's, and our own finder does not ask it
retry_for      seconds in which new parts may be sent: 60, unless given
partial_msat   our share of the amount, where others pay the rest
maxdelay       the most blocks that a part may last: 2016, unless given
payer_note     taken, and of no effect: it is for offers
label          your own name for the payment
localinvreqid  refused: it belongs to offers

Returns {payment_preimage, amount_msat, amount_sent_msat, failed_parts, successful_parts}.

Errors: those of pay, and 219 the invoice has been paid already: nothing is sent, and listpays has the proof.";
    const KIND: Kind = Kind::Wait;
    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::OtherTerms,
        Code::UnparseableOnion,
        Code::DestinationPermanent,
        Code::TryOtherRoute,
        Code::RouteNotFound,
        Code::TooExpensive,
        Code::InvoiceExpired,
        Code::NoSuchPayment,
        Code::Unspecified,
        Code::StoppedRetrying,
        Code::InsufficientFunds,
        Code::AlreadyPaid,
        Code::StorageUnavailable,
        Code::NodeUnavailable,
        Code::Quarantined,
    ];

    type Request = Request;
    type Answer = AsView<Paid>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Request, RpcError> {
        let text = values::text(context.limits.text_bytes);
        let invoice = arguments.required("invstring", values::invoice)?;
        context.is_of_our_network(&invoice)?;
        pay::refuse_offers(arguments)?;
        if arguments
            .optional("layers", values::are_some)?
            .unwrap_or(false)
        {
            return Err(RpcError::params(
                "layers: should be empty: layers are askrene's, and Ampere's own finder does not ask it. \
                 pay's exclude and nodes say what no part goes over and what it leaves from",
            ));
        }
        pay::ignore(arguments, Self::NAME, "payer_note")?;
        let amount = pay::amount(arguments, &invoice)?;
        let max_fee = arguments.optional("maxfee", values::msat)?;
        let least = Msat::new(EXEMPT_FEE).unwrap_or(Msat::ZERO);
        let usual = || values::Percent::ONE.of(amount).max(least);
        Ok(Request {
            max_fee: max_fee.unwrap_or_else(usual),
            amount: Some(amount),
            share: arguments.optional("partial_msat", values::some_msat)?,
            retry_for: arguments
                .optional("retry_for", values::seconds)?
                .unwrap_or(RETRY_FOR),
            max_delay: arguments
                .optional("maxdelay", values::u32)?
                .unwrap_or(MAX_DELAY),
            max_parts: None,
            avoid: Avoid::default(),
            nodes: Vec::new(),
            description: None,
            label: arguments.optional("label", &text)?,
            request_id: None,
            timeout: None,
            invoice,
        })
    }

    async fn check(context: Arc<Context>, request: Request) -> Result<(), RpcError> {
        context.services.payments.estimate(request).await?;
        Ok(())
    }

    async fn run(context: Arc<Context>, request: Request) -> Result<Self::Answer, RpcError> {
        let payments = &context.services.payments;
        let paid = PaymentFilter {
            hash: Some(request.invoice.payment_hash),
            status: Some(StatusKind::Complete),
            limit: 1,
            ..PaymentFilter::default()
        };
        if !payments.list_pays(paid).await?.rows.is_empty() {
            let hash = hex::encode(request.invoice.payment_hash.0);
            let message =
                "Already paid this invoice successfully: nothing was sent. listpays has the proof";
            let error = RpcError::new(Code::AlreadyPaid, message);
            return Err(error.with(json!({ "payment_hash": hash })));
        }
        context.page_writer.payment_asked_for();
        let paid = payments.pay(request).await?;
        Ok(AsView(Paid(Box::new(paid))))
    }
}

impl Paid {
    /// How the payment stands.
    pub(crate) fn answer(&self) -> &PayAnswer {
        &self.0
    }
}

impl crate::views::Viewed for Paid {
    type View<'a> = XPayView;

    fn view(&self) -> XPayView {
        XPayView::new(self.answer())
    }
}
