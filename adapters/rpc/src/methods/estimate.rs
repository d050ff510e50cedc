//! `estimate`: what paying an invoice would cost now.

use super::{Method, pay};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use domain::{Estimate as Estimated, Msat, Pay as Request, Route};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct Estimate;

/// What it would cost.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct EstimateView {
    /// What would be delivered.
    amount_msat: u64,
    /// What that would cost.
    fee_msat: u64,
    /// The most that it may cost.
    max_fee_msat: u64,
    /// How likely it is that all ways have what they need, in millionths.
    probability_ppm: u32,
    /// The most blocks that a part would last.
    maxdelay: u32,
    /// The parts.
    parts: Vec<WayView>,
}

/// A part that would be sent.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct WayView {
    /// The configured node that would send it.
    node: String,
    /// What it would deliver.
    amount_msat: u64,
    /// What that would cost.
    fee_msat: u64,
    /// The blocks that it would last.
    delay: u32,
    /// The channels of its way.
    channels: Vec<String>,
}

impl Method for Estimate {
    const NAME: &'static str = "estimate";
    const PARAMS: &'static [Param] = pay::Pay::PARAMS;
    const DESCRIPTION: &'static str = "Say what paying the invoice {bolt11} would cost now";
    const HELP: &'static str = "\
Takes what pay takes, finds ways as pay would, and stores nothing. It is a quote, and no promise: fees and balances change.

bolt11         the invoice
amount_msat    what to pay, if the invoice leaves that to you
label, riskfactor, retry_for, localinvreqid, description, request_id, timeout, dry_run  as in pay, and of no effect here
maxfeepercent  the most that it may cost, in hundredths of the amount: 0.5, unless given
maxdelay       the most blocks that a part may last: 2016, unless given
exemptfee      a fee up to this is allowed whatever maxfeepercent says: 5000 msat, unless given
exclude        channels with their direction (\"103x1x0/1\") and node ids that no part goes over
maxfee         the most that it may cost, in msat; not together with maxfeepercent or exemptfee
partial_msat   our share of the amount, where others pay the rest
maxparts       the most parts at once: 100, unless given
nodes          the configured nodes that may send: all of them, unless given

Returns {amount_msat, fee_msat, max_fee_msat, probability_ppm, maxdelay, parts: [{node, amount_msat, fee_msat, delay, channels}]}.
Errors: 205 no way (data.reason), 206 the ways cost more (data.fee_needed_msat), 207 expired, 215 our channels cannot carry it, -32602.";

    const ERRORS: &'static [Code] = &[
        Code::RouteNotFound,
        Code::TooExpensive,
        Code::InvoiceExpired,
        Code::InsufficientFunds,
        Code::NodeUnavailable,
    ];

    type Request = Request;
    type Answer = EstimateView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Request, RpcError> {
        pay::request(context, arguments)
    }

    async fn run(context: Arc<Context>, request: Request) -> Result<Self::Answer, RpcError> {
        let max_fee = request.max_fee;
        let estimate = context.services.payments.estimate(request).await?;
        Ok(EstimateView::new(&estimate, max_fee))
    }
}

impl EstimateView {
    pub(super) fn new(estimate: &Estimated, max_fee: Msat) -> EstimateView {
        let way = |(node, route): &(domain::NodeName, Route)| WayView {
            node: node.as_str().to_owned(),
            amount_msat: route.amount().get(),
            fee_msat: route.fee().get(),
            delay: route.first().delay,
            channels: route
                .hops()
                .iter()
                .map(|hop| hop.channel.to_string())
                .collect(),
        };
        EstimateView {
            amount_msat: estimate.amount.get(),
            fee_msat: estimate.fee.get(),
            max_fee_msat: max_fee.get(),
            probability_ppm: estimate.plan.probability_ppm,
            maxdelay: estimate.delay,
            parts: estimate.plan.parts.iter().map(way).collect(),
        }
    }
}
