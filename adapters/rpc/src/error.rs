//! Every error number, what it means, and whether the same request may be sent again.

mod convert;
mod dev;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;

/// An error number: Core Lightning's where the meaning is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(i32)]
#[allow(missing_docs, reason = "`ERRORS` says what each means")]
pub enum Code {
    InvalidRequest = -32600,
    UnknownCommand = -32601,
    InvalidParams = -32602,
    Internal = -32603,
    Busy = -32005,
    InProgress = 200,
    OtherTerms = 201,
    UnparseableOnion = 202,
    DestinationPermanent = 203,
    TryOtherRoute = 204,
    RouteNotFound = 205,
    TooExpensive = 206,
    InvoiceExpired = 207,
    NoSuchPayment = 208,
    Unspecified = 209,
    StoppedRetrying = 210,
    InsufficientFunds = 215,
    AlreadyPaid = 219,
    StorageUnavailable = 230,
    NodeUnavailable = 231,
    Quarantined = 232,
    LabelInUse = 900,
    NoSuchInvoice = 905,
    OtherInvoiceStatus = 906,
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub struct ErrorInfo {
    /// The number.
    pub code: i32,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Whether the same request may be sent again.
    pub retry: &'static str,
}

const fn row(
    code: Code,
    name: &'static str,
    meaning: &'static str,
    retry: &'static str,
) -> ErrorInfo {
    #[expect(
        clippy::as_conversions,
        reason = "a `repr(i32)` enum has no other const way"
    )]
    let code = code as i32;
    ErrorInfo {
        code,
        name,
        meaning,
        retry,
    }
}

/// The table: all that can ever be answered in place of a result.
#[rustfmt::skip]
pub const ERRORS: &[ErrorInfo] = &[
    row(Code::InvalidRequest, "INVALID_REQUEST", "not a JSON-RPC 2.0 request, or larger or deeper than allowed, or another user's", "no: correct the request"),
    row(Code::UnknownCommand, "METHOD_NOT_FOUND", "no such command", "no: `help` lists the commands"),
    row(Code::InvalidParams, "INVALID_PARAMS", "a parameter is missing, unknown or wrong; nothing changed", "no: correct the parameter"),
    row(Code::Internal, "INTERNAL_ERROR", "a bug in the daemon; what is pending stays pending", "with the same request_id only"),
    row(Code::Busy, "BUSY", "a limit is reached, or the daemon is stopping; nothing changed", "yes, later"),
    row(Code::InProgress, "PAY_IN_PROGRESS", "the wait timed out, or the part would exceed what the payment shall deliver, or what shall be deleted has pending parts, or the node of what shall be ended by hand can still tell, or a node knows a part of this payment that is not in the database and may be out, and nothing changed; with data.status failed: the part was not sent, because somebody else's payment of this hash is under way at its node", "yes: wait again, or send no more than data.room_msat, or a new part once that payment has ended"),
    row(Code::OtherTerms, "PAY_RHASH_ALREADY_USED", "this payment_hash or request_id was used with other terms, or was paid and deleted since (data.deleted_at), or was paid without a payment here (data.proven_at), and nothing changed; with data.status failed: the part was not sent, because somebody else has paid this hash from its node", "no: use the terms it has, or ask the payee for a new invoice"),
    row(Code::UnparseableOnion, "PAY_UNPARSEABLE_ONION", "the part failed, and the failure that came back could not be read", "as a new part, over another route"),
    row(Code::DestinationPermanent, "PAY_DESTINATION_PERM_FAIL", "the part failed: the destination refuses for good", "no: ask the payee for a new invoice"),
    row(Code::TryOtherRoute, "PAY_TRY_OTHER_ROUTE", "the part failed on the way", "as a new part, over another route"),
    row(Code::RouteNotFound, "PAY_ROUTE_NOT_FOUND", "no route to the destination", "yes, later or with another amount"),
    row(Code::TooExpensive, "PAY_ROUTE_TOO_EXPENSIVE", "every route costs more than allowed", "with a higher limit"),
    row(Code::InvoiceExpired, "PAY_INVOICE_EXPIRED", "the invoice has expired; nothing changed", "no: ask the payee for a new invoice"),
    row(Code::NoSuchPayment, "PAY_NO_SUCH_PAYMENT", "no such payment or partial payment, or it was deleted (data.deleted_at, if it was paid; data.proven_at, if it was paid without a payment here)", "no: it was never accepted, or is deleted"),
    row(Code::Unspecified, "PAY_UNSPECIFIED_ERROR", "it failed, and no reason is known", "as a new part"),
    row(Code::StoppedRetrying, "PAY_STOPPED_RETRYING", "the order of `pay` is closed: its deadline passed, its attempts are used up, or it was abandoned; nothing of it is under way (data.safe_to_retry)", "yes: that is a new order"),
    row(Code::InsufficientFunds, "PAY_INSUFFICIENT_FUNDS", "the channels of our own nodes cannot carry that much (data.spendable_msat)", "with less, or when there is more"),
    row(Code::AlreadyPaid, "PAY_INJECTPAYMENTONION_ALREADY_PAID", "`xpay`: the invoice has been paid already, and nothing was sent (listpays has the proof)", "no: it is paid"),
    row(Code::StorageUnavailable, "STORAGE_UNAVAILABLE", "the database failed; data.durable says whether the part may have been stored or ended, the order opened or closed, or the payment deleted (false, \"unknown\")", "with the same request_id, or when durable is false"),
    row(Code::NodeUnavailable, "NODE_UNAVAILABLE", "a Lightning node cannot be reached, and the database, an old copy, has to be told what it knows: nothing new is sent, and what is pending stays pending; or lightningd, to which the command is passed on, cannot be reached or answers nothing (data.took_effect: false, \"unknown\")", "yes, later; where data.took_effect is unknown, ask lightningd first"),
    row(Code::Quarantined, "PAY_QUARANTINED", "the payment's records contradict each other; nothing is sent towards it", "no: a human must look at it"),
    row(Code::LabelInUse, "INVOICE_LABEL_ALREADY_EXISTS", "an invoice of ours has that label; nothing changed", "with another label"),
    row(Code::NoSuchInvoice, "INVOICE_NOT_FOUND", "no invoice of ours has that label; nothing changed", "no"),
    row(Code::OtherInvoiceStatus, "INVOICE_STATUS_UNEXPECTED", "the invoice has another status, or parts of its payment have arrived; nothing changed", "with the status that it has"),
];

impl Code {
    /// The number.
    pub const fn number(self) -> i32 {
        row(self, "", "", "").code
    }
}

/// What is answered in place of a result.
#[derive(Clone, Debug)]
pub(crate) struct RpcError {
    code: i32,
    message: String,
    data: Option<Box<RawValue>>,
}

/// An error as JSON-RPC 2.0 has it.
#[derive(Serialize)]
struct Object<'a> {
    code: i32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

impl RpcError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> RpcError {
        RpcError {
            code: code.number(),
            message: message.into(),
            data: None,
        }
    }

    /// lightningd's own, told as its.
    pub(crate) fn of_lightningd(code: i32, message: String, data: Option<Value>) -> RpcError {
        RpcError {
            code,
            message,
            data: data.and_then(|data| to_raw_value(&data).ok()),
        }
    }

    pub(crate) fn params(message: impl Into<String>) -> RpcError {
        RpcError::new(Code::InvalidParams, message)
    }

    /// With figures for programs.
    pub(crate) fn with(self, data: impl Serialize) -> RpcError {
        RpcError {
            data: to_raw_value(&data).ok(),
            ..self
        }
    }

    pub(crate) const fn number(&self) -> i32 {
        self.code
    }

    pub(crate) fn data(&self) -> Option<&RawValue> {
        self.data.as_deref()
    }

    pub(crate) fn into_message(self) -> String {
        self.message
    }

    /// `{"code":…,"message":…}`, `data` where there is some.
    pub(crate) fn to_json(&self) -> String {
        let object = Object {
            code: self.code,
            message: &self.message,
            data: self.data(),
        };
        serde_json::to_string(&object).unwrap_or_else(|_| "null".into())
    }
}

/// Text of the caller's that goes into an error or a log line: whole only where it is too short for a
/// secret in the wrong place (32 bytes are 64 digits of hex or 43 of base64), else its beginning.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const WHOLE: usize = 40;
    const BEGINNING: usize = 16;
    let mut places = text.char_indices().map(|(place, _)| place);
    match (places.nth(BEGINNING), places.nth(WHOLE - BEGINNING - 1)) {
        (Some(end), Some(_)) => Cow::Owned(format!("{}…", &text[..end])),
        (Some(_) | None, _) => Cow::Borrowed(text),
    }
}
