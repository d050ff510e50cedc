//! From the domain's words to numbers and figures.

use super::{Code, RpcError, shortened};
use crate::views;
use domain::{ApiError, DevError, FailureCode, InvoiceError, Refusal, Tombstone};
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
            ApiError::TimedOut => plain(Code::InProgress),
            ApiError::PartFailed(part) => {
                let code = part.failure().map(|failure| failure.code);
                plain(code.into()).with(views::FailedPart::from(&**part))
            }
            ApiError::PaymentFailed(payment, part) => {
                let code = part.failure().map(|failure| failure.code);
                plain(code.into()).with(views::FailedPayment::new(payment, part))
            }
            ApiError::Quarantined { .. } => plain(Code::Quarantined),
            ApiError::Busy(_) | ApiError::ShuttingDown => plain(Code::Busy),
            ApiError::Unsettled(_) => plain(Code::NodeUnavailable),
            ApiError::StorageUnavailable(_) => {
                plain(Code::StorageUnavailable).with(json!({ "durable": false }))
            }
            ApiError::StorageUnknown(_)
            | ApiError::DeletionUnknown(_)
            | ApiError::ResolutionUnknown(_) => {
                plain(Code::StorageUnavailable).with(json!({ "durable": "unknown" }))
            }
            ApiError::Internal(_) => plain(Code::Internal),
        }
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
            | Refusal::RequestReused { .. } => plain(Code::OtherTerms),
            Refusal::PaidBefore(tombstone) => plain(Code::OtherTerms).with(gone(tombstone)),
            Refusal::Live { live, .. } => {
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
            | Refusal::NoReason { .. }
            | Refusal::NotItsPreimage { .. } => plain(Code::InvalidParams),
            Refusal::InvoiceExpired(at) => {
                plain(Code::InvoiceExpired).with(json!({ "expiry": at.seconds() }))
            }
            Refusal::Quarantined { .. } => plain(Code::Quarantined),
            Refusal::TooManyParts { .. } => plain(Code::Busy),
            Refusal::NoSuchPart { .. } => plain(Code::NoSuchPayment),
            Refusal::NodeCanTell { node, what, .. } => {
                plain(Code::InProgress).with(json!({ "node": node.as_str(), "reason": what }))
            }
            Refusal::HasEnded { status, .. } => {
                plain(Code::InvalidParams).with(json!({ "status": status.as_str() }))
            }
            Refusal::Unrecorded(part) => {
                plain(Code::InProgress).with(views::UnrecordedView::from(&**part))
            }
            // A node's: a caller's is another refusal.
            Refusal::WrongPreimage { .. } => plain(Code::Internal),
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

impl From<DevError> for RpcError {
    fn from(error: DevError) -> RpcError {
        let code = match &error {
            DevError::NoSuchNode(_) => Code::InvalidParams,
            DevError::NoRoute(_) => Code::RouteNotFound,
            DevError::Refused(_) => Code::Unspecified,
        };
        let error = match error {
            DevError::NoSuchNode(name) => DevError::NoSuchNode(shortened(&name).into_owned()),
            other @ (DevError::NoRoute(_) | DevError::Refused(_)) => other,
        };
        RpcError::new(code, error.to_string())
    }
}

impl From<InvoiceError> for RpcError {
    fn from(error: InvoiceError) -> RpcError {
        let code = match &error {
            InvoiceError::LabelInUse(_) => Code::LabelInUse,
            InvoiceError::Unknown => Code::NoSuchInvoice,
            InvoiceError::OtherStatus { .. } | InvoiceError::Arriving => Code::OtherInvoiceStatus,
            InvoiceError::Refused(_) => Code::Unspecified,
        };
        RpcError::new(code, error.to_string())
    }
}
