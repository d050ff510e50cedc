//! After an old copy of the database was put back: which parts the nodes know and it does not.
//!
//! Numbers of parts are given out one after the other and never again, so a node that knows a larger one than
//! the last that was given out knows more than the database. At start that one number is compared; only if a
//! node knows larger ones is it asked for each of them. Each is kept, the numbers are passed over (rule A-4),
//! and nothing new is sent towards their payments as long as their money may be out (rule A-10).
//!
//! A node that is away cannot be asked. As long as no node has shown that the database is old, that delays its
//! own parts only, as ever; if one has, nothing new is sent before all have been asked.

use super::core::Core;
use super::node::Node;
use super::readiness::Readiness;
use crate::{
    ApiError, KnownPart, NodeAway, NodeName, PartId, PaymentHash, Refusal, Settlement, Unasked,
    Unavailable, UnrecordedCounts, UnrecordedFate, UnrecordedFilter, UnrecordedPart,
};
use futures::future::join_all;
use futures::stream::StreamExt;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::{error, warn};

/// How many parts `getinfo` lists.
const LISTED: u32 = 100;
/// So many are told one by one; after those they are counted, and `getinfo` lists the first of them.
const TOLD_MAX: u64 = 100;
/// How many parts are kept side by side.
const AT_ONCE: usize = 1_024;

/// What is known of that. What it says of parts that are not stored is said before they are kept, so that no
/// commit whose answer was lost is overlooked.
#[derive(Default)]
pub(super) struct Stock {
    state: Mutex<State>,
    /// There may be any.
    is_any: AtomicBool,
    /// Some may be out.
    is_open: AtomicBool,
    /// Keeping one of them has failed, or its answer was lost.
    is_in_doubt: AtomicBool,
    /// How many have been told one by one.
    told: AtomicU64,
}

#[derive(Default)]
struct State {
    unasked: BTreeMap<NodeName, Unasked>,
    /// As they were when they were last read.
    counts: UnrecordedCounts,
}

/// What a node has told.
#[derive(Clone, Copy, Default)]
struct Told {
    /// How many of its parts are not stored.
    missing: u64,
    /// The largest number that it knows.
    last: PartId,
}

/// Why a node has not told.
enum Untold {
    Away(NodeAway),
    Storage(Unavailable),
}

impl Stock {
    /// Why nothing new is sent at all, if so.
    pub(super) fn unsettled(&self) -> Option<String> {
        let state = self.state();
        let missing: Vec<&str> = state
            .unasked
            .values()
            .filter(|unasked| unasked.is_restored)
            .map(|unasked| unasked.node.as_str())
            .collect();
        (!missing.is_empty()).then(|| {
            format!(
                "the database is older than the nodes (was a copy put back?), and not every node has been \
                 asked yet which parts it knows: {} is away; bring it back, or take it out of the \
                 configuration",
                missing.join(", ")
            )
        })
    }

    /// Whether there may be parts that are not stored.
    pub(super) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Acquire)
    }

    /// Whether one of them may be out.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Whether what is kept already may have been told to nobody.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.is_in_doubt.load(Ordering::Acquire)
    }

    /// To be said before such a part is kept.
    pub(super) fn expect(&self, fate: UnrecordedFate) {
        self.is_any.store(true, Ordering::Release);
        if fate.is_open() {
            self.is_open.store(true, Ordering::Release);
        }
    }

    pub(super) fn doubt(&self) {
        self.is_in_doubt.store(true, Ordering::Release);
    }

    /// One more of them is told: whether by itself.
    pub(super) fn tell(&self) -> bool {
        self.told.fetch_add(1, Ordering::Relaxed) < TOLD_MAX
    }

    fn read(&self, counts: UnrecordedCounts) {
        self.state().counts = counts;
        if counts.all() > 0 {
            self.is_any.store(true, Ordering::Release);
        }
        if counts.open() > 0 {
            self.is_open.store(true, Ordering::Release);
        }
    }

    fn unasked(&self, node: &NodeName) -> Option<Unasked> {
        self.state().unasked.get(node).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Asks every node that can be asked for the parts that it knows and storage does not. To be done before
    /// any number is given out.
    pub(super) async fn take_stock(&self) -> Result<(), Unavailable> {
        let last = self.unrecorded.last_part().await?;
        let counts = self.unrecorded.count_unrecorded().await?;
        self.stock.read(counts);
        let mut before: BTreeMap<NodeName, Unasked> = BTreeMap::new();
        for unasked in self.unrecorded.unasked().await? {
            before.insert(unasked.node.clone(), unasked);
        }
        let after = |name: &NodeName| {
            let unasked = before.get(name);
            unasked.map_or(last, |unasked| unasked.after.min(last))
        };
        let asking = self.nodes.iter();
        let asking = asking.map(|node| self.ask(node, after(&node.name)));
        let (mut told, mut settlement, mut away) = (Told::default(), Settlement::default(), vec![]);
        for (node, answer) in self.nodes.iter().zip(join_all(asking).await) {
            match answer {
                Ok(more) => {
                    told.add(more);
                    settlement.asked.push(node.name.clone());
                }
                Err(Untold::Away(_)) => away.push(node.name.clone()),
                Err(Untold::Storage(unavailable)) => return Err(unavailable),
            }
        }
        let was_restored = |name: &NodeName| before.get(name).is_some_and(|node| node.is_restored);
        let is_restored =
            told.missing > 0 || self.nodes.iter().any(|node| was_restored(&node.name));
        settlement.unasked = away
            .into_iter()
            .map(|node| Unasked {
                after: after(&node),
                is_restored,
                node,
            })
            .collect();
        settlement.passed = told.last;
        let knows = |node: &Unasked| before.get(&node.node) == Some(node);
        let is_news = told.missing > 0
            || settlement
                .asked
                .iter()
                .any(|node| before.contains_key(node))
            || !settlement.unasked.iter().all(knows);
        if is_news {
            self.unrecorded.settle(settlement.clone()).await?;
        }
        for unasked in settlement.unasked {
            let mut state = self.stock.state();
            state.unasked.insert(unasked.node.clone(), unasked);
        }
        self.say_how_it_stands(told);
        Ok(())
    }

    /// Returns once the node has been asked, if that could not be done at start.
    pub(super) async fn ask_later(&self, node: &Node) {
        let mut backoff = self.backoff();
        while let Some(unasked) = self.stock.unasked(&node.name) {
            let reason = match self.ask(node, unasked.after).await {
                Ok(told) => match self.has_told(node, told).await {
                    Ok(()) => return self.say_how_it_stands(told),
                    Err(unavailable) => unavailable.to_string(),
                },
                Err(Untold::Away(away)) => away.to_string(),
                Err(Untold::Storage(unavailable)) => unavailable.to_string(),
            };
            if node.readiness.set(Readiness::Away(reason.clone())) {
                warn!(node = %node.name, reason, "the node cannot tell which parts it knows: its parts wait");
            }
            self.pause(&mut backoff).await;
        }
    }

    async fn has_told(&self, node: &Node, told: Told) -> Result<(), Unavailable> {
        let mut unasked: Vec<Unasked> = {
            let state = self.stock.state();
            let others = state.unasked.values().filter(|it| it.node != node.name);
            others.cloned().collect()
        };
        for other in &mut unasked {
            other.is_restored |= told.missing > 0;
        }
        let settlement = Settlement {
            passed: told.last,
            asked: vec![node.name.clone()],
            unasked,
        };
        self.unrecorded.settle(settlement.clone()).await?;
        let mut state = self.stock.state();
        state.unasked.remove(&node.name);
        for other in settlement.unasked {
            // It may have been asked meanwhile.
            if let Some(known) = state.unasked.get_mut(&other.node) {
                known.is_restored |= other.is_restored;
            }
        }
        Ok(())
    }

    fn say_how_it_stands(&self, told: Told) {
        if told.missing > 0 {
            let missing = told.missing;
            error!(
                alarm = true,
                missing,
                "the nodes know parts that the database does not: it is older than they are (was a copy put \
                 back?); getinfo lists them, and nothing new is sent towards payments whose money may be out"
            );
        }
        if let Some(why) = self.stock.unsettled() {
            self.ledger.count_alarm();
            error!(alarm = true, "nothing new is sent: {why}");
        }
    }

    /// Keeps each part that the node knows after that number and that is not stored.
    async fn ask(&self, node: &Node, after: PartId) -> Result<Told, Untold> {
        if !node.is_met.load(Ordering::Acquire) {
            return Err(Untold::Away(NodeAway("it has not been met".to_owned())));
        }
        let parts = self.patiently(node.sender.known_parts(after)).await;
        let parts = parts.map_err(Untold::Away)?;
        let mut parts = parts.ready_chunks(AT_ONCE);
        let mut told = Told::default();
        loop {
            let page = self.patiently(parts.next()).await.map_err(Untold::Away)?;
            let Some(page) = page else { return Ok(told) };
            let page: Result<Vec<KnownPart>, NodeAway> = page.into_iter().collect();
            let page = page.map_err(Untold::Away)?;
            told.last = page
                .iter()
                .map(|part| part.part)
                .fold(told.last, PartId::max);
            let kept = page
                .into_iter()
                .map(|part| self.keep_if_missing(node, part));
            for missing in join_all(kept).await {
                told.missing += u64::from(missing.map_err(Untold::Storage)?);
            }
        }
    }

    /// Whether anything new may be sent towards that payment. Its turn is held, so that nothing is noticed of
    /// it meanwhile.
    pub(super) async fn may_send(&self, hash: PaymentHash) -> Result<(), ApiError> {
        if let Some(why) = self.stock.unsettled() {
            return Err(ApiError::Unsettled(why));
        }
        match self.open_part(hash).await? {
            None => Ok(()),
            Some(part) => Err(Refusal::Unrecorded(Box::new(part)).into()),
        }
    }

    /// What `getinfo` tells of them: how many there are, and the first; where storage cannot be read, how many
    /// there were.
    pub(super) async fn all_unrecorded(&self) -> (UnrecordedCounts, Vec<UnrecordedPart>) {
        if !self.stock.is_any() {
            return (UnrecordedCounts::default(), Vec::new());
        }
        if let Ok(counts) = self.unrecorded.count_unrecorded().await {
            self.stock.read(counts);
        }
        let filter = UnrecordedFilter {
            limit: LISTED,
            ..UnrecordedFilter::default()
        };
        let parts = self.unrecorded.unrecorded(filter).await;
        (self.stock.state().counts, parts.unwrap_or_default())
    }

    /// A part of that payment that is not stored and may be out.
    pub(super) async fn open_part(
        &self,
        hash: PaymentHash,
    ) -> Result<Option<UnrecordedPart>, Unavailable> {
        if !self.stock.is_open() {
            return Ok(None);
        }
        let filter = UnrecordedFilter {
            hash: Some(hash),
            is_open: true,
            limit: 1,
            ..UnrecordedFilter::default()
        };
        Ok(self.unrecorded.unrecorded(filter).await?.pop())
    }
}

impl Told {
    fn add(&mut self, more: Told) {
        self.missing += more.missing;
        self.last = self.last.max(more.last);
    }
}
