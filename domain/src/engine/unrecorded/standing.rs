//! What is known, without asking storage, of parts that only nodes know.
//!
//! It is said before such a part is kept, so that no commit whose answer was lost is overlooked.

use crate::{Mutex, NodeName, Unasked, UnrecordedCounts, UnrecordedFate};
use std::collections::BTreeMap;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// So many are told one by one; after those they are counted, and `getinfo` lists the first of them.
const TOLD_MAX: u64 = 100;

/// Whether there are any, and which nodes have not told theirs yet.
#[derive(Default)]
pub(super) struct Standing {
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

impl Standing {
    /// The nodes that have not told theirs, although the database is known to be older than a node.
    pub(super) fn missing(&self) -> Vec<NodeName> {
        let state = self.state();
        let missing = state.unasked.values().filter(|node| node.is_restored);
        missing.map(|unasked| unasked.node.clone()).collect()
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

    pub(super) fn read(&self, counts: UnrecordedCounts) {
        self.state().counts = counts;
        if counts.all() > 0 {
            self.is_any.store(true, Ordering::Release);
        }
        if counts.open() > 0 {
            self.is_open.store(true, Ordering::Release);
        }
    }

    pub(super) fn counts(&self) -> UnrecordedCounts {
        self.state().counts
    }

    pub(super) fn unasked(&self, node: &NodeName) -> Option<Unasked> {
        self.state().unasked.get(node).cloned()
    }

    /// All of them but that one.
    pub(super) fn other_unasked(&self, node: &NodeName) -> Vec<Unasked> {
        let state = self.state();
        let others = state.unasked.values().filter(|it| it.node != *node);
        others.cloned().collect()
    }

    pub(super) fn remember_unasked(&self, nodes: Vec<Unasked>) {
        let nodes = nodes.into_iter().map(|node| (node.node.clone(), node));
        self.state().unasked.extend(nodes);
    }

    /// That node has been asked; of the others it is known now whether the database is older than a node.
    pub(super) fn has_been_asked(&self, node: &NodeName, others: Vec<Unasked>) {
        let mut state = self.state();
        state.unasked.remove(node);
        for other in others {
            // It may have been asked meanwhile.
            if let Some(known) = state.unasked.get_mut(&other.node) {
                known.is_restored |= other.is_restored;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
