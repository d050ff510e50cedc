//! The methods without a socket: for a transport that lives elsewhere, as lightningd's plugins do.

use crate::dispatch::Dispatcher;
use crate::error::RpcError;
use crate::services::Context;
use crate::{Limits, Services};
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

impl InProcess {
    /// The methods of these services.
    pub fn new(services: Services, limits: Limits) -> io::Result<InProcess> {
        let dispatcher = Dispatcher::new(Context::new(services, limits)?);
        Ok(InProcess(Arc::new(dispatcher)))
    }

    /// The result of a method; `params` is a JSON array or object. Dropping it ends a wait, and
    /// nothing else.
    pub async fn call(&self, method: &str, params: &Value) -> Result<Box<RawValue>, NotDone> {
        Ok(self.0.answer(method, params.to_string()).await?)
    }
}

impl From<RpcError> for NotDone {
    fn from(error: RpcError) -> NotDone {
        let data = error.data();
        NotDone {
            code: error.number(),
            data: data.and_then(|data| serde_json::from_str(data.get()).ok()),
            message: error.into_message(),
        }
    }
}
