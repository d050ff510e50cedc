//! What the finder was asked and what it said: a part of an order must come from a plan that was what was
//! asked for, and was made for the payment as it was (rule B-11).

use super::Judge;
use domain::invariant::{Rule, Violation};
use domain::{NoPlan, NodeName, PartialPayment, PaymentHash, Plan, Route, RouteRequest};

/// A plan, and for which version of its payment it was made.
pub(super) struct Given {
    version: u64,
    is_whole: bool,
    parts: Vec<(NodeName, Route)>,
}

/// What was said of one payment's ways.
#[derive(Default)]
pub(super) struct Said {
    plans: Vec<Given>,
    /// What it said, other than "away", and for which version, when there was no way.
    none: Vec<(u64, NoPlan)>,
}

impl Judge {
    /// The finder is asked for ways: the payment's version now.
    pub(in crate::simulation) fn asks_for_ways(&self, hash: PaymentHash) -> u64 {
        self.durable(hash)
            .map_or(0, |payment| payment.summary().version)
    }

    /// What the finder said to that.
    pub(in crate::simulation) fn ways(
        &mut self,
        hash: PaymentHash,
        version: u64,
        request: &RouteRequest,
        found: &Result<Plan, NoPlan>,
    ) {
        let said = self.orders.said.entry(hash).or_default();
        match found {
            Ok(plan) => said.plans.push(Given {
                version,
                is_whole: is_whole(request, plan),
                parts: plan.parts.clone(),
            }),
            Err(NoPlan::Away(_)) => {}
            Err(why) => said.none.push((version, why.clone())),
        }
    }

    /// The plan that it gave last for that payment.
    pub(in crate::simulation) fn last_plan(&self, hash: PaymentHash) -> Option<Plan> {
        let last = self.orders.said.get(&hash)?.plans.last()?;
        Some(Plan {
            parts: last.parts.clone(),
            probability_ppm: 1,
        })
    }
}

impl Said {
    /// A part joins the payment, which was of that version. Those before it in its plan have made a version
    /// each.
    pub(super) fn planned(&self, part: &PartialPayment, version: u64) -> Result<(), Violation> {
        let is_it = |(node, route): &(NodeName, Route)| *node == part.node && *route == part.route;
        let is_next = |given: &&Given| {
            let place = version.checked_sub(given.version);
            let place = place.and_then(|place| usize::try_from(place).ok());
            place
                .and_then(|place| given.parts.get(place))
                .is_some_and(is_it)
        };
        let mut fitting = self.plans.iter().filter(is_next).peekable();
        let broken =
            |what: &str| Err(Rule::WholePlan.broken(format!("part {} is {what}", part.id)));
        if fitting.peek().is_none() {
            return broken("of no plan for the payment as it was");
        }
        if !fitting.any(|given| given.is_whole) {
            return broken("of a plan that is not what was asked for");
        }
        Ok(())
    }

    /// Whether there was no way for that reason, for the payment as it was.
    pub(super) fn is_no_way(&self, why: &NoPlan, version: u64) -> bool {
        self.none
            .iter()
            .any(|(at, said)| (*at, said) == (version, why))
    }
}

/// It delivers what was asked for, for what it may cost, from our nodes to the payee.
fn is_whole(request: &RouteRequest, plan: &Plan) -> bool {
    let of = |route: &Route| (route.first().amount.get(), route.last().amount.get());
    let amounts = plan.parts.iter().map(|(_, route)| of(route));
    let (sent, arrives) = amounts.fold((0_u64, 0_u64), |(sent, arrives), (more, delivers)| {
        (sent.saturating_add(more), arrives.saturating_add(delivers))
    });
    let amount = request.amount.get();
    (1..=usize::from(request.max_parts)).contains(&plan.parts.len())
        && arrives == amount
        && sent.saturating_sub(arrives) <= request.max_fee.get()
        && plan.parts.iter().all(|part| leads(request, part))
}

fn leads(request: &RouteRequest, (node, route): &(NodeName, Route)) -> bool {
    let first = route.first();
    let mut sources = request.sources.iter();
    let begins = sources.any(|source| {
        let mut own = source.funds.channels.iter();
        source.node == *node && own.any(|own| own.channel == first.channel)
    });
    begins
        && route.last().node == request.payee
        && first.delay <= request.max_delay
        && route.last().delay >= request.final_cltv
}
