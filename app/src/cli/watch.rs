//! `ampere watch PAYMENT_HASH`: a payment, drawn until it is final.

use super::call;
use crate::clock::SystemClock;
use crate::exit::Exit;
use crate::say::say;
use crate::trouble;
use crate::view::{Canvas, Names, Snapshot, is_terminal, print_line};
use anyhow::Context;
use domain::{Clock, PaymentHash};
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Draws the payment until it is complete (0) or failed (1).
pub(super) async fn run(mut client: Client, payment_hash: PaymentHash) -> Exit {
    let names = Names::ask(&mut client).await;
    let mut watch = Watch {
        client,
        payment_hash: payment_hash.to_string(),
        names,
        canvas: Canvas::new(is_terminal(), SystemClock.now().seconds()),
    };
    match watch.until_final().await {
        Ok(exit) => exit,
        Err(error) => match error.downcast::<CallError>() {
            Ok(error) => call::failed("watch", error),
            Err(error) => {
                say!("{}", trouble::report(&error));
                Exit::Error
            }
        },
    }
}

struct Watch {
    client: Client,
    payment_hash: String,
    names: Names,
    canvas: Canvas,
}

impl Watch {
    async fn until_final(&mut self) -> anyhow::Result<Exit> {
        loop {
            // Asked first: whatever is final now is so in the list that is read after it.
            let verdict = self.verdict().await?;
            let snapshot = Snapshot::read(&self.parts().await?, 0, &self.names)?;
            if let Some((exit, words)) = verdict {
                self.canvas.finish(&snapshot);
                print_line(&words);
                return Ok(exit);
            }
            self.canvas.draw(&snapshot);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How the payment ended, if it has.
    async fn verdict(&mut self) -> anyhow::Result<Option<(Exit, String)>> {
        let params = json!([self.payment_hash, 0]);
        match self.client.call("waitsendpay", params).await {
            Ok(payment) => {
                let preimage = payment["payment_preimage"].as_str().unwrap_or_default();
                let words = format!("complete: preimage {preimage}");
                Ok(Some((Exit::Ok, words)))
            }
            Err(CallError::Rpc { code: 200, .. }) => Ok(None),
            Err(CallError::Rpc {
                code: 202 | 203 | 204 | 209,
                message,
                ..
            }) => Ok(Some((
                Exit::Error,
                format!("the payment failed: {message}"),
            ))),
            Err(error) => Err(error.into()),
        }
    }

    async fn parts(&mut self) -> anyhow::Result<Vec<Value>> {
        let mut parts = Vec::new();
        let mut filter = json!({"payment_hash": self.payment_hash});
        loop {
            let page = self
                .client
                .call("listpartialpayments", filter.clone())
                .await?;
            let rows = page["partialpayments"].as_array();
            parts.extend_from_slice(rows.context("listpartialpayments: no list")?);
            match page.get("next") {
                Some(next) if next.is_u64() => filter["start"] = next.clone(),
                _ => return Ok(parts),
            }
        }
    }
}
