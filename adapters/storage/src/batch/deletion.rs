//! What deleting a payment does in a batch: by index only, whatever the size of the tables.

use super::{Batch, next};
use crate::changes::Removal;
use crate::error::Fault;
use crate::schema::{orders, payments};
use crate::statements::{
    DeleteEvents, DeleteOrders, DeleteParts, DeletePayment, DeleteRequests, DeleteResolutions,
    Fence, HistoryOf, NewTombstone,
};
use diesel::prelude::*;
use domain::Deleted;

impl Batch<'_> {
    /// Deletes a payment whole, unless the deletion is out of date. The tombstone first: the schema
    /// lets go of what was paid only where there is one (rule A-10). After a fault the batch must be
    /// undone.
    pub(crate) fn delete(&mut self, removal: &Removal) -> Result<Option<Deleted>, Fault> {
        if !self.is_as_expected(removal)? {
            return Ok(None);
        }
        let payment_id = removal.payment_id;
        if let Some(tombstone) = &removal.tombstone {
            tombstone.execute(self.connection)?;
        }
        // Keys before parts, parts before payments: each refers to the next. Events are found by parts.
        let mut requests = DeleteRequests { payment_id }.execute(self.connection)?;
        let of = HistoryOf::payments(&[payment_id]);
        let events = DeleteEvents { of }.execute(self.connection)?;
        DeleteResolutions { payment_id }.execute(self.connection)?;
        requests = requests.saturating_add(self.keys_of_orders(payment_id)?);
        DeleteOrders { payment_id }.execute(self.connection)?;
        let parts = DeleteParts { payment_id }.execute(self.connection)?;
        DeletePayment { payment_id }.execute(self.connection)?;
        self.fence()?;
        Ok(Some(Deleted {
            parts: count(parts),
            events: count(events),
            requests: count(requests),
        }))
    }

    /// Leaves a tombstone where there is no payment; whether there is none.
    pub(crate) fn bury(&mut self, tombstone: &NewTombstone) -> Result<bool, Fault> {
        let hash = &tombstone.payment_hash;
        let payment = payments::table.filter(payments::payment_hash.eq(hash));
        let payment = payment.select(payments::id);
        let found: Option<i64> = payment.get_result(self.connection).optional()?;
        if found.is_some() {
            return Ok(false);
        }
        if tombstone.execute(self.connection)? == 1 {
            self.fence()?;
        }
        Ok(true)
    }

    fn is_as_expected(&mut self, removal: &Removal) -> Result<bool, Fault> {
        let expected = payments::table
            .find(removal.payment_id)
            .filter(payments::version.eq(removal.version))
            .filter(payments::payment_hash.eq(&removal.payment_hash))
            .select(payments::id);
        let found: Option<i64> = expected.get_result(self.connection).optional()?;
        Ok(found.is_some())
    }

    /// How many of a payment's orders were asked for under a key, which is in the order's own row.
    fn keys_of_orders(&mut self, payment_id: i64) -> Result<usize, Fault> {
        let keyed = orders::table.filter(orders::payment_id.eq(payment_id));
        let keyed = keyed.filter(orders::request_id.is_not_null()).count();
        let count: i64 = keyed.get_result(self.connection)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// For what gives out no number: after a failed COMMIT this tells whether it is durable. Once a
    /// batch is enough.
    pub(super) fn fence(&mut self) -> Result<(), Fault> {
        if self.now.fences == self.before.fences {
            Fence {}.execute(self.connection)?;
            self.now.fences = next(self.now.fences)?;
        }
        Ok(())
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
