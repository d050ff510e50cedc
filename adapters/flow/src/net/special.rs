//! What is known of single edges beyond the graph: bounds, what live parts hold, policies that failures
//! told of, exclusions.

use super::{Kind, Net};
use crate::graph::Edge;
use crate::knowledge::{Knowledge, Known};
use crate::price::Room;
use domain::{ChannelPolicy, DirectedChannel, RouteRequest, Timestamp};

/// What is special about an edge.
#[derive(Clone, Default, Debug)]
pub(super) struct Special {
    known: Known,
    held: u64,
    pub(super) policy: Option<ChannelPolicy>,
    pub(super) avoided: bool,
}

/// What is special about edges: of all, about few.
#[derive(Clone, Default, Debug)]
pub(super) struct Specials {
    /// A bit an edge: a search asks for nothing more often.
    bits: Vec<u64>,
    /// The place of each such edge in `all`.
    places: Vec<u32>,
    all: Vec<Special>,
}

impl Specials {
    /// Nothing is special about so many edges.
    pub(super) fn new(edges: usize) -> Specials {
        Specials {
            bits: vec![0; edges.div_ceil(64)],
            places: vec![0; edges],
            all: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn has(&self, edge: Edge) -> bool {
        self.bits[(edge / 64) as usize] >> (edge % 64) & 1 == 1
    }

    pub(super) fn of(&self, edge: Edge) -> Option<&Special> {
        let place = || self.places[edge as usize] as usize;
        self.has(edge).then(|| &self.all[place()])
    }

    fn of_mut(&mut self, edge: Edge) -> &mut Special {
        if !self.has(edge) {
            self.bits[(edge / 64) as usize] |= 1 << (edge % 64);
            let place = u32::try_from(self.all.len()).expect("an edge has one place");
            self.places[edge as usize] = place;
            self.all.push(Special::default());
        }
        &mut self.all[self.places[edge as usize] as usize]
    }
}

impl Net<'_> {
    pub(super) fn add_special(
        &mut self,
        shared: &Knowledge,
        request: &RouteRequest,
        now: Timestamp,
    ) {
        // What the request itself knows has failed in its own order, and is not tried again (rule B-10).
        let shared = (!request.relaxed).then(|| shared.fresh(now));
        for (direction, known) in shared.into_iter().flatten() {
            if let Some(edge) = self.graph.edge(direction) {
                self.specials.of_mut(edge).known = known;
                // So that what it says of the other direction is looked at.
                self.specials.of_mut(edge ^ 1);
            }
        }
        for bound in &request.knowledge {
            for edge in self.edges_of(bound.channel) {
                self.specials.of_mut(edge).known.learn(bound, now);
                if (edge as usize) < self.graph.edges() {
                    self.specials.of_mut(edge ^ 1);
                }
            }
        }
        for held in &request.held {
            for edge in self.edges_of(held.channel) {
                let special = self.specials.of_mut(edge);
                special.held = special.held.saturating_add(held.amount.get());
            }
        }
        for (direction, policy) in &request.policies {
            for edge in self.edges_of(*direction) {
                self.specials.of_mut(edge).policy = Some(*policy);
            }
        }
        for direction in &request.avoid.channels {
            for edge in self.edges_of(*direction) {
                self.specials.of_mut(edge).avoided = true;
            }
        }
    }

    /// The public edge of a direction, and the hints that go by the same number.
    fn edges_of(&self, direction: DirectedChannel) -> Vec<Edge> {
        let extra = (self.graph.edges()..).zip(&self.extra);
        let hints = extra.filter(|(_, extra)| {
            matches!(extra.kind, Kind::Hint(..)) && extra.direction == direction
        });
        let hints = hints.filter_map(|(edge, _)| Edge::try_from(edge).ok());
        self.graph
            .edge(direction)
            .into_iter()
            .chain(hints)
            .collect()
    }

    /// The room of a channel that holds so much. What is known of one direction says something of the
    /// other; some of a channel is a reserve that neither can send.
    pub(super) fn room(special: Option<&Special>, back: Option<&Special>, capacity: u64) -> Room {
        let (mut low, mut high) = (0, capacity);
        let Some(special) = special else {
            return Room { low, high };
        };
        low = low.max(special.known.at_least());
        if let Some(below) = back.and_then(|back| back.known.below()) {
            low = low.max(capacity.saturating_sub(below).saturating_sub(capacity / 50));
        }
        let below = special.known.below().map(|below| below.saturating_sub(1));
        let back = back.map_or(0, |back| back.known.at_least());
        high = high
            .min(below.unwrap_or(high))
            .min(capacity.saturating_sub(back));
        Room {
            low: low.min(high).saturating_sub(special.held),
            high: high.saturating_sub(special.held),
        }
    }
}
