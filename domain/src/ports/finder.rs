//! Finding ways for `pay`: over which channels, from which of our nodes, how much.

use crate::{
    ChannelPolicy, DirectedChannel, GraphChange, Hop, Lesson, Msat, NodeId, NodeName, OwnChannel,
    Route, RouteHint, Timestamp,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::collections::BTreeSet;

/// Finds ways. What it says is a guess: every part of it is checked before it is accepted, so a finder
/// that lies, lags or dies wastes time and never money.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RouteFinder: Send + Sync {
    /// Ways that deliver exactly `amount` for at most `max_fee` in all (rule B-11).
    async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan>;

    /// What a part has shown about channels that ended at that time, whoever asked for it. Each is told once
    /// while the daemon runs; those of the last hour are told again after a restart.
    fn learn(&self, lesson: &Lesson, at: Timestamp);
}

/// A Lightning node, as far as its own channels can be asked for.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NodeFunds: Send + Sync {
    /// The node's id and its channels, with what can leave over each now.
    async fn funds(&self) -> Result<Funds, crate::NodeAway>;
}

/// Where the public graph comes from. Consumed by following it, so there is only one follower.
#[async_trait]
pub trait GraphSource: Send {
    /// All that is known, then [`GraphChange::Loaded`], and then what changes, as it does. The stream
    /// reconnects by itself, and may tell again what it has told before.
    async fn follow(self: Box<Self>) -> BoxStream<'static, GraphChange>;
}

/// What one of our nodes can send over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Funds {
    /// The node's public key.
    pub id: NodeId,
    /// Its channels.
    pub channels: Vec<OwnChannel>,
}

/// One of our nodes, as a beginning of ways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its configured name.
    pub node: NodeName,
    /// What it can send over.
    pub funds: Funds,
}

/// What ways are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteRequest {
    /// The nodes from which they may begin.
    pub sources: Vec<Source>,
    /// Where they end.
    pub payee: NodeId,
    /// What arrives there, in all.
    pub amount: Msat,
    /// The most that they may cost, in all.
    pub max_fee: Msat,
    /// The most ways.
    pub max_parts: u16,
    /// The most blocks that the first HTLC of a way may be open.
    pub max_delay: u32,
    /// The blocks that the payee wants for the last HTLC (`min_final_cltv_expiry_delta`).
    pub final_cltv: u32,
    /// Channels of the invoice.
    pub hints: Vec<RouteHint>,
    /// What they must not go over.
    pub avoid: Avoid,
    /// What is known of channels beyond the graph, in the order in which it was learnt.
    pub knowledge: Vec<Bound>,
    /// Policies that failures told of, and the graph does not know yet.
    pub policies: Vec<(DirectedChannel, ChannelPolicy)>,
    /// What live parts hold on channels of others.
    pub held: Vec<Held>,
    /// Whether what other orders have learnt is to be forgotten, and not what this one has (rule B-10): the
    /// last try before there is no way.
    pub relaxed: bool,
}

/// What a way must not go over.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Avoid {
    /// Directions of channels.
    pub channels: BTreeSet<DirectedChannel>,
    /// Nodes, in the middle of a way or at its end.
    pub nodes: BTreeSet<NodeId>,
}

/// What could go over one direction of a channel when a part tried. Both amounts include what other live
/// parts held there then, so that [`Held`] can be taken off them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bound {
    /// The direction.
    pub channel: DirectedChannel,
    /// At least this much could.
    pub at_least: Msat,
    /// This much could not.
    pub below: Option<Msat>,
}

/// What an HTLC carries over a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Held {
    /// Over which direction it went.
    pub channel: DirectedChannel,
    /// What it carries there.
    pub amount: Msat,
}

/// Ways that deliver what was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The ways, and the node from which each begins.
    pub parts: Vec<(NodeName, Route)>,
    /// How likely it is that all of them have what they need, in millionths.
    pub probability_ppm: u32,
}

/// Why there is no plan. All but [`NoPlan::Away`] are definite, for what is known now.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum NoPlan {
    /// No way leads there at all.
    #[error("no way leads to the payee")]
    Unreachable,
    /// What leads to the payee cannot carry that much.
    #[error("the payee's channels cannot carry the amount")]
    DestinationCapacity,
    /// There are ways, which cost more.
    #[error("the ways cost {needs} msat, more than the cap leaves")]
    TooExpensive {
        /// What the cheapest that were found cost in all.
        needs: Msat,
    },
    /// There are ways, which could keep money longer.
    #[error("the ways take longer than the largest delay that was allowed")]
    TooSlow,
    /// Our own channels cannot carry that much.
    #[error("our own channels can spend {spendable} msat")]
    NoFunds {
        /// What they can, in all.
        spendable: Msat,
    },
    /// Whether there are ways is not known now.
    #[error("ways cannot be found now: {0}")]
    Away(String),
}

/// What is wrong with a plan (rule B-11).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanFault {
    /// It has no way, or too many.
    #[error("B-11: it has {0} parts")]
    Parts(usize),
    /// It delivers another amount.
    #[error("B-11: it does not deliver what was asked")]
    Amount,
    /// It costs too much.
    #[error("B-11: it costs more than the cap leaves")]
    Fee,
    /// A way could keep money too long, or not long enough for the payee.
    #[error("B-11: part {0} has a delay that is not allowed")]
    Delay(usize),
    /// A way begins or ends where it should not.
    #[error("B-11: part {0} does not lead from one of the nodes to the payee")]
    Ends(usize),
    /// A way goes over what it must not.
    #[error("B-11: part {0} goes over what is excluded")]
    Excluded(usize),
}

impl Held {
    /// What a hop carries over its channel.
    pub(crate) fn on((channel, hop): (DirectedChannel, &Hop)) -> Held {
        Held {
            channel,
            amount: hop.amount,
        }
    }
}

impl RouteRequest {
    /// Rule B-11: a plan delivers exactly what was asked within cap and delay, or is refused whole.
    pub fn check(&self, plan: &Plan) -> Result<(), PlanFault> {
        let parts = plan.parts.len();
        if parts == 0 || parts > usize::from(self.max_parts) {
            return Err(PlanFault::Parts(parts));
        }
        if plan.sum(Route::amount) != Some(self.amount) {
            return Err(PlanFault::Amount);
        }
        let most = self.amount.checked_add(self.max_fee);
        let sent = plan.sum(Route::amount_sent);
        if sent.zip(most).is_none_or(|(sent, most)| sent > most) {
            return Err(PlanFault::Fee);
        }
        let mut each = plan.parts.iter().enumerate();
        each.try_for_each(|(index, (node, route))| self.check_part(index, node, route))
    }

    fn check_part(&self, index: usize, node: &NodeName, route: &Route) -> Result<(), PlanFault> {
        let source = self.sources.iter().find(|source| source.node == *node);
        let source = source.ok_or(PlanFault::Ends(index))?;
        let first = route.first();
        let mut own = source.funds.channels.iter();
        let begins = own.any(|own| own.channel == first.channel && own.peer == first.node);
        if !begins || route.destination() != self.payee {
            return Err(PlanFault::Ends(index));
        }
        if first.delay > self.max_delay || route.last().delay < self.final_cltv {
            return Err(PlanFault::Delay(index));
        }
        if self.avoid.excludes(source.funds.id, route) {
            return Err(PlanFault::Excluded(index));
        }
        Ok(())
    }
}

impl Plan {
    /// That of all its ways, unless it is more than there is.
    pub(crate) fn sum(&self, msat: fn(&Route) -> Msat) -> Option<Msat> {
        let mut each = self.parts.iter().map(|(_, route)| msat(route));
        each.try_fold(Msat::ZERO, Msat::checked_add)
    }
}

impl Avoid {
    /// Whether a way from that node goes over something of it.
    pub fn excludes(&self, from: NodeId, route: &Route) -> bool {
        let mut directed = route.directed(from);
        directed.any(|(channel, hop)| {
            self.channels.contains(&channel) || self.nodes.contains(&hop.node)
        })
    }
}
