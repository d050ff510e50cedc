//! What the readers ask. Each costs what its page costs, however large the tables are; a page of what is
//! pending, and the events of one payment, cost a walk over the index of all that is pending, or of its parts.

mod by_hand;
mod history;
mod orders;
mod own;

pub(crate) use history::history;
pub(crate) use orders::{open_orders, orders};

use crate::fields::{RawText, time, unsigned};
use crate::rows::{OrderRow, PartRow, PaymentRow, ResolutionRow, StoredEvent, StoredPart};
use crate::schema::{
    counters, cursors, events, incoming_payments, nodes, orders as schema_orders, parts, payments,
    requests, resolutions, tombstones,
};
use crate::statements::{BeginRead, Commit, HistoryOf};
use diesel::dsl::{AsExprOf, max, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use domain::{
    Cursor, Event, EventFilter, Listed, LoadError, Made, NodeName, PartFilter, PartId,
    PartialPayment, Payment, PaymentFilter, PaymentHash, PaymentId, PaymentSummary, Request,
    RequestId, StatusKind, Tombstone,
};

/// A payment and its parts as they were at one moment; or what is wrong with them, or left of them.
pub(crate) fn load(
    connection: &mut SqliteConnection,
    hash: PaymentHash,
) -> QueryResult<Option<Result<Payment, LoadError>>> {
    // Most hashes are new, and what is not there needs no snapshot.
    if find_payment(connection, hash)?.is_some() {
        (&BeginRead {}).execute(connection)?;
        let found = payment_and_parts(connection, hash)?;
        (&Commit {}).execute(connection)?;
        if let Some((payment, parts, order)) = found {
            let restored = restore(payment, parts, order);
            return Ok(Some(restored.map_err(LoadError::Damaged)));
        }
    }
    // Looked for last: whoever deletes a payment meanwhile has left its tombstone by now.
    let tombstone = tombstone(connection, hash)?;
    Ok(tombstone.map(|found| Err(found.map_or_else(LoadError::Damaged, LoadError::Deleted))))
}

/// What is left of a payment that was paid and deleted.
fn tombstone(
    connection: &mut SqliteConnection,
    hash: PaymentHash,
) -> QueryResult<Option<Result<Tombstone, String>>> {
    let found: Option<(Option<i64>, i64)> = tombstones::table
        .find(&hash.0[..])
        .select((tombstones::payment_id, tombstones::deleted_at))
        .get_result(connection)
        .optional()?;
    let read = |(payment, deleted_at): (Option<i64>, i64)| {
        let payment = payment.map(|id| unsigned(id, "payment_id").map(PaymentId));
        Ok(Tombstone {
            payment_hash: hash,
            payment: payment.transpose()?,
            deleted_at: time(deleted_at, "deleted_at")?,
        })
    };
    Ok(found.map(read))
}

fn find_payment(connection: &mut SqliteConnection, hash: PaymentHash) -> QueryResult<Option<i64>> {
    let payment = payments::table.filter(payments::payment_hash.eq(&hash.0[..]));
    payment
        .select(payments::id)
        .get_result(connection)
        .optional()
}

type PartAndNode = (PartRow, Option<RawText>, Option<ResolutionRow>);

/// A payment's row, its parts, and its last order.
type Stored = (PaymentRow, Vec<PartAndNode>, Option<OrderRow>);

fn payment_and_parts(
    connection: &mut SqliteConnection,
    hash: PaymentHash,
) -> QueryResult<Option<Stored>> {
    let payment = payments::table
        .filter(payments::payment_hash.eq(&hash.0[..]))
        .select(PaymentRow::as_select());
    let Some(payment) = payment.get_result(connection).optional()? else {
        return Ok(None);
    };
    let parts = parts::table
        .left_join(nodes::table)
        .left_join(resolutions::table)
        .filter(parts::payment_id.eq(payment.id))
        .select((
            PartRow::as_select(),
            nodes::name.nullable(),
            Option::<ResolutionRow>::as_select(),
        ))
        .order(parts::id);
    let parts = parts.load(connection)?;
    let order = orders::last_of(connection, payment.id)?;
    Ok(Some((payment, parts, order)))
}

fn restore(
    payment: PaymentRow,
    parts: Vec<PartAndNode>,
    order: Option<OrderRow>,
) -> Result<Payment, String> {
    let owner = payment.as_owner();
    let summary = payment.into_domain()?;
    let parts = parts.into_iter().map(|(part, node, resolution)| {
        let id = part.id;
        let part = part.into_domain(node, resolution, &owner);
        part.map_err(|error| format!("part {id}: {error}"))
    });
    let parts = parts.collect::<Result<_, _>>()?;
    let order = order.map(OrderRow::into_domain).transpose()?;
    Payment::restore_with(summary, parts, order).map_err(|damage| damage.to_string())
}

/// A page of payments.
pub(crate) fn payments(
    connection: &mut SqliteConnection,
    filter: &PaymentFilter,
) -> QueryResult<Vec<Listed<PaymentSummary>>> {
    let start = start_at(filter);
    let selected = selected(filter).limit(i64::from(filter.limit));
    let page = if filter.reverse {
        let earlier = selected.filter(payments::id.le(start));
        earlier.order(payments::id.desc())
    } else {
        let later = selected.filter(payments::id.ge(start));
        later.order(payments::id.asc())
    };
    let rows: Vec<PaymentRow> = page.select(PaymentRow::as_select()).load(connection)?;
    Ok(rows.into_iter().map(PaymentRow::into_listed).collect())
}

/// The payments that are on one of its pages.
fn selected<'a>(filter: &PaymentFilter) -> payments::BoxedQuery<'a, Sqlite> {
    let mut page = payments::table.into_boxed();
    if let Some(hash) = filter.hash {
        page = page.filter(payments::payment_hash.eq(hash.0.to_vec()));
    }
    if let Some(text) = &filter.search {
        let texts = ["label", "description", "invoice_description"];
        page = page.filter(searched("payments", &texts, text));
    }
    // In the words of the partial indexes.
    match filter.status {
        None => page,
        Some(StatusKind::Pending) => page.filter(is_under_way()).filter(payments::status.eq(0)),
        Some(StatusKind::Complete) => page.filter(sql::<Bool>("payments.status = 1")),
        Some(StatusKind::Failed) => page.filter(sql::<Bool>("payments.status = 2")),
    }
}

/// A page of parts.
pub(crate) fn parts(
    connection: &mut SqliteConnection,
    filter: &PartFilter,
) -> QueryResult<Vec<Listed<PartialPayment>>> {
    // What is joined may be missing in a damaged database: a part shows all the same.
    let mut page = parts::table
        .left_join(payments::table)
        .left_join(nodes::table)
        .left_join(resolutions::table)
        .select(StoredPart::as_select())
        .filter(parts::id.ge(filter.start.map_or(i64::MIN, |id| row_id(id.0))))
        .order(parts::id)
        .limit(i64::from(filter.limit))
        .into_boxed();
    if let Some(hash) = filter.hash {
        let Some(payment) = find_payment(connection, hash)? else {
            return Ok(Vec::new());
        };
        page = page.filter(parts::payment_id.eq(payment));
    }
    if let Some(PartId(id)) = filter.id {
        page = page.filter(parts::id.eq(row_id(id)));
    }
    page = match filter.status {
        None => page,
        Some(StatusKind::Pending) => page.filter(sql::<Bool>("parts.status = 0")),
        Some(StatusKind::Complete) => page.filter(sql::<Bool>("parts.status = 1")),
        Some(StatusKind::Failed) => page.filter(sql::<Bool>("parts.status = 2")),
    };
    let rows: Vec<StoredPart> = page.load(connection)?;
    Ok(rows.into_iter().map(StoredPart::into_listed).collect())
}

/// A page of the history.
pub(crate) fn events(
    connection: &mut SqliteConnection,
    filter: &EventFilter,
) -> QueryResult<Vec<Listed<Event>>> {
    let Some(hash) = filter.hash else {
        return page_of_events(connection, filter, None);
    };
    // As of one moment: what came in for it later may have an event before one that is read here.
    (&BeginRead {}).execute(connection)?;
    let payments = find_both_ways(connection, hash)?;
    let page = page_of_events(connection, filter, Some(payments))?;
    (&Commit {}).execute(connection)?;
    Ok(page)
}

/// What went out for that hash, and what came in for it: to one node, or to several.
fn find_both_ways(connection: &mut SqliteConnection, hash: PaymentHash) -> QueryResult<Vec<i64>> {
    let incoming = incoming_payments::table.filter(incoming_payments::payment_hash.eq(&hash.0[..]));
    let incoming = incoming.select(incoming_payments::id);
    let mut found: Vec<i64> = incoming.load(connection)?;
    found.extend(find_payment(connection, hash)?);
    Ok(found)
}

fn page_of_events(
    connection: &mut SqliteConnection,
    filter: &EventFilter,
    payments: Option<Vec<i64>>,
) -> QueryResult<Vec<Listed<Event>>> {
    let mut page = events::table
        .left_join(payments::table)
        .left_join(incoming_payments::table)
        .left_join(parts::table)
        .left_join(resolutions::table.on(resolutions::seq.eq(events::seq)))
        .left_join(schema_orders::table.on(schema_orders::closed_event.eq(events::seq.nullable())))
        .select(StoredEvent::as_select())
        .filter(events::seq.ge(row_id(filter.start)))
        .order(events::seq)
        .limit(i64::from(filter.limit))
        .into_boxed();
    if let Some(payments) = payments {
        page = page.filter(HistoryOf::payments(&payments));
    }
    let rows: Vec<StoredEvent> = page.load(connection)?;
    Ok(rows.into_iter().map(StoredEvent::into_listed).collect())
}

/// The number of the last event, or of the last that was deleted.
pub(crate) fn last_event(connection: &mut SqliteConnection) -> QueryResult<u64> {
    let stored = events::table.select(max(events::seq)).single_value();
    let last = counters::table.select((counters::last_event, stored));
    let (deleted, stored): (i64, Option<i64>) = last.get_result(connection)?;
    Ok(u64::try_from(deleted.max(stored.unwrap_or(0))).unwrap_or(0))
}

/// Whether a part is live, or an order is open.
fn is_under_way() -> SqlLiteral<Bool> {
    sql(
        "payments.id in (select parts.payment_id from parts where parts.status = 0 \
         union all select orders.payment_id from orders where orders.closed_at is null)",
    )
}

/// A complete payment may have live parts too.
fn has_live_parts() -> SqlLiteral<Bool> {
    sql("payments.id in (select parts.payment_id from parts where parts.status = 0)")
}

/// Payments with live parts, after the given one.
pub(crate) fn live(
    connection: &mut SqliteConnection,
    after: Option<PaymentId>,
    limit: u32,
) -> QueryResult<Vec<(PaymentId, PaymentHash)>> {
    let after = after.map_or(0, |PaymentId(id)| row_id(id));
    let rows: Vec<(i64, Vec<u8>)> = payments::table
        .filter(has_live_parts())
        .filter(payments::id.gt(after))
        .select((payments::id, payments::payment_hash))
        .order(payments::id)
        .limit(i64::from(limit))
        .load(connection)?;
    let live = rows.into_iter().filter_map(|(id, hash)| {
        let id = u64::try_from(id).ok()?;
        let Ok(hash) = <[u8; 32]>::try_from(hash) else {
            tracing::error!(payment.id = id, "the stored payment has no payment hash");
            return None;
        };
        Some((PaymentId(id), PaymentHash(hash)))
    });
    Ok(live.collect())
}

/// The answered request of that key, and what it made.
pub(crate) fn request(
    connection: &mut SqliteConnection,
    id: RequestId,
) -> QueryResult<Option<Result<(Request, Made), String>>> {
    let found: Option<(Vec<u8>, i64)> = requests::table
        .find(id.as_str())
        .select((requests::digest, requests::part_id))
        .get_result(connection)
        .optional()?;
    let damaged = || "the stored request is damaged".to_owned();
    let Some((digest, part)) = found else {
        return orders::request(connection, id);
    };
    let digest = <[u8; 32]>::try_from(digest).map_err(|_| damaged());
    let part = u64::try_from(part).map_err(|_| damaged());
    let found = digest.and_then(|digest| Ok((Request { id, digest }, Made::Part(PartId(part?)))));
    Ok(Some(found))
}

/// How far a node has been heard.
pub(crate) fn cursor(
    connection: &mut SqliteConnection,
    node: &NodeName,
) -> QueryResult<Option<Cursor>> {
    let heard = cursors::table.find(node.as_str()).select(cursors::cursor);
    let heard: Option<i64> = heard.get_result(connection).optional()?;
    // Below zero nothing has been heard: outcomes come twice, and that is all.
    Ok(heard.map(|heard| Cursor(u64::try_from(heard).unwrap_or(0))))
}

/// Every page has a start, because without one SQLite would rather walk the table than a partial
/// index. No row of ours is below zero; a damaged one may be, and still shows.
pub(crate) fn start_at(filter: &PaymentFilter) -> i64 {
    let all = if filter.reverse { i64::MAX } else { i64::MIN };
    filter.start.map_or(all, |id| row_id(id.0))
}

/// That text is in one of those columns of that table's row. SQLite's `lower` and ours know the
/// same letters: those of ASCII.
pub(crate) fn searched(table: &str, columns: &[&str], text: &str) -> Searched {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("coalesce({table}.{column}, '')"))
        .collect();
    let texts = format!("instr(lower({}), ", columns.join(" || char(10) || "));
    let bound = sql::<Bool>(&texts).bind::<Text, _>(text.to_ascii_lowercase());
    bound.sql(") > 0")
}

type Searched = SqlLiteral<Bool, UncheckedBind<SqlLiteral<Bool>, AsExprOf<String, Text>>>;

/// Numbers of rows have 63 bits, and the last of them is never given out.
fn row_id(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
