//! `pay`: an invoice, over whatever ways there are.

use super::Method;
use super::estimate::EstimateView;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::AsView;
use domain::{Invoice, Msat, Pay as Request, PayAnswer};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Fees up to that are allowed, whatever the percentage says, as lightningd has it.
pub(super) const EXEMPT_FEE: u64 = 5_000;
/// lightningd's own: how long new parts are sent.
pub(super) const RETRY_FOR: Duration = Duration::from_secs(60);
/// lightningd's own: the most blocks that a part may last.
pub(super) const MAX_DELAY: u32 = 2_016;

pub(super) struct Pay;

/// What was paid; or what it would cost.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Answer {
    Paid(AsView<Box<PayAnswer>>),
    Estimate(EstimateView),
}

impl Method for Pay {
    const NAME: &'static str = "pay";
    const PARAMS: &'static [Param] = &[
        Param::required("bolt11").or(&["invstring"]),
        Param::optional("amount_msat").or(&["msatoshi"]),
        Param::optional("label"),
        Param::optional("riskfactor"),
        Param::optional("maxfeepercent"),
        Param::optional("retry_for"),
        Param::optional("maxdelay"),
        Param::optional("exemptfee"),
        Param::optional("localinvreqid"),
        Param::optional("exclude"),
        Param::optional("maxfee"),
        Param::optional("description"),
        Param::optional("partial_msat"),
        Param::optional("maxparts"),
        Param::optional("nodes"),
        Param::optional("request_id"),
        Param::optional("timeout"),
        Param::optional("dry_run"),
    ];
    const DESCRIPTION: &'static str = "Pay the invoice {bolt11}, over whatever ways there are";
    const HELP: &'static str = "\
Pays an invoice. It opens an order, which is durable before anything is sent: this invoice, at most this fee, no new part after that time. Ways are found from all nodes, split, and replaced when they fail, also after a crash of either side. The same invoice again joins the open order; one that is paid is answered with the proof; one that has failed is a new order.

bolt11         the invoice
amount_msat    what to pay, if the invoice leaves that to you
label          your own name for the payment
riskfactor     taken, and of no effect: lightningd's pay has it
maxfeepercent  the most that it may cost, in hundredths of the amount: 0.5, unless given
retry_for      seconds in which new parts may be sent: 60, unless given
maxdelay       the most blocks that a part may last: 2016, unless given
exemptfee      a fee up to this is allowed whatever maxfeepercent says: 5000 msat, unless given
localinvreqid  refused: it belongs to offers
exclude        channels with their direction (\"103x1x0/1\") and node ids that no part goes over
maxfee         the most that it may cost, in msat; not together with maxfeepercent or exemptfee
description    the description, where the invoice holds its hash
partial_msat   our share of the amount, where others pay the rest
maxparts       the most parts at once: 100, unless given
nodes          the configured nodes that may send: all of them, unless given
request_id     1 to 128 bytes: the same request under the same key is the same order, and is answered as before
timeout        how many seconds this call waits; 0 answers once the order is durable. Until nothing is under way, unless given
dry_run        true: say what it would cost now, and store nothing

Returns {payment_preimage, payment_hash, status, amount_msat, amount_sent_msat, fee_msat, parts, attempts, failed_parts, nodes, order, …}; with dry_run what estimate returns.
Errors: 200 the timeout passed (it goes on), or parts that no order sent are pending, 201 other terms, or paid and deleted since, 203 the payee refuses, 205 no way (data.reason), 206 the ways cost more (data.fee_needed_msat), 207 expired, 210 the deadline passed, the attempts are used up, or it was abandoned (data.last_failure), 215 our channels cannot carry it, 230 storage, 231 the database is an old copy and a node has not told yet what it knows, 232 quarantined, -32602, -32005.";
    const KIND: super::Kind = super::Kind::Wait;

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
        Code::StorageUnavailable,
        Code::NodeUnavailable,
        Code::Quarantined,
    ];

    type Request = (Request, bool);
    type Answer = Answer;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        let dry_run = arguments.optional("dry_run", values::boolean)?;
        ignore(arguments, Self::NAME, "riskfactor")?;
        Ok((request(context, arguments)?, dry_run.unwrap_or(false)))
    }

    async fn check(context: Arc<Context>, (request, _): Self::Request) -> Result<(), RpcError> {
        context.services.payments.estimate(request).await?;
        Ok(())
    }

    async fn run(
        context: Arc<Context>,
        (request, dry_run): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let payments = &context.services.payments;
        if dry_run {
            let max_fee = request.max_fee;
            let estimate = payments.estimate(request).await?;
            let view = EstimateView::new(&estimate, max_fee);
            return Ok(Answer::Estimate(view));
        }
        context.page_writer.payment_asked_for();
        Ok(Answer::Paid(AsView(Box::new(payments.pay(request).await?))))
    }
}

/// What is asked for. `null` is "not given".
pub(super) fn request(
    context: &Arc<Context>,
    arguments: &Arguments<'_>,
) -> Result<Request, RpcError> {
    let text = values::text(context.limits.text_bytes);
    let invoice = arguments.required("bolt11", values::invoice)?;
    context.is_of_our_network(&invoice)?;
    refuse_offers(arguments)?;
    let amount = amount(arguments, &invoice)?;
    Ok(Request {
        max_fee: max_fee(arguments, amount)?,
        amount: Some(amount),
        share: arguments.optional("partial_msat", values::some_msat)?,
        retry_for: arguments
            .optional("retry_for", values::seconds)?
            .unwrap_or(RETRY_FOR),
        max_delay: arguments
            .optional("maxdelay", values::u32)?
            .unwrap_or(MAX_DELAY),
        max_parts: arguments.optional("maxparts", values::max_parts)?,
        avoid: arguments
            .optional("exclude", values::exclude)?
            .unwrap_or_default(),
        nodes: arguments
            .optional("nodes", values::node_names)?
            .unwrap_or_default(),
        description: arguments.optional("description", &text)?,
        label: arguments.optional("label", &text)?,
        request_id: arguments.optional("request_id", values::request_id)?,
        timeout: arguments.optional("timeout", values::seconds)?,
        invoice,
    })
}

/// What belongs to BOLT 12.
pub(super) fn refuse_offers(arguments: &Arguments<'_>) -> Result<(), RpcError> {
    if arguments.optional("localinvreqid", values::word)?.is_some() {
        return Err(RpcError::params(
            "localinvreqid: should not be given: offers are not paid by this method",
        ));
    }
    Ok(())
}

/// A parameter of lightningd's that is taken, and has no effect here. Its value is not logged.
pub(super) fn ignore(
    arguments: &Arguments<'_>,
    method: &str,
    name: &'static str,
) -> Result<(), RpcError> {
    if arguments.optional(name, values::anything)?.is_some() {
        tracing::info!("{method}: the parameter {name} has no effect here");
    }
    Ok(())
}

/// What is to be paid in all: what the invoice asks for, or the payer's word where it leaves that open.
pub(super) fn amount(arguments: &Arguments<'_>, invoice: &Invoice) -> Result<Msat, RpcError> {
    let amount = arguments.optional("amount_msat", values::some_msat)?;
    match (amount, invoice.amount) {
        (Some(given), Some(asks)) if given != asks => Err(RpcError::params(format!(
            "amount_msat: should not be given: the invoice asks for {asks} msat"
        ))),
        (None, None) => Err(RpcError::params(
            "amount_msat: should be given: the invoice leaves the amount to the payer",
        )),
        (given, asks) => Ok(given.or(asks).unwrap_or(Msat::ZERO)),
    }
}

/// The cap: one of two ways to say it.
fn max_fee(arguments: &Arguments<'_>, amount: Msat) -> Result<Msat, RpcError> {
    let percent = arguments.optional("maxfeepercent", values::percent)?;
    let exempt = arguments.optional("exemptfee", values::msat)?;
    if let Some(max_fee) = arguments.optional("maxfee", values::msat)? {
        if percent.is_some() || exempt.is_some() {
            return Err(RpcError::params(
                "maxfee: should not be given together with maxfeepercent or exemptfee",
            ));
        }
        return Ok(max_fee);
    }
    let exempt = exempt.or(Msat::new(EXEMPT_FEE).ok()).unwrap_or(Msat::ZERO);
    Ok(percent
        .unwrap_or(values::Percent::HALF)
        .of(amount)
        .max(exempt))
}
