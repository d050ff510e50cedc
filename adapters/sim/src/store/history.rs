//! The history, in memory: both directions, what of it was paid to ourselves, and how many there are.

use super::is_found;
use super::state::State;
use domain::{
    Direction, EndedByHand, History, HistoryFilter, HistoryRow, IncomingPayment, Listed, Msat,
    NodeName, PartStatus, Payment, PaymentFilter, PaymentHash, PaymentId, PaymentSummary,
    SelfPayment, SelfReceived, SelfSent, StatusKind,
};

/// What went out, of all pages.
pub(super) fn outgoing<'a>(
    state: &'a State,
    filter: &'a PaymentFilter,
) -> impl Iterator<Item = &'a PaymentSummary> {
    let rows = state.payments.values().map(Payment::summary);
    rows.filter(|row| {
        filter.hash.is_none_or(|hash| row.payment_hash == hash)
            && filter.status.is_none_or(|status| row.status() == status)
            && is_found(
                filter.search.as_ref(),
                &[&row.label, &row.description, &row.invoice_description],
            )
    })
}

/// What came in, of all pages.
pub(super) fn incoming<'a>(
    state: &'a State,
    filter: &'a PaymentFilter,
) -> impl Iterator<Item = &'a IncomingPayment> {
    state.incoming.values().filter(|row| {
        let paid = &row.paid;
        filter.hash.is_none_or(|hash| paid.payment_hash == hash)
            && is_found(filter.search.as_ref(), &[&paid.label, &paid.description])
    })
}

/// One page of the rows.
pub(super) fn page<T>(
    rows: impl Iterator<Item = T>,
    filter: &PaymentFilter,
    id: impl Fn(&T) -> PaymentId,
) -> Vec<T> {
    let mut rows: Vec<T> = rows.collect();
    rows.sort_by_key(&id);
    if filter.reverse {
        rows.reverse();
    }
    rows.retain(|row| {
        filter.start.is_none_or(|start| {
            if filter.reverse {
                id(row) <= start
            } else {
                id(row) >= start
            }
        })
    });
    rows.truncate(usize::try_from(filter.limit).unwrap_or(0));
    rows
}

/// A page of both.
pub(super) fn history(state: &State, filter: &HistoryFilter) -> History {
    let (wanted, direction) = (&filter.payments, filter.direction);
    let is_paid = wanted.status.is_none_or(|s| s == StatusKind::Complete);
    let went_out = outgoing(state, wanted).filter(|_| direction != Direction::Incoming);
    let came_in = incoming(state, wanted).filter(|_| direction != Direction::Outgoing && is_paid);
    let went_out = went_out.map(|row| HistoryRow::Outgoing(Box::new(row.clone())));
    let came_in = came_in.map(|row| HistoryRow::Incoming(Box::new(row.clone())));
    let all: Vec<HistoryRow> = went_out.chain(came_in).collect();
    let is_known = wanted.search.is_none()
        && wanted
            .status
            .is_none_or(|status| status == StatusKind::Pending);
    let is_told = filter.count || wanted.hash.is_some() || is_known;
    let total = u64::try_from(all.len()).ok().filter(|_| is_told);
    let rows = page(all.into_iter(), wanted, HistoryRow::id);
    History {
        own: own(state, &rows),
        by_hand: by_hand(state, &rows),
        rows: rows.into_iter().map(Listed::Sound).collect(),
        total,
    }
}

fn by_hand(state: &State, rows: &[HistoryRow]) -> Vec<EndedByHand> {
    let outgoing = rows.iter().filter_map(|row| match row {
        HistoryRow::Outgoing(payment) => state.payments.get(&payment.id),
        HistoryRow::Incoming(_) => None,
    });
    let ended = outgoing.flat_map(|payment| {
        payment.parts().filter_map(|part| {
            Some(EndedByHand {
                payment: payment.summary().id,
                part: part.id,
                by: part.resolution.clone()?,
            })
        })
    });
    let mut ended: Vec<_> = ended.collect();
    ended.sort_by_key(|ended| ended.part);
    ended
}

fn own(state: &State, rows: &[HistoryRow]) -> Vec<SelfPayment> {
    let mut hashes: Vec<PaymentHash> = rows.iter().map(HistoryRow::payment_hash).collect();
    hashes.sort_by_key(|hash| hash.0);
    hashes.dedup();
    hashes
        .into_iter()
        .filter_map(|hash| of_hash(state, hash))
        .collect()
}

fn of_hash(state: &State, hash: PaymentHash) -> Option<SelfPayment> {
    let payment = state.by_hash.get(&hash);
    let payment = payment.and_then(|id| state.payments.get(id));
    let deleted = state.tombstones.get(&hash);
    let payee = payment.map(|payment| payment.summary().terms.destination);
    let received = state.incoming.values().filter(|row| {
        row.paid.payment_hash == hash && payee.is_none_or(|payee| row.paid.destination == payee)
    });
    let received: Vec<SelfReceived> = received
        .map(|row| SelfReceived {
            id: row.id,
            node: row.node.clone(),
            amount: row.paid.received,
        })
        .collect();
    let (outgoing, sent) = match (payment, deleted) {
        (Some(payment), _) => (Some(payment.summary().id), sent(payment)?),
        (None, Some(tombstone)) => (tombstone.payment, SelfSent::Deleted),
        (None, None) => return None,
    };
    let own = SelfPayment {
        payment_hash: hash,
        outgoing,
        sent,
        received,
    };
    (!own.received.is_empty()).then_some(own)
}

fn sent(payment: &Payment) -> Option<SelfSent> {
    let summary = payment.summary();
    if summary.status() == StatusKind::Failed {
        return None;
    }
    if summary.status() == StatusKind::Pending || summary.tally.live > 0 {
        return Some(SelfSent::Pending);
    }
    let mut from: Vec<(NodeName, Msat)> = Vec::new();
    for part in payment.parts() {
        if !matches!(part.status, PartStatus::Complete(_)) {
            continue;
        }
        match from.iter_mut().find(|(node, _)| *node == part.node) {
            Some((_, sum)) => *sum = sum.checked_add(part.amount_sent()).unwrap_or(Msat::MAX),
            None => from.push((part.node.clone(), part.amount_sent())),
        }
    }
    Some(SelfSent::Settled {
        delivered: summary.tally.delivered,
        from,
    })
}
