//! What is read from storage is checked like anything else that comes from outside.

use super::Payment;
use crate::invariant::{Violation, stored};
use crate::{PartialPayment, PaymentSummary};

impl Payment {
    /// A payment as it was stored: refused unless every rule that its rows can show holds.
    pub fn restore(
        summary: PaymentSummary,
        parts: Vec<PartialPayment>,
    ) -> Result<Payment, Violation> {
        stored::whole(&summary, &parts)?;
        let parts = parts.into_iter().map(|part| (part.id, part)).collect();
        Ok(Payment { summary, parts })
    }
}
