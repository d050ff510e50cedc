//! Asking for ways.

use super::absent::Absent;
use super::{FINDING, Orders, Planned};
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
        let (sources, away) = self.sources(&terms.nodes).await;
        if sources.is_empty() {
            return Err(NoPlan::Away(away.reason));
        }
        let request = first(terms, invoice.payee, Some(&invoice.terms), sources);
        self.find(&request).await.map_err(Unfound::into_no_plan)
    }

    /// What those nodes can send over, and which of them cannot be asked.
    pub(super) async fn sources(&self, nodes: &[NodeName]) -> (Vec<Source>, Away) {
        let asked = join_all(nodes.iter().map(|name| self.funds(name))).await;
        let mut away = Away {
            nodes: Vec::new(),
            reason: "no node can be asked".to_owned(),
        };
        let mut sources = Vec::new();
        for (name, funds) in nodes.iter().zip(asked) {
            let who = Absent::Node(name.clone());
            match funds {
                Ok(source) => {
                    self.absences.answered(&who);
                    sources.push(source);
                }
                Err(NodeAway(reason)) => {
                    away.nodes.push(who);
                    away.reason = format!("node {name}: {reason}");
                }
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
    pub(super) async fn find(&self, request: &RouteRequest) -> Result<Plan, Unfound> {
        let Some(ways) = &self.ways else {
            let reason = "no route finder is configured";
            return Err(Unfound::Absent(reason.to_owned()));
        };
        let found = self.timing.within(FINDING, ways.finder.find(request)).await;
        let seconds = FINDING.as_secs();
        let late = || {
            let reason = format!("the route finder gave no answer within {seconds} s");
            Unfound::Later(reason)
        };
        let plan = match found.ok_or_else(late)? {
            Err(NoPlan::Away(reason)) => return Err(Unfound::Absent(reason)),
            answer => answer,
        };
        self.absences.answered(&Absent::Finder);
        let plan = plan.map_err(Unfound::NoWay)?;
        match request.check(&plan) {
            Ok(()) => Ok(plan),
            Err(fault) => {
                let reason = format!("the route finder's plan is refused: {fault}");
                Err(Unfound::Later(reason))
            }
        }
    }
}

/// The nodes of an order that cannot be asked, and why the last of them cannot.
pub(super) struct Away {
    pub(super) nodes: Vec<Absent>,
    reason: String,
}

impl Away {
    pub(super) fn planned(self) -> Planned {
        Planned::Absent(self.nodes, self.reason)
    }
}

/// Why there is no plan.
pub(super) enum Unfound {
    /// There is no way, for what is known now.
    NoWay(NoPlan),
    /// The finder is away.
    Absent(String),
    /// It was late, or its plan was refused.
    Later(String),
}

impl Unfound {
    fn into_no_plan(self) -> NoPlan {
        match self {
            Unfound::NoWay(why) => why,
            Unfound::Absent(reason) | Unfound::Later(reason) => NoPlan::Away(reason),
        }
    }
}
