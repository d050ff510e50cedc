//! What `pay` costs beside its bare parts, in front of an embedded node: the order's commit, the search for
//! ways, and the close.

mod counted;
pub(super) mod waiting;

use super::engine::{FILE, Machine};
use super::finding::Found;
use super::sample::median;
use anyhow::{Context, Result, bail, ensure};
use devnet::{DevInvoice, DevNetwork};
use domain::contract::samples;
use domain::{
    Avoid, Extras, Invoice, InvoiceTerms, Msat, NodePorts, Pay, PaymentApi, Policy, Route,
    SendPartialPay, Sent, StatusKind, Ways,
};
use ldk::Network;
use sim::SimClock;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What each payment delivers.
const AMOUNT_MSAT: u64 = 10_000_000;
/// Payments of each kind.
const PAYMENTS: usize = 100;
/// The first payments of a network find everything cold.
const COLD: usize = 10;
/// No payment takes that long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A node with Ampere in front of it, and a finder that knows its network.
struct Payer {
    network: Arc<Network>,
    machine: Machine,
}

/// In turns: `pay`, and then as many parts over the same ways.
pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let dir = Some(folder.join("network"));
    let network = Network::start(ldk::Options { dir, grace: false }).await?;
    let finder = flow::Finder::new(flow::Graph::default(), Arc::new(SimClock::new()), 1);
    let (graph, follower) = (network.graph().follow().await, finder.clone());
    let following = tokio::spawn(async move { follower.follow(graph).await });
    let ways = Ways {
        finder: Arc::new(finder),
        nodes: vec![(samples::node(), network.alice().funds())],
    };
    let node = NodePorts {
        name: samples::node(),
        sender: network.alice().sender(),
        listener: network.alice().listener(),
    };
    let machine = Machine::paying(&folder.join(FILE), node, ways, Policy::default()).await?;
    let payer = Payer { network, machine };
    // A task of the runtime, as a caller on the socket is one.
    let task = tokio::spawn(async move {
        let found = payer.in_turns().await;
        payer.machine.stop().await;
        payer.network.stop().await;
        found
    });
    let (orders, parts) = task.await.context("the payer died")??;
    following.abort();
    let (orders, parts) = (p50_us(&orders)?, p50_us(&parts)?);
    Ok(vec![
        ("pay_latency_vs_parts", orders / parts),
        ("pay_p50_us", orders),
        ("pay_parts_p50_us", parts),
    ])
}

impl Payer {
    async fn in_turns(&self) -> Result<(Vec<Duration>, Vec<Duration>)> {
        let (mut orders, mut parts) = (Vec::new(), Vec::new());
        for n in 0..COLD + PAYMENTS {
            let pair = async {
                let (order, ways) = self.order().await?;
                anyhow::Ok((order, self.parts(ways).await?))
            };
            let pair = tokio::time::timeout(PATIENCE, pair).await;
            let (order, bare) = pair.context("a payment has no end")??;
            if n >= COLD {
                orders.push(order);
                parts.push(bare);
            }
        }
        Ok((orders, parts))
    }

    async fn invoice(&self) -> Result<DevInvoice> {
        let amount = Msat::new(AMOUNT_MSAT)?;
        Ok(self.network.invoice(amount, None, None).await?)
    }

    /// `pay` of an invoice: how long it took, and over which ways it went.
    async fn order(&self) -> Result<(Duration, Vec<Route>)> {
        let invoice = self.invoice().await?;
        let begin = Instant::now();
        let paid = self.machine.engine.pay(pay(invoice)?).await?;
        let took = begin.elapsed();
        ensure!(paid.payment.status() == StatusKind::Complete, "{paid:?}");
        let routes = paid.parts.into_iter().map(|part| part.route);
        Ok((took, routes.collect()))
    }

    /// The same by its parts.
    async fn parts(&self, routes: Vec<Route>) -> Result<Duration> {
        let invoice = self.invoice().await?;
        let engine = &self.machine.engine;
        let begin = Instant::now();
        let mut sent = Vec::new();
        for route in routes {
            let request = SendPartialPay {
                payment_hash: invoice.payment_hash,
                intended: Msat::new(AMOUNT_MSAT)?,
                route,
                extras: Extras {
                    secret: Some(invoice.payment_secret.clone()),
                    ..Extras::default()
                },
                request_id: None,
            };
            match engine.send_partial_pay(request).await? {
                Sent::Part(part) => sent.push(part.id),
                Sent::AlreadyComplete(_) => bail!("every payment is new"),
            }
        }
        for part in sent {
            engine.wait_partial_pay(part, None).await?;
        }
        Ok(begin.elapsed())
    }
}

fn pay(invoice: DevInvoice) -> Result<Pay> {
    let amount = Msat::new(AMOUNT_MSAT)?;
    let invoice = Invoice {
        bolt11: invoice.bolt11,
        payment_hash: invoice.payment_hash,
        amount: Some(amount),
        payee: invoice.destination,
        secret: invoice.payment_secret,
        metadata: None,
        description: None,
        hints: Vec::new(),
        terms: InvoiceTerms {
            // More than the embedded payee asks for.
            min_final_cltv_expiry: 80,
            ..samples::invoice_terms()
        },
    };
    Ok(asked(invoice, amount, None))
}

/// `pay` of that invoice, for a fee up to a hundredth.
fn asked(invoice: Invoice, amount: Msat, timeout: Option<Duration>) -> Pay {
    let max_fee = Msat::new(amount.get() / 100 + 10_000).unwrap_or(amount);
    Pay {
        invoice,
        amount: None,
        share: None,
        max_fee,
        retry_for: Duration::from_secs(3_600),
        max_delay: 2_016,
        max_parts: None,
        avoid: Avoid::default(),
        nodes: Vec::new(),
        description: None,
        label: None,
        request_id: None,
        timeout,
    }
}

fn p50_us(times: &[Duration]) -> Result<f64> {
    let times = times.iter().map(|time| time.as_secs_f64() * 1e6);
    median(times.collect()).context("nothing was paid")
}
