//! What is measured otherwise than by driving callers.

use super::finding::{Curve, Found};
use super::{front, lists, orders, planner, pressure, restart, size, stall, waiters};
use anyhow::Result;
use std::path::Path;
use tokio::runtime::Runtime;

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Probe {
    /// What Ampere costs in front of a node.
    Front,
    /// What `pay` costs beside its parts.
    Orders,
    /// Open orders after a kill -9.
    OrdersResumed,
    /// Open orders that wait.
    OrdersQuiet,
    /// Searches for ways.
    Planner,
    /// Many who wait.
    Waiters,
    /// The same, through the socket.
    SocketWaiters,
    /// Twice the load that can be sustained.
    Pressure,
    /// A start after kill -9.
    Restart,
    /// The longest commit.
    Stall,
    /// Payments beside those who page through everything.
    Lists,
    /// A large database.
    Size,
}

impl Probe {
    const ALL: [Probe; 12] = [
        Probe::Front,
        Probe::Orders,
        Probe::OrdersResumed,
        Probe::OrdersQuiet,
        Probe::Planner,
        Probe::Waiters,
        Probe::SocketWaiters,
        Probe::Pressure,
        Probe::Restart,
        Probe::Stall,
        Probe::Lists,
        Probe::Size,
    ];

    /// Three rounds of them are enough, and one of what takes minutes.
    pub(super) fn of_round(round: u32, only: Option<&str>) -> impl Iterator<Item = Probe> {
        let is_long = |probe| matches!(probe, Probe::Size | Probe::Pressure);
        let is_due = move |probe: &Probe| round <= if is_long(*probe) { 1 } else { 3 };
        let is_wanted = move |probe: &Probe| only.is_none_or(|text| probe.name().contains(text));
        Probe::ALL.into_iter().filter(is_due).filter(is_wanted)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Probe::Front => "in front of a node",
            Probe::Orders => "pay in front of a node",
            Probe::OrdersResumed => "open orders after kill -9",
            Probe::OrdersQuiet => "open orders that wait",
            Probe::Planner => "planner",
            Probe::Waiters => "waiters in the engine",
            Probe::SocketWaiters => "waiters through the socket",
            Probe::Pressure => "twice the load",
            Probe::Restart => "start after kill -9",
            Probe::Stall => "longest commit",
            Probe::Lists => "payments beside lists",
            Probe::Size => "size",
        }
    }

    /// Measures it once, in an empty folder: in the size that users have, or in seconds.
    pub(super) fn take(
        self,
        runtime: &Runtime,
        folder: &Path,
        full: bool,
        snapshot: Option<&Path>,
    ) -> Result<(Vec<Found>, Vec<Curve>)> {
        let found = match self {
            Probe::Front => runtime.block_on(front::measure(folder)),
            Probe::Orders => runtime.block_on(orders::measure(folder)),
            Probe::OrdersResumed => runtime.block_on(orders::waiting::resumed(folder)),
            Probe::OrdersQuiet => runtime.block_on(orders::waiting::quiet(folder)),
            Probe::Planner => planner::measure(snapshot),
            Probe::Waiters => runtime.block_on(waiters::in_the_engine(folder, full)),
            Probe::SocketWaiters => runtime.block_on(waiters::through_the_socket(folder, full)),
            Probe::Pressure => runtime.block_on(pressure::measure(folder, full)),
            Probe::Restart => runtime.block_on(restart::measure(folder)),
            Probe::Stall => runtime.block_on(stall::measure(folder)),
            Probe::Lists => runtime.block_on(lists::measure(folder, full)),
            Probe::Size => return runtime.block_on(size::measure(folder, full)),
        };
        Ok((found?, Vec::new()))
    }
}
