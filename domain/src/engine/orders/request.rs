//! Asking for ways.

use super::{FINDING, Orders};
use crate::{
    Need, NoPlan, NodeAway, NodeFunds, NodeName, OpenOrder, Order, Plan, RouteRequest, Source,
    Terms,
};
use futures::future::join_all;

/// The blocks that an invoice asks for that names none (BOLT 11).
const FINAL_CLTV: u32 = 18;

/// The ways that an order needs now.
pub(super) fn of(order: &Order, terms: &Terms, need: &Need, sources: Vec<Source>) -> RouteRequest {
    let invoice = terms.invoice.as_ref();
    let learnt = &need.learnt;
    RouteRequest {
        sources,
        payee: terms.destination,
        amount: need.amount,
        max_fee: need.max_fee,
        max_parts: need.max_parts,
        max_delay: order.terms.max_delay,
        final_cltv: invoice.map_or(FINAL_CLTV, |invoice| invoice.min_final_cltv_expiry),
        hints: order.terms.hints.clone(),
        avoid: learnt.avoid.clone(),
        knowledge: learnt.bounds.clone(),
        policies: learnt
            .policies
            .iter()
            .map(|(channel, policy)| (*channel, *policy))
            .collect(),
        held: need.held.clone(),
        relaxed: false,
    }
}

/// The ways of an order that has no parts yet.
pub(in crate::engine) fn quote(order: &OpenOrder, sources: Vec<Source>) -> RouteRequest {
    let (terms, invoice) = (&order.terms, &order.invoice);
    let takes_parts = invoice.terms.takes_parts;
    RouteRequest {
        sources,
        payee: invoice.payee,
        amount: terms.deliver,
        max_fee: terms.max_fee,
        max_parts: if takes_parts { terms.max_parts } else { 1 },
        max_delay: terms.max_delay,
        final_cltv: invoice.terms.min_final_cltv_expiry,
        hints: terms.hints.clone(),
        avoid: terms.avoid.clone(),
        knowledge: Vec::new(),
        policies: Vec::new(),
        held: Vec::new(),
        relaxed: false,
    }
}

impl Orders {
    /// What those nodes can send over, and why the others cannot be asked.
    pub(in crate::engine) async fn sources(
        &self,
        nodes: &[NodeName],
    ) -> (Vec<Source>, Vec<String>) {
        let asked = join_all(nodes.iter().map(|name| self.funds(name))).await;
        let (mut sources, mut away) = (Vec::new(), Vec::new());
        for (name, funds) in nodes.iter().zip(asked) {
            match funds {
                Ok(source) => sources.push(source),
                Err(NodeAway(reason)) => away.push(format!("node {name}: {reason}")),
            }
        }
        (sources, away)
    }

    async fn funds(&self, name: &NodeName) -> Result<Source, NodeAway> {
        let node = self.node_funds(name);
        let node =
            node.ok_or_else(|| NodeAway("it cannot be asked for its channels".to_owned()))?;
        let funds = self.timing.patiently(node.funds()).await??;
        Ok(Source {
            node: name.clone(),
            funds,
        })
    }

    fn node_funds(&self, name: &NodeName) -> Option<&dyn NodeFunds> {
        let ways = self.ways.as_ref()?;
        let found = ways.nodes.iter().find(|(node, _)| node == name);
        found.map(|(_, node)| &**node)
    }

    /// The finder's plan, if it is what was asked for (rule B-11).
    pub(in crate::engine) async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let Some(ways) = &self.ways else {
            return Err(NoPlan::Away("no route finder is configured".to_owned()));
        };
        let found = self.timing.within(FINDING, ways.finder.find(request)).await;
        let seconds = FINDING.as_secs();
        let late = || {
            NoPlan::Away(format!(
                "the route finder gave no answer within {seconds} s"
            ))
        };
        let plan = found.ok_or_else(late)??;
        match request.check(&plan) {
            Ok(()) => Ok(plan),
            Err(fault) => Err(NoPlan::Away(format!(
                "the route finder's plan is refused: {fault}"
            ))),
        }
    }
}
