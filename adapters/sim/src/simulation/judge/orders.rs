//! Orders: what was asked for, and whether what became of it kept to that (rules B-1 to B-11), added up from
//! the parts alone.

use super::Judge;
use super::failed::{is_for_good, repeats_nothing};
use super::plans::Said;
use crate::simulation::truth::Truth;
use domain::invariant::{Rule, Violation};
use domain::{
    Closed, Msat, Order, OrderId, OrderTerms, PartId, PartialPayment, Pay, Payment, PaymentHash,
    RequestId, StatusKind, Timestamp, Why,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of them.
#[derive(Default)]
pub(super) struct Orders {
    watched: BTreeMap<OrderId, Watched>,
    /// Every `pay` that was ever asked for.
    asked: BTreeMap<PaymentHash, Vec<Pay>>,
    pub(super) opened_by: BTreeMap<RequestId, OrderId>,
    abandoned: BTreeSet<PaymentHash>,
    pub(super) said: BTreeMap<PaymentHash, Said>,
    /// Parts that were fulfilled after they had been called failed: what they cost nobody could foresee.
    resurrected: BTreeSet<PartId>,
}

/// An order, as it was opened, and what joined it.
struct Watched {
    hash: PaymentHash,
    order: Order,
    parts: BTreeSet<PartId>,
    closed: Option<Closed>,
}

/// A commit, as storage was asked for it.
pub(in crate::simulation) struct Asked {
    /// When.
    pub(in crate::simulation) at: Timestamp,
    /// The latest that the daemon's clock has ever shown.
    pub(in crate::simulation) latest: Timestamp,
    /// Which request it answers.
    pub(in crate::simulation) request: Option<RequestId>,
    pub(in crate::simulation) moves: u64,
}

pub(super) type Holds = Result<(), Violation>;

pub(super) fn requires(rule: Rule, holds: bool, what: &str) -> Holds {
    holds.then_some(()).ok_or_else(|| rule.broken(what))
}

impl Judge {
    /// Somebody asks for this.
    pub(in crate::simulation) fn asks_to_pay(&mut self, request: &Pay) {
        let hash = request.invoice.payment_hash;
        let asked = self.orders.asked.entry(hash).or_default();
        if !asked.contains(request) {
            asked.push(request.clone());
        }
    }

    /// Somebody wants no new part.
    pub(in crate::simulation) fn abandons(&mut self, hash: PaymentHash) {
        self.orders.abandoned.insert(hash);
    }

    /// This becomes durable now; to be asked before [`Judge::committed`].
    pub(in crate::simulation) fn ordered(&mut self, is: &Payment, commit: &Asked) {
        let hash = is.summary().payment_hash;
        let was = self.durable(hash).cloned();
        let holds = self.orders.changed(was.as_ref(), is, commit);
        self.rule(Some(hash), commit.moves, holds);
    }

    /// A node has taken charge of a part: what is out of its order costs its cap at most.
    pub(super) fn cost(&self, truth: &Truth, hash: PaymentHash) -> Holds {
        let open = self.durable(hash).and_then(Payment::order);
        let Some(watched) = open.and_then(|order| self.orders.watched.get(&order.id)) else {
            return Ok(());
        };
        let keys = watched.parts.iter().map(|part| (*part, hash));
        let fees: u64 = keys.map(|key| truth.fee(key).get()).sum();
        let within = fees <= watched.order.terms.max_fee.get();
        requires(
            Rule::OrderCap,
            within,
            "more is out of an order than its cap",
        )
    }

    /// Everything has come to rest: so has every order.
    pub(super) fn orders_rest(&mut self, moves: u64) {
        let open = |payment: &Payment| payment.order().is_some_and(Order::is_open);
        let payments = self.durable.iter();
        let open: Vec<PaymentHash> = payments
            .filter(|(_, versions)| {
                let last = versions.last().and_then(|(_, payment)| payment.as_ref());
                last.is_some_and(open)
            })
            .map(|(hash, _)| *hash)
            .collect();
        for hash in open {
            let ends = Err(Rule::WaitsTellTheTruth.broken("an order is open for ever"));
            self.rule(Some(hash), moves, ends);
        }
    }
}

impl Orders {
    /// Whether the order of that number was closed in that way.
    pub(super) fn was_closed(&self, id: OrderId, closed: &Closed) -> bool {
        let watched = self.watched.get(&id);
        watched.is_some_and(|order| order.closed.as_ref() == Some(closed))
    }

    /// The parts that joined that order.
    pub(super) fn parts(&self, id: OrderId) -> impl Iterator<Item = PartId> {
        let parts = self.watched.get(&id).map(|watched| watched.parts.iter());
        parts.into_iter().flatten().copied()
    }

    /// A payment is deleted: its keys go with it.
    pub(super) fn forget(&mut self, hash: PaymentHash) {
        let watched = &self.watched;
        let is_of = |order: &OrderId| watched.get(order).is_some_and(|of| of.hash == hash);
        self.opened_by.retain(|_, order| !is_of(order));
    }

    fn changed(&mut self, was: Option<&Payment>, is: &Payment, commit: &Asked) -> Holds {
        let before = was.and_then(Payment::order);
        let open = before.filter(|order| order.is_open());
        if let Some(order) = is.order().filter(|o| !self.watched.contains_key(&o.id)) {
            self.opens(was, is.summary().payment_hash, order, commit)?;
        }
        let is_known = |id| was.is_some_and(|was| was.part(id).is_some());
        for part in is.parts().filter(|part| !is_known(part.id)) {
            self.joins(was, open, part, commit)?;
        }
        for part in is.parts() {
            let failed = was
                .and_then(|was| was.part(part.id))
                .map(PartialPayment::status);
            if failed == Some(StatusKind::Failed) && part.status() == StatusKind::Complete {
                self.resurrected.insert(part.id);
            }
        }
        self.keeps_within(is)?;
        self.closes(was, is, commit)?;
        let final_before = was.is_some_and(|was| was.status() != StatusKind::Pending);
        let grown = is.parts().count() > was.map_or(0, |was| was.parts().count());
        let opened = is.order().map(|o| o.id) != before.map(|o| o.id);
        requires(
            Rule::HonestStatus,
            !final_before || is.status() != StatusKind::Pending || grown || opened,
            "a payment that had ended is pending again, and nothing joined it",
        )
    }

    /// Rules B-5 and B-9: as somebody asked for, on what is at rest.
    fn opens(
        &mut self,
        was: Option<&Payment>,
        hash: PaymentHash,
        order: &Order,
        commit: &Asked,
    ) -> Holds {
        if let Some(was) = was {
            let open = was.order().is_some_and(Order::is_open);
            requires(
                Rule::OneOrder,
                !open,
                "an order opens while another is open",
            )?;
            let live = was.parts().any(PartialPayment::is_live);
            requires(Rule::OneOrder, !live, "an order opens on live parts")?;
            let paid = was.status() == StatusKind::Complete;
            requires(Rule::OneOrder, !paid, "an order opens on what is paid")?;
        }
        let mut asked = self.asked.get(&hash).into_iter().flatten();
        let fits = asked.any(|pay| {
            let deadline = order.opened_at.after(pay.retry_for);
            agrees(pay, &order.terms) && order.terms.deadline == deadline
        });
        requires(Rule::OneOrder, fits, "an order opens that nobody asked for")?;
        if let Some(request) = &commit.request {
            let first = self.opened_by.insert(request.clone(), order.id);
            requires(
                Rule::SameOrder,
                first.is_none(),
                "one request opens two orders",
            )?;
        }
        let watched = Watched {
            hash,
            order: order.clone(),
            parts: BTreeSet::new(),
            closed: None,
        };
        self.watched.insert(order.id, watched);
        Ok(())
    }

    /// Rules B-3, B-5, B-6, B-10 and B-11, of a part that joins. Those of others have a label.
    fn joins(
        &mut self,
        was: Option<&Payment>,
        open: Option<&Order>,
        part: &PartialPayment,
        commit: &Asked,
    ) -> Holds {
        let is_ours = part.label.is_none();
        let (Some(was), Some(order)) = (was, open) else {
            return requires(
                Rule::ClosedStays,
                !is_ours,
                "a part of pay without an open order",
            );
        };
        requires(
            Rule::OneOrder,
            is_ours,
            "somebody else's part joins an open order",
        )?;
        let terms = &order.terms;
        let in_time = part.created_at < terms.deadline && commit.at < terms.deadline;
        requires(
            Rule::OrderDeadline,
            in_time,
            "a part at or after its order's deadline",
        )?;
        let from = terms.nodes.contains(&part.node);
        requires(
            Rule::OneOrder,
            from,
            "a part from a node that is not its order's",
        )?;
        let Some(watched) = self.watched.get_mut(&order.id) else {
            return Err(Rule::OneOrder.broken("a part of an order that was never opened"));
        };
        repeats_nothing(
            terms,
            part,
            watched.parts.iter().filter_map(|id| was.part(*id)),
        )?;
        watched.parts.insert(part.id);
        let said = self.said.entry(part.payment_hash).or_default();
        said.planned(part, was.summary().version)
    }

    /// Rules B-1, B-2 and B-4.
    fn keeps_within(&self, is: &Payment) -> Holds {
        let order = is.order().map(|order| order.id);
        let Some(watched) = order.and_then(|id| self.watched.get(&id)) else {
            return Ok(());
        };
        let terms = &watched.order.terms;
        let parts = || watched.parts.iter().filter_map(|id| is.part(*id));
        let counts = |part: &&PartialPayment| {
            part.status() != StatusKind::Failed && !self.resurrected.contains(&part.id)
        };
        let sum = |of: fn(&PartialPayment) -> Msat| -> u64 {
            parts().filter(counts).map(|part| of(part).get()).sum()
        };
        let delivers = sum(PartialPayment::amount);
        let fees = sum(PartialPayment::amount_sent).saturating_sub(delivers);
        requires(
            Rule::OrderCap,
            fees <= terms.max_fee.get(),
            "the parts of an order cost more than its cap",
        )?;
        requires(
            Rule::OrderShare,
            delivers <= terms.deliver.get(),
            "the parts of an order deliver more than its share",
        )?;
        let live = parts().filter(|part| part.is_live()).count();
        requires(
            Rule::OrderAttempts,
            live <= usize::from(terms.max_parts)
                && u32::try_from(watched.parts.len()).is_ok_and(|all| all <= terms.max_attempts),
            "an order has more parts than it may have",
        )
    }

    /// Rules B-5 to B-7: its terms stay, it is closed once, and for a reason that is true.
    fn closes(&mut self, was: Option<&Payment>, is: &Payment, commit: &Asked) -> Holds {
        let hash = is.summary().payment_hash;
        let Some(order) = is.order() else {
            return Ok(());
        };
        let Some(watched) = self.watched.get_mut(&order.id) else {
            return Ok(());
        };
        let stays = watched.order.terms == order.terms;
        requires(Rule::OneOrder, stays, "the terms of an order change")?;
        if watched.closed.is_some() {
            let stays = watched.closed == order.closed;
            return requires(Rule::ClosedStays, stays, "a closed order is closed no more");
        }
        watched.closed.clone_from(&order.closed);
        let why = order.closed.as_ref().map(|closed| &closed.why);
        let complete = is.parts().any(|part| part.preimage().is_some());
        let is_cause = |part: &&PartialPayment| {
            let before = was.and_then(|was| was.part(part.id));
            before.is_some_and(PartialPayment::is_live) && is_for_good(part)
        };
        let refused = is.parts().any(|part| is_cause(&part));
        let live = is.parts().any(PartialPayment::is_live);
        let version = was.map_or(0, |was| was.summary().version);
        let said = self.said.get(&hash);
        let is_true = match why {
            None => !complete && !refused && is.summary().quarantine.is_none(),
            Some(Why::Paid) => complete,
            Some(Why::Refused) => refused,
            Some(Why::Deadline) => commit.latest >= order.terms.deadline,
            Some(Why::NoRoute(why)) => {
                !live && said.is_some_and(|said| said.is_no_way(why, version))
            }
            Some(Why::Expired) => !live,
            Some(Why::Abandoned) => self.abandoned.contains(&hash),
            Some(Why::Quarantined) => is.summary().quarantine.is_some(),
            Some(Why::Attempts) => false,
        };
        let what = format!("an order is closed for {why:?}, and that is not why");
        requires(Rule::ReasonWithCause, is_true, &what)
    }
}

/// Whether an order is what that call asks for.
pub(super) fn agrees(pay: &Pay, terms: &OrderTerms) -> bool {
    let asks = pay.amount.or(pay.invoice.amount);
    pay.share.or(asks) == Some(terms.deliver)
        && pay.max_fee == terms.max_fee
        && pay.max_delay == terms.max_delay
        && pay.max_parts.is_none_or(|most| most == terms.max_parts)
        && pay.avoid == terms.avoid
        && (pay.nodes.is_empty() || pay.nodes == terms.nodes)
}
