//! What an open order needs next.

use super::{Learnt, Why};
use crate::payment::PARTS_MAX;
use crate::{Held, Msat, Payment, StatusKind, Timestamp};

/// What to do next about a payment's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Find ways for that much.
    Plan(Box<Need>),
    /// Nothing can be planned before a part ends, that time comes, or that height is reached.
    Wait {
        /// The order's deadline, if nothing happens earlier.
        until: Timestamp,
        /// The height that the payee knows and our nodes do not.
        height: Option<u32>,
    },
    /// Close it, for that reason.
    Close(Why),
    /// There is no open order.
    Rest,
}

/// What ways an order needs now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// The payment's version. A plan for another version is thrown away.
    pub version: u64,
    /// What they deliver in all.
    pub amount: Msat,
    /// What they may cost in all.
    pub max_fee: Msat,
    /// The most ways.
    pub max_parts: u16,
    /// Whether a part is live, whose failure may make room.
    pub is_live: bool,
    /// What the failed parts taught.
    pub learnt: Learnt,
    /// What live parts hold on channels of others.
    pub held: Vec<Held>,
}

impl Payment {
    /// What its order needs next; `height` is the highest block that one of the order's nodes knows.
    ///
    /// Pure: the same payment, time and height give the same answer.
    pub fn next(&self, now: Timestamp, height: Option<u32>) -> Next {
        let Some(order) = self.order().filter(|order| order.is_open()) else {
            return Next::Rest;
        };
        let (row, terms) = (self.summary(), &order.terms);
        let tally = row.tally;
        #[cfg(feature = "planted")]
        let tally = crate::payment::forgetful(tally);
        let live = row.tally.live;
        let invoice = row.terms.invoice.as_ref();
        if row.status() == StatusKind::Complete {
            return Next::Close(Why::Paid);
        }
        if row.quarantine.is_some() {
            return Next::Close(Why::Quarantined);
        }
        if now >= terms.deadline {
            return Next::Close(Why::Deadline);
        }
        let wait = |height| Next::Wait {
            until: terms.deadline,
            height,
        };
        if invoice.is_some_and(|invoice| now > invoice.expires_at) {
            return if live == 0 {
                Next::Close(Why::Expired)
            } else {
                wait(None)
            };
        }
        let amount = terms.deliver.saturating_sub(tally.committed());
        if amount == Msat::ZERO {
            return wait(None);
        }
        let attempts = row.tally.parts.saturating_sub(order.parts_before);
        let most = PARTS_MAX.saturating_sub(row.tally.parts);
        let attempts_left = terms.max_attempts.saturating_sub(attempts).min(most);
        if attempts_left == 0 {
            return if live == 0 {
                Next::Close(Why::Attempts)
            } else {
                wait(None)
            };
        }
        let at_once = u32::from(terms.parts_at_once(invoice));
        let max_parts = at_once.saturating_sub(tally.live).min(attempts_left);
        if max_parts == 0 {
            return wait(None);
        }
        let learnt = Learnt::of(self);
        if let Some(theirs) = learnt.height
            && height.is_none_or(|ours| ours < theirs)
        {
            return wait(Some(theirs));
        }
        Next::Plan(Box::new(Need {
            version: row.version,
            amount,
            max_fee: terms.max_fee.saturating_sub(tally.fees()),
            max_parts: u16::try_from(max_parts).unwrap_or(u16::MAX),
            is_live: live > 0,
            learnt,
            held: self.held(),
        }))
    }

    /// What its live parts hold on channels of others.
    fn held(&self) -> Vec<Held> {
        let live = self.live_parts();
        let beyond_ours = live.flat_map(|part| part.route.beyond_first());
        beyond_ours.map(Held::on).collect()
    }
}
