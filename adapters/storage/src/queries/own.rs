//! What of the history we paid to ourselves.

use crate::fields::{RawText, msat, unsigned};
use crate::schema::{incoming_payments, nodes, parts, payments, tombstones};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::{
    HistoryRow, Listed, Msat, NodeName, PaymentHash, PaymentId, SelfPayment, SelfReceived, SelfSent,
};
use std::collections::HashMap;

/// What of these rows we paid to ourselves. What is damaged shows in its own row.
pub(super) fn own(
    connection: &mut SqliteConnection,
    rows: &[Listed<HistoryRow>],
) -> QueryResult<Vec<SelfPayment>> {
    let (mut hashes, mut came_in) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Listed::Sound(HistoryRow::Outgoing(payment)) => hashes.push(payment.payment_hash),
            Listed::Sound(HistoryRow::Incoming(payment)) => came_in.push(payment.paid.payment_hash),
            Listed::Damaged(_) => {}
        }
    }
    let mut own = deleted_since(connection, &came_in)?;
    hashes.extend(came_in);
    own.extend(still_there(connection, &hashes)?);
    Ok(own)
}

/// A payment that went out: its number, hash, status, live parts and what it delivered.
type Sent = (i64, Vec<u8>, i64, i64, i64);

/// A row that came in, with the name of its node.
type Received = (i64, i64, Option<RawText>);

fn received((id, amount, node): Received) -> Result<SelfReceived, String> {
    let node = node.ok_or("its node is missing")?;
    Ok(SelfReceived {
        id: PaymentId(unsigned(id, "id")?),
        node: NodeName::new(node.into_string("its node")?),
        amount: msat(amount, "received_msat")?,
    })
}

fn still_there(
    connection: &mut SqliteConnection,
    hashes: &[PaymentHash],
) -> QueryResult<Vec<SelfPayment>> {
    let both = both_sides(connection, hashes)?;
    let settled: Vec<i64> = both
        .iter()
        .filter(|((_, _, status, live, _), _)| (*status, *live) == (1, 0))
        .map(|((id, ..), _)| *id)
        .collect();
    let mut from = left_nodes(connection, settled)?;
    let mut own: Vec<SelfPayment> = Vec::new();
    for ((id, hash, _, _, delivered), came_in) in both {
        let (Ok(hash), Ok(outgoing), Ok(came_in)) = (
            hash.try_into().map(PaymentHash),
            unsigned(id, "id"),
            received(came_in),
        ) else {
            continue;
        };
        let outgoing = Some(PaymentId(outgoing));
        if let Some(last) = own.last_mut().filter(|last| last.outgoing == outgoing) {
            last.received.push(came_in);
            continue;
        }
        let sent = from.remove(&id).and_then(|from| {
            let delivered = msat(delivered, "delivered_msat").ok()?;
            Some(SelfSent::Settled { delivered, from })
        });
        own.push(SelfPayment {
            payment_hash: hash,
            outgoing,
            sent: sent.unwrap_or(SelfSent::Pending),
            received: vec![came_in],
        });
    }
    Ok(own)
}

/// What went out and what came in under one of these hashes, to the same payee.
fn both_sides(
    connection: &mut SqliteConnection,
    hashes: &[PaymentHash],
) -> QueryResult<Vec<(Sent, Received)>> {
    let same = payments::payment_hash
        .eq(incoming_payments::payment_hash)
        .and(payments::destination.eq(incoming_payments::destination));
    incoming_payments::table
        .left_join(nodes::table)
        .inner_join(payments::table.on(same))
        .filter(incoming_payments::payment_hash.eq_any(bytes(hashes)))
        .filter(sql::<Bool>("payments.status <> 2"))
        .select((
            (
                payments::id,
                payments::payment_hash,
                payments::status,
                payments::live_parts,
                payments::delivered_msat,
            ),
            (
                incoming_payments::id,
                incoming_payments::received_msat,
                nodes::name.nullable(),
            ),
        ))
        .order((payments::id, incoming_payments::id))
        .load(connection)
}

/// What left which node for these payments.
fn left_nodes(
    connection: &mut SqliteConnection,
    payments: Vec<i64>,
) -> QueryResult<HashMap<i64, Vec<(NodeName, Msat)>>> {
    if payments.is_empty() {
        return Ok(HashMap::new());
    }
    let sent: Vec<(i64, i64, Option<RawText>)> = parts::table
        .left_join(nodes::table)
        .filter(parts::payment_id.eq_any(payments))
        .filter(sql::<Bool>("parts.status = 1"))
        .select((
            parts::payment_id,
            parts::amount_sent_msat,
            nodes::name.nullable(),
        ))
        .order(parts::id)
        .load(connection)?;
    let mut of: HashMap<i64, Vec<(NodeName, Msat)>> = HashMap::new();
    for (payment, amount, node) in sent {
        let node = node.and_then(|node| node.into_string("its node").ok());
        let (Some(node), Ok(amount)) = (node, msat(amount, "amount_sent_msat")) else {
            continue;
        };
        let (node, from) = (NodeName::new(node), of.entry(payment).or_default());
        match from.iter_mut().find(|(known, _)| *known == node) {
            Some((_, sum)) => *sum = sum.checked_add(amount).unwrap_or(Msat::MAX),
            None => from.push((node, amount)),
        }
    }
    Ok(of)
}

/// A tombstone: the row that it had, if one is known, and its hash.
type Buried = (Option<i64>, Vec<u8>);

/// What came in for payments of ours that were deleted since.
fn deleted_since(
    connection: &mut SqliteConnection,
    hashes: &[PaymentHash],
) -> QueryResult<Vec<SelfPayment>> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let same = tombstones::payment_hash.eq(incoming_payments::payment_hash);
    let both: Vec<(Buried, Received)> = incoming_payments::table
        .left_join(nodes::table)
        .inner_join(tombstones::table.on(same))
        .filter(incoming_payments::payment_hash.eq_any(bytes(hashes)))
        .select((
            (tombstones::payment_id, tombstones::payment_hash),
            (
                incoming_payments::id,
                incoming_payments::received_msat,
                nodes::name.nullable(),
            ),
        ))
        .order(incoming_payments::id)
        .load(connection)?;
    let mut own: Vec<SelfPayment> = Vec::new();
    for ((id, hash), came_in) in both {
        let (Ok(hash), Ok(outgoing), Ok(came_in)) = (
            hash.try_into().map(PaymentHash),
            id.map(|id| unsigned(id, "id")).transpose(),
            received(came_in),
        ) else {
            continue;
        };
        match own.iter_mut().find(|own| own.payment_hash == hash) {
            Some(own) => own.received.push(came_in),
            None => own.push(SelfPayment {
                payment_hash: hash,
                outgoing: outgoing.map(PaymentId),
                sent: SelfSent::Deleted,
                received: vec![came_in],
            }),
        }
    }
    Ok(own)
}

fn bytes(hashes: &[PaymentHash]) -> Vec<Vec<u8>> {
    hashes.iter().map(|hash| hash.0.to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn what_we_paid_to_ourselves_is_found_by_indexes() {
        let hashes = [PaymentHash([1; 32]), PaymentHash([2; 32])];
        let both = plan(|connection| drop(still_there(connection, &hashes).unwrap()));
        assert!(
            both.contains("SEARCH incoming_payments USING INDEX incoming_by_hash"),
            "{both}"
        );
        assert!(
            both.contains("SEARCH payments USING INDEX sqlite_autoindex_payments_1"),
            "{both}"
        );
        let from = plan(|connection| drop(left_nodes(connection, vec![1, 2]).unwrap()));
        assert!(
            from.contains("SEARCH parts USING INDEX parts_by_payment"),
            "{from}"
        );
        let deleted = plan(|connection| drop(deleted_since(connection, &hashes).unwrap()));
        assert!(
            deleted.contains("SEARCH tombstones USING PRIMARY KEY"),
            "{deleted}"
        );
        for plan in [both, from, deleted] {
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}
