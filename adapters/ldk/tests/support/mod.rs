//! What the tests share: a network, offers for it, and waiting with an end.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

use devnet::{DevInvoice, DevNetwork};
use domain::{Cursor, Failure, Heard, HtlcSender, LookUp, Msat, Offer, Outcome, PartId, Route};
use futures::StreamExt;
use futures::stream::BoxStream;
use ldk::{Network, Options};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Nothing here takes a fraction of this; it only ends what would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// What comes of `future`, if it comes at all.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("an answer in time")
}

/// A network, and what alice hears.
pub(crate) struct Net {
    pub(crate) network: Arc<Network>,
    pub(crate) sender: Arc<dyn HtlcSender>,
    pub(crate) words: BoxStream<'static, Heard>,
}

pub(crate) fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

impl Net {
    pub(crate) async fn in_memory() -> Net {
        Net::start(Options::default(), None).await
    }

    pub(crate) async fn in_dir(dir: &Path, from: Option<Cursor>) -> Net {
        Net::start(
            Options {
                dir: Some(dir.to_owned()),
                grace: false,
            },
            from,
        )
        .await
    }

    async fn start(options: Options, from: Option<Cursor>) -> Net {
        let network = soon(Network::start(options)).await.expect("a network");
        let sender = network.alice().sender();
        let words = network.alice().listener().listen(from).await;
        Net {
            network,
            sender,
            words,
        }
    }

    pub(crate) async fn invoice(&self, amount: u64) -> DevInvoice {
        invoice(&self.network, amount).await
    }

    pub(crate) fn ways(&self, amount: u64) -> [Route; 2] {
        ways(&self.network, amount)
    }

    /// A part of `invoice` over the first way.
    pub(crate) fn part(&self, part: u64, invoice: &DevInvoice, amount: u64, total: u64) -> Offer {
        let [route, _] = self.ways(amount);
        offer(part, invoice, route, total)
    }

    pub(crate) async fn heard(&mut self) -> Heard {
        soon(self.words.next()).await.expect("a node that goes on")
    }

    /// The next outcome, which must be a failure.
    pub(crate) async fn failure(&mut self) -> Failure {
        match self.heard().await.outcome {
            Outcome::Failed(failure) => *failure,
            Outcome::Fulfilled(_) => panic!("fulfilled"),
        }
    }

    pub(crate) async fn look_up(&self, offer: &Offer) -> LookUp {
        let look_up = self
            .sender
            .look_up(offer.part, offer.payment_hash, &offer.route);
        soon(look_up).await
    }
}

/// An invoice of dave's.
pub(crate) async fn invoice(network: &Network, amount: u64) -> DevInvoice {
    network.invoice(msat(amount), None, None).await.unwrap()
}

/// Both ways to dave.
pub(crate) fn ways(network: &Network, amount: u64) -> [Route; 2] {
    let routes = network.routes("dave", msat(amount), None).unwrap();
    routes.try_into().expect("two disjoint ways")
}

pub(crate) fn offer(part: u64, invoice: &DevInvoice, route: Route, total: u64) -> Offer {
    Offer {
        part: PartId(part),
        payment_hash: invoice.payment_hash,
        total: msat(total),
        route,
        secret: Some(invoice.payment_secret.clone()),
        metadata: None,
        notes: domain::Notes::default(),
    }
}

/// The same route with something changed.
pub(crate) fn changed(route: &Route, change: impl FnOnce(&mut Vec<domain::Hop>)) -> Route {
    let mut hops = route.hops().to_vec();
    change(&mut hops);
    Route::new(hops).unwrap()
}
