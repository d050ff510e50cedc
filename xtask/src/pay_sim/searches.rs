//! How long our finder searches, and what it keeps in memory, on a network of the public one's size.

use super::attempt::pay;
use super::ours::Ours;
use super::world::{Balances, World};
use super::{fee_max, network};
use anyhow::{Context, Result};
use fastrand::Rng;
use std::path::Path;
use std::time::Duration;

/// The public network's own number of nodes, in February 2026.
const NODES: usize = 17_324;
const OWN: usize = 1;
const SEED: u64 = 1;

/// What was measured.
pub(crate) struct Searches {
    /// The middle one of all searches for each amount.
    pub p50: Vec<Duration>,
    /// What the graph and the knowledge take after all payments, in bytes.
    pub memory: usize,
}

/// So many payments of each of these amounts, in sat, with what those before them have taught.
pub(crate) fn measure(snapshot: Option<&Path>, sats: &[u64], payments: usize) -> Result<Searches> {
    let mut rng = Rng::with_seed(SEED);
    let network = network(snapshot, NODES, OWN, &mut rng)?;
    let mut world = World::new(network, OWN, &mut rng);
    world.deal(Balances::Uniform, &mut rng);
    let mut finder = Ours::new(&world, true);
    let mut p50 = Vec::new();
    for sats in sats {
        let mut searches = Vec::new();
        for payee in world.payees(sats * 1_000, payments, &mut rng) {
            let amount = sats * 1_000;
            let paid = pay(&world, &mut finder, payee, amount, fee_max(amount));
            searches.extend(paid.searches);
        }
        searches.sort_unstable();
        let middle = searches.get(searches.len() / 2).copied();
        p50.push(middle.context("nobody can be paid that much")?);
    }
    Ok(Searches {
        p50,
        memory: finder.memory(),
    })
}
