//! What went out and what came in, as one list.

use crate::{
    IncomingPayment, Listed, Msat, NodeName, PartId, PaymentFilter, PaymentHash, PaymentId,
    PaymentSummary, Resolution,
};

/// A payment of either direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HistoryRow {
    /// It was made by us.
    Outgoing(Box<PaymentSummary>),
    /// It was made to us.
    Incoming(Box<IncomingPayment>),
}

impl HistoryRow {
    /// Its hash.
    pub fn payment_hash(&self) -> PaymentHash {
        match self {
            HistoryRow::Outgoing(payment) => payment.payment_hash,
            HistoryRow::Incoming(payment) => payment.paid.payment_hash,
        }
    }

    /// Its number.
    pub fn id(&self) -> PaymentId {
        match self {
            HistoryRow::Outgoing(payment) => payment.id,
            HistoryRow::Incoming(payment) => payment.id,
        }
    }
}

/// Which payments are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Those that we make: `listpayments` has always shown these.
    #[default]
    Outgoing,
    /// Those that are made to us.
    Incoming,
    /// Both.
    All,
}

impl Direction {
    /// The direction of that name.
    pub fn from_name(name: &str) -> Option<Direction> {
        match name {
            "outgoing" => Some(Direction::Outgoing),
            "incoming" => Some(Direction::Incoming),
            "all" => Some(Direction::All),
            _ => None,
        }
    }
}

/// Which payments of the history to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HistoryFilter {
    /// Of which direction.
    pub direction: Direction,
    /// Which of those.
    pub payments: PaymentFilter,
    /// Whether to say how many there are even where they have to be counted one by one.
    pub count: bool,
}

/// A page of the history, as it was at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// Its rows, by id.
    pub rows: Vec<Listed<HistoryRow>>,
    /// What of it we paid to ourselves.
    pub own: Vec<SelfPayment>,
    /// The parts of its payments that an operator ended, by number.
    pub by_hand: Vec<EndedByHand>,
    /// How many rows there are on all pages; `None` where that would have to be counted, and was not
    /// asked for.
    pub total: Option<u64>,
}

/// A part that an operator ended, as long as nothing has beaten that (rule A-7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndedByHand {
    /// Its payment.
    pub payment: PaymentId,
    /// The part.
    pub part: PartId,
    /// Who said so, and why.
    pub by: Resolution,
}

/// A payment to ourselves, from one node of ours to another or around to the same: an outgoing payment, and
/// the incoming payments of the same hash at the same payee. A payment that we pass on under its own hash has
/// another payee, and is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelfPayment {
    /// The hash of both.
    pub payment_hash: PaymentHash,
    /// What went out; it has not failed. None if it had, was deleted, and was proven afterwards.
    pub outgoing: Option<PaymentId>,
    /// How far that has come.
    pub sent: SelfSent,
    /// What came in, by id: once, unless several nodes of ours have the same invoice.
    pub received: Vec<SelfReceived>,
}

/// How far what we paid to ourselves has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SelfSent {
    /// A part of it may still change what was delivered.
    Pending,
    /// It is complete, and no part is pending.
    Settled {
        /// What arrived.
        delivered: Msat,
        /// What left each node, fees included.
        from: Vec<(NodeName, Msat)>,
    },
    /// It was complete, and was deleted since. What it delivered is not known any more.
    Deleted,
}

/// What came in of it at one node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelfReceived {
    /// Its row.
    pub id: PaymentId,
    /// The node.
    pub node: NodeName,
    /// What came, whoever paid it.
    pub amount: Msat,
}

impl SelfPayment {
    /// How much of what came in at each node was ours, by id. An invoice may have been paid by others as
    /// well. `None` until that is known; of what was deleted, all.
    pub fn moved(&self) -> Option<Vec<(&SelfReceived, Msat)>> {
        let mut left = match &self.sent {
            SelfSent::Pending => return None,
            SelfSent::Settled { delivered, .. } => *delivered,
            SelfSent::Deleted => Msat::MAX,
        };
        let received = self.received.iter().map(|received| {
            let ours = received.amount.min(left);
            left = left.saturating_sub(ours);
            (received, ours)
        });
        Some(received.collect())
    }

    /// How much of that row was ours.
    pub fn moved_to(&self, id: PaymentId) -> Option<Msat> {
        let moved = self.moved()?;
        let to = moved.into_iter().find(|(received, _)| received.id == id);
        to.map(|(_, ours)| ours)
    }

    /// How much of what went out was ours.
    pub fn moved_in_all(&self) -> Option<Msat> {
        let moved = self.moved()?;
        let sum = |sum: Msat, (_, ours): (_, Msat)| sum.checked_add(ours).unwrap_or(Msat::MAX);
        Some(moved.into_iter().fold(Msat::default(), sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msat(msat: u64) -> Msat {
        Msat::new(msat).expect("no more than there is")
    }

    fn own(delivered: u64, received: &[u64]) -> SelfPayment {
        let received = (1..).zip(received).map(|(id, amount)| SelfReceived {
            id: PaymentId(id),
            node: NodeName::new("us"),
            amount: msat(*amount),
        });
        SelfPayment {
            payment_hash: PaymentHash([1; 32]),
            outgoing: Some(PaymentId(9)),
            sent: SelfSent::Settled {
                delivered: msat(delivered),
                from: Vec::new(),
            },
            received: received.collect(),
        }
    }

    /// Nor is anything of it ours twice.
    #[test]
    fn no_more_is_ours_than_went_out_and_than_came_in() {
        for (delivered, received, ours) in [
            (30, &[30][..], &[30][..]),
            (20, &[30], &[20]),
            (40, &[30], &[30]),
            (50, &[30, 30], &[30, 20]),
            (10, &[30, 30], &[10, 0]),
        ] {
            let own = own(delivered, received);
            let expected: Vec<Msat> = ours.iter().map(|ours| msat(*ours)).collect();
            let moved = own.moved().expect("it is settled");
            let moved: Vec<Msat> = moved.into_iter().map(|(_, ours)| ours).collect();
            assert_eq!(moved, expected);
            assert_eq!(own.moved_in_all(), Some(msat(ours.iter().sum())));
            assert_eq!(own.moved_to(PaymentId(1)), Some(expected[0]));
            assert_eq!(own.moved_to(PaymentId(9)), None);
        }
    }

    #[test]
    fn what_is_pending_says_no_amount_and_what_is_deleted_says_all() {
        let mut own = own(30, &[30, 5]);
        own.sent = SelfSent::Pending;
        assert_eq!((own.moved(), own.moved_in_all()), (None, None));
        own.sent = SelfSent::Deleted;
        assert_eq!(own.moved_in_all(), Some(msat(35)));
        assert_eq!(own.moved_to(PaymentId(2)), Some(msat(5)));
    }
}
