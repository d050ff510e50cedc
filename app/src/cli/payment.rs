//! A payment that is looked at until it is final, over restarts of the daemon.

use super::again::{Again, passes};
use super::{call, output};
use crate::exit::Exit;
use crate::say::say;
use crate::trouble;
use anyhow::Context;
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::io::{self, ErrorKind};
use std::path::Path;

/// How a payment ended.
pub(super) enum Verdict {
    /// It is paid.
    Paid { preimage: String },
    /// It has failed.
    Failed { code: i32, message: String },
}

/// Why a payment is not looked at any longer.
pub(super) enum Ended {
    Failed(CallError),
    /// Standard output takes no more.
    Unwritten(io::Error),
    /// The answer makes no sense.
    Nonsense(anyhow::Error),
}

impl Ended {
    /// An answer that is not shown is no payment that failed.
    pub(super) fn told(self, command: &str) -> Exit {
        match self {
            Ended::Failed(error) => call::failed(command, error),
            Ended::Unwritten(why) if why.kind() == ErrorKind::BrokenPipe => Exit::NotShown,
            Ended::Unwritten(why) => output::not_shown(&why),
            Ended::Nonsense(error) => {
                say!("{}", trouble::report(&error));
                Exit::Error
            }
        }
    }
}

impl From<CallError> for Ended {
    fn from(error: CallError) -> Ended {
        Ended::Failed(error)
    }
}

impl From<io::Error> for Ended {
    fn from(why: io::Error) -> Ended {
        Ended::Unwritten(why)
    }
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Ended {
        Ended::Nonsense(error)
    }
}

/// Looks, and looks again at the next daemon when one goes away.
pub(super) async fn over_restarts(
    mut client: Client,
    rpc_file: &Path,
    to: &str,
    mut look: impl AsyncFnMut(&mut Client, &mut Again) -> Result<Exit, Ended>,
) -> Result<Exit, Ended> {
    let mut again = Again::new();
    loop {
        let mut lost = match look(&mut client, &mut again).await {
            Err(Ended::Failed(error)) if passes(&error) => error,
            ended => return ended,
        };
        client = loop {
            again.wait(to, &lost).await;
            match again.connect(rpc_file).await {
                Ok(client) => break client,
                Err(error) if passes(&error) => lost = error,
                Err(error) => return Err(error.into()),
            }
        };
    }
}

/// How the payment ended, if it has: one that is paid may have parts that are still pending.
pub(super) async fn verdict(client: &mut Client, hash: &str) -> Result<Option<Verdict>, CallError> {
    match client.call("waitsendpay", json!([hash, 0])).await {
        Ok(payment) if payment["pending_parts"].as_u64().unwrap_or(0) > 0 => Ok(None),
        Ok(payment) => {
            let preimage = payment["payment_preimage"].as_str().unwrap_or_default();
            let preimage = preimage.to_owned();
            Ok(Some(Verdict::Paid { preimage }))
        }
        // In progress, or paid, may be somebody else's payment at the node, which ours has failed for.
        Err(CallError::Rpc {
            code,
            message,
            data,
        }) if matches!(code, 202 | 203 | 204 | 209) || has_failed(data.as_ref()) => {
            Ok(Some(Verdict::Failed { code, message }))
        }
        Err(CallError::Rpc { code: 200, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Its row of `listpays`; null if there is none.
pub(super) async fn row(client: &mut Client, hash: &str) -> Result<Value, CallError> {
    let filter = json!({"payment_hash": hash});
    let listed = client.call("listpays", filter).await?;
    Ok(listed["pays"][0].clone())
}

/// Its rows of `listpartialpayments`.
pub(super) async fn parts(client: &mut Client, hash: &str) -> Result<Vec<Value>, Ended> {
    let mut parts = Vec::new();
    let mut filter = json!({"payment_hash": hash});
    loop {
        let page = client.call("listpartialpayments", filter.clone()).await?;
        let rows = page["partialpayments"].as_array();
        parts.extend_from_slice(rows.context("listpartialpayments: no list")?);
        match page.get("next") {
            Some(next) if next.is_u64() => filter["start"] = next.clone(),
            _ => return Ok(parts),
        }
    }
}

fn has_failed(data: Option<&Value>) -> bool {
    data.is_some_and(|data| data["status"] == "failed")
}
