//! Disjoint routes over a handful of channels.

use crate::network::Fees;
use crate::node::CLTV_DELTA;
use devnet::DevError;
use domain::{Hop, Msat, NodeId, Route, ShortChannelId};
use std::collections::VecDeque;

/// What our routes give: some blocks more, as LDK's invoices ask for three more than they were told.
const FINAL_DELAY: u32 = 54;

/// A channel as seen from one of its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) channel: ShortChannelId,
    /// The most that one HTLC can carry from there now, in msat.
    pub(super) room: u64,
    /// What that end takes for a forward over it.
    pub(super) fees: Fees,
}

/// Up to `count` routes that share no channel, the shortest first, each of which can carry `amount`.
pub(super) fn disjoint(
    mut sides: Vec<Side>,
    ids: &[NodeId],
    (from, to): (usize, usize),
    amount: Msat,
    count: usize,
) -> Result<Vec<Route>, DevError> {
    let mut routes = Vec::new();
    while routes.len() < count
        && let Some(path) = shortest(&sides, from, to)
    {
        let hops = priced(&path, ids, amount)?;
        // The scarcest side that cannot carry it goes, or else all of the path's channels.
        let narrow = path
            .iter()
            .zip(&hops)
            .find(|(side, hop)| hop.amount.get() > side.room);
        if let Some((narrow, _)) = narrow {
            sides.retain(|s| (s.channel, s.from) != (narrow.channel, narrow.from));
        } else {
            sides.retain(|s| path.iter().all(|used| used.channel != s.channel));
            let route = Route::new(hops).map_err(|e| DevError::Refused(e.to_string()))?;
            routes.push(route);
        }
    }
    if routes.is_empty() && count > 0 {
        let reason = format!("no way has room for {amount} msat now");
        return Err(DevError::NoRoute(reason));
    }
    Ok(routes)
}

/// Breadth first: the fewest hops, whatever they cost.
fn shortest(sides: &[Side], from: usize, to: usize) -> Option<Vec<Side>> {
    let mut seen = vec![from];
    let mut paths = VecDeque::from([Vec::new()]);
    while let Some(path) = paths.pop_front() {
        let at = path.last().map_or(from, |side: &Side| side.to);
        if at == to {
            return Some(path);
        }
        for side in sides.iter().filter(|side| side.from == at) {
            if !seen.contains(&side.to) {
                seen.push(side.to);
                let mut longer = path.clone();
                longer.push(*side);
                paths.push_back(longer);
            }
        }
    }
    None
}

/// The hops of a path as c-lightning's `sendpay` takes them, from the last one backwards.
fn priced(path: &[Side], ids: &[NodeId], amount: Msat) -> Result<Vec<Hop>, DevError> {
    let (mut amount, mut delay) = (amount, FINAL_DELAY);
    let mut hops = Vec::new();
    for side in path.iter().rev() {
        hops.push(Hop {
            node: ids[side.to],
            channel: side.channel,
            amount,
            delay,
        });
        let fee = forwarding_fee(side.fees, amount).and_then(|fee| amount.checked_add(fee));
        amount = fee.ok_or_else(|| DevError::NoRoute("the fees are beyond all bitcoin".into()))?;
        delay += u32::from(CLTV_DELTA);
    }
    hops.reverse();
    Ok(hops)
}

/// BOLT 7: what forwarding `amount` costs.
fn forwarding_fee(fees: Fees, amount: Msat) -> Option<Msat> {
    let share = amount.get().checked_mul(u64::from(fees.ppm))? / 1_000_000;
    Msat::new(u64::from(fees.base_msat).checked_add(share)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::CORE;

    const AMOUNT: Msat = match Msat::new(1_000_000) {
        Ok(amount) => amount,
        Err(_) => Msat::ZERO,
    };

    fn diamond(room: u64) -> Vec<Side> {
        let channel = |n, from, to| Side {
            from,
            to,
            channel: ShortChannelId(n),
            room,
            fees: CORE.members[0].fees,
        };
        let edges = [(1, 0, 1), (2, 0, 2), (3, 1, 3), (4, 2, 3)];
        edges
            .iter()
            .flat_map(|(n, a, b)| [channel(*n, *a, *b), channel(*n, *b, *a)])
            .collect()
    }

    fn ids() -> Vec<NodeId> {
        (1..=4)
            .map(|n| NodeId::new([2 + n % 2; 33]).unwrap())
            .collect()
    }

    fn channels(route: &Route) -> Vec<u64> {
        route.hops().iter().map(|hop| hop.channel.0).collect()
    }

    #[test]
    fn two_ways_lead_to_the_far_end() {
        let routes = disjoint(diamond(u64::MAX), &ids(), (0, 3), AMOUNT, usize::MAX).unwrap();
        let ways: Vec<_> = routes.iter().map(channels).collect();
        assert_eq!(ways, [[1, 3], [2, 4]]);
        let amounts: Vec<_> = routes[0]
            .hops()
            .iter()
            .map(|h| (h.amount.get(), h.delay))
            .collect();
        assert_eq!(
            amounts,
            [(1_001_100, FINAL_DELAY + 72), (1_000_000, FINAL_DELAY)]
        );
    }

    #[test]
    fn a_neighbour_is_reached_directly_and_the_long_way_round() {
        let routes = disjoint(diamond(u64::MAX), &ids(), (0, 1), AMOUNT, usize::MAX).unwrap();
        let ways: Vec<_> = routes.iter().map(channels).collect();
        assert_eq!(ways, [vec![1], vec![2, 4, 3]]);
    }

    #[test]
    fn a_way_without_room_is_not_offered() {
        let mut sides = diamond(u64::MAX);
        sides[4].room = 999_999;
        let routes = disjoint(sides, &ids(), (0, 3), AMOUNT, usize::MAX).unwrap();
        assert_eq!(routes.iter().map(channels).collect::<Vec<_>>(), [[2, 4]]);
        let none = disjoint(diamond(0), &ids(), (0, 3), AMOUNT, usize::MAX);
        assert!(matches!(none, Err(DevError::NoRoute(_))));
    }
}
