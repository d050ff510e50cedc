//! What is read from storage is checked like anything else that comes from outside.

use super::Payment;
use crate::invariant::{Violation, stored};
use crate::{Order, PartialPayment, PaymentSummary};

impl Payment {
    /// A payment as it was stored: refused unless every rule that its rows can show holds.
    pub fn restore(
        summary: PaymentSummary,
        parts: Vec<PartialPayment>,
    ) -> Result<Payment, Violation> {
        Payment::restore_with(summary, parts, None)
    }

    /// The same for a payment that has had orders; this is its last one.
    pub fn restore_with(
        summary: PaymentSummary,
        parts: Vec<PartialPayment>,
        order: Option<Order>,
    ) -> Result<Payment, Violation> {
        stored::whole(&summary, &parts)?;
        stored::order(&summary, order.as_ref())?;
        let parts = parts.into_iter().map(|part| (part.id, part)).collect();
        Ok(Payment {
            summary,
            parts,
            order,
        })
    }
}
