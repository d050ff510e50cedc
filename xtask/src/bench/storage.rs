//! The storage adapter, driven as the engine drives it: load, decide, commit; decide, commit.

use super::payments;
use super::sample::{Caller, Sample, drive};
use anyhow::{Context, Result, bail};
use domain::contract::samples::Command;
use domain::{Committed, Decision, Payment, PaymentStore, Receipt, Transition};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{Options, SqliteStore};

struct Payer(Arc<SqliteStore>);

/// Accepts and resolves that many parts.
pub(super) async fn sample(folder: &Path, callers: u32, parts: u32) -> Result<Sample> {
    let store = SqliteStore::open(&folder.join("storage.sqlite3"), Options::default())?;
    let store = Arc::new(store);
    let payers = (0..callers).map(|_| Payer(Arc::clone(&store))).collect();
    let sample = drive(payers, parts).await;
    store.close().await;
    sample
}

impl Caller for Payer {
    async fn pay(&mut self, n: u32) -> Result<Duration> {
        let send = payments::part(n);
        let begin = Instant::now();
        let existing = self.0.load(send.payment_hash).await?;
        let accepted = decided(existing.as_ref(), &Command::Send(Box::new(send.clone())))?;
        let receipt = self.commit(accepted.clone()).await?;
        let answer = begin.elapsed();
        let part = receipt.part.context("a part without a number")?;
        let payment = Payment::apply(existing, accepted, receipt);
        let fulfilled = payments::fulfilled(n, part, &send);
        let resolved = decided(Some(&payment), &fulfilled)?;
        self.commit(resolved).await?;
        Ok(answer)
    }
}

impl Payer {
    async fn commit(&self, transition: Transition) -> Result<Receipt> {
        match self.0.commit(transition).await {
            Committed::Yes(receipt) => Ok(receipt),
            other => bail!("not committed: {other:?}"),
        }
    }
}

fn decided(payment: Option<&Payment>, command: &Command) -> Result<Transition> {
    match command.decide(payment).context("decide")? {
        Decision::Commit(transition) => Ok(*transition),
        Decision::Unchanged(why) => bail!("nothing to commit: {why:?}"),
    }
}
