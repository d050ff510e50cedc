//! From the domain's words to numbers and figures.

use super::{Code, RpcError, shortened};
use crate::views::{FailedPay, FailedView, NoWayView, PendingPayment, Viewed};
use domain::{
    ApiError, FailedOrder, FailureCode, NoPlan, PartialPayment, Refusal, StillPending, Tombstone,
    Why,
};
use serde_json::json;

impl From<ApiError> for RpcError {
    fn from(error: ApiError) -> RpcError {
        let plain = |code| RpcError::new(code, error.to_string());
        match &error {
            ApiError::Refused(refusal) => RpcError::from(refusal),
            ApiError::NoSuchNode(name) => RpcError::params(format!(
                "node: no node {} is configured; getinfo lists those that are, and without node the \
                 first is taken",
                shortened(name.as_str())
            )),
            ApiError::NoSuchPart(_)
            | ApiError::NoSuchPayment(_)
            | ApiError::DeletedMeanwhile(_) => plain(Code::NoSuchPayment),
            ApiError::PaymentDeleted(tombstone) => plain(Code::NoSuchPayment).with(gone(tombstone)),
            ApiError::TimedOut(None) | ApiError::OrderGoesOn(_) => plain(Code::InProgress),
            ApiError::TimedOut(Some(pending)) => match pending {
                StillPending::Part(part) => plain(Code::InProgress).with(part.view()),
                StillPending::Payment {
                    summary,
                    deadline_height,
                    deadline,
                } => {
                    let view = PendingPayment::new(summary, *deadline_height, *deadline);
                    plain(Code::InProgress).with(view)
                }
            },
            ApiError::PartFailed(part) => {
                let code = part.failure().map(|failure| failure.code);
                plain(code.into()).with(FailedView::new(part.view(), part))
            }
            ApiError::PaymentFailed(payment, part) => {
                let code = part.failure().map(|failure| failure.code);
                plain(code.into()).with(FailedView::new(payment.view(), part))
            }
            ApiError::OrderFailed(failed) => {
                let code = of_order(failed);
                plain(code).with(FailedPay::new(failed))
            }
            ApiError::NoWay(why) => plain(of_no_way(why)).with(NoWayView::new(why)),
            ApiError::NoAmount => plain(Code::InvalidParams),
            ApiError::Quarantined { .. } => plain(Code::Quarantined),
            ApiError::Busy(_) | ApiError::ShuttingDown => plain(Code::Busy),
            ApiError::Unsettled(_) => plain(Code::NodeUnavailable),
            ApiError::StorageUnavailable(_) => {
                plain(Code::StorageUnavailable).with(json!({ "durable": false }))
            }
            ApiError::StorageUnknown(_)
            | ApiError::OpeningUnknown(_)
            | ApiError::ClosingUnknown(_)
            | ApiError::DeletionUnknown(_)
            | ApiError::ResolutionUnknown(_) => {
                plain(Code::StorageUnavailable).with(json!({ "durable": "unknown" }))
            }
            ApiError::Internal(_) => plain(Code::Internal),
        }
    }
}

/// What the end of an order of `pay` is called.
fn of_order(failed: &FailedOrder) -> Code {
    let last = failed.last_failed.as_ref();
    let last = last
        .and_then(PartialPayment::failure)
        .map(|failure| failure.code);
    match failed.order.closed.as_ref().map(|closed| &closed.why) {
        Some(Why::Refused) => last.into(),
        Some(Why::NoRoute(why)) => of_no_way(why),
        Some(Why::Expired) => Code::InvoiceExpired,
        Some(Why::Quarantined) => Code::Quarantined,
        Some(Why::Deadline | Why::Attempts | Why::Abandoned | Why::Paid) | None => {
            Code::StoppedRetrying
        }
    }
}

fn of_no_way(why: &NoPlan) -> Code {
    match why {
        NoPlan::TooExpensive { .. } => Code::TooExpensive,
        NoPlan::NoFunds { .. } => Code::InsufficientFunds,
        NoPlan::Unreachable | NoPlan::DestinationCapacity | NoPlan::TooSlow => Code::RouteNotFound,
        NoPlan::Away(_) => Code::NodeUnavailable,
    }
}

/// When it was deleted, or proven without ever having been here.
fn gone(tombstone: &Tombstone) -> serde_json::Value {
    let at = tombstone.deleted_at.seconds();
    match tombstone.payment {
        Some(_) => json!({ "deleted_at": at }),
        None => json!({ "proven_at": at }),
    }
}

impl From<&Refusal> for RpcError {
    fn from(refusal: &Refusal) -> RpcError {
        let plain = |code| RpcError::new(code, refusal.to_string());
        match refusal {
            Refusal::TermsDiffer { .. }
            | Refusal::SucceededWithAmount(_)
            | Refusal::SucceededTo(_)
            | Refusal::RequestReused { .. }
            | Refusal::RequestOfOrder { .. }
            | Refusal::OrderDiffers { .. } => plain(Code::OtherTerms),
            Refusal::OrderOpen { .. } => plain(Code::InProgress),
            Refusal::ShareTooLarge { deliver, intended } => {
                plain(Code::InvalidParams).with(json!({
                    "partial_msat": deliver.get(),
                    "amount_msat": intended.get(),
                }))
            }
            Refusal::PaidBefore(tombstone) => plain(Code::OtherTerms).with(gone(tombstone)),
            Refusal::Live { live, .. } | Refusal::PartsLive { live, .. } => {
                plain(Code::InProgress).with(json!({ "pending_parts": live }))
            }
            Refusal::Ceiling {
                asked,
                intended,
                in_flight,
                delivered,
                room,
            } => plain(Code::InProgress).with(json!({
                "intended_msat": intended.get(),
                "in_flight_msat": in_flight.get(),
                "delivered_msat": delivered.get(),
                "room_msat": room.get(),
                "asked_msat": asked.get(),
            })),
            Refusal::SecretMissing
            | Refusal::InvoiceDiffers { .. }
            | Refusal::OtherNetwork { .. }
            | Refusal::OtherDescription { .. }
            | Refusal::NoReason { .. }
            | Refusal::NotItsPreimage { .. } => plain(Code::InvalidParams),
            Refusal::InvoiceAmount { asks, intended } => plain(Code::InvalidParams).with(json!({
                "invoice_amount_msat": asks.get(),
                "intended_msat": intended.get(),
            })),
            Refusal::FinalDelay { given, least } => plain(Code::InvalidParams).with(json!({
                "delay": given,
                "min_final_cltv_expiry": least,
            })),
            Refusal::TakesNoParts { amount, intended } => plain(Code::InvalidParams).with(json!({
                "amount_msat": amount.get(),
                "intended_msat": intended.get(),
            })),
            Refusal::InvoiceExpired(at) => {
                plain(Code::InvoiceExpired).with(json!({ "expiry": at.seconds() }))
            }
            Refusal::Quarantined { .. } => plain(Code::Quarantined),
            Refusal::TooManyParts { .. } => plain(Code::Busy),
            Refusal::NoSuchPart { .. } | Refusal::NoOrder { .. } => plain(Code::NoSuchPayment),
            Refusal::NodeCanTell { node, what, .. } => {
                plain(Code::InProgress).with(json!({ "node": node.as_str(), "reason": what }))
            }
            Refusal::HasEnded { status, .. } => {
                plain(Code::InvalidParams).with(json!({ "status": status.as_str() }))
            }
            Refusal::Unrecorded(part) => plain(Code::InProgress).with(part.view()),
            // A node's: a caller's is another refusal.
            Refusal::WrongPreimage { .. } | Refusal::OutsideOrder { .. } => plain(Code::Internal),
        }
    }
}

impl From<Option<FailureCode>> for Code {
    fn from(code: Option<FailureCode>) -> Code {
        match code {
            Some(FailureCode::InProgressElsewhere) => Code::InProgress,
            Some(FailureCode::PaidElsewhere) => Code::OtherTerms,
            Some(FailureCode::UnparseableOnion) => Code::UnparseableOnion,
            Some(FailureCode::DestinationPermanent) => Code::DestinationPermanent,
            Some(FailureCode::TryOtherRoute) => Code::TryOtherRoute,
            Some(FailureCode::Unspecified) | None => Code::Unspecified,
        }
    }
}
