//! Whether something new can be sent in the place of what was sent before: what callers of every node
//! have to guess.

use crate::{ListedPart, PartialPayment, PaymentRow, StatusKind};
use std::borrow::Cow;

/// Whether to try again is safe: whether the chance that both are paid is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Nothing of it is live, nothing is unknown, and it is not paid.
    pub is_safe: bool,
    /// Why, or why not: for people.
    pub why: Cow<'static, str>,
}

impl Retry {
    const fn safe(why: &'static str) -> Retry {
        Retry {
            is_safe: true,
            why: Cow::Borrowed(why),
        }
    }

    fn unsafe_because(why: impl Into<Cow<'static, str>>) -> Retry {
        Retry {
            is_safe: false,
            why: why.into(),
        }
    }
}

impl PaymentRow {
    /// Whether all of it can be paid anew, under another hash too.
    pub fn retry(&self) -> Retry {
        let (live, parts) = (self.tally.live, self.tally.parts);
        match (self.status(), &self.quarantine) {
            (StatusKind::Complete, _) => Retry::unsafe_because("it is paid"),
            (StatusKind::Pending, _) if live == 0 => Retry::unsafe_because(
                "its order is open: more parts may be sent (abandonpay ends that)",
            ),
            (StatusKind::Pending, _) => Retry::unsafe_because(format!(
                "{live} of its {parts} parts are pending, and may still be paid"
            )),
            (StatusKind::Failed, Some(reason)) => {
                Retry::unsafe_because(format!("it is quarantined: {reason}"))
            }
            (StatusKind::Failed, None) => {
                Retry::safe("every part of it has failed for good: nothing of it is under way")
            }
        }
    }
}

impl PartialPayment {
    /// Whether its amount can be sent anew.
    pub fn retry(&self) -> Retry {
        match self.status() {
            StatusKind::Complete => Retry::unsafe_because("it is paid"),
            StatusKind::Pending => Retry::unsafe_because("it is pending, and may still be paid"),
            StatusKind::Failed if self.resolution.is_some() => Retry::safe(
                "an operator says that it has failed: no node could tell what became of it",
            ),
            StatusKind::Failed => Retry::safe("it has failed for good: its node is done with it"),
        }
    }
}

impl ListedPart {
    /// Whether its amount can be sent anew.
    pub fn retry(&self) -> Retry {
        match &self.doubt {
            Some(doubt) if self.part.is_live() => Retry::unsafe_because(format!(
                "its node has not said what becomes of it, and it may still be paid: {doubt}"
            )),
            Some(_) | None => self.part.retry(),
        }
    }
}
