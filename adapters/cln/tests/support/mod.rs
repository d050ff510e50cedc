//! What the tests on a fake lightningd and those on a real one have in common.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use async_trait::async_trait;
use cln::{Lightningd, OfferBy, Options};
use domain::contract::node::{Fate, NodeHarness};
use domain::{
    Cursor, Failure, Heard, Hop, HtlcListener, HtlcSender, LookUp, Msat, Notes, Offer, OfferAnswer,
    Outcome, PartId, PaymentSecret, Route,
};
use futures::stream::{BoxStream, StreamExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a part delivers unless a test says otherwise.
pub const AMOUNT: u64 = 1_000_000;
/// The group of all parts here.
pub const GROUP: u64 = 1 << 51 | 12_345;

/// Our lightningd, and a payee who can be reached by two disjoint ways.
#[async_trait]
pub trait World: Send + Sync {
    /// lightningd's socket.
    fn socket(&self) -> PathBuf;

    /// A new invoice of the payee's: its hash and its secret, in hex.
    async fn invoice(&self, amount_msat: u64) -> (String, String);

    /// One of the two ways to the payee.
    async fn way(&self, which: usize, amount_msat: u64) -> Route;

    /// kill -9.
    async fn kill(&self);

    /// lightningd started again, its channels back.
    async fn start(&self);

    /// The same with blocks that it has yet to read: it answers, and takes payments.
    async fn start_below_the_tip(&self);

    /// Returns once it has read them, its channels back.
    async fn load_blocks(&self);
}

/// One adapter in such a world.
pub struct Node<W> {
    pub world: W,
    pub lightningd: Lightningd,
    pub offer_by: OfferBy,
}

impl<W: World> Node<W> {
    pub fn new(world: W, offer_by: OfferBy) -> Node<W> {
        let lightningd = adapter(&world, GROUP, offer_by);
        Node {
            world,
            lightningd,
            offer_by,
        }
    }

    /// Another Ampere in place of this one: what it had not stored is gone.
    pub fn crash_ampere(&mut self) {
        self.lightningd = adapter(&self.world, GROUP, self.offer_by);
    }

    pub fn sender(&self) -> Arc<dyn HtlcSender> {
        self.lightningd.sender()
    }

    pub async fn words(&self, from: Option<u64>) -> BoxStream<'static, Heard> {
        self.lightningd.listener().listen(from.map(Cursor)).await
    }

    /// A part of `amount` towards a new invoice over `total`.
    pub async fn part(&self, part: u64, which: usize, amount: u64, total: u64) -> Offer {
        let (hash, secret) = self.world.invoice(total).await;
        self.part_of((&hash, &secret), part, which, (amount, total))
            .await
    }

    /// A part towards that invoice.
    pub async fn part_of(
        &self,
        (hash, secret): (&str, &str),
        part: u64,
        which: usize,
        (amount, total): (u64, u64),
    ) -> Offer {
        Offer {
            part: PartId(part),
            payment_hash: hash.parse().unwrap(),
            total: msat(total),
            route: self.world.way(which, amount).await,
            secret: Some(secret.parse::<PaymentSecret>().unwrap()),
            metadata: None,
            notes: Notes {
                label: Some(format!("part {part}")),
                ..Notes::default()
            },
        }
    }

    pub async fn offer(&self, offer: &Offer) -> OfferAnswer {
        soon("an offer", self.sender().offer(offer)).await
    }

    pub async fn look_up(&self, offer: &Offer) -> LookUp {
        let sender = self.sender();
        let look_up = sender.look_up(offer.part, offer.payment_hash, &offer.route);
        soon("a look-up", look_up).await
    }

    /// Looks up until the answer is a definite one.
    pub async fn settled(&self, offer: &Offer) -> LookUp {
        soon("a definite answer", async {
            loop {
                match self.look_up(offer).await {
                    LookUp::Unknown(_) => tokio::task::yield_now().await,
                    definite => return definite,
                }
            }
        })
        .await
    }
}

/// The adapter of that world's lightningd.
pub fn adapter(world: &impl World, group: u64, offer_by: OfferBy) -> Lightningd {
    Lightningd::new(Options {
        socket: world.socket(),
        group,
        offer_by,
    })
}

#[async_trait]
impl<W: World> NodeHarness for Node<W> {
    fn sender(&self) -> Arc<dyn HtlcSender> {
        self.lightningd.sender()
    }

    fn listener(&mut self) -> Box<dyn HtlcListener> {
        self.lightningd.listener()
    }

    async fn offer(&mut self, part: PartId, fate: Fate) -> Offer {
        // The payee waits for the other half, which never comes.
        let total = if fate == Fate::Held {
            AMOUNT * 2
        } else {
            AMOUNT
        };
        let offer = self.part(part.0, 0, AMOUNT, total).await;
        let route = match fate {
            Fate::Fulfilled | Fate::Held => return offer,
            Fate::FailedOnTheWay => changed(&offer.route, |hops| hops[0].amount = hops[1].amount),
            Fate::Refused => changed(&offer.route, |hops| {
                hops[0].channel = "999x9x9".parse().unwrap();
            }),
        };
        Offer { route, ..offer }
    }

    async fn restart(&mut self) {
        self.world.kill().await;
        self.world.start().await;
        self.crash_ampere();
    }

    async fn restart_below_the_tip(&mut self) {
        self.world.kill().await;
        self.world.start_below_the_tip().await;
        self.crash_ampere();
    }

    async fn load_blocks(&mut self) {
        self.world.load_blocks().await;
    }
}

/// The next outcome of that part.
pub async fn word_of(words: &mut BoxStream<'static, Heard>, offer: &Offer) -> Outcome {
    soon("an outcome", async {
        loop {
            let heard = words.next().await.expect("a node that goes on");
            if heard.part == offer.part && heard.payment_hash == offer.payment_hash {
                return heard.outcome;
            }
        }
    })
    .await
}

/// The next outcome of that part, which is a failure.
pub async fn failure_of(words: &mut BoxStream<'static, Heard>, offer: &Offer) -> Failure {
    match word_of(words, offer).await {
        Outcome::Failed(failure) => *failure,
        Outcome::Fulfilled(_) => panic!("fulfilled"),
    }
}

/// The next outcome of that part, which is a good one.
pub async fn fulfilled(words: &mut BoxStream<'static, Heard>, offer: &Offer) {
    match word_of(words, offer).await {
        Outcome::Fulfilled(bytes) => {
            let proof = domain::Preimage::proving(offer.payment_hash, bytes);
            assert!(proof.is_ok(), "the preimage opens the hash");
        }
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

/// A way that is almost another.
pub fn changed(route: &Route, change: impl FnOnce(&mut Vec<Hop>)) -> Route {
    let mut hops = route.hops().to_vec();
    change(&mut hops);
    Route::new(hops).unwrap()
}

/// A hop from its parts.
pub fn hop(id: &str, channel: &str, amount_msat: u64, delay: u32) -> Hop {
    Hop {
        node: id.parse().unwrap(),
        channel: channel.parse().unwrap(),
        amount: msat(amount_msat),
        delay,
    }
}

pub fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

/// What must happen soon: a test that waits in vain fails, and does not hang.
pub async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(60), work).await;
    done.unwrap_or_else(|_| panic!("{what} took more than 60 s"))
}

/// How many outgoing HTLCs lightningd has, asked for as anybody would.
pub async fn htlcs(socket: &std::path::Path) -> usize {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::UnixStream::connect(socket).await.unwrap();
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"listhtlcs","params":{}}"#;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"\n\n") {
        assert_ne!(stream.read_buf(&mut reply).await.unwrap(), 0);
    }
    let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
    let htlcs = reply["result"]["htlcs"].as_array().unwrap();
    htlcs
        .iter()
        .filter(|htlc| htlc["direction"] == "out")
        .count()
}
