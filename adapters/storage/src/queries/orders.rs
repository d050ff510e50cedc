//! What `pay` was asked for.

use crate::fields::{payment_hash, unsigned};
use crate::rows::OrderRow;
use crate::schema::{orders, payments};
use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::{Made, Order, PaymentHash, PaymentId, Request, RequestId};

/// The last order of a payment.
pub(super) fn last_of(
    connection: &mut SqliteConnection,
    payment: i64,
) -> QueryResult<Option<OrderRow>> {
    let last = orders::table.filter(orders::payment_id.eq(payment));
    let last = last.order(orders::seq.desc()).select(OrderRow::as_select());
    last.first(connection).optional()
}

/// Payments with an open order, after the given one.
pub(crate) fn open_orders(
    connection: &mut SqliteConnection,
    after: Option<PaymentId>,
    limit: u32,
) -> QueryResult<Vec<(PaymentId, PaymentHash)>> {
    let after = after.map_or(0, |PaymentId(id)| super::row_id(id));
    let rows: Vec<(i64, Vec<u8>)> = orders::table
        .inner_join(payments::table)
        .filter(sql::<Bool>("orders.closed_at is null"))
        .filter(orders::payment_id.gt(after))
        .select((payments::id, payments::payment_hash))
        .order(orders::payment_id)
        .limit(i64::from(limit))
        .load(connection)?;
    let open = rows.into_iter().filter_map(|(id, hash)| {
        let id = unsigned(id, "id").ok()?;
        Some((PaymentId(id), payment_hash(&hash).ok()?))
    });
    Ok(open.collect())
}

/// The last order of each of these payments. What is damaged shows when its payment is read.
pub(crate) fn orders(
    connection: &mut SqliteConnection,
    of: &[PaymentId],
) -> QueryResult<Vec<(PaymentId, Order)>> {
    let of: Vec<i64> = of.iter().map(|id| super::row_id(id.0)).collect();
    let last: Vec<Option<i64>> = orders::table
        .filter(orders::payment_id.eq_any(of))
        .group_by(orders::payment_id)
        .select(max(orders::seq))
        .load(connection)?;
    let last: Vec<i64> = last.into_iter().flatten().collect();
    let rows: Vec<OrderRow> = orders::table
        .filter(orders::seq.eq_any(last))
        .select(OrderRow::as_select())
        .load(connection)?;
    let found = rows.into_iter().filter_map(|row| {
        let payment = unsigned(row.payment_id, "payment_id").ok()?;
        Some((PaymentId(payment), row.into_domain().ok()?))
    });
    Ok(found.collect())
}

/// The order that a request of that key opened.
pub(super) fn request(
    connection: &mut SqliteConnection,
    id: RequestId,
) -> QueryResult<Option<Result<(Request, Made), String>>> {
    let found: Option<(Vec<u8>, OrderRow)> = orders::table
        .inner_join(payments::table)
        .filter(orders::request_id.eq(id.as_str()))
        .select((payments::payment_hash, OrderRow::as_select()))
        .first(connection)
        .optional()?;
    Ok(found.map(|(hash, row)| {
        let (hash, request) = (payment_hash(&hash)?, row.request(id)?);
        Ok((request, Made::Order(hash, Box::new(row.into_domain()?))))
    }))
}
