//! A finder of ways that is mostly honest. It also lies, lags, is away, finds nothing, asks for too much,
//! repeats what has failed, and now and then does not answer at all.

use super::chance::Fault;
use super::graph::{Way, ways};
use super::node::Nodes;
use super::world::World;
use async_trait::async_trait;
use domain::contract::samples::{hash, node_id};
use domain::{
    HintHop, Lesson, Msat, NoPlan, NodeName, PaymentHash, Plan, Route, RouteFinder, RouteHint,
    RouteRequest, ShortChannelId, Timestamp,
};
use std::sync::Arc;
use std::time::Duration;

/// How long it may not answer at all. The engine gives it 30 s.
const DEAD: Duration = Duration::from_secs(90);
/// Hints begin here: by its hint the finder knows an invoice, and for nothing else is it used.
const HINTS: u64 = 900;

/// The finder.
pub(super) struct Finder {
    pub(super) world: Arc<World>,
}

/// The hint of the invoice of payment `n`.
pub(super) fn hint(n: u64) -> RouteHint {
    RouteHint(vec![HintHop {
        node: node_id(7),
        channel: ShortChannelId((HINTS + n) << 40),
        fee_base: Msat::ZERO,
        fee_ppm: 0,
        delay: 40,
    }])
}

fn hinted(request: &RouteRequest) -> PaymentHash {
    let hop = request.hints.first().and_then(|hint| hint.0.first());
    let n = hop.map_or(0, |hop| (hop.channel.0 >> 40).saturating_sub(HINTS));
    hash(n)
}

#[async_trait]
impl RouteFinder for Finder {
    async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let (world, hash) = (&self.world, hinted(request));
        let asked_at = world.judge().asks_for_ways(hash);
        world.note(Some(hash), || {
            let (amount, fee) = (request.amount, request.max_fee);
            format!("engine: asks for ways for {amount}, for at most {fee}")
        });
        if world.chance.strikes(Fault::FinderDead) {
            world.time.sleep(DEAD).await;
        }
        world.pause(Fault::FinderLate).await;
        let found = self.answer(hash, request);
        world.note(Some(hash), || format!("finder: {found:?}"));
        world.judge().ways(hash, asked_at, request, &found);
        found
    }

    fn learn(&self, _: &Lesson, _: Timestamp) {}
}

impl Finder {
    fn answer(&self, hash: PaymentHash, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let chance = &self.world.chance;
        if chance.strikes(Fault::FinderAway) {
            return Err(NoPlan::Away("the graph is being read".into()));
        }
        if chance.strikes(Fault::FinderFindsNone) {
            return Err(match chance.below(4) {
                0 => NoPlan::Unreachable,
                1 => NoPlan::DestinationCapacity,
                2 => NoPlan::TooSlow,
                _ => NoPlan::NoFunds {
                    spendable: Msat::ZERO,
                },
            });
        }
        if chance.strikes(Fault::FinderLies) {
            return Ok(self.lie(hash, request));
        }
        let careful = !chance.strikes(Fault::FinderRepeats);
        self.plan(request, careful)
    }

    /// Ways for all of it: in a few parts, or in one if that does not work out.
    fn plan(&self, request: &RouteRequest, careful: bool) -> Result<Plan, NoPlan> {
        let chance = &self.world.chance;
        let most = u64::from(request.max_parts).min(chance.pick(&[1, 1, 2, 3, 4]));
        let (mut left, mut fee_left) = (request.amount.get(), request.max_fee.get());
        let mut chosen: Vec<(NodeName, Way, u64, u64)> = Vec::new();
        for last in (0..most).rev() {
            let piece = if last == 0 {
                left
            } else {
                1 + chance.below(left)
            };
            let ways = allowed(request, piece, fee_left, careful);
            let Some((node, way)) = at_random(ways, chance.below(1_000)) else {
                break;
            };
            let fee = way.fee(piece);
            (left, fee_left) = (left - piece, fee_left - fee);
            chosen.push((node, way, piece, fee));
            if left == 0 {
                break;
            }
        }
        if left > 0 {
            let amount = request.amount.get();
            let ways = allowed(request, amount, u64::MAX, careful);
            let cheapest = ways.into_iter().min_by_key(|(_, way)| way.fee(amount));
            let (node, way) = cheapest.ok_or(NoPlan::Unreachable)?;
            let (fee, most) = (way.fee(amount), request.max_fee.get());
            if fee > most {
                let needs = Msat::new(fee).unwrap_or(Msat::MAX);
                return Err(NoPlan::TooExpensive { needs });
            }
            (chosen, fee_left) = (vec![(node, way, amount, fee)], most - fee);
        }
        // Now and then all that the cap leaves is asked for, to the msat.
        let mut dear = chosen.iter_mut().filter(|(_, way, ..)| way.has_fee());
        if chance.one_in(3)
            && let Some((.., fee)) = dear.next()
        {
            *fee += fee_left;
        }
        let parts = chosen.into_iter();
        let parts = parts.filter_map(|(node, way, amount, fee)| {
            Some((
                node,
                way.route(request.payee, amount, fee, request.final_cltv)?,
            ))
        });
        Ok(plan(parts.collect()))
    }

    /// A plan that is not what was asked for.
    fn lie(&self, hash: PaymentHash, request: &RouteRequest) -> Plan {
        let chance = &self.world.chance;
        let amount = request.amount.get();
        let mut asked = request.clone();
        match chance.below(7) {
            0 => asked.amount = Msat::new(amount + 1 + chance.below(amount)).unwrap_or(Msat::MAX),
            1 => asked.amount = Msat::new(1 + amount / 2).unwrap_or(Msat::MAX),
            2 => asked.payee = node_id(8),
            3 => asked.max_fee = Msat::new(request.max_fee.get() * 2 + 500).unwrap_or(Msat::MAX),
            4 => {
                for source in &mut asked.sources {
                    source.node = NodeName::new("stranger");
                }
            }
            5 => asked.max_parts = request.max_parts.saturating_mul(2),
            // What it has said before.
            _ => return self.world.judge().last_plan(hash).unwrap_or(plan(vec![])),
        }
        let mut found = self.plan(&asked, false).unwrap_or(plan(vec![]));
        if asked.max_fee > request.max_fee {
            // The dearest that it may be by its own rules, and more than was asked for.
            found.parts.retain(|(_, route)| route.fee() > Msat::ZERO);
        }
        found
    }
}

fn plan(parts: Vec<(NodeName, Route)>) -> Plan {
    Plan {
        parts,
        probability_ppm: 500_000,
    }
}

/// The ways over which that much may go for at most that fee.
fn allowed(request: &RouteRequest, amount: u64, fee: u64, careful: bool) -> Vec<(NodeName, Way)> {
    let mut allowed = Vec::new();
    for way in ways().filter(|way| way.fee(amount) <= fee) {
        let name = Nodes::name(way.node);
        let found = request
            .sources
            .iter()
            .find(|source| source.node == name || source.funds == super::graph::funds(way.node));
        let route = way.route(request.payee, amount, way.fee(amount), request.final_cltv);
        let (Some(source), Some(route)) = (found, route) else {
            continue;
        };
        let slow = route.first().delay > request.max_delay;
        let excluded = request.avoid.excludes(source.funds.id, &route);
        if careful && (slow || excluded || is_known_to_fail(request, &route)) {
            continue;
        }
        allowed.push((source.node.clone(), way));
    }
    allowed
}

fn is_known_to_fail(request: &RouteRequest, route: &Route) -> bool {
    route.beyond_first().any(|(channel, hop)| {
        let mut bounds = request.knowledge.iter();
        bounds.any(|bound| {
            bound.channel == channel && bound.below.is_some_and(|below| hop.amount >= below)
        })
    })
}

fn at_random<T>(mut of: Vec<T>, dice: u64) -> Option<T> {
    let count = u64::try_from(of.len()).ok()?;
    let index = usize::try_from(dice.checked_rem(count)?).ok()?;
    Some(of.swap_remove(index))
}
