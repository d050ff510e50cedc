//! The last resorts: one way after the other, each as full as it can be. It finds what equal pieces
//! cannot: all of what is there, in as few parts as there may be.

use super::{Searches, Want};
use crate::candidate::Candidate;
use crate::price::Taste;
use crate::single::Aim;
use crate::way::{Load, Way};

/// Nothing but fees count, and risk where fees are the same.
fn cheap() -> Taste {
    Taste::new(1)
}

/// Nothing but delay counts.
fn fast() -> Taste {
    Taste {
        block: 1,
        fees: false,
        ..Taste::new(0)
    }
}

/// How many hundredths of the range in which its liquidity lies a channel is asked for: what is asked
/// for all of it fails.
const HUNDREDTHS: [u64; 4] = [50, 80, 95, 100];

/// In how many parts it is tried first. Fewer are more likely to arrive.
const FEW: u16 = 8;

/// How the last way, or the one before it, is made large enough for its channels.
#[derive(Clone, Copy)]
enum Rest {
    /// Each way takes all that it can, whatever is left for the others.
    Anything,
    /// What is left for the others is no dust.
    NoDust,
}

/// What is tried when equal pieces have led nowhere.
pub(super) fn last_resorts(searches: &mut Searches, want: &Want) -> Option<Candidate> {
    HUNDREDTHS
        .into_iter()
        .flat_map(|hundredths| fewer_first(want).map(move |want| (want, hundredths)))
        .flat_map(|(want, hundredths)| [cheap(), fast()].map(|taste| (want, taste, hundredths)))
        .find_map(|(want, taste, hundredths)| one_by_one(searches, &want, &taste, hundredths))
}

/// The cheapest that it can be, whatever it costs.
pub(super) fn cheapest_of_all(searches: &mut Searches, want: &Want) -> Option<Candidate> {
    let want = Want {
        fee_max: u64::MAX,
        ..*want
    };
    let mut with = |taste: Taste| {
        let tries = fewer_first(&want).filter_map(|want| one_by_one(searches, &want, &taste, 100));
        tries.min_by_key(|candidate| candidate.fee)
    };
    with(cheap()).or_else(|| with(fast()))
}

/// The same in one part, in few, in as many as there may be.
fn fewer_first(want: &Want) -> impl Iterator<Item = Want> + use<> {
    let want = *want;
    let mut parts = vec![1, want.parts_max.min(FEW), want.parts_max];
    parts.dedup();
    parts
        .into_iter()
        .map(move |parts_max| Want { parts_max, ..want })
}

fn one_by_one(
    searches: &mut Searches,
    want: &Want,
    taste: &Taste,
    hundredths: u64,
) -> Option<Candidate> {
    [Rest::Anything, Rest::NoDust]
        .into_iter()
        .find_map(|rest| fill(searches, want, taste, hundredths, rest))
}

fn fill(
    searches: &mut Searches,
    want: &Want,
    taste: &Taste,
    hundredths: u64,
    rest: Rest,
) -> Option<Candidate> {
    let net = searches.net;
    let mut ways: Vec<Way> = Vec::new();
    let mut load = Load::default();
    let (mut left, mut fee_left) = (want.amount, want.fee_max);
    while left > 0 {
        let parts = usize::from(want.parts_max).checked_sub(ways.len())?;
        let parts = u64::try_from(parts).ok().filter(|parts| *parts > 0)?;
        // Whatever the others take, one must take its share. If that is too little for the channels that
        // are left, one takes more.
        let share = left.div_ceil(parts);
        let mut shares = std::iter::successors(Some(share), |share| {
            (*share < left).then(|| share.saturating_mul(4).min(left))
        });
        let found = shares.find_map(|share| {
            let aim = Aim {
                amount: share,
                taste: *taste,
                hundredths,
                fee_max: fee_left,
                delay_max: want.delay_max,
            };
            Some((share, searches.single.cheapest(&load, &aim)?))
        });
        let (share, edges) = found?;
        let most = Way::most(net, &edges, &load, hundredths)?.max(share);
        let amount = portion(left, most, share, rest);
        let way = Way::new(net, edges, amount)?;
        load.add(net, &way)?;
        left = left.checked_sub(amount)?;
        fee_left = fee_left.checked_sub(way.fee())?;
        ways.push(way);
    }
    Candidate::new(net, ways)
}

fn portion(left: u64, most: u64, share: u64, rest: Rest) -> u64 {
    let dust = share / 2;
    match rest {
        Rest::NoDust if most < left && left - most < dust => (left - dust).max(share),
        Rest::NoDust | Rest::Anything => most.min(left),
    }
}
