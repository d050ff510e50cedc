//! The methods without a socket: for a transport that lives elsewhere, as lightningd's plugins do.

use crate::dispatch::Dispatcher;
use crate::error::RpcError;
use crate::services::Context;
use crate::{Limits, Services};
use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::io;
use std::sync::Arc;

/// Every method, for callers in this process.
#[derive(Clone)]
pub struct InProcess(pub(crate) Arc<Dispatcher>);

/// Why a call has no result: exactly what a caller on the socket would be told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NotDone {
    /// See [`crate::error::ERRORS`].
    pub code: i32,
    /// For people.
    pub message: String,
    /// For programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<NotDone>,
}

impl InProcess {
    /// The methods of these services.
    pub fn new(services: Services, limits: Limits) -> io::Result<InProcess> {
        let context = Context::new(services, limits)?;
        let dispatcher = Dispatcher::new(context).map_err(io::Error::other)?;
        Ok(InProcess(Arc::new(dispatcher)))
    }

    /// The result of a method; `params` is a JSON array or object. Dropping it ends a wait, and
    /// nothing else.
    pub async fn call(&self, method: &str, params: &Value) -> Result<Box<RawValue>, NotDone> {
        let response = self.0.respond(method, params.to_string()).await?;
        let response = serde_json::from_str(response.as_json().get());
        match response {
            Ok(Response {
                result: Some(result),
                error: None,
            }) => Ok(result),
            Ok(Response {
                error: Some(error), ..
            }) => Err(error),
            Ok(Response {
                result: None,
                error: None,
            })
            | Err(_) => Err(NotDone {
                code: crate::error::Code::Internal.number(),
                message: "internal error: malformed response".to_owned(),
                data: None,
            }),
        }
    }
}

impl From<RpcError> for NotDone {
    fn from(error: RpcError) -> NotDone {
        let error = ErrorObjectOwned::from(error);
        let data = error
            .data()
            .and_then(|data| serde_json::from_str(data.get()).ok());
        NotDone {
            code: error.code(),
            message: error.message().to_owned(),
            data,
        }
    }
}
