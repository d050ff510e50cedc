//! Money that comes in, at the first node: parts that wait, and then are a payment. Each payment must be
//! in the history once, in the order in which it was paid, over every life of the daemon.

use super::daemon::Daemon;
use super::executor::Owner;
use super::world::World;
use domain::contract::incoming::paid;
use domain::invariant::{Rule, Violation};
use domain::{
    Incoming, IncomingPart, Listed, PaidInvoice, PartialInvoices, PaymentApi, PaymentFilter,
    PaymentHash, Timestamp,
};
use futures::future::FutureExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Invoices that are paid.
const INVOICES: u64 = 4;
/// They begin here, so that none is one of those that we pay.
const FIRST: u64 = 1_000;

/// Somebody pays us, and somebody looks at what has come.
pub(super) fn open(daemon: &Arc<Daemon>) {
    let world = &daemon.world;
    world.spawn(Owner::Caller, pay(daemon.clone()).boxed());
    world.spawn(Owner::Caller, look(daemon.clone()).boxed());
}

/// The engine's part of it.
pub(super) fn incoming(daemon: &Daemon) -> Incoming {
    let nodes = daemon.nodes.each();
    let first = nodes.first().map(super::node::Node::name);
    let receiver = |name| (name, Arc::new(daemon.till.clone()) as Arc<_>);
    Incoming {
        store: Arc::new(daemon.disk.clone()),
        nodes: first.map(receiver).into_iter().collect(),
    }
}

async fn pay(daemon: Arc<Daemon>) {
    let (world, till) = (&daemon.world, &daemon.till);
    for n in FIRST..FIRST + INVOICES {
        rest(world).await;
        let invoice = paid(n);
        // A node may tell of a part more than once.
        let parts = parts(&invoice)
            .into_iter()
            .flat_map(|part| [part.clone(), part]);
        till.set_pending(parts.collect());
        rest(world).await;
        till.set_pending(Vec::new());
        let hash = invoice.payment_hash;
        till.pay(invoice);
        world.note(Some(hash), || "an invoice of ours is paid".into());
    }
}

async fn look(daemon: Arc<Daemon>) {
    let (world, till) = (&daemon.world, &daemon.till);
    for _ in 0..INVOICES * 4 {
        rest(world).await;
        let before = till.pending_now();
        let asked =
            |engine: Arc<domain::Engine>| async move { engine.list_partial_invoices(None).await };
        let Ok(Ok(list)) = daemon.call(asked).await else {
            continue;
        };
        if before == till.pending_now() {
            let holds = is_true(&list, &before);
            world.judge().rule(None, world.moves(), holds);
        }
    }
}

async fn rest(world: &World) {
    let rest = world.chance.up_to(Duration::from_secs(20));
    world.time.sleep(rest).await;
}

fn parts(invoice: &PaidInvoice) -> Vec<IncomingPart> {
    let part = |part: &domain::ReceivedPart| IncomingPart {
        payment_hash: invoice.payment_hash,
        channel: part.channel,
        htlc_id: part.htlc_id.unwrap_or(0),
        amount: part.amount,
        cltv_expiry: 160,
        seen_at: Timestamp(0),
        total: invoice.requested,
        label: None,
        bolt11: None,
    };
    invoice.parts.iter().map(part).collect()
}

/// Rule A-13: each part once, and no other.
fn is_true(list: &PartialInvoices, there: &[IncomingPart]) -> Result<(), Violation> {
    let place = |part: &IncomingPart| (part.channel, part.htlc_id);
    let seen: Vec<_> = list.rows.iter().map(|row| place(&row.part)).collect();
    let wanted: BTreeSet<_> = there.iter().map(place).collect();
    let is_true = seen.len() == wanted.len() && seen.iter().all(|part| wanted.contains(part));
    let what = || Rule::TrueIncomingList.broken(format!("{wanted:?} are listed as {seen:?}"));
    is_true.then_some(()).ok_or_else(what)
}

/// Everything has come to rest: what was paid is in the history, once and in order.
pub(super) fn is_recorded(daemon: &Daemon) -> Result<(), Violation> {
    let all = PaymentFilter {
        limit: u32::MAX,
        ..PaymentFilter::default()
    };
    let rows = daemon.disk.durable_incoming().incoming(all).now_or_never();
    let rows = rows.and_then(Result::ok).unwrap_or_default();
    let recorded = rows.iter().map(|row| match row {
        Listed::Sound(payment) => payment.paid.payment_hash,
        Listed::Damaged(_) => PaymentHash([0; 32]),
    });
    let recorded: Vec<_> = recorded.collect();
    let paid: Vec<_> = daemon
        .till
        .paid_so_far()
        .iter()
        .map(|paid| paid.payment_hash)
        .collect();
    let what =
        || Rule::TrueIncomingList.broken(format!("{paid:?} were paid, {recorded:?} recorded"));
    (recorded == paid).then_some(()).ok_or_else(what)
}
