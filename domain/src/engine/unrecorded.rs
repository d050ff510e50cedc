//! Parts that nodes know under our own keys, and that are not stored: after an old copy of the database was put
//! back, or after their payment was deleted.
//!
//! Numbers of parts are given out one after the other and never again, so a node that knows a larger one than
//! the last that was given out knows more than the database. At start that one number is compared; only if a
//! node knows larger ones is it asked for each of them. Each is kept, the numbers are passed over (rule A-4),
//! and nothing new is sent towards their payments as long as their money may be out (rule A-10).
//!
//! A node that is away cannot be asked. As long as no node has shown that the database is old, that delays its
//! own parts only, as ever; if one has, nothing new is sent before all have been asked.

mod keeping;
mod standing;

pub(super) use self::keeping::Belief;

use self::standing::Standing;
use super::ledger::Ledger;
use crate::{
    ApiError, NodeName, PartId, PaymentHash, Refusal, Settlement, Unasked, Unavailable,
    UnrecordedCounts, UnrecordedFilter, UnrecordedPart, UnrecordedStore,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::error;

/// How many parts `getinfo` lists.
const LISTED: u32 = 100;

/// Where they are kept, and what is known of them.
pub(super) struct Unrecorded {
    store: Arc<dyn UnrecordedStore>,
    ledger: Arc<Ledger>,
    standing: Standing,
}

/// How far the nodes had been asked before the start.
pub(super) struct AskedBefore {
    /// The last number that was given out.
    pub(super) last: PartId,
    /// The nodes that could not be asked.
    pub(super) unasked: BTreeMap<NodeName, Unasked>,
}

/// What a node has told.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    /// How many of its parts are not stored.
    pub(super) missing: u64,
    /// The largest number that it knows.
    pub(super) last: PartId,
}

impl Unrecorded {
    pub(super) fn new(store: Arc<dyn UnrecordedStore>, ledger: Arc<Ledger>) -> Unrecorded {
        Unrecorded {
            store,
            ledger,
            standing: Standing::default(),
        }
    }

    /// Why nothing new is sent at all, if so.
    pub(super) fn unsettled(&self) -> Option<String> {
        let missing = self.standing.missing();
        let missing: Vec<&str> = missing.iter().map(NodeName::as_str).collect();
        (!missing.is_empty()).then(|| {
            format!(
                "the database is older than the nodes (was a copy put back?), and not every node has been \
                 asked yet which parts it knows: {} is away; bring it back, or take it out of the \
                 configuration",
                missing.join(", ")
            )
        })
    }

    /// Whether anything new may be sent towards that payment. Its turn is held, so that nothing is noticed
    /// of it meanwhile.
    pub(super) async fn may_send(&self, hash: PaymentHash) -> Result<(), ApiError> {
        if let Some(why) = self.unsettled() {
            return Err(ApiError::Unsettled(why));
        }
        match self.open_part(hash).await? {
            None => Ok(()),
            Some(part) => Err(Refusal::Unrecorded(Box::new(part)).into()),
        }
    }

    /// A part of that payment that is not stored and may be out.
    pub(super) async fn open_part(
        &self,
        hash: PaymentHash,
    ) -> Result<Option<UnrecordedPart>, Unavailable> {
        if !self.standing.is_open() {
            return Ok(None);
        }
        let filter = UnrecordedFilter {
            hash: Some(hash),
            is_open: true,
            limit: 1,
            ..UnrecordedFilter::default()
        };
        Ok(self.store.unrecorded(filter).await?.pop())
    }

    /// The first of that number that may be out.
    pub(super) async fn first_open(
        &self,
        id: PartId,
    ) -> Result<Option<UnrecordedPart>, Unavailable> {
        let filter = UnrecordedFilter {
            part: Some(id),
            is_open: true,
            limit: 1,
            ..UnrecordedFilter::default()
        };
        let found = self.store.unrecorded(filter).await?;
        Ok(found.into_iter().next())
    }

    /// What `getinfo` tells of them: how many there are, and the first; where storage cannot be read, how many
    /// there were.
    pub(super) async fn all(&self) -> (UnrecordedCounts, Vec<UnrecordedPart>) {
        if !self.standing.is_any() {
            return (UnrecordedCounts::default(), Vec::new());
        }
        if let Ok(counts) = self.store.count_unrecorded().await {
            self.standing.read(counts);
        }
        let filter = UnrecordedFilter {
            limit: LISTED,
            ..UnrecordedFilter::default()
        };
        let parts = self.store.unrecorded(filter).await;
        (self.standing.counts(), parts.unwrap_or_default())
    }

    /// What is stored of them at the start, before any number is given out.
    pub(super) async fn asked_before(&self) -> Result<AskedBefore, Unavailable> {
        let last = self.store.last_part().await?;
        self.standing.read(self.store.count_unrecorded().await?);
        let unasked = self.store.unasked().await?.into_iter();
        Ok(AskedBefore {
            last,
            unasked: unasked.map(|node| (node.node.clone(), node)).collect(),
        })
    }

    /// Stores which nodes have been asked at the start, if that is news.
    pub(super) async fn settle(
        &self,
        settlement: Settlement,
        is_news: bool,
    ) -> Result<(), Unavailable> {
        if is_news {
            self.store.settle(settlement.clone()).await?;
        }
        self.standing.remember_unasked(settlement.unasked);
        Ok(())
    }

    /// What a node has still to tell that could not be asked at the start.
    pub(super) fn unasked(&self, node: &NodeName) -> Option<Unasked> {
        self.standing.unasked(node)
    }

    /// A node that could not be asked at the start has told.
    pub(super) async fn has_told(&self, node: &NodeName, told: Told) -> Result<(), Unavailable> {
        let mut unasked = self.standing.other_unasked(node);
        for other in &mut unasked {
            other.is_restored |= told.missing > 0;
        }
        let settlement = Settlement {
            passed: told.last,
            asked: vec![node.clone()],
            unasked,
        };
        self.store.settle(settlement.clone()).await?;
        self.standing.has_been_asked(node, settlement.unasked);
        Ok(())
    }

    pub(super) fn say_how_it_stands(&self, told: Told) {
        if told.missing > 0 {
            let missing = told.missing;
            error!(
                alarm = true,
                missing,
                "the nodes know parts that the database does not: it is older than they are (was a copy put \
                 back?); getinfo lists them, and nothing new is sent towards payments whose money may be out"
            );
        }
        if let Some(why) = self.unsettled() {
            self.ledger.count_alarm();
            error!(alarm = true, "nothing new is sent: {why}");
        }
    }
}

impl Told {
    pub(super) fn add(&mut self, more: Told) {
        self.missing += more.missing;
        self.last = self.last.max(more.last);
    }
}
