//! What a method of ours asks of lightningd, to answer with it.

use super::{PassOn, Trouble};
use crate::client::{CallError, Client};
use crate::error::RpcError;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

impl PassOn {
    /// lightningd's result; or its own error, or why there is neither.
    pub(crate) async fn ask(
        &self,
        method: &str,
        params: &impl Serialize,
        patience: Duration,
    ) -> Result<Box<RawValue>, RpcError> {
        let asking = async {
            let mut client = Client::connect(&self.socket).await.map_err(Trouble::Away)?;
            match client.call_raw(method, params).await {
                Ok(result) => Ok(Ok(result)),
                Err(CallError::Rpc {
                    code,
                    message,
                    data,
                }) => Ok(Err(RpcError::of_lightningd(code, message, data))),
                Err(CallError::Connection(why)) => Err(match why.kind() {
                    io::ErrorKind::InvalidData => Trouble::Nonsense,
                    _ => Trouble::Closed,
                }),
            }
        };
        let asked = timeout(patience, asking).await;
        let asked = asked.unwrap_or(Err(Trouble::Hung(patience.as_secs())));
        asked.unwrap_or_else(|trouble| Err(self.error(method, &trouble)))
    }
}
