//! A node that is paid as it is told.

use async_trait::async_trait;
use domain::{
    Cursor, IncomingNode, IncomingPart, Mutex, NodeAway, PaidInvoice, PaymentHash, Received,
};
use futures::stream::{self, BoxStream, StreamExt};
use std::sync::{Arc, MutexGuard};
use tokio::sync::watch;

/// A node that tells what it was told to; clones are the same node.
#[derive(Clone, Default)]
pub struct SimReceiver(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// Grows with what is told.
    paid: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    pending: Vec<IncomingPart>,
    paid: Vec<PaidInvoice>,
    away: Option<String>,
    is_silent: bool,
    asked_from: Vec<Option<Cursor>>,
}

impl SimReceiver {
    /// A node that nobody has paid.
    pub fn new() -> SimReceiver {
        SimReceiver::default()
    }

    /// What is there now.
    pub fn set_pending(&self, parts: Vec<IncomingPart>) {
        self.state().pending = parts;
    }

    /// An invoice was paid.
    pub fn pay(&self, invoice: PaidInvoice) {
        let mut state = self.state();
        state.paid.push(invoice);
        self.0.paid.send_replace(state.paid.len());
    }

    /// Why it cannot be asked.
    pub fn set_away(&self, reason: Option<&str>) {
        self.state().away = reason.map(str::to_owned);
    }

    /// Whether it does not answer.
    pub fn set_silent(&self, is_silent: bool) {
        self.state().is_silent = is_silent;
    }

    /// What is there now.
    pub fn pending_now(&self) -> Vec<IncomingPart> {
        self.state().pending.clone()
    }

    /// What was paid, in order.
    pub fn paid_so_far(&self) -> Vec<PaidInvoice> {
        self.state().paid.clone()
    }

    /// From where its paid invoices were asked for.
    pub fn asked_from(&self) -> Vec<Option<Cursor>> {
        self.state().asked_from.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

#[async_trait]
impl IncomingNode for SimReceiver {
    async fn pending(&self, hash: Option<PaymentHash>) -> Result<Vec<IncomingPart>, NodeAway> {
        if self.state().is_silent {
            std::future::pending::<()>().await;
        }
        let state = self.state();
        if let Some(reason) = &state.away {
            return Err(NodeAway(reason.clone()));
        }
        let wanted = |part: &&IncomingPart| hash.is_none_or(|hash| part.payment_hash == hash);
        Ok(state.pending.iter().filter(wanted).cloned().collect())
    }

    async fn paid(&self, from: Option<Cursor>) -> BoxStream<'static, Received> {
        self.state().asked_from.push(from);
        let told = from.map_or(0, |cursor| usize::try_from(cursor.0).unwrap_or(usize::MAX));
        let paid = self.0.paid.subscribe();
        let next = async |(node, mut paid, told): (SimReceiver, watch::Receiver<usize>, usize)| {
            paid.wait_for(|paid| *paid > told).await.ok()?;
            let invoice = node.state().paid.get(told)?.clone();
            let cursor = Cursor(u64::try_from(told + 1).ok()?);
            Some((Received { cursor, invoice }, (node, paid, told + 1)))
        };
        stream::unfold((self.clone(), paid, told), next).boxed()
    }
}
