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
mod plot;
mod possible;
mod report;
#[cfg(feature = "bench")]
pub(crate) mod searches;
mod snapshot;
mod world;

use crate::{PaySimArgs, workspace};
use anyhow::{Result, bail};
use attempt::{Outcome, Router, pay};
use fastrand::Rng;
use ldk::Ldk;
use ours::Ours;
use possible::is_possible;
use report::{Row, Score};
use std::path::Path;
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
    let payments = usize::try_from(args.payments.unwrap_or(size.payments))?;
    let own = usize::from(args.nodes);
    let mut rng = Rng::with_seed(args.seed);
    let network = network(args.snapshot.as_deref(), size.nodes, own, &mut rng)?;
    let mut world = World::new(network, own, &mut rng);
    let nodes = world.ids.len();
    let memory = Ours::new(&world, false).memory() / 1_000_000;
    let channels = world.balances.len();
    println!(
        "{channels} channels, {nodes} nodes, {own} of them ours; our graph takes {memory} MB\n"
    );
    let rows = rows(&mut world, args.seed, &args.amounts, payments);
    let path = workspace::root().join("target/pay-sim.svg");
    plot::draw(&path, &rows)?;
    println!("{}\n{}\n", report::table(&rows), path.display());
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

/// The public network in that file, or a generated one; with so many nodes of ours.
fn network(
    snapshot: Option<&Path>,
    nodes: usize,
    own: usize,
    rng: &mut Rng,
) -> Result<network::Network> {
    match snapshot {
        Some(path) => snapshot::read(path, own),
        None => Ok(generator::generate(nodes, own, rng)),
    }
}

/// A row for each model of balances, each amount, and cold and warm.
fn rows(world: &mut World, seed: u64, amounts: &[u64], payments: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for balances in [Balances::Uniform, Balances::Bimodal] {
        for sats in amounts {
            let mut rng = Rng::with_seed(seed ^ sats.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            world.deal(balances, &mut rng);
            let payees = world.payees(sats * 1_000, payments, &mut rng);
            rows.extend(cell(world, balances, *sats, &payees));
            eprintln!("{balances:?}, {sats} sat: done");
        }
    }
    rows
}

/// The payments to these payees: each on its own, and then each with what those before it have taught.
fn cell(world: &World, balances: Balances, sats: u64, payees: &[usize]) -> Vec<Row> {
    let amount = sats * 1_000;
    let fee_max = fee_max(amount);
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

/// The cap of a payment, in msat.
fn fee_max(amount: u64) -> u64 {
    (amount / 100).max(FEE_LEAST)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So few payments say nothing about fees and failed parts.
    #[test]
    fn our_finder_pays_what_is_possible_and_no_less_than_ldks_router() {
        for own in [1, 2] {
            let mut rng = Rng::with_seed(1);
            let network = generator::generate(200, own, &mut rng);
            let mut world = World::new(network, own, &mut rng);
            let rows = rows(&mut world, 1, &[10_000, 1_000_000], 12);
            assert_eq!(rows.len(), 8);
            for row in rows {
                let paid = (row.ours.paid, row.ldk.paid, row.possible);
                assert!(row.possible > 0, "nobody can be paid");
                assert!(paid.0 == row.possible && paid.0 >= paid.1, "{paid:?}");
            }
        }
    }

    #[test]
    fn the_plot_has_a_line_for_each_router() {
        let mut rng = Rng::with_seed(1);
        let mut world = World::new(generator::generate(100, 1, &mut rng), 1, &mut rng);
        let rows = rows(&mut world, 1, &[10_000, 20_000], 2);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        plot::draw(&path, &rows).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for name in ["ours, uniform", "LDK, bimodal", "fee, ppm"] {
            assert!(text.contains(name), "{name} is missing");
        }
    }
}
