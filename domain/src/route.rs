//! The way a part takes: chosen by the caller, checked here, never changed.

use crate::{DirectedChannel, Msat, NodeId, ShortChannelId};

/// The most hops an onion carries in practice (BOLT 4: 1,300 bytes).
pub const HOPS_MAX: usize = 20;

/// One hop, as seen by the node it reaches: what arrives there, over which channel, and how many
/// blocks of time lock are left (c-lightning's `sendpay`: `id`, `channel`, `msatoshi`, `delay`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Hop {
    /// The node that this hop reaches.
    pub node: NodeId,
    /// The channel that leads there.
    pub channel: ShortChannelId,
    /// What the HTLC on that channel carries.
    pub amount: Msat,
    /// Blocks until that HTLC expires, counted from now.
    pub delay: u32,
}

/// A whole way from our node to the destination: 1 to [`HOPS_MAX`] hops, whose amounts and delays
/// never grow on the way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Route(Vec<Hop>);

/// Why hops are no route.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RouteError {
    /// c-lightning's own words.
    #[error("Empty route")]
    Empty,
    /// More than an onion can hold.
    #[error("route has {0} hops, at most {HOPS_MAX} fit an onion")]
    TooLong(usize),
    /// Nothing would arrive.
    #[error("the last hop must carry at least 1 msat")]
    Nothing,
    /// A hop would have to pay from its own pocket.
    #[error("hop {0} carries more than the hop before it")]
    AmountGrows(usize),
    /// A hop would have to wait longer than it may.
    #[error("hop {0} has a longer delay than the hop before it")]
    DelayGrows(usize),
}

impl Route {
    /// Checks the hops.
    pub fn new(hops: Vec<Hop>) -> Result<Route, RouteError> {
        let last = hops.last().ok_or(RouteError::Empty)?;
        if hops.len() > HOPS_MAX {
            return Err(RouteError::TooLong(hops.len()));
        }
        if last.amount == Msat::ZERO {
            return Err(RouteError::Nothing);
        }
        for (before, (index, hop)) in hops.iter().zip(hops.iter().enumerate().skip(1)) {
            if hop.amount > before.amount {
                return Err(RouteError::AmountGrows(index));
            }
            if hop.delay > before.delay {
                return Err(RouteError::DelayGrows(index));
            }
        }
        Ok(Route(hops))
    }

    /// The hops, from our node outwards; never empty.
    pub fn hops(&self) -> &[Hop] {
        &self.0
    }

    /// The hops, each with the direction of its channel, if the way begins at that node.
    pub fn directed(&self, from: NodeId) -> impl Iterator<Item = (DirectedChannel, &Hop)> {
        let before = std::iter::once(from).chain(self.0.iter().map(|hop| hop.node));
        let hops = self.0.iter().zip(before);
        hops.map(|(hop, from)| (DirectedChannel::between(hop.channel, from, hop.node), hop))
    }

    /// The hops beyond the first channel, which is ours, each with the direction of its channel.
    pub fn beyond_first(&self) -> impl Iterator<Item = (DirectedChannel, &Hop)> {
        self.directed(self.first().node).skip(1)
    }

    /// The first hop.
    pub fn first(&self) -> &Hop {
        self.0.first().expect("a route has a hop")
    }

    /// The last hop.
    pub fn last(&self) -> &Hop {
        self.0.last().expect("a route has a hop")
    }

    /// The node that is paid.
    pub fn destination(&self) -> NodeId {
        self.last().node
    }

    /// What arrives at the destination.
    pub fn amount(&self) -> Msat {
        self.last().amount
    }

    /// What leaves our node: the amount and the fees.
    pub fn amount_sent(&self) -> Msat {
        self.first().amount
    }

    /// What the nodes on the way keep.
    pub fn fee(&self) -> Msat {
        self.amount_sent().saturating_sub(self.amount())
    }
}
