//! Which parts of the history an operator ended. Hardly any ever are.

use crate::fields::unsigned;
use crate::rows::ResolutionRow;
use crate::schema::{parts, resolutions};
use diesel::prelude::*;
use domain::{EndedByHand, HistoryRow, Listed, PartId, PaymentId};

/// Those of these rows. What is damaged shows in its own row.
pub(super) fn by_hand(
    connection: &mut SqliteConnection,
    rows: &[Listed<HistoryRow>],
) -> QueryResult<Vec<EndedByHand>> {
    let outgoing = rows.iter().filter_map(|row| match row {
        Listed::Sound(HistoryRow::Outgoing(payment)) => i64::try_from(payment.id.0).ok(),
        Listed::Sound(HistoryRow::Incoming(_)) | Listed::Damaged(_) => None,
    });
    let outgoing: Vec<i64> = outgoing.collect();
    if outgoing.is_empty() {
        return Ok(Vec::new());
    }
    let any = resolutions::table.select(resolutions::seq).limit(1);
    let any: Option<i64> = any.get_result(connection).optional()?;
    any.map_or(Ok(Vec::new()), |_| of(connection, outgoing))
}

fn of(connection: &mut SqliteConnection, payments: Vec<i64>) -> QueryResult<Vec<EndedByHand>> {
    let found: Vec<(i64, i64, ResolutionRow)> = parts::table
        .inner_join(resolutions::table)
        .filter(parts::payment_id.eq_any(payments))
        .filter(parts::status.eq(resolutions::status))
        .select((parts::payment_id, parts::id, ResolutionRow::as_select()))
        .order(parts::id)
        .load(connection)?;
    let ended = found.into_iter().filter_map(|(payment, part, by)| {
        Some(EndedByHand {
            payment: PaymentId(unsigned(payment, "payment id").ok()?),
            part: PartId(unsigned(part, "part id").ok()?),
            by: by.into_domain().ok()?,
        })
    });
    Ok(ended.collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn what_an_operator_ended_is_found_by_indexes() {
        let plan = plan(|connection| drop(of(connection, vec![1, 2]).unwrap()));
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}
