//! `waitsendpay`.

use std::time::Duration;

use serde_json::Value;

use super::command::Command;
use super::dispatch::Conclusion;
use super::error::{RpcError, code};
use super::params::Params;
use super::payment::Status;
use super::state::{Awaited, State};

/// `waitsendpay`'s parameters.
pub(crate) const WAITSENDPAY: &str = "payment_hash [timeout] [partid] [groupid]";

impl State {
    /// `waitsendpay`.
    pub(crate) fn waitsendpay(
        &mut self,
        command: &Command,
        params: &Params<'_>,
    ) -> Result<Conclusion, RpcError> {
        let payment_hash = params.hex32("payment_hash")?.unwrap_or_default();
        let timeout = params.number("timeout")?;
        let partid = params.u64("partid")?.unwrap_or_default();
        let groupid = params.u64("groupid")?;
        let groupid = groupid.unwrap_or_else(|| self.db.last_group(&payment_hash));
        let Some(row) = self.db.part(&payment_hash, partid, groupid) else {
            return Err(RpcError::new(
                code::NO_SUCH_PAYMENT,
                format!("Never attempted payment part {partid} for '{payment_hash}'"),
            ));
        };
        match row.status {
            Status::Complete => Ok(Conclusion::Done(Ok(Value::Object(row.fields())))),
            Status::Failed => Err(row.failure.as_ref().map_or_else(
                || RpcError::new(code::UNSPECIFIED_ERROR, "Payment failure reason unknown"),
                |failure| failure.stored(row),
            )),
            Status::Pending => {
                let token = self.enlist(
                    command,
                    Awaited::Part {
                        payment_hash,
                        partid,
                        groupid,
                    },
                );
                Ok(
                    timeout.map_or(Conclusion::Pending, |timeout| Conclusion::PendingUntil {
                        timeout: Duration::from_secs(timeout.into()),
                        token,
                        error: RpcError::new(code::IN_PROGRESS, "Timed out while waiting"),
                    }),
                )
            }
        }
    }
}
