//! What nodes know and the store does not, in memory.

use super::SimStore;
use async_trait::async_trait;
use domain::{
    Noted, PartId, Settlement, Unasked, Unavailable, UnrecordedCounts, UnrecordedFilter,
    UnrecordedPart, UnrecordedStore,
};

#[async_trait]
impl UnrecordedStore for SimStore {
    async fn last_part(&self) -> Result<PartId, Unavailable> {
        Ok(PartId(self.read()?.last.part))
    }

    async fn note(&self, part: UnrecordedPart) -> Result<Noted, Unavailable> {
        let mut state = self.read()?;
        let key = (part.part, part.payment_hash, part.node.clone());
        let known = state.unrecorded.get(&key);
        let before = known.map(|known| known.fate);
        let now = before.map_or(part.fate, |before| before.then(part.fate));
        let noted = Noted { before, now };
        if noted.is_news() {
            let amount = known.and_then(|known| known.amount_sent);
            let part = UnrecordedPart {
                amount_sent: part.amount_sent.or(amount),
                fate: now,
                ..part
            };
            state.unrecorded.insert(key, part);
        }
        Ok(noted)
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), Unavailable> {
        let mut state = self.read()?;
        state.last.part = state.last.part.max(settlement.passed.0);
        for node in &settlement.asked {
            state.unasked.remove(node);
        }
        for unasked in settlement.unasked {
            state.unasked.insert(unasked.node.clone(), unasked);
        }
        Ok(())
    }

    async fn unasked(&self) -> Result<Vec<Unasked>, Unavailable> {
        Ok(self.read()?.unasked.values().cloned().collect())
    }

    async fn unrecorded(
        &self,
        filter: UnrecordedFilter,
    ) -> Result<Vec<UnrecordedPart>, Unavailable> {
        let state = self.read()?;
        let wanted = |part: &&UnrecordedPart| {
            filter.node.as_ref().is_none_or(|node| part.node == *node)
                && filter.part.is_none_or(|id| part.part == id)
                && filter.hash.is_none_or(|hash| part.payment_hash == hash)
                && (!filter.is_open || part.fate.is_open())
        };
        let mut found: Vec<_> = state.unrecorded.values().filter(wanted).cloned().collect();
        found.sort_by_key(|part| (!part.fate.is_open(), part.part));
        found.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn count_unrecorded(&self) -> Result<UnrecordedCounts, Unavailable> {
        let mut counts = UnrecordedCounts::default();
        for part in self.read()?.unrecorded.values() {
            *counts.of(part.fate) += 1;
        }
        Ok(counts)
    }
}
