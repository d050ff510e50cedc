//! Every row, read as the daemon reads it: each payment is put together and asked for the rules.

use super::{Findings, Stop};
use crate::fields::payment_hash;
use crate::pragma::Connection;
use crate::queries;
use crate::rows;
use crate::schema::payments;
use diesel::prelude::*;
use domain::{EventFilter, Listed, LoadError, PaymentFilter, PaymentId};
use std::sync::atomic::Ordering;

/// Rows that are read at once.
const PAGE: u32 = 500;

pub(super) fn each(
    connection: &mut Connection,
    stop: &Stop,
    findings: &mut Findings,
) -> QueryResult<()> {
    outgoing(connection, stop, findings)?;
    incoming(connection, stop, findings)?;
    events(connection, stop, findings)
}

fn is_stopped(stop: &Stop, findings: &mut Findings) -> bool {
    let stopped = stop.load(Ordering::Relaxed);
    if stopped {
        findings.problem("the check was stopped before its end");
    }
    stopped
}

fn outgoing(connection: &mut Connection, stop: &Stop, findings: &mut Findings) -> QueryResult<()> {
    let mut last = i64::MIN;
    loop {
        let page: Vec<(i64, Vec<u8>)> = payments::table
            .select((payments::id, payments::payment_hash))
            .filter(payments::id.gt(last))
            .order(payments::id)
            .limit(PAGE.into())
            .load(connection)?;
        let Some((end, _)) = page.last() else {
            return Ok(());
        };
        last = *end;
        for (id, hash) in page {
            let damage = match payment_hash(&hash) {
                Err(damage) => Some(damage),
                Ok(hash) => match queries::load(connection, hash)? {
                    Some(Err(LoadError::Damaged(damage))) => Some(damage),
                    Some(Err(LoadError::Unavailable(why))) => Some(why.to_string()),
                    // Of a live database it may have been deleted meanwhile.
                    Some(Ok(_) | Err(LoadError::Deleted(_))) | None => None,
                },
            };
            if let Some(damage) = damage {
                findings.problem(format!("payment {id}: {damage}"));
            }
        }
        if is_stopped(stop, findings) {
            return Ok(());
        }
    }
}

fn incoming(connection: &mut Connection, stop: &Stop, findings: &mut Findings) -> QueryResult<()> {
    let mut start = 0;
    loop {
        let filter = PaymentFilter {
            start: Some(PaymentId(start)),
            limit: PAGE,
            ..PaymentFilter::default()
        };
        let page = rows::incoming(connection, &filter)?;
        let Some(last) = page.last().map(|row| row.number(|payment| payment.id.0)) else {
            return Ok(());
        };
        start = last.saturating_add(1);
        for row in page {
            if let Listed::Damaged(damaged) = row {
                let (id, why) = (damaged.id, damaged.reason);
                findings.problem(format!("incoming payment {id}: {why}"));
            }
        }
        if is_stopped(stop, findings) {
            return Ok(());
        }
    }
}

fn events(connection: &mut Connection, stop: &Stop, findings: &mut Findings) -> QueryResult<()> {
    let mut start = 0;
    loop {
        let filter = EventFilter {
            hash: None,
            start,
            limit: PAGE,
        };
        let page = queries::events(connection, &filter)?;
        let Some(last) = page.last().map(|row| row.number(|event| event.seq)) else {
            return Ok(());
        };
        start = last.saturating_add(1);
        for row in page {
            if let Listed::Damaged(damaged) = row {
                let (seq, why) = (damaged.id, damaged.reason);
                findings.problem(format!("event {seq}: {why}"));
            }
        }
        if is_stopped(stop, findings) {
            return Ok(());
        }
    }
}
