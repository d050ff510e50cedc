//! What lightningd's reply to an offer means. The whole table; what is not in it is unknown.
//!
//! | lightningd says | | it means |
//! |---|---|---|
//! | a row with our key, newer than all rows before the call | | accepted |
//! | a row with our key, older | | offered before: nothing new was sent |
//! | a complete row with another key | | refused, 201: somebody else has paid this hash |
//! | 200 | another group's part is pending | refused, 200 |
//! | 201 | the hash was paid, or our own key has failed before | refused, 201, or offered before |
//! | 204 | no first peer, or it is not ready | refused, with lightningd's data |
//! | -32602, -1, 202, 203, 205, 209, 212 | it cannot be sent like this | refused |
//! | anything else, and no reply | | unknown |
//!
//! A refusal counts only if the hash has no row with our key afterwards: if there is one, the part was
//! offered before, and its row says what becomes of it.

use crate::calls::{Row, RowStatus};
use crate::connection::{CallError, Complaint};
use crate::failure;
use domain::{Failure, FailureCode, OfferAnswer, PartId};

/// What the reply alone says.
#[derive(Debug)]
pub(crate) enum Reading {
    /// That is the answer.
    Answer(OfferAnswer),
    /// It was refused, provided that no row has the part's key.
    RefusedUnlessThere(Box<Failure>),
}

/// Reads the reply to an offer. `rows_before` is how many rows were made before it, where that is known.
pub(crate) fn read(
    reply: Result<Row, CallError>,
    rows_before: Option<u64>,
    group: u64,
    part: PartId,
) -> Reading {
    match reply {
        Ok(row) => row_given(&row, rows_before, group, part),
        Err(CallError::ReportedOutcome(complaint)) => refusal(&complaint),
        Err(error @ (CallError::Lost(_) | CallError::Nonsense(_))) => unknown(error.to_string()),
    }
}

fn row_given(row: &Row, rows_before: Option<u64>, group: u64, part: PartId) -> Reading {
    if row.part(group) == Some(part) {
        let is_new = rows_before.is_some_and(|before| row.created_index > before);
        return Reading::Answer(if is_new && row.status() == RowStatus::Pending {
            OfferAnswer::Accepted
        } else {
            OfferAnswer::AlreadyOffered
        });
    }
    if row.status() == RowStatus::Complete {
        let failure = Failure {
            code: FailureCode::PaidElsewhere,
            ..Failure::never_sent("somebody else has paid this payment_hash from this node")
        };
        return Reading::RefusedUnlessThere(Box::new(failure));
    }
    unknown(format!(
        "lightningd answered with somebody else's row {}",
        row.created_index
    ))
}

/// What may be repeated of an error that says that nothing was sent.
fn refusal(complaint: &Complaint) -> Reading {
    let failure = match complaint.code {
        200 => Failure {
            message: format!(
                "never sent: somebody else's payment of this payment_hash is under way at this node \
                 ({}); wait until it has ended, and send a new part if it was not paid",
                complaint.message
            ),
            ..failure::of(complaint)
        },
        201 => Failure {
            message: format!("never sent: {} at this node", complaint.message),
            ..failure::of(complaint)
        },
        -32602 | -1 | 202..=205 | 209 | 212 => failure::of(complaint),
        code => {
            let message = &complaint.message;
            return unknown(format!("lightningd answered with error {code}: {message}"));
        }
    };
    Reading::RefusedUnlessThere(Box::new(failure))
}

/// Nothing definite.
pub(crate) fn unknown(reason: String) -> Reading {
    Reading::Answer(OfferAnswer::Unknown(reason))
}

#[cfg(test)]
mod tests;
