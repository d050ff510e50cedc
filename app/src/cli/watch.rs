//! `ampere watch PAYMENT_HASH`: a payment, drawn until it is final, over restarts of the daemon.

use super::again::Again;
use super::payment::{self, Ended, Verdict};
use crate::clock::SystemClock;
use crate::escape;
use crate::exit::Exit;
use crate::view::{Canvas, Names, Snapshot, is_terminal, write_line};
use domain::{Clock, PaymentHash};
use rpc::client::Client;
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
    let look =
        async |client: &mut Client, again: &mut Again| watch.until_final(client, again).await;
    let ended = payment::over_restarts(client, &rpc_file, "go on watching", look).await;
    ended.unwrap_or_else(|ended| ended.told("watch"))
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
            let verdict = payment::verdict(client, &self.payment_hash).await?;
            let parts = payment::parts(client, &self.payment_hash).await?;
            let snapshot = Snapshot::read(&parts, 0, &self.names)?;
            again.is_back();
            let Some(verdict) = verdict else {
                self.canvas.draw(&snapshot)?;
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            self.canvas.finish(&snapshot)?;
            return match verdict {
                Verdict::Paid { preimage } => {
                    write_line(&format!("complete: preimage {preimage}"))?;
                    Ok(Exit::Ok)
                }
                Verdict::Failed { message, .. } => {
                    let message = escape::line(&message);
                    write_line(&format!("the payment failed: {message}"))?;
                    Ok(Exit::Error)
                }
            };
        }
    }
}
