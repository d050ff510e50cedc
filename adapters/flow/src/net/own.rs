//! Our own channels: ways begin there, at all of our nodes at once.

use super::{Facts, Kind, Net};
use crate::graph::{Edge, Node};
use crate::price::Room;
use domain::{DirectedChannel, NodeName, OwnChannel, RouteRequest, Source};

impl<'a> Net<'a> {
    /// What our own channels can send in all.
    pub(crate) fn spendable(&self) -> u64 {
        let own = self.extra.iter().filter_map(|extra| match extra.kind {
            Kind::Own(_, channel) => Some(channel.spendable.get()),
            Kind::Hint(..) => None,
        });
        own.fold(0, u64::saturating_add)
    }

    /// The same, with own channels that can send anything.
    pub(crate) fn with_boundless_funds(&self) -> Net<'a> {
        Net {
            are_funds_boundless: true,
            ..self.clone()
        }
    }

    /// Whose channel an own edge is.
    pub(crate) fn owner(&self, edge: Edge) -> Option<&'a NodeName> {
        let index = (edge as usize).checked_sub(self.graph.edges())?;
        match self.extra.get(index)?.kind {
            Kind::Own(name, _) => Some(name),
            Kind::Hint(..) => None,
        }
    }

    pub(super) fn add_own(&mut self, request: &'a RouteRequest) {
        let others = |source: &&Source| source.funds.id != request.payee;
        for source in request.sources.iter().filter(others) {
            for channel in source.funds.channels.iter().filter(|own| own.usable) {
                let direction =
                    DirectedChannel::between(channel.channel, source.funds.id, channel.peer);
                let to = self.number(channel.peer);
                if self.is_shut(to) || request.avoid.channels.contains(&direction) {
                    continue;
                }
                let kind = Kind::Own(&source.node, channel);
                self.add(Node::MAX, to, direction, kind);
            }
        }
        // Only now is known which number is free.
        self.origin = self.nodes();
        if let Some(own) = self.extra_from.remove(&Node::MAX) {
            self.extra_from.insert(self.origin, own);
        }
        for (_, from) in self.extra_into.values_mut().flatten() {
            if *from == Node::MAX {
                *from = self.origin;
            }
        }
    }

    pub(super) fn own(&self, to: Node, channel: &OwnChannel) -> Facts {
        let spendable = channel.spendable.get();
        let (max, spendable) = if self.are_funds_boundless {
            (u64::MAX, u64::MAX)
        } else {
            (channel.htlc_max.get(), spendable)
        };
        Facts {
            from: self.origin,
            to,
            min: channel.htlc_min.get(),
            max,
            base: 0,
            ppm: 0,
            delay: 0,
            room: Room {
                low: spendable,
                high: spendable,
            },
            own: true,
        }
    }
}
