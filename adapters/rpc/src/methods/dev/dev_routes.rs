//! `dev-routes`: disjoint routes on the embedded network.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::{Hop, Msat, Route};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DevRoutes;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct RoutesView {
    /// They share no channel.
    routes: Vec<RouteView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct RouteView {
    /// The hops, as `sendpartialpay` takes them.
    route: Vec<HopView>,
    /// What the last one receives.
    amount_msat: u64,
    /// What leaves our node.
    amount_sent_msat: u64,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct HopView {
    /// The node to which the hop leads.
    id: String,
    /// The channel, as `BxTxO`.
    channel: String,
    /// What arrives there.
    amount_msat: u64,
    /// The blocks that its HTLC has left when it arrives.
    delay: u32,
}

impl Method for DevRoutes {
    const NAME: &'static str = "dev-routes";
    const PARAMS: &'static [Param] = &[
        Param::required("destination"),
        Param::required("amount_msat"),
        Param::optional("count"),
    ];
    const DESCRIPTION: &'static str =
        "Find disjoint routes that each deliver {amount_msat} to {destination}";
    const HELP: &'static str = "\
destination  a node's id or its name
amount_msat  what each route shall deliver
count        at most so many routes

Returns {routes: [{route, amount_msat, amount_sent_msat}]}: each route starts at alice, and is fit for sendpay and sendpartialpay.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::RouteNotFound, Code::Unspecified];

    type Request = (String, Msat, Option<usize>);
    type Answer = RoutesView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        let count = arguments.optional("count", values::limit(100))?;
        Ok((
            arguments.required("destination", values::word)?,
            arguments.required("amount_msat", values::some_msat)?,
            count.and_then(|count| usize::try_from(count).ok()),
        ))
    }

    async fn run(
        context: Arc<Context>,
        (destination, amount, count): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let network = super::dev_network(&context)?;
        let routes = network.routes(&destination, amount, count)?;
        Ok(RoutesView {
            routes: routes.iter().map(view).collect(),
        })
    }
}

fn view(route: &Route) -> RouteView {
    RouteView {
        route: route.hops().iter().map(HopView::from).collect(),
        amount_msat: route.amount().get(),
        amount_sent_msat: route.amount_sent().get(),
    }
}

impl From<&Hop> for HopView {
    fn from(hop: &Hop) -> HopView {
        HopView {
            id: hop.node.to_string(),
            channel: hop.channel.to_string(),
            amount_msat: hop.amount.get(),
            delay: hop.delay,
        }
    }
}
