//! Somebody presses Ctrl-C: what goes on without them, and what they can do about it.

use super::{Asked, hash_of};
use crate::cli::payment;
use crate::clock::SystemClock;
use crate::exit::Exit;
use crate::say::say;
use domain::{Clock, Invoice};
use rpc::client::Client;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// A daemon that says nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says it, as the daemon has it now.
pub(super) async fn told(asked: &Asked, invoice: Option<&Invoice>) -> Exit {
    let Asked { rpc_file, ampere } = asked;
    let Some(invoice) = invoice else {
        say!("left: what was asked for may have been done: see `{ampere} listpays`");
        return Exit::Left;
    };
    let hash = hash_of(invoice);
    let asked = tokio::time::timeout(PATIENCE, row(rpc_file, &hash)).await;
    let Some(row) = asked.ok().flatten() else {
        say!("left: the daemon does not answer, and the payment may go on");
        return ways_on(ampere, &hash);
    };
    match (row["status"].as_str(), row["order"]["open"].as_bool()) {
        (Some("complete"), _) => {
            say!("left: it is paid: `{ampere} listpays null {hash}` has the preimage");
            Exit::Ok
        }
        (Some("pending"), Some(true)) => {
            let deadline = row["order"]["deadline"].as_u64().unwrap_or(0);
            let left = deadline.saturating_sub(SystemClock.now().seconds());
            say!("left: the order goes on without you, with new parts for another {left} s");
            ways_on(ampere, &hash)
        }
        (Some("pending"), _) => {
            say!("left: no new part is sent, but parts are still pending, and may be paid");
            ways_on(ampere, &hash)
        }
        _ => {
            say!("left: nothing of it is under way");
            Exit::Left
        }
    }
}

fn ways_on(ampere: &str, hash: &str) -> Exit {
    say!(" to look again:  {ampere} listpays null {hash}");
    say!("                 {ampere} watch {hash}");
    say!(" to end it:      {ampere} abandonpay {hash}");
    Exit::Left
}

/// Its row of `listpays`: null if there is none, and nothing if that is not known.
async fn row(rpc_file: &Path, hash: &str) -> Option<Value> {
    let mut client = Client::connect(rpc_file).await.ok()?;
    payment::row(&mut client, hash).await.ok()
}
