//! What is read from storage is checked like anything else that comes from outside.

use super::Payment;
use crate::{PartStatus, PartialPayment, PaymentSummary, StatusKind, Tally};

/// Which rule a stored row breaks, and how.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{rule}: {what}")]
pub struct Damage {
    /// The rule's id.
    pub rule: &'static str,
    /// What is wrong.
    pub what: String,
}

fn require(holds: bool, rule: &'static str, what: impl Into<String>) -> Result<(), Damage> {
    let what = || Damage {
        rule,
        what: what.into(),
    };
    holds.then_some(()).ok_or_else(what)
}

impl Payment {
    /// A payment as it was stored: refused unless every rule that its rows can show holds.
    pub fn restore(summary: PaymentSummary, parts: Vec<PartialPayment>) -> Result<Payment, Damage> {
        summary.check()?;
        let mut tally = Tally::default();
        for part in &parts {
            part.check()?;
            let same_hash = part.payment_hash == summary.payment_hash;
            let terms = &summary.terms;
            require(
                same_hash,
                "A-9",
                format!("part {} has another hash", part.id),
            )?;
            let same_terms =
                part.intended == terms.intended && part.destination() == terms.destination;
            require(
                same_terms,
                "A-9",
                format!("part {} has other terms", part.id),
            )?;
            let sum = tally.with(part);
            tally = sum.ok_or_else(|| Damage {
                rule: "A-1",
                what: "the parts' amounts overflow".into(),
            })?;
        }
        require(
            tally == summary.tally,
            "A-8",
            format!("the counters say {:?}, the parts {tally:?}", summary.tally),
        )?;
        let complete = parts.iter().any(|p| p.status() == StatusKind::Complete);
        require(
            complete == summary.preimage.is_some(),
            "A-8",
            "complete without a complete part, or a complete part without it",
        )?;
        let count = parts.len();
        let parts: std::collections::BTreeMap<_, _> =
            parts.into_iter().map(|part| (part.id, part)).collect();
        require(parts.len() == count, "A-4", "two parts have one number")?;
        Ok(Payment { summary, parts })
    }
}

impl PaymentSummary {
    /// The rules that the row alone can show.
    pub fn check(&self) -> Result<(), Damage> {
        let (terms, tally) = (&self.terms, &self.tally);
        let hash = self.payment_hash;
        let proven = self.preimage.as_ref().is_none_or(|p| p.opens(hash));
        require(proven, "A-6", "the preimage does not open the hash")?;
        let within = tally.committed() <= terms.intended || self.quarantine.is_some();
        require(within, "A-1", "more in flight and delivered than intended")?;
        require(
            terms.intended.is_within_twice(terms.requested),
            "A-9",
            "intended is not between what was requested and twice that",
        )?;
        let is_final = self.status() != StatusKind::Pending;
        require(
            is_final == self.completed_at.is_some(),
            "A-8",
            "its end has no time, or its time no end",
        )?;
        require(
            tally.live <= tally.parts && tally.parts > 0 && self.version > 0,
            "A-8",
            "a payment without parts",
        )
    }
}

impl PartialPayment {
    /// The rules that the row alone can show.
    pub fn check(&self) -> Result<(), Damage> {
        if let PartStatus::Complete(preimage) = &self.status {
            let proven = preimage.opens(self.payment_hash);
            require(proven, "A-6", "the preimage does not open the hash")?;
        }
        require(
            self.is_live() == self.completed_at.is_none(),
            "A-7",
            "its end has no time, or its time no end",
        )?;
        require(
            self.amount() <= self.intended,
            "A-1",
            "the part is larger than its payment",
        )
    }
}
