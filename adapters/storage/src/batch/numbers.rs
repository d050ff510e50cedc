//! The numbers that a batch gives out.

use crate::error::{Fault, Rule};
use crate::lock;
use crate::schema::{counters, events, incoming_payments, parts, payments};
use crate::statements::{Commit, Fence};
use diesel::dsl::max;
use diesel::prelude::*;
use std::time::Duration;

/// The last numbers that were given out, and how often the log was fenced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) payment: i64,
    pub(crate) part: i64,
    pub(crate) event: i64,
    pub(crate) fences: i64,
}

/// Overwrites what a failed COMMIT may have left in the log, makes durable whatever else is in it,
/// and says what that is.
pub(crate) fn fence(
    connection: &mut SqliteConnection,
    patience: Duration,
) -> Result<Counters, Fault> {
    lock::begin(connection, patience)?;
    let found = read_counters(connection)?;
    Fence {}.execute(connection)?;
    Commit {}.execute(connection)?;
    Ok(found)
}

/// The number of the last row, or of the last that was deleted.
pub(super) fn read_counters(connection: &mut SqliteConnection) -> Result<Counters, Fault> {
    type Last = (i64, Option<i64>);
    type Payment = (i64, Option<i64>, Option<i64>);
    let incoming = incoming_payments::table.select(max(incoming_payments::id));
    let last = (
        (
            counters::last_payment,
            payments::table.select(max(payments::id)).single_value(),
            incoming.single_value(),
        ),
        (
            counters::last_part,
            parts::table.select(max(parts::id)).single_value(),
        ),
        (
            counters::last_event,
            events::table.select(max(events::seq)).single_value(),
        ),
        counters::fences,
    );
    let found: (Payment, Last, Last, i64) = counters::table.select(last).get_result(connection)?;
    let last = |(deleted, stored): Last| deleted.max(stored.unwrap_or(0));
    let ((deleted, outgoing, incoming), part, event, fences) = found;
    Ok(Counters {
        // Both kinds of payments have numbers of one sequence.
        payment: last((deleted, outgoing)).max(incoming.unwrap_or(0)),
        part: last(part),
        event: last(event),
        fences,
    })
}

pub(super) fn next(last: i64) -> Result<i64, Fault> {
    let next = last.checked_add(1);
    next.ok_or_else(|| Fault::Rule(Rule::new("A-4: no number is left")))
}

pub(super) fn number(id: i64) -> Result<u64, Fault> {
    u64::try_from(id).map_err(|_| Fault::Rule(Rule::new(format!("A-4: number {id} is negative"))))
}
