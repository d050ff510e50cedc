//! From ways in numbers to a plan in the domain's words.

use crate::candidate::Candidate;
use crate::graph::Graph;
use crate::net::Net;
use crate::search::Want;
use crate::shadow;
use crate::way::Way;
use domain::{Hop, Msat, NodeName, Plan, Route, RouteRequest};
use fastrand::Rng;

/// The most blocks that a payee's HTLC may be open: Core Lightning and LND take no more.
const FINAL_CLTV_MAX: u32 = 2_016;

impl Want {
    /// What a request wants, or `None` if the payee alone wants more delay than is allowed.
    pub(crate) fn new(request: &RouteRequest) -> Option<Want> {
        Some(Want {
            amount: request.amount.get(),
            fee_max: request.max_fee.get(),
            parts_max: request.max_parts,
            delay_max: request.max_delay.checked_sub(request.final_cltv)?,
        })
    }
}

/// The plan that takes these ways, all with the same blocks on top of the payee's own.
pub(crate) fn plan(
    graph: &Graph,
    net: &Net,
    request: &RouteRequest,
    candidate: &Candidate,
    rng: &mut Rng,
) -> Option<Plan> {
    let used = request.final_cltv.checked_add(candidate.delay())?;
    let room = request.max_delay.checked_sub(used)?;
    let room = room.min(FINAL_CLTV_MAX.saturating_sub(request.final_cltv));
    let on_top = shadow::blocks(graph, request.payee, room, rng);
    let last = request.final_cltv.checked_add(on_top)?;
    let parts = candidate.ways.iter().map(|way| part(net, way, last));
    Some(Plan {
        parts: parts.collect::<Option<_>>()?,
        probability_ppm: candidate.probability_ppm(net),
    })
}

/// The node that a way begins at, and its hops; `delay` is the last one's.
fn part(net: &Net, way: &Way, mut delay: u32) -> Option<(NodeName, Route)> {
    let mut hops = Vec::with_capacity(way.edges.len());
    for (edge, amount) in way.edges.iter().zip(&way.amounts).rev() {
        let (channel, node) = net.hop(*edge);
        let amount = Msat::new(*amount).ok()?;
        hops.push(Hop {
            node,
            channel,
            amount,
            delay,
        });
        delay = delay.checked_add(net.facts(*edge)?.delay)?;
    }
    hops.reverse();
    let owner = net.owner(*way.edges.first()?)?;
    Some((owner.clone(), Route::new(hops).ok()?))
}
