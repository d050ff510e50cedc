//! One cell a payment hash: work on one hash is serial, on different hashes parallel. The cell of a
//! live payment also remembers the payment, so that its outcomes need not be looked up.

use crate::{Mutex, Payment, PaymentHash};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

/// The cells of all hashes that are live or being worked on.
#[derive(Default)]
pub(super) struct Cells(Mutex<HashMap<PaymentHash, Arc<Cell>>>);

struct Cell {
    slot: tokio::sync::Mutex<Slot>,
    /// Whether the payment has live parts or an open order, and so must stay.
    live: AtomicBool,
}

/// What is known of a payment.
enum Slot {
    Unread,
    Read(Box<Option<Payment>>),
}

/// A cell in use: dropped, it makes the cell go unless the payment is live.
pub(super) struct CellRef<'a> {
    cells: &'a Cells,
    hash: PaymentHash,
    /// Taken only when this is dropped.
    cell: Option<Arc<Cell>>,
}

/// A cell that nobody else can look into, until this is dropped.
pub(super) struct Held<'a> {
    cell: &'a Cell,
    slot: tokio::sync::MutexGuard<'a, Slot>,
}

impl Cells {
    pub(super) fn get(&self, hash: PaymentHash) -> CellRef<'_> {
        let new = || {
            Arc::new(Cell {
                slot: tokio::sync::Mutex::new(Slot::Unread),
                live: AtomicBool::new(false),
            })
        };
        let cell = self.map().entry(hash).or_insert_with(new).clone();
        CellRef {
            cells: self,
            hash,
            cell: Some(cell),
        }
    }

    fn map(&self) -> MutexGuard<'_, HashMap<PaymentHash, Arc<Cell>>> {
        self.0.lock()
    }
}

impl CellRef<'_> {
    /// Waits for its turn; first come, first served.
    pub(super) async fn hold(&self) -> Held<'_> {
        let cell = self.cell.as_deref().expect("taken only when dropped");
        Held {
            cell,
            slot: cell.slot.lock().await,
        }
    }
}

impl Drop for CellRef<'_> {
    fn drop(&mut self) {
        let mut map = self.cells.map();
        // Given up while the map is locked: of two who leave at once, one is the last.
        drop(self.cell.take());
        let unused =
            |cell: &Arc<Cell>| Arc::strong_count(cell) == 1 && !cell.live.load(Ordering::Acquire);
        if map.get(&self.hash).is_some_and(unused) {
            map.remove(&self.hash);
        }
    }
}

impl Held<'_> {
    /// Whether nothing is known of the payment, not even that there is none.
    pub(super) fn is_unread(&self) -> bool {
        matches!(*self.slot, Slot::Unread)
    }

    /// The payment, if it is known.
    pub(super) fn known(&self) -> Option<&Payment> {
        match &*self.slot {
            Slot::Read(payment) => payment.as_ref().as_ref(),
            Slot::Unread => None,
        }
    }

    /// Takes the payment out, to be put back as it is after a commit.
    pub(super) fn take(&mut self) -> Option<Payment> {
        match std::mem::replace(&mut *self.slot, Slot::Unread) {
            Slot::Read(payment) => *payment,
            Slot::Unread => None,
        }
    }

    pub(super) fn put(&mut self, payment: Option<Payment>) {
        let under_way = |payment: &Payment| {
            let row = payment.summary();
            row.tally.live > 0 || row.order.is_some()
        };
        let live = payment.as_ref().is_some_and(under_way);
        self.cell.live.store(live, Ordering::Release);
        *self.slot = Slot::Read(Box::new(payment));
    }

    /// What was known may be wrong: the next one reads it again.
    pub(super) fn forget(&mut self) {
        *self.slot = Slot::Unread;
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::contract::samples;
    use crate::engine::test_support::{complete, live};
    use futures::executor::block_on;

    #[test]
    fn a_cell_goes_with_its_last_user_unless_its_payment_is_live() {
        let (cells, hash) = (Cells::default(), samples::hash(1));
        let put = |payment: Option<Payment>| {
            let cell = cells.get(hash);
            block_on(cell.hold()).put(payment);
        };
        let (one, other) = (cells.get(hash), cells.get(hash));
        drop(one);
        assert_eq!(cells.map().len(), 1, "somebody uses it");
        drop(other);
        assert_eq!(cells.map().len(), 0);
        put(Some(live()));
        assert_eq!(cells.map().len(), 1, "its outcomes are still to come");
        put(Some(complete()));
        assert_eq!(cells.map().len(), 0);
    }
}
