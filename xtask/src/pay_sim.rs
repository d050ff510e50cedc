//! `cargo xtask pay-sim`: payments over a network whose balances nobody knows, by our finder and by LDK's
//! router, in the same worlds.
//!
//! Fees and parts are compared over the payments that both have paid: who pays what the other cannot is
//! not to look worse for it.
//!
//! It ranks routers; it promises no success rate: no latency, no stale policy, no node that is offline.

mod attempt;
mod generator;
mod ldk;
mod network;
mod ours;
mod possible;
mod report;
mod snapshot;
mod world;

use crate::PaySimArgs;
use anyhow::{Result, bail};
use attempt::{Outcome, Router, pay};
use fastrand::Rng;
use ldk::Ldk;
use ours::Ours;
use possible::is_possible;
use report::{Row, Score};
pub(crate) use world::Balances;
use world::World;

/// The least that a payment may cost, in msat: what one of 0.5 % would be too little for.
const FEE_LEAST: u64 = 5_000;

/// What is tried in a minute.
const QUICK: Size = Size {
    nodes: 800,
    payments: 30,
};

/// What is tried without `--quick`.
const FULL: Size = Size {
    nodes: 4_000,
    payments: 100,
};

#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    payments: u32,
}

/// Pays, prints what came of it, and fails if a bar is missed.
pub(crate) fn run(args: &PaySimArgs) -> Result<()> {
    let size = if args.quick { QUICK } else { FULL };
    let payments = args.payments.unwrap_or(size.payments);
    let mut rng = Rng::with_seed(args.seed);
    let network = match &args.snapshot {
        Some(path) => snapshot::read(path, args.nodes.into())?,
        None => generator::generate(size.nodes, args.nodes.into(), &mut rng),
    };
    let mut world = World::new(network, args.nodes.into(), &mut rng);
    let nodes = world.ids.len();
    let memory = Ours::new(&world, false).memory() / 1_000_000;
    let channels = world.balances.len();
    println!(
        "{channels} channels, {nodes} nodes, {} of them ours; our graph takes {memory} MB\n",
        args.nodes
    );
    let mut rows = Vec::new();
    for balances in [Balances::Uniform, Balances::Bimodal] {
        for sats in &args.amounts {
            let mut rng = Rng::with_seed(args.seed ^ sats.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            world.deal(balances, &mut rng);
            let count = usize::try_from(payments)?;
            let payees = world.payees(sats * 1_000, count, &mut rng);
            rows.extend(cell(&world, balances, *sats, &payees));
            eprintln!("{balances:?}, {sats} sat: done");
        }
    }
    println!("{}", report::table(&rows));
    let missed = report::missed(&rows);
    for missed in &missed {
        println!("missed: {missed}");
    }
    if !missed.is_empty() {
        bail!("{} bars are missed", missed.len());
    }
    println!("every bar holds");
    Ok(())
}

/// The payments to these payees: each on its own, and then each with what those before it have taught.
fn cell(world: &World, balances: Balances, sats: u64, payees: &[usize]) -> Vec<Row> {
    let amount = sats * 1_000;
    let fee_max = (amount / 100).max(FEE_LEAST);
    let possible = payees
        .iter()
        .filter(|payee| is_possible(world, **payee, amount));
    let possible = number(possible.count());
    let pay_all = |router: &mut dyn Router| -> Vec<Outcome> {
        let pay = |payee: &usize| pay(world, router, *payee, amount, fee_max);
        payees.iter().map(pay).collect()
    };
    let row = |is_warm| {
        let ours = pay_all(&mut Ours::new(world, is_warm));
        let ldk = pay_all(&mut Ldk::new(world, is_warm));
        Row {
            sats,
            balances,
            is_warm,
            payments: number(payees.len()),
            possible,
            ours: Score::new(sats, &ours, &ldk),
            ldk: Score::new(sats, &ldk, &ours),
        }
    };
    [false, true].map(row).into()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
