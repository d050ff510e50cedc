//! The small integers that stand for closed enums in the database.

use domain::{EventKind, FailureCode, Msat, NoPlan, StatusKind, UnrecordedFate, Why};

/// `direction` of a payment that we make.
pub(crate) const OUTGOING: i64 = 0;

/// The number of a status.
pub(crate) fn of_status(status: StatusKind) -> i64 {
    match status {
        StatusKind::Pending => 0,
        StatusKind::Complete => 1,
        StatusKind::Failed => 2,
    }
}

/// The status of that number, if there is one.
pub(crate) fn status(number: i64) -> Option<StatusKind> {
    match number {
        0 => Some(StatusKind::Pending),
        1 => Some(StatusKind::Complete),
        2 => Some(StatusKind::Failed),
        _ => None,
    }
}

/// The number of a kind of event.
pub(crate) fn of_event(kind: EventKind) -> i64 {
    match kind {
        EventKind::PartAccepted => 1,
        EventKind::PartFulfilled => 2,
        EventKind::PartFailed => 3,
        EventKind::PartFulfilledAfterFailure => 4,
        EventKind::Contradiction => 5,
        EventKind::PaymentReceived => 6,
        EventKind::PartResolved => 7,
        EventKind::PartUnrecorded => 8,
        EventKind::OrderOpened => 9,
        EventKind::OrderClosed => 10,
    }
}

/// The kind of event of that number, if there is one.
pub(crate) fn event(number: i64) -> Option<EventKind> {
    match number {
        1 => Some(EventKind::PartAccepted),
        2 => Some(EventKind::PartFulfilled),
        3 => Some(EventKind::PartFailed),
        4 => Some(EventKind::PartFulfilledAfterFailure),
        5 => Some(EventKind::Contradiction),
        6 => Some(EventKind::PaymentReceived),
        7 => Some(EventKind::PartResolved),
        8 => Some(EventKind::PartUnrecorded),
        9 => Some(EventKind::OrderOpened),
        10 => Some(EventKind::OrderClosed),
        _ => None,
    }
}

/// `why` and `why_msat` of an order that is closed.
pub(crate) fn of_why(why: &Why) -> (i64, Option<Msat>) {
    match why {
        Why::Paid => (1, None),
        Why::Refused => (2, None),
        Why::Deadline => (3, None),
        Why::Attempts => (4, None),
        Why::Expired => (5, None),
        Why::Abandoned => (6, None),
        Why::Quarantined => (7, None),
        Why::NoRoute(NoPlan::Unreachable) => (8, None),
        Why::NoRoute(NoPlan::DestinationCapacity) => (9, None),
        Why::NoRoute(NoPlan::TooExpensive { needs }) => (10, Some(*needs)),
        Why::NoRoute(NoPlan::TooSlow) => (11, None),
        Why::NoRoute(NoPlan::NoFunds { spendable }) => (12, Some(*spendable)),
        Why::NoRoute(NoPlan::Away(_)) => (13, None),
    }
}

/// Why an order was closed, if those numbers say so.
pub(crate) fn why(number: i64, msat: Option<Msat>) -> Option<Why> {
    Some(match (number, msat) {
        (1, None) => Why::Paid,
        (2, None) => Why::Refused,
        (3, None) => Why::Deadline,
        (4, None) => Why::Attempts,
        (5, None) => Why::Expired,
        (6, None) => Why::Abandoned,
        (7, None) => Why::Quarantined,
        (8, None) => Why::NoRoute(NoPlan::Unreachable),
        (9, None) => Why::NoRoute(NoPlan::DestinationCapacity),
        (10, Some(needs)) => Why::NoRoute(NoPlan::TooExpensive { needs }),
        (11, None) => Why::NoRoute(NoPlan::TooSlow),
        (12, Some(spendable)) => Why::NoRoute(NoPlan::NoFunds { spendable }),
        (13, None) => Why::NoRoute(NoPlan::Away(String::new())),
        _ => return None,
    })
}

/// The number of what became of a part that is not stored.
pub(crate) fn of_fate(fate: UnrecordedFate) -> i64 {
    match fate {
        UnrecordedFate::Pending => 0,
        UnrecordedFate::Fulfilled => 1,
        UnrecordedFate::Failed => 2,
        UnrecordedFate::Lost => 3,
    }
}

/// What that number stands for, if it does.
pub(crate) fn fate(number: i64) -> Option<UnrecordedFate> {
    let mut all = UnrecordedFate::ALL.into_iter();
    all.find(|fate| of_fate(*fate) == number)
}

/// `failure_code` and `elsewhere` of a failure: the first column cannot say what the second is for.
pub(crate) fn of_failure(code: FailureCode) -> (i64, Option<i64>) {
    let number = |code: FailureCode| i64::from(code.number());
    match code {
        FailureCode::InProgressElsewhere | FailureCode::PaidElsewhere => {
            (number(FailureCode::Unspecified), Some(number(code)))
        }
        FailureCode::UnparseableOnion
        | FailureCode::DestinationPermanent
        | FailureCode::TryOtherRoute
        | FailureCode::Unspecified => (number(code), None),
    }
}
