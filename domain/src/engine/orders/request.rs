//! Asking for ways.

use super::{FINDING, Orders};
use crate::{
    InvoiceTerms, Need, NoPlan, NodeAway, NodeFunds, NodeId, NodeName, OpenOrder, Order,
    OrderTerms, Plan, RouteRequest, Source, Terms,
};
use futures::future::join_all;

/// The blocks that an invoice asks for that names none (BOLT 11).
const FINAL_CLTV: u32 = 18;

/// The ways that an order needs now.
pub(super) fn of(order: &Order, terms: &Terms, need: &Need, sources: Vec<Source>) -> RouteRequest {
    let learnt = &need.learnt;
    RouteRequest {
        amount: need.amount,
        max_fee: need.max_fee,
        max_parts: need.max_parts,
        avoid: learnt.avoid.clone(),
        knowledge: learnt.bounds.clone(),
        policies: learnt
            .policies
            .iter()
            .map(|(channel, policy)| (*channel, *policy))
            .collect(),
        held: need.held.clone(),
        ..first(
            &order.terms,
            terms.destination,
            terms.invoice.as_ref(),
            sources,
        )
    }
}

/// The ways of an order that has no parts yet.
fn first(
    order: &OrderTerms,
    payee: NodeId,
    invoice: Option<&InvoiceTerms>,
    sources: Vec<Source>,
) -> RouteRequest {
    RouteRequest {
        sources,
        payee,
        amount: order.deliver,
        max_fee: order.max_fee,
        max_parts: order.parts_at_once(invoice),
        max_delay: order.max_delay,
        final_cltv: invoice.map_or(FINAL_CLTV, |invoice| invoice.min_final_cltv_expiry),
        hints: order.hints.clone(),
        avoid: order.avoid.clone(),
        knowledge: Vec::new(),
        policies: Vec::new(),
        held: Vec::new(),
        relaxed: false,
    }
}

impl Orders {
    /// The plan of an order that is not opened.
    pub(in crate::engine) async fn quote(&self, order: &OpenOrder) -> Result<Plan, NoPlan> {
        let (terms, invoice) = (&order.terms, &order.invoice);
        let sources = self.sources(&terms.nodes).await;
        let (sources, _) = sources.map_err(NoPlan::Away)?;
        let request = first(terms, invoice.payee, Some(&invoice.terms), sources);
        self.find(&request).await
    }

    /// What those nodes can send over, and why the others cannot be asked; or why none can.
    pub(super) async fn sources(
        &self,
        nodes: &[NodeName],
    ) -> Result<(Vec<Source>, Vec<String>), String> {
        let asked = join_all(nodes.iter().map(|name| self.funds(name))).await;
        let (mut sources, mut away) = (Vec::new(), Vec::new());
        for (name, funds) in nodes.iter().zip(asked) {
            match funds {
                Ok(source) => sources.push(source),
                Err(NodeAway(reason)) => away.push(format!("node {name}: {reason}")),
            }
        }
        if sources.is_empty() {
            let reason = away.pop();
            return Err(reason.unwrap_or_else(|| "no node can be asked".to_owned()));
        }
        Ok((sources, away))
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
    pub(super) async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
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
