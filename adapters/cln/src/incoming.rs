//! What comes in: HTLCs that wait for the rest of their payment, and invoices that were paid.
//!
//! lightningd is only asked. What is there now it says each time, so that a list is right after any
//! restart; paid invoices are heard by its own `pay_index`, which is kept as the cursor.

mod arrivals;
mod came;
mod paid;
mod said;
mod waiting;

pub use arrivals::Arrivals;

use crate::connection::CallError;
use crate::link::Link;
use async_trait::async_trait;
use came::Came;
use domain::{
    Cursor, IncomingNode, IncomingPart, Msat, NodeAway, PaymentHash, Received, Timestamp,
};
use futures::stream::{BoxStream, StreamExt, unfold};
use paid::InvoiceListener;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::Mutex;

/// One lightningd, as far as money comes in.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) link: Arc<Link>,
    arrivals: Arrivals,
    came: Arc<Mutex<Came>>,
}

impl Receiver {
    pub(crate) fn new(link: Arc<Link>, arrivals: Arrivals) -> Receiver {
        Receiver {
            link,
            arrivals,
            came: Arc::default(),
        }
    }
}

#[async_trait]
impl IncomingNode for Receiver {
    async fn pending(&self, hash: Option<PaymentHash>) -> Result<Vec<IncomingPart>, NodeAway> {
        let session = self.link.session().await;
        let session = session.map_err(|away| NodeAway(away.to_string()))?;
        let waiting = waiting::parts(&session, &self.arrivals, self.link.next_block(), hash);
        waiting.await.map_err(|why| NodeAway(why.to_string()))
    }

    async fn paid(&self, from: Option<Cursor>) -> BoxStream<'static, Received> {
        let stream = unfold(
            InvoiceListener::new(self.clone(), from),
            |mut ear| async move {
                let received = ear.next().await;
                Some((received, ear))
            },
        );
        stream.boxed()
    }
}

fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since_1970.map_or(0, |since| since.as_micros());
    Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
}

fn msat(amount: u64) -> Result<Msat, CallError> {
    let nonsense = || CallError::Nonsense(format!("an amount of {amount} msat"));
    Msat::new(amount).ok().ok_or_else(nonsense)
}

fn hash(text: &str) -> Result<PaymentHash, CallError> {
    let nonsense = |_| CallError::Nonsense("a payment hash that is none".to_owned());
    text.parse().map_err(nonsense)
}

fn channel(text: &str) -> Result<domain::ShortChannelId, CallError> {
    let nonsense = |_| CallError::Nonsense("a channel whose name is none".to_owned());
    text.parse().map_err(nonsense)
}

/// A paid invoice, as a fuzz target hands it in: paid only with the proof, and no words of lightningd's in
/// an error.
#[cfg(feature = "fuzz")]
pub(crate) fn take(invoice: &serde_json::value::RawValue) -> Option<CallError> {
    let taken = crate::connection::read::<said::Invoice>(invoice).and_then(|invoice| {
        let hash = hash(&invoice.payment_hash)?;
        if let Some(preimage) = paid::preimage(&invoice, hash) {
            assert!(preimage.opens(hash));
        }
        invoice.asked()
    });
    taken.err()
}
