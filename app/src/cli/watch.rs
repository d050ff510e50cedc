//! `ampere watch PAYMENT_HASH`: a payment, drawn until it is final, over restarts of the daemon.

use super::again::{Again, passes};
use super::{call, output};
use crate::clock::SystemClock;
use crate::escape;
use crate::exit::Exit;
use crate::say::say;
use crate::trouble;
use crate::view::{Canvas, Names, Snapshot, is_terminal, write_line};
use anyhow::Context;
use domain::{Clock, PaymentHash};
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Draws the payment until it is complete (0) or failed (1). Only a daemon that was there is waited for when
/// it goes.
pub(super) async fn run(mut client: Client, rpc_file: PathBuf, payment_hash: PaymentHash) -> Exit {
    let names = Names::ask(&mut client).await;
    let mut watch = Watch {
        payment_hash: payment_hash.to_string(),
        names,
        canvas: Canvas::new(is_terminal(), SystemClock.now().seconds()),
    };
    let mut again = Again::new();
    loop {
        let error = match watch.until_final(&mut client, &mut again).await {
            Ok(exit) => return exit,
            Err(Ended::Failed(error)) if passes(&error) => error,
            Err(ended) => return ended.told(),
        };
        let mut lost = error;
        client = loop {
            again.wait("go on watching", &lost).await;
            match again.connect(&rpc_file).await {
                Ok(client) => break client,
                Err(error) if passes(&error) => lost = error,
                Err(error) => return Ended::Failed(error).told(),
            }
        };
    }
}

/// Why it is not watched any longer.
enum Ended {
    Failed(CallError),
    /// Standard output takes no more.
    Unwritten(io::Error),
    /// The answer makes no sense.
    Nonsense(anyhow::Error),
}

impl Ended {
    /// An answer that is not shown is no payment that failed.
    fn told(self) -> Exit {
        match self {
            Ended::Failed(error) => call::failed("watch", error),
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

struct Watch {
    payment_hash: String,
    names: Names,
    canvas: Canvas,
}

impl Watch {
    async fn until_final(&mut self, client: &mut Client, again: &mut Again) -> Result<Exit, Ended> {
        loop {
            // Asked first: whatever is final now is so in the list that is read after it.
            let verdict = self.verdict(client).await?;
            let snapshot = Snapshot::read(&self.parts(client).await?, 0, &self.names)?;
            again.is_back();
            if let Some((exit, words)) = verdict {
                self.canvas.finish(&snapshot)?;
                write_line(&words)?;
                return Ok(exit);
            }
            self.canvas.draw(&snapshot)?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How the payment ended, if it has.
    async fn verdict(&self, client: &mut Client) -> Result<Option<(Exit, String)>, CallError> {
        let params = json!([self.payment_hash, 0]);
        match client.call("waitsendpay", params).await {
            Ok(payment) => {
                let preimage = payment["payment_preimage"].as_str().unwrap_or_default();
                let words = format!("complete: preimage {preimage}");
                Ok(Some((Exit::Ok, words)))
            }
            // In progress, or paid, may be somebody else's payment at the node, which ours has failed for.
            Err(CallError::Rpc {
                code,
                message,
                data,
            }) if matches!(code, 202 | 203 | 204 | 209)
                || (matches!(code, 200 | 201) && has_failed(data.as_ref())) =>
            {
                let words = format!("the payment failed: {}", escape::line(&message));
                Ok(Some((Exit::Error, words)))
            }
            Err(CallError::Rpc { code: 200, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn parts(&self, client: &mut Client) -> Result<Vec<Value>, Ended> {
        let mut parts = Vec::new();
        let mut filter = json!({"payment_hash": self.payment_hash});
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
}

fn has_failed(data: Option<&Value>) -> bool {
    data.is_some_and(|data| data["status"] == "failed")
}
