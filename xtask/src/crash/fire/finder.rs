//! A route finder that spends whatever the cap leaves: a fee that is forgotten, after a restart or a
//! failure of storage, is one too much.

use async_trait::async_trait;
use domain::contract::samples::{msat, route};
use domain::{Hop, Lesson, NoPlan, Plan, Route, RouteFinder, RouteRequest, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// It splits what is asked for in two, and what it may cost.
#[derive(Default)]
pub(super) struct GreedyFinder {
    has_no_way: AtomicBool,
}

impl GreedyFinder {
    pub(super) fn new() -> Arc<GreedyFinder> {
        Arc::default()
    }

    /// From now on there is no way.
    pub(super) fn lose_the_way(&self) {
        self.has_no_way.store(true, Ordering::Release);
    }
}

#[async_trait]
impl RouteFinder for GreedyFinder {
    async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        if self.has_no_way.load(Ordering::Acquire) {
            return Err(NoPlan::Unreachable);
        }
        let source = request.sources.first().map(|source| source.node.clone());
        let source = source.ok_or(NoPlan::Unreachable)?;
        let amounts = halves(request.amount.get());
        let fees = halves(request.max_fee.get());
        let ways = amounts.into_iter().zip(fees);
        let ways = ways.filter(|(amount, _)| *amount > 0);
        Ok(Plan {
            parts: ways
                .map(|(amount, fee)| (source.clone(), dear(amount, fee)))
                .collect(),
            probability_ppm: 900_000,
        })
    }

    fn learn(&self, _: &Lesson, _: Timestamp) {}
}

fn halves(whole: u64) -> [u64; 2] {
    [whole - whole / 2, whole / 2]
}

/// The usual way for that fee.
pub(super) fn dear(amount: u64, fee: u64) -> Route {
    let usual = route(amount);
    let [first, last] = usual.hops() else {
        return usual;
    };
    let first = Hop {
        amount: msat(amount + fee),
        ..first.clone()
    };
    Route::new(vec![first, last.clone()]).expect("amounts shrink on the way")
}
