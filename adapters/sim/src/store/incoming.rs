//! What came in, in memory.

use super::state::next;
use super::{SimStore, history};
use async_trait::async_trait;
use domain::{
    Cursor, Event, EventKind, IncomingPayment, IncomingStore, Listed, NewIncoming, NodeName,
    PaymentFilter, PaymentId, Recorded, StatusKind, Unavailable,
};

#[async_trait]
impl IncomingStore for SimStore {
    async fn record(&self, payment: NewIncoming, cursor: Cursor) -> Recorded {
        let mut state = self.state();
        if state.incoming_fails {
            return Recorded::Unavailable("simulated full disk".into());
        }
        let node = payment.node.clone();
        let heard = state.incoming_cursors.entry(node).or_insert(cursor);
        *heard = (*heard).max(cursor);
        let key = (&payment.node, payment.paid.payment_hash);
        let mut known = state.incoming.values();
        if known.any(|known| (&known.node, known.paid.payment_hash) == key) {
            return Recorded::Before;
        }
        let id = PaymentId(next(&mut state.last.payment));
        let seq = next(&mut state.last.event);
        state.events.push(Event {
            seq,
            kind: EventKind::PaymentReceived,
            at: payment.paid.completed_at,
            payment_hash: payment.paid.payment_hash,
            payment_status: StatusKind::Complete,
            part: None,
            part_status: None,
            failure: None,
            resolution: None,
            order_closed: None,
        });
        state.incoming.insert(id, payment.numbered(id));
        Recorded::Yes(id, seq)
    }

    async fn incoming_cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        Ok(self.read()?.incoming_cursors.get(&node).copied())
    }

    async fn incoming(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<IncomingPayment>>, Unavailable> {
        let state = self.read()?;
        let rows = history::page(history::incoming(&state, &filter), &filter, |row| row.id);
        Ok(rows.into_iter().cloned().map(Listed::Sound).collect())
    }
}

impl SimStore {
    /// Whether nothing that came in can be recorded.
    pub fn set_incoming_fails(&self, fail: bool) {
        self.state().incoming_fails = fail;
    }
}
