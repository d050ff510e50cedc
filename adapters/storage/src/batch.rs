//! What one batch does on a connection: begin, each transition's few statements, commit.
//!
//! The expected version is checked by a transition's first write. When no row is touched, nothing
//! of that transition is written, and the batch goes on without it: no savepoints. `deletion`: the same
//! for a payment that goes.

mod deletion;
mod incoming;
mod numbers;
mod unrecorded;

pub(crate) use incoming::IncomingWrite;
pub(crate) use numbers::{Counters, fence};
pub(crate) use unrecorded::{SettlementWrite, UnrecordedWrite};

use crate::changes::{OrderWrite, PartWrite, PaymentWrite, TransitionWrite};
use crate::error::Fault;
use crate::lock;
use crate::schema::{nodes, orders, requests};
use crate::statements::{Commit, CursorMoved, DataVersion, NewEvent};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use domain::{NodeIdentity, NodeName, PartId, PaymentId, Receipt};
use numbers::{next, number, read_counters};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// A batch under way.
pub(crate) struct Batch<'a> {
    connection: &'a mut SqliteConnection,
    memory: &'a mut Memory,
    version: i64,
    before: Counters,
    now: Counters,
    cursors: BTreeMap<NodeName, i64>,
}

/// What need not be read in every batch. An undone batch may make this wrong; then it is forgotten.
#[derive(Default)]
pub(crate) struct Memory {
    /// A node never changes its number.
    nodes: HashMap<NodeName, i64>,
    /// The last numbers after the last commit, and the version of the database then, as SQLite tells this
    /// connection: it is another one if another program has written since.
    last: Option<(i64, Counters)>,
}

/// Why a batch did not end well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// COMMIT was not reached: nothing is durable.
    BeforeCommit(Fault),
    /// COMMIT itself failed: it may be durable, and these counters tell.
    AtCommit {
        before: Counters,
        after: Counters,
        error: String,
    },
}

impl<'a> Batch<'a> {
    /// Takes the lock, for which it waits that long, and reads the last numbers if another program may
    /// have written meanwhile.
    pub(crate) fn begin(
        connection: &'a mut SqliteConnection,
        memory: &'a mut Memory,
        patience: Duration,
    ) -> Result<Batch<'a>, Fault> {
        lock::begin(connection, patience)?;
        let version = DataVersion {}.get_result(connection)?;
        let before = match memory.last.take() {
            Some((known, last)) if known == version => last,
            _ => read_counters(connection)?,
        };
        Ok(Batch {
            connection,
            memory,
            version,
            before,
            now: before,
            cursors: BTreeMap::new(),
        })
    }

    /// Writes one transition, unless it is out of date. After a fault the batch must be undone.
    pub(crate) fn apply(&mut self, write: &mut TransitionWrite) -> Result<Option<Receipt>, Fault> {
        if let Some(key) = write.request_id()
            && self.is_answered(key)?
        {
            return Ok(None);
        }
        let Some(payment_id) = self.write_payment(&mut write.payment)? else {
            return Ok(None);
        };
        let seq = next(self.now.event)?;
        if let Some(resolution) = &mut write.resolution {
            resolution.seq = seq;
            (&*resolution).execute(self.connection)?;
        }
        if let Some(order) = &mut write.order {
            self.write_order(payment_id, order, seq)?;
        }
        let part_id = self.write_part(payment_id, &mut write.part, seq)?;
        self.write_event(seq, payment_id, part_id, &mut write.event)?;
        if let (Some(request), Some(part_id)) = (&mut write.request, part_id) {
            request.payment_id = payment_id;
            request.part_id = part_id;
            (&*request).execute(self.connection)?;
        }
        if let Some((node, cursor)) = &write.cursor {
            self.advance(node, *cursor);
        }
        Ok(Some(Receipt {
            payment: PaymentId(number(payment_id)?),
            part: part_id.map(|id| number(id).map(PartId)).transpose()?,
            event: number(seq)?,
        }))
    }

    /// Remembers how far a node has been heard.
    pub(crate) fn advance(&mut self, node: &NodeName, cursor: i64) {
        match self.cursors.get_mut(node) {
            Some(heard) => *heard = cursor.max(*heard),
            None => drop(self.cursors.insert(node.clone(), cursor)),
        }
    }

    /// The identity under which a node was first used: this one, if it is the first.
    pub(crate) fn bind(
        &mut self,
        node: &NodeName,
        identity: &NodeIdentity,
    ) -> Result<NodeIdentity, Fault> {
        let row = nodes::table.find(self.node(node)?);
        let unbound = diesel::update(row.filter(nodes::identity.is_null()));
        let bound = unbound.set(nodes::identity.eq(identity.as_str()));
        if bound.execute(self.connection)? == 1 {
            self.fence()?;
        }
        let first: String = row
            .select(nodes::identity.assume_not_null())
            .get_result(self.connection)?;
        Ok(NodeIdentity::new(first))
    }

    /// Makes everything durable.
    pub(crate) fn commit(mut self) -> Result<(), Ending> {
        self.write_totals().map_err(Ending::BeforeCommit)?;
        match (Commit {}).execute(self.connection) {
            Ok(_) => {
                self.memory.last = Some((self.version, self.now));
                Ok(())
            }
            Err(error) => Err(Ending::AtCommit {
                before: self.before,
                after: self.now,
                error: error.to_string(),
            }),
        }
    }

    fn is_answered(&mut self, request_id: &str) -> Result<bool, Fault> {
        let known = requests::table.select(requests::part_id).find(request_id);
        let known: Option<i64> = known.get_result(self.connection).optional()?;
        if known.is_some() {
            return Ok(true);
        }
        let of_order = orders::table.filter(orders::request_id.eq(request_id));
        let of_order = of_order.select(orders::seq);
        let known: Option<i64> = of_order.get_result(self.connection).optional()?;
        Ok(known.is_some())
    }

    /// The payment's number, or `None` if it is not what the transition expects.
    fn write_payment(&mut self, payment: &mut PaymentWrite) -> Result<Option<i64>, Fault> {
        let (touched, id) = match payment {
            PaymentWrite::New(row) => {
                row.id = next(self.now.payment)?;
                let touched = (&**row).execute(self.connection).map_err(Fault::from);
                let touched = match touched {
                    // It was paid, and deleted since. To ask first would cost every payment a look-up.
                    Err(Fault::Rule(rule)) if rule.id() == Some("A-10") => 0,
                    touched => touched?,
                };
                if touched == 1 {
                    self.now.payment = row.id;
                }
                (touched, row.id)
            }
            PaymentWrite::Opened(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PaymentWrite::Joined(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PaymentWrite::ProvenAndClosed(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PaymentWrite::Closed(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PaymentWrite::Proven(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PaymentWrite::NotProven(update) => {
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
        };
        Ok((touched == 1).then_some(id))
    }

    /// The part's number, if the transition is about one. Its row says which event began it, and which
    /// one ended it.
    fn write_part(
        &mut self,
        payment_id: i64,
        part: &mut PartWrite,
        event: i64,
    ) -> Result<Option<i64>, Fault> {
        let (touched, id) = match part {
            PartWrite::New { node, row } => {
                row.node_id = self.node(node)?;
                row.payment_id = payment_id;
                row.id = next(self.now.part)?;
                row.accepted_event = event;
                (&**row).execute(self.connection)?;
                self.now.part = row.id;
                (1, row.id)
            }
            PartWrite::Fulfilled(update) => {
                update.ended_event = event;
                let touched = (&*update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PartWrite::Failed(update) => {
                update.ended_event = event;
                let touched = (&**update).execute(self.connection)?;
                (touched, update.expected.id)
            }
            PartWrite::Untouched(id) => (1, *id),
            PartWrite::None => return Ok(None),
        };
        // The payment was as expected, the part was not.
        if touched == 1 {
            Ok(Some(id))
        } else {
            Err(Fault::Stale)
        }
    }

    /// The order's row: one that is opened is named by the event that opens it.
    fn write_order(
        &mut self,
        payment_id: i64,
        order: &mut OrderWrite,
        event: i64,
    ) -> Result<(), Fault> {
        let touched = match order {
            OrderWrite::Opened(row) => {
                row.seq = event;
                row.payment_id = payment_id;
                (&**row).execute(self.connection)?
            }
            OrderWrite::Closed(update) => {
                update.closed_event = event;
                update.payment_id = payment_id;
                (&*update).execute(self.connection)?
            }
        };
        // The payment was as expected, the order was not.
        if touched == 1 {
            Ok(())
        } else {
            Err(Fault::Stale)
        }
    }

    fn write_event(
        &mut self,
        seq: i64,
        payment_id: i64,
        part_id: Option<i64>,
        event: &mut NewEvent,
    ) -> Result<(), Fault> {
        event.seq = seq;
        event.payment_id = payment_id;
        event.part_id = part_id;
        (&*event).execute(self.connection)?;
        self.now.event = seq;
        Ok(())
    }

    fn node(&mut self, name: &NodeName) -> Result<i64, Fault> {
        if let Some(id) = self.memory.nodes.get(name) {
            return Ok(*id);
        }
        let new = nodes::name.eq(name.as_str());
        let insert = diesel::insert_into(nodes::table).values(new);
        insert.on_conflict_do_nothing().execute(self.connection)?;
        let named = nodes::table.filter(nodes::name.eq(name.as_str()));
        let id = named.select(nodes::id).get_result(self.connection)?;
        self.memory.nodes.insert(name.clone(), id);
        Ok(id)
    }

    /// What is written once a batch.
    fn write_totals(&mut self) -> Result<(), Fault> {
        for (node, cursor) in std::mem::take(&mut self.cursors) {
            let node = node.as_str().to_owned();
            CursorMoved { node, cursor }.execute(self.connection)?;
        }
        Ok(())
    }
}

/// Undoes the batch that is under way.
pub(crate) fn undo(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("rollback")
}

#[cfg(test)]
mod tests;
