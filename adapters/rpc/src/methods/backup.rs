//! `backup`: a copy of the daemon's database.

use super::Method;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::BackupError;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) struct Backup;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct BackupView {
    /// The file.
    file: String,
    /// Its length.
    bytes: u64,
    /// Payments that we make.
    payments: u64,
    /// Their parts.
    partialpayments: u64,
    /// Those of them that are pending.
    pending_parts: u64,
    /// Payments that came in.
    incoming_payments: u64,
    /// The number of the last event.
    last_event: u64,
}

/// The longest path.
const PATH_MAX: usize = 4096;

impl Method for Backup {
    const NAME: &'static str = "backup";
    const PARAMS: &'static [Param] = &[Param::required("file")];
    const DESCRIPTION: &'static str = "Write a whole, verified copy of the database into {file}";
    const HELP: &'static str = "\
Returns {file, bytes, payments, partialpayments, pending_parts, incoming_payments, last_event} once the copy is whole, durable and verified: SQLite's own checks, and every payment by the rules about money. It is one moment of the database, in one file of mode 0600, which appears when it is whole; what comes to nothing leaves nothing behind. Payments go on meanwhile. It holds preimages and secrets, as the database does. docs/backup.md says how to put one back, and what that means.

file          an absolute path of the daemon's machine, where there is nothing yet

Errors: -32602 the file cannot be there; -32005 another backup is being made, or the daemon stops; 209 it failed (a full disk), or the database is damaged. `ampere backup FILE` asks this, and makes the copy itself where no daemon runs.";

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = PathBuf;
    type Answer = BackupView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PathBuf, RpcError> {
        let file = PathBuf::from(arguments.required("file", values::text(PATH_MAX))?);
        if file.is_absolute() {
            Ok(file)
        } else {
            Err(RpcError::params(
                "file: should be an absolute path: the daemon has a folder of its own",
            ))
        }
    }

    async fn run(context: Arc<Context>, file: PathBuf) -> Result<Self::Answer, RpcError> {
        let Some(backups) = &context.services.backups else {
            return Err(RpcError::params("this daemon keeps no database of its own"));
        };
        let made = backups.back_up(file.clone()).await?;
        Ok(BackupView {
            file: file.display().to_string(),
            bytes: made.bytes,
            payments: made.payments,
            partialpayments: made.parts,
            pending_parts: made.live_parts,
            incoming_payments: made.incoming,
            last_event: made.last_event,
        })
    }
}

impl From<BackupError> for RpcError {
    fn from(error: BackupError) -> RpcError {
        let code = match &error {
            BackupError::Target(why) => return RpcError::params(format!("file: {why}")),
            BackupError::Busy | BackupError::Stopped => Code::Busy,
            BackupError::Failed(_) | BackupError::Damaged(_) => Code::Unspecified,
        };
        RpcError::new(code, error.to_string())
    }
}
