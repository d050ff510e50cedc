//! One payment: find ways, try them, learn, until all has arrived or nothing is left to try.

use super::world::{Direction, World};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The most rounds of a payment.
const ROUNDS_MAX: u32 = 30;

/// A way: each half that it goes over, and what it carries there, in msat.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub hops: Vec<(Direction, u64)>,
}

/// What is still to be paid, and what is held for it already.
#[derive(Debug)]
pub(super) struct Order {
    pub payee: usize,
    /// In msat, as all that follows.
    pub left: u64,
    pub fee_left: u64,
    pub held: BTreeMap<Direction, u64>,
    pub arrived: Vec<Way>,
}

/// How a payment went.
#[derive(Clone, Default, Debug)]
pub(super) struct Outcome {
    pub is_paid: bool,
    pub fee: u64,
    pub parts: u32,
    pub failed: u32,
    /// What each search took.
    pub searches: Vec<Duration>,
}

/// Who finds ways.
pub(super) trait Router {
    /// Another payment begins.
    fn begins(&mut self, world: &World);

    /// Ways for what is left; none if there are none.
    fn ways(&mut self, world: &World, order: &Order) -> Vec<Way>;

    /// The way of that place in the last answer has failed at that hop, or arrived. What it carried is
    /// not held yet.
    fn hears(
        &mut self,
        world: &World,
        order: &Order,
        place: usize,
        way: &Way,
        failed: Option<usize>,
    );

    /// All has arrived.
    fn has_paid(&mut self, world: &World, order: &Order);
}

impl Way {
    pub(super) fn sent(&self) -> u64 {
        self.hops.first().map_or(0, |(_, amount)| *amount)
    }

    pub(super) fn delivered(&self) -> u64 {
        self.hops.last().map_or(0, |(_, amount)| *amount)
    }
}

impl Order {
    pub(super) fn new(payee: usize, amount: u64, fee_max: u64) -> Order {
        Order {
            payee,
            left: amount,
            fee_left: fee_max,
            held: BTreeMap::new(),
            arrived: Vec::new(),
        }
    }

    pub(super) fn held_on(&self, at: Direction) -> u64 {
        self.held.get(&at).copied().unwrap_or(0)
    }
}

/// Pays so much to that node, for at most that fee.
pub(super) fn pay(
    world: &World,
    router: &mut dyn Router,
    payee: usize,
    amount: u64,
    fee_max: u64,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut order = Order::new(payee, amount, fee_max);
    router.begins(world);
    for _ in 0..ROUNDS_MAX {
        if order.left == 0 {
            break;
        }
        let begin = Instant::now();
        let ways = router.ways(world, &order);
        outcome.searches.push(begin.elapsed());
        if ways.is_empty() {
            break;
        }
        for (place, way) in ways.into_iter().enumerate() {
            let fee = way.sent() - way.delivered();
            if way.delivered() > order.left || fee > order.fee_left {
                continue;
            }
            outcome.parts += 1;
            let failed = fails_at(world, &order, &way);
            router.hears(world, &order, place, &way, failed);
            if failed.is_some() {
                outcome.failed += 1;
                continue;
            }
            order.left -= way.delivered();
            order.fee_left -= fee;
            for (at, amount) in &way.hops {
                *order.held.entry(*at).or_default() += amount;
            }
            order.arrived.push(way);
        }
    }
    outcome.is_paid = order.left == 0;
    outcome.fee = fee_max - order.fee_left;
    if outcome.is_paid {
        router.has_paid(world, &order);
    }
    outcome
}

/// The first hop that has not what it is asked for, or does not take an HTLC like that.
fn fails_at(world: &World, order: &Order, way: &Way) -> Option<usize> {
    way.hops.iter().position(|(at, amount)| {
        let half = world.half(*at);
        let is_fit = half.enabled && (half.min..=half.max).contains(amount);
        !is_fit || world.balance(*at) < order.held_on(*at) + amount
    })
}
