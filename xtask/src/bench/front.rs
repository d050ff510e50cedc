//! What Ampere costs in front of a node: the same payments by bare calls and through Ampere, each
//! on an embedded LDK network of its own, in turns.

use super::engine::{FILE, Machine};
use super::finding::Found;
use super::sample::median;
use anyhow::{Context, Result, bail, ensure};
use devnet::{DevInvoice, DevNetwork};
use domain::contract::samples;
use domain::{
    Engine, Extras, Heard, HtlcSender, Msat, NodePorts, Notes, Offer, OfferAnswer, Outcome, PartId,
    PaymentApi, Policy, Preimage, Route, SendPartialPay, Sent,
};
use futures::stream::{BoxStream, StreamExt};
use ldk::Network;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What each payment delivers: far above dust, and all of them together far below what a way holds.
const AMOUNT_MSAT: u64 = 10_000_000;
/// One at a time, and as many payments at once: 500 payments a side.
const PAYMENTS: usize = 250;
/// Payments under way where many are.
const AT_ONCE: usize = 32;
/// No block takes that long: a payment is lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is paid, and the way that it takes.
struct Bill {
    invoice: DevInvoice,
    route: Route,
}

/// A node that is called directly.
struct Bare {
    network: Arc<Network>,
    sender: Arc<dyn HtlcSender>,
    outcomes: BoxStream<'static, Heard>,
    last_part: u64,
}

/// The same with Ampere in front of it.
struct Ampere {
    network: Arc<Network>,
    machine: Machine,
}

/// How long each payment took one at a time, and all of them where many are under way.
#[derive(Default)]
struct Times {
    each: Vec<Duration>,
    all: Duration,
}

/// Pays by bare calls and through Ampere, in turns.
pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let bare = Bare::start(&folder.join("bare")).await?;
    let ampere = Ampere::start(&folder.join("ampere")).await?;
    // A task of the runtime, as a caller on the socket is one.
    let task = tokio::spawn(in_turns(bare, ampere));
    let (bare, ampere) = task.await.context("the payer died")??;
    let (bare_p50, ampere_p50) = (bare.p50_us()?, ampere.p50_us()?);
    // As many payments on both sides.
    let throughput = bare.all.as_secs_f64() / ampere.all.as_secs_f64();
    Ok(vec![
        ("front_latency_vs_bare", ampere_p50 / bare_p50),
        ("front_throughput_vs_bare", throughput),
        ("front_bare_p50_us", bare_p50),
        ("front_ampere_p50_us", ampere_p50),
    ])
}

async fn in_turns(mut bare: Bare, ampere: Ampere) -> Result<(Times, Times)> {
    // The first payments of a network find everything cold.
    for at_once in [1, AT_ONCE] {
        bare.block(at_once, &mut Times::default()).await?;
        ampere.block(at_once, &mut Times::default()).await?;
    }
    let (mut directly, mut through) = (Times::default(), Times::default());
    for at_once in [1, AT_ONCE] {
        for _ in 0..PAYMENTS / block(at_once) {
            bare.block(at_once, &mut directly).await?;
            ampere.block(at_once, &mut through).await?;
        }
    }
    bare.network.stop().await;
    ampere.stop().await;
    Ok((directly, through))
}

impl Bare {
    async fn start(dir: &Path) -> Result<Bare> {
        let network = network(dir).await?;
        Ok(Bare {
            sender: network.alice().sender(),
            outcomes: network.alice().listener().listen(None).await,
            network,
            last_part: 0,
        })
    }

    async fn block(&mut self, at_once: usize, times: &mut Times) -> Result<()> {
        let bills = bills(&self.network, block(at_once)).await?;
        let offers: Vec<_> = bills.into_iter().map(|bill| self.offer(bill)).collect();
        soon(async {
            match at_once {
                1 => self.one_at_a_time(offers, times).await,
                _ => self.many(offers, times).await,
            }
        })
        .await
    }

    async fn one_at_a_time(&mut self, offers: Vec<Offer>, times: &mut Times) -> Result<()> {
        for offer in offers {
            let begin = Instant::now();
            accepted(&self.sender.offer(&offer).await)?;
            fulfilled(self.outcomes.next().await)?;
            times.each.push(begin.elapsed());
        }
        Ok(())
    }

    async fn many(&mut self, offers: Vec<Offer>, times: &mut Times) -> Result<()> {
        let (mut missing, mut offers) = (offers.len(), offers.into_iter());
        let (mut calls, mut under_way) = (JoinSet::new(), 0);
        let begin = Instant::now();
        while missing > 0 {
            for offer in offers.by_ref().take(AT_ONCE - under_way) {
                let sender = Arc::clone(&self.sender);
                calls.spawn(async move { sender.offer(&offer).await });
                under_way += 1;
            }
            tokio::select! {
                Some(answer) = calls.join_next() => accepted(&answer?)?,
                heard = self.outcomes.next() => {
                    fulfilled(heard)?;
                    under_way -= 1;
                    missing -= 1;
                }
            }
        }
        times.all += begin.elapsed();
        Ok(())
    }

    fn offer(&mut self, bill: Bill) -> Offer {
        self.last_part += 1;
        Offer {
            part: PartId(self.last_part),
            payment_hash: bill.invoice.payment_hash,
            total: bill.route.amount(),
            route: bill.route,
            secret: Some(bill.invoice.payment_secret),
            metadata: None,
            notes: Notes::default(),
        }
    }
}

impl Ampere {
    async fn start(dir: &Path) -> Result<Ampere> {
        let network = network(dir).await?;
        let node = NodePorts {
            name: samples::node(),
            sender: network.alice().sender(),
            listener: network.alice().listener(),
        };
        let machine = Machine::at(&dir.join(FILE), node, Policy::default()).await?;
        Ok(Ampere { network, machine })
    }

    async fn block(&self, at_once: usize, times: &mut Times) -> Result<()> {
        let bills = bills(&self.network, block(at_once)).await?;
        let requests: Vec<_> = bills.into_iter().map(request).collect();
        soon(async {
            match at_once {
                1 => self.one_at_a_time(requests, times).await,
                _ => self.many(requests, times).await,
            }
        })
        .await
    }

    async fn one_at_a_time(&self, requests: Vec<SendPartialPay>, times: &mut Times) -> Result<()> {
        for request in requests {
            let begin = Instant::now();
            pay(&self.machine.engine, request).await?;
            times.each.push(begin.elapsed());
        }
        Ok(())
    }

    async fn many(&self, requests: Vec<SendPartialPay>, times: &mut Times) -> Result<()> {
        let mut requests = requests.into_iter();
        let mut calls = JoinSet::new();
        let begin = Instant::now();
        loop {
            for request in requests.by_ref().take(AT_ONCE - calls.len()) {
                let engine = Arc::clone(&self.machine.engine);
                calls.spawn(async move { pay(&engine, request).await });
            }
            let Some(paid) = calls.join_next().await else {
                break;
            };
            paid??;
        }
        times.all += begin.elapsed();
        Ok(())
    }

    async fn stop(self) {
        self.machine.stop().await;
        self.network.stop().await;
    }
}

impl Times {
    fn p50_us(&self) -> Result<f64> {
        let each = self.each.iter().map(|time| time.as_secs_f64() * 1e6);
        median(each.collect()).context("nothing was paid")
    }
}

async fn soon(paid: impl Future<Output = Result<()>>) -> Result<()> {
    let paid = tokio::time::timeout(PATIENCE, paid).await;
    paid.context("a payment has no outcome")?
}

async fn network(dir: &Path) -> Result<Arc<Network>> {
    let dir = Some(dir.to_owned());
    Ok(Network::start(ldk::Options { dir, grace: false }).await?)
}

/// Payments between two changes of the side: few, so that what disturbs the machine hits both.
const fn block(at_once: usize) -> usize {
    match at_once {
        1 => 10,
        _ => 50,
    }
}

/// So many of them, over both ways in turn.
async fn bills(network: &Network, many: usize) -> Result<Vec<Bill>> {
    let amount = Msat::new(AMOUNT_MSAT)?;
    let mut bills = Vec::new();
    for n in 0..many {
        let invoice = network.invoice(amount, None, None).await?;
        let routes = network.routes("dave", amount, None)?;
        let route = routes.into_iter().nth(n % 2).context("a way has run dry")?;
        bills.push(Bill { invoice, route });
    }
    Ok(bills)
}

fn request(bill: Bill) -> SendPartialPay {
    SendPartialPay {
        payment_hash: bill.invoice.payment_hash,
        intended: bill.route.amount(),
        route: bill.route,
        extras: Extras {
            secret: Some(bill.invoice.payment_secret),
            ..Extras::default()
        },
        request_id: None,
    }
}

async fn pay(engine: &Engine, request: SendPartialPay) -> Result<()> {
    let Sent::Part(part) = engine.send_partial_pay(request).await? else {
        bail!("every payment is new");
    };
    engine.wait_partial_pay(part.id, None).await?;
    Ok(())
}

fn accepted(answer: &OfferAnswer) -> Result<()> {
    ensure!(*answer == OfferAnswer::Accepted, "{answer:?}");
    Ok(())
}

fn fulfilled(heard: Option<Heard>) -> Result<()> {
    let heard = heard.context("the node is gone")?;
    let Outcome::Fulfilled(preimage) = heard.outcome else {
        bail!("part {}: {:?}", heard.part, heard.outcome);
    };
    // Whoever pays checks the proof, as Ampere does.
    Preimage::proving(heard.payment_hash, preimage)?;
    Ok(())
}
