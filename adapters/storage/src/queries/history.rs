//! The history: what went out and what came in, as they were at one moment.

use super::by_hand::by_hand;
use super::own::own;
use super::{BeginRead, Commit, selected};
use crate::rows;
use crate::schema::{counters, incoming_payments, payments};
use diesel::dsl::max;
use diesel::prelude::*;
use domain::{Direction, History, HistoryFilter, HistoryRow, Listed, PaymentFilter, StatusKind};

/// A page of the history.
pub(crate) fn history(
    connection: &mut SqliteConnection,
    filter: &HistoryFilter,
) -> QueryResult<History> {
    (&BeginRead {}).execute(connection)?;
    let rows = page(connection, filter)?;
    let nothing_came_in = numbers(connection)?.1 == 0;
    let own = if nothing_came_in {
        Vec::new()
    } else {
        own(connection, &rows)?
    };
    let history = History {
        own,
        by_hand: by_hand(connection, &rows)?,
        total: total(connection, filter)?,
        rows,
    };
    (&Commit {}).execute(connection)?;
    Ok(history)
}

fn page(
    connection: &mut SqliteConnection,
    filter: &HistoryFilter,
) -> QueryResult<Vec<Listed<HistoryRow>>> {
    let wanted = &filter.payments;
    let mut rows = Vec::new();
    if filter.direction != Direction::Incoming {
        let outgoing = super::payments(connection, wanted)?.into_iter();
        rows.extend(outgoing.map(|row| row.map(|row| HistoryRow::Outgoing(Box::new(row)))));
    }
    if filter.direction != Direction::Outgoing && may_have_come_in(wanted) {
        let incoming = rows::incoming(connection, wanted)?.into_iter();
        rows.extend(incoming.map(|row| row.map(|row| HistoryRow::Incoming(Box::new(row)))));
    }
    // Each direction is in order already: this merges them.
    rows.sort_by_key(|row| row.number(|row| row.id().0));
    if wanted.reverse {
        rows.reverse();
    }
    rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// What is not paid yet is in `listpartialinvoices`.
fn may_have_come_in(filter: &PaymentFilter) -> bool {
    filter.status.is_none_or(|s| s == StatusKind::Complete)
}

/// How many rows there are. Those of one hash, and those that are pending, are found by an index and are
/// few; the rest of what is filtered is counted when that is asked for.
fn total(connection: &mut SqliteConnection, filter: &HistoryFilter) -> QueryResult<Option<u64>> {
    let HistoryFilter {
        direction,
        payments: wanted,
        count,
    } = filter;
    let is_everything = PaymentFilter {
        start: None,
        limit: 0,
        reverse: false,
        ..wanted.clone()
    } == PaymentFilter::default();
    if is_everything {
        let (outgoing, incoming) = numbers(connection)?;
        return Ok(match direction {
            Direction::Outgoing => Some(outgoing),
            Direction::Incoming => Some(incoming),
            Direction::All => outgoing.checked_add(incoming),
        }
        .and_then(|total| u64::try_from(total).ok()));
    }
    let is_pending = wanted.status == Some(StatusKind::Pending) && wanted.search.is_none();
    if wanted.hash.is_none() && !is_pending && !count {
        return Ok(None);
    }
    let mut total = 0;
    if *direction != Direction::Incoming {
        total += count_outgoing(connection, wanted)?;
    }
    if *direction != Direction::Outgoing && may_have_come_in(wanted) {
        total += rows::count_incoming(connection, wanted)?;
    }
    Ok(u64::try_from(total).ok())
}

fn count_outgoing(connection: &mut SqliteConnection, filter: &PaymentFilter) -> QueryResult<i64> {
    let is_all_of_one_status = filter.hash.is_none() && filter.search.is_none();
    if is_all_of_one_status && filter.status == Some(StatusKind::Complete) {
        // Most of a large table: its rows are not read, the others are found by their indexes.
        let mut others = 0;
        for status in [StatusKind::Pending, StatusKind::Failed] {
            let other = PaymentFilter {
                status: Some(status),
                ..PaymentFilter::default()
            };
            others += selected(&other).count().get_result::<i64>(connection)?;
        }
        return Ok(numbers(connection)?.0.saturating_sub(others));
    }
    selected(filter).count().get_result(connection)
}

type Known = (i64, i64, i64, Option<i64>, Option<i64>);

/// How many payments went out, and how many came in: see the migration `totals`.
fn numbers(connection: &mut SqliteConnection) -> QueryResult<(i64, i64)> {
    let known = (
        counters::last_payment,
        counters::payments_gone,
        counters::payments_incoming,
        payments::table.select(max(payments::id)).single_value(),
        incoming_payments::table
            .select(max(incoming_payments::id))
            .single_value(),
    );
    let known: Known = counters::table.select(known).get_result(connection)?;
    let (deleted, gone, incoming, last_out, last_in) = known;
    let last = [last_out, last_in].into_iter().flatten();
    let last = last.fold(deleted, i64::max);
    let all = last.saturating_sub(gone);
    Ok((all.saturating_sub(incoming).max(0), incoming))
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;
    use crate::options::Options;
    use crate::pragma::{Role, connect, create};
    use diesel::connection::{InstrumentationEvent, SimpleConnection};

    fn filter(change: impl Fn(&mut HistoryFilter)) -> HistoryFilter {
        let mut filter = HistoryFilter {
            direction: Direction::All,
            ..HistoryFilter::default()
        };
        filter.payments.limit = 10;
        change(&mut filter);
        filter
    }

    /// What goes out and comes in between the two looks is on the page with both of its rows, or with none:
    /// whoever goes on after a page must have missed nothing.
    #[test]
    fn a_page_is_of_one_moment() {
        const BEHIND: &str = "
            insert into nodes values (1, 'a', null);
            insert into payments (id, payment_hash, direction, status, intended_msat, requested_msat,
                destination, parts, live_parts, in_flight_msat, delivered_msat, sent_msat, created_at,
                completed_at, version)
            values (1, zeroblob(32), 0, 2, 1000, 1000, zeroblob(33), 1, 0, 0, 0, 0, 1, 2, 2);
            insert into incoming_payments (id, node_id, payment_hash, payment_preimage, destination,
                received_msat, created_at, completed_at)
            values (2, 1, zeroblob(32), zeroblob(32), zeroblob(33), 1, 1, 1);";
        for reverse in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("db");
            create(&path).unwrap();
            let open = || connect(&path, Role::Writer, &Options::default()).unwrap();
            let (mut reader, mut writer) = (open(), open());
            crate::migrate::run_pending(&mut writer).unwrap();
            let mut behind = Some(writer);
            reader.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event
                    && query.to_string().contains("FROM (`incoming_payments`")
                    && let Some(mut writer) = behind.take()
                {
                    writer.batch_execute(BEHIND).unwrap();
                }
            });
            let asked = filter(|filter| filter.payments.reverse = reverse);
            let ids = |reader: &mut SqliteConnection| -> Vec<u64> {
                let rows = history(reader, &asked).unwrap().rows;
                rows.iter()
                    .map(|row| row.number(|row| row.id().0))
                    .collect()
            };
            assert_eq!(ids(&mut reader), [0; 0], "reverse: {reverse}");
            let both = if reverse { [2, 1] } else { [1, 2] };
            assert_eq!(ids(&mut reader), both);
        }
    }

    fn plan_of_total(filter: &HistoryFilter) -> String {
        plan(|connection| {
            let _ = total(connection, filter).unwrap();
        })
    }

    /// What every page is told with, however many payments there are.
    #[test]
    fn how_many_there_are_is_told_without_reading_them() {
        let plan = plan_of_total(&filter(|_| {}));
        for step in plan.split("; ") {
            let is_one_row = [
                "SCAN counters",
                "SCALAR SUBQUERY",
                "SEARCH payments",
                "SEARCH incoming_payments",
            ]
            .iter()
            .any(|step_of_one| step.starts_with(step_of_one));
            assert!(is_one_row, "{plan}");
        }
        let pending = filter(|filter| filter.payments.status = Some(StatusKind::Pending));
        assert!(plan_of_total(&pending).contains("parts_pending"));
    }

    /// Of those that end, the fewer ones are counted.
    #[test]
    fn what_is_complete_is_counted_without_reading_it() {
        let complete = filter(|filter| {
            filter.payments.status = Some(StatusKind::Complete);
            filter.direction = Direction::Outgoing;
            filter.count = true;
        });
        let plan = plan(|connection| {
            let _ = count_outgoing(connection, &complete.payments).unwrap();
        });
        assert!(!plan.contains("SCAN payments"), "{plan}");
        let failed = PaymentFilter {
            status: Some(StatusKind::Failed),
            ..PaymentFilter::default()
        };
        let failed = super::super::tests::plan(|connection| {
            let _ = count_outgoing(connection, &failed).unwrap();
        });
        assert!(
            failed.contains("COVERING INDEX payments_failed"),
            "{failed}"
        );
    }
}
