//! Outcomes in: `wait sendpays updated`, and the rows that were updated since.
//!
//! The cursor is lightningd's `updated_index`, kept in its database: nothing is missed or counted twice
//! over restarts of either side.

use crate::calls::{ListSendPays, Row, RowStatus, Waited};
use crate::connection::CallError;
use crate::link::Link;
use crate::session::Session;
use async_trait::async_trait;
use domain::{Backoff, Cursor, Heard, HtlcListener, Outcome, PaymentHash};
use futures::stream::{BoxStream, StreamExt, unfold};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Rows read at once.
const PAGE: usize = 500;
/// The first and the longest pause before lightningd is tried again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(5));

/// One lightningd, as far as outcomes come in.
pub(crate) struct Listener {
    pub(crate) link: Arc<Link>,
}

#[async_trait]
impl HtlcListener for Listener {
    async fn listen(self: Box<Self>, from: Option<Cursor>) -> BoxStream<'static, Heard> {
        if let Some(cursor) = from {
            self.link.has_told(cursor);
        }
        let listener = OutcomeListener {
            next: from.map_or(0, |cursor| cursor.0).saturating_add(1),
            listener: *self,
            heard: VecDeque::new(),
            backoff: BACKOFF,
        };
        let stream = unfold(listener, |mut listener| async move {
            let heard = listener.next().await;
            Some((heard, listener))
        });
        stream.boxed()
    }
}

struct OutcomeListener {
    listener: Listener,
    /// The first `updated_index` that was not read.
    next: u64,
    heard: VecDeque<Heard>,
    backoff: Backoff,
}

impl OutcomeListener {
    async fn next(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            let reason = match self.listener.link.session().await {
                Err(away) => away.to_string(),
                Ok(session) => match self.hear(&session).await {
                    Ok(()) => {
                        self.backoff.reset();
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
            };
            tracing::debug!(socket = %self.listener.link.options.socket.display(), reason,
                "cannot listen to lightningd now");
            tokio::time::sleep(self.backoff.next_pause()).await;
        }
    }

    /// Waits until something has been updated that was not read yet, and reads a page of it.
    async fn hear(&mut self, session: &Session) -> Result<(), CallError> {
        let params =
            json!({"subsystem": "sendpays", "indexname": "updated", "nextvalue": self.next});
        let waited: Waited = session.waiting().ask("wait", &params).await?;
        let params = json!({"index": "updated", "start": self.next, "limit": PAGE});
        let list: ListSendPays = session.waiting().ask("listsendpays", &params).await?;
        if list.payments.is_empty() {
            // All of it has been deleted since, up to there.
            self.next = self.next.max(waited.updated.saturating_add(1));
        }
        for row in list.payments {
            let Some(index) = row.updated_index.filter(|index| *index >= self.next) else {
                continue;
            };
            // Only what was read whole is passed: an error makes it heard again.
            if let Some(heard) = self.read(session, &row, Cursor(index)).await? {
                self.heard.push_back(heard);
            }
            self.next = index.saturating_add(1);
            self.listener.link.seen_update(index);
        }
        Ok(())
    }

    /// What a row says, if it is of our group and has an outcome.
    async fn read(
        &self,
        session: &Session,
        row: &Row,
        cursor: Cursor,
    ) -> Result<Option<Heard>, CallError> {
        let own = row.part(self.listener.link.options.group);
        let Some((part, hash)) = own.zip(row.hash()) else {
            return Ok(None);
        };
        let outcome = match row.status() {
            RowStatus::Complete => {
                self.listener.link.forget(session, hash, part);
                let Some(preimage) = preimage(row, hash) else {
                    return Ok(None);
                };
                Outcome::Fulfilled(preimage)
            }
            RowStatus::Failed => {
                let failure = self.listener.link.ends.failure(session, hash, part).await?;
                Outcome::Failed(Box::new(failure))
            }
            // It will be updated again when there is one.
            RowStatus::Pending | RowStatus::Strange => return Ok(None),
        };
        Ok(Some(Heard {
            cursor,
            part,
            payment_hash: hash,
            outcome,
        }))
    }
}

/// A complete row without a preimage proves nothing: the part stays pending.
fn preimage(row: &Row, hash: PaymentHash) -> Option<[u8; 32]> {
    let preimage = row.preimage();
    if preimage.is_none() {
        tracing::error!(payment.hash = %hash, alarm = true,
            "lightningd says that a part is complete, and tells no preimage");
    }
    preimage
}
