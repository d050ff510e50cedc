//! From the words of the embedded network to numbers.

use super::{Code, RpcError, shortened};
use devnet::{DevError, InvoiceError};

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
