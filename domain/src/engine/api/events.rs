//! Following the history. It is read from storage and never handed over: so a reader that is slow, or was
//! away, costs a payment nothing, and what it missed has a number to resume at.

use super::decisions::Decisions;
use super::list::page;
use crate::engine::board::Board;
use crate::engine::ledger::Ledger;
use crate::engine::shared::Shared;
use crate::{ApiError, Event, EventFilter, Page};
use std::sync::Arc;

/// What has happened, by number.
pub(in crate::engine) struct EventApi {
    ledger: Arc<Ledger>,
    board: Arc<Board>,
    decisions: Arc<Decisions>,
}

impl EventApi {
    pub(super) fn new(decisions: Arc<Decisions>, shared: &Shared) -> EventApi {
        EventApi {
            ledger: shared.ledger.clone(),
            board: shared.board.clone(),
            decisions,
        }
    }

    pub(super) async fn last(&self) -> Result<u64, ApiError> {
        Ok(self.ledger.store().last_event().await?)
    }

    pub(super) async fn events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        let limit = filter.limit;
        let filter = EventFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let rows = self.ledger.store().events(filter).await?;
        Ok(page(rows, limit, |event| event.seq))
    }

    /// Not counted among the callers that wait: whoever serves the readers limits them.
    pub(super) async fn next(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        loop {
            // Registered before the page is read: what becomes durable in between wakes it.
            let mut news = self.board.follow(filter.hash);
            self.decisions.assert_open()?;
            let page = self.events(filter.clone()).await?;
            if !page.rows.is_empty() {
                return Ok(page);
            }
            news.end().await.ok_or(ApiError::ShuttingDown)?;
        }
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::contract::samples;
    use crate::engine::Engine;
    use crate::engine::test_support::over;
    use crate::{Damaged, Listed, MockPaymentStore};
    use futures::FutureExt;
    use std::sync::Weak;

    /// An engine whose first page is empty, and which has news while that is read.
    fn busy() -> Arc<Engine> {
        Arc::new_cyclic(|engine: &Weak<Engine>| {
            let (engine, mut pages) = (engine.clone(), 0_u64);
            let mut store = MockPaymentStore::new();
            store.expect_events().returning(move |_| {
                pages += 1;
                if let Some(engine) = engine.upgrade()
                    && pages == 1
                {
                    engine.shared.board.has_news(samples::hash(1));
                    return Ok(vec![]);
                }
                let event = Damaged {
                    id: pages,
                    payment_hash: None,
                    reason: "a test".to_owned(),
                };
                Ok(vec![Listed::Damaged(event)])
            });
            over(store)
        })
    }

    #[test]
    fn what_becomes_durable_while_a_page_is_read_is_not_missed() {
        for hash in [None, Some(samples::hash(1))] {
            let engine = busy();
            let filter = EventFilter {
                hash,
                start: 1,
                limit: 10,
            };
            let page = engine.api.events.next(filter).now_or_never();
            let page = page.expect("it has been woken").expect("storage answers");
            assert_eq!(page.rows.len(), 1);
            assert_eq!(engine.shared.board.following(), 0);
        }
    }
}
