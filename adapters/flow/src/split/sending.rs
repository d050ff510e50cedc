//! One more piece over the cheapest way that there is, if earlier pieces may go elsewhere for it.
//!
//! From the origin it is a walk straight to the payee as long as the potentials are true. They are no
//! longer when something on the way is full; then the origin, which is connected to large nodes, would look
//! at half of the network, and the payee at its own surroundings only.

use super::Split;
use crate::graph::{Edge, Node};
use std::cmp::Reverse;

/// How many nodes the search from the origin looks at before it is left to the one from the payee.
const STRAIGHT_MAX: usize = 48;

/// How a search has reached a node, and at which cost.
#[derive(Clone, Copy)]
pub(super) struct Reached {
    cost: u64,
    over: Edge,
    /// The edge is gone over backwards: a piece that came over it goes elsewhere.
    is_back: bool,
}

impl Reached {
    pub(super) const NOT: Reached = Reached {
        cost: u64::MAX,
        over: Edge::MAX,
        is_back: false,
    };
}

/// Where a search begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    Origin,
    Payee,
}

impl Split<'_> {
    /// Sends one more piece over the cheapest way that there is now.
    pub(super) fn send_one(&mut self) -> Option<()> {
        let begin = if self.search(Begin::Origin, STRAIGHT_MAX).is_some() {
            Begin::Origin
        } else {
            self.search(Begin::Payee, usize::MAX)?;
            Begin::Payee
        };
        self.take(begin);
        Some(())
    }

    /// Dijkstra over costs reduced by the potentials, which are brought up to date behind it.
    fn search(&mut self, begin: Begin, nodes_max: usize) -> Option<()> {
        for node in self.touched.drain(..) {
            self.reached[node as usize] = Reached::NOT;
        }
        self.queue.clear();
        self.settled.clear();
        let (first, last) = match begin {
            Begin::Origin => (self.net.origin, self.net.payee),
            Begin::Payee => (self.net.payee, self.net.origin),
        };
        self.reach(first, 0, Edge::MAX, false);
        while let Some(Reverse((cost, _, node))) = self.queue.pop() {
            if node == last {
                self.raise(begin, cost);
                return Some(());
            }
            if cost > self.reached[node as usize].cost {
                continue;
            }
            if self.settled.len() == nodes_max {
                return None;
            }
            self.settled.push((node, cost));
            match begin {
                Begin::Origin => self.go_along(node, cost),
                Begin::Payee => self.go_against(node, cost),
            }
            if self.is_used[node as usize] {
                self.go_back(begin, node, cost);
            }
        }
        None
    }

    fn reach(&mut self, node: Node, cost: u64, over: Edge, is_back: bool) {
        let reached = &mut self.reached[node as usize];
        if cost < reached.cost {
            if reached.cost == u64::MAX {
                self.touched.push(node);
            }
            *reached = Reached {
                cost,
                over,
                is_back,
            };
            // Of nodes at the same cost the nearest to the payee is the next, which leads straight there.
            let nearness = self.potential[node as usize];
            self.queue.push(Reverse((cost, nearness, node)));
        }
    }

    fn go_along(&mut self, node: Node, cost: u64) {
        for (edge, to) in self.net.edges_from(node) {
            if self.reached[to as usize].cost <= cost {
                continue;
            }
            if let Some(price) = self.next_price(edge) {
                let price = self.reduced(node, to, signed(price));
                self.reach(to, cost.saturating_add(price), edge, false);
            }
        }
    }

    fn go_against(&mut self, node: Node, cost: u64) {
        for (edge, from) in self.net.edges_into(node) {
            if self.reached[from as usize].cost <= cost {
                continue;
            }
            if let Some(price) = self.next_price(edge) {
                let price = self.reduced(from, node, signed(price));
                self.reach(from, cost.saturating_add(price), edge, false);
            }
        }
    }

    /// What pieces go over already may be gone over backwards: one of them goes elsewhere.
    fn go_back(&mut self, begin: Begin, node: Node, cost: u64) {
        for index in 0..self.used.len() {
            let edge = self.used[index];
            let Some(last) = self.carried[edge as usize].checked_sub(1) else {
                continue;
            };
            let Some(facts) = self.net.facts(edge) else {
                continue;
            };
            let (here, there) = match begin {
                Begin::Origin => (facts.to, facts.from),
                Begin::Payee => (facts.from, facts.to),
            };
            let price = self.prices.next(&facts, last);
            if let Some(price) = price.filter(|_| here == node) {
                let price = self.reduced(facts.to, facts.from, -signed(price));
                self.reach(there, cost.saturating_add(price), edge, true);
            }
        }
    }

    /// Never negative but for rounding, which is taken for nothing.
    #[inline]
    fn reduced(&self, from: Node, to: Node, price: i64) -> u64 {
        let of = |node: Node| self.potential[node as usize];
        let reduced = price.saturating_sub(of(from)).saturating_add(of(to));
        u64::try_from(reduced).unwrap_or(0)
    }

    /// What a search from the origin has passed is farther from the payee now; what one from the payee has
    /// passed is nearer, compared with all others.
    fn raise(&mut self, begin: Begin, distance: u64) {
        for (node, at) in &self.settled {
            let more = signed(distance - at);
            let potential = &mut self.potential[*node as usize];
            *potential = match begin {
                Begin::Origin => potential.saturating_add(more),
                Begin::Payee => potential.saturating_sub(more),
            };
        }
    }

    /// Puts the piece on the way that was found.
    fn take(&mut self, begin: Begin) {
        let (mut node, last) = match begin {
            Begin::Origin => (self.net.payee, self.net.origin),
            Begin::Payee => (self.net.origin, self.net.payee),
        };
        while node != last {
            let Reached { over, is_back, .. } = self.reached[node as usize];
            let Some(facts) = self.net.facts(over) else {
                return;
            };
            if is_back {
                self.carried[over as usize] -= 1;
            } else {
                self.carry(over, &facts);
            }
            node = if (begin == Begin::Origin) == is_back {
                facts.to
            } else {
                facts.from
            };
        }
    }
}

fn signed(price: u64) -> i64 {
    i64::try_from(price).unwrap_or(i64::MAX)
}
