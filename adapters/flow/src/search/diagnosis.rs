//! Why there is no plan: the first limit without which there were one.

use super::{Searches, Want, greedy};
use crate::graph::Node;
use crate::net::Net;
use domain::{Msat, NoPlan};

/// What can be said before any search.
pub(super) fn at_once(net: &Net, want: &Want) -> Result<(), NoPlan> {
    let spendable = net.spendable();
    if spendable < want.amount {
        return Err(no_funds(spendable));
    }
    if !net.is_payee_open() {
        return Err(NoPlan::Unreachable);
    }
    Ok(())
}

/// What a search that has found nothing means.
pub(super) fn afterwards(searches: &mut Searches, want: &Want) -> NoPlan {
    let net = searches.net;
    if let Some(candidate) = greedy::cheapest_of_all(searches, want) {
        return NoPlan::TooExpensive {
            needs: msat(candidate.fee),
        };
    }
    let patient = Want {
        delay_max: u32::MAX,
        ..*want
    };
    if greedy::cheapest_of_all(searches, &patient).is_some() {
        return NoPlan::TooSlow;
    }
    let boundless = net.with_boundless_funds();
    if greedy::cheapest_of_all(&mut Searches::new(&boundless), &patient).is_some() {
        return no_funds(net.spendable());
    }
    if leads_there(net, want.amount) {
        NoPlan::DestinationCapacity
    } else {
        NoPlan::Unreachable
    }
}

/// Whether any way leads to the payee that does not take such an amount for too small.
fn leads_there(net: &Net, amount: u64) -> bool {
    let mut is_met = vec![false; net.nodes() as usize + 1];
    let mut queue: Vec<Node> = vec![net.payee];
    is_met[net.payee as usize] = true;
    while let Some(node) = queue.pop() {
        if node == net.origin {
            return true;
        }
        let facts = net.edges_into(node);
        let facts = facts.filter_map(|(edge, _)| net.facts(edge));
        for facts in facts.filter(|facts| facts.min <= amount) {
            if !std::mem::replace(&mut is_met[facts.from as usize], true) {
                queue.push(facts.from);
            }
        }
    }
    false
}

fn no_funds(spendable: u64) -> NoPlan {
    NoPlan::NoFunds {
        spendable: msat(spendable),
    }
}

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap_or(Msat::MAX)
}
