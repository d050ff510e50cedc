//! What the methods that wait for an outcome have in common.

use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::values;
use domain::PaymentHash;
use std::time::Duration;

/// What a wait for an outcome may tell in place of it.
pub(super) const OUTCOMES: &[Code] = &[
    Code::InProgress,
    Code::OtherTerms,
    Code::UnparseableOnion,
    Code::DestinationPermanent,
    Code::TryOtherRoute,
    Code::NoSuchPayment,
    Code::Unspecified,
    Code::StorageUnavailable,
    Code::Quarantined,
];

/// A payment to wait for, and how long.
pub(super) type HashAndTimeout = (PaymentHash, Option<Duration>);

/// The parameters of a wait for a payment.
pub(super) const HASH_AND_TIMEOUT: &[Param] =
    &[Param::required("payment_hash"), Param::optional("timeout")];

/// Understands them.
pub(super) fn hash_and_timeout(arguments: &Arguments<'_>) -> Result<HashAndTimeout, RpcError> {
    Ok((
        arguments.required("payment_hash", values::hash)?,
        arguments.optional("timeout", values::seconds)?,
    ))
}
