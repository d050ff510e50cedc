//! From the net to a plan: one way or several, as cheap and as sure as it pays to be.

mod diagnosis;
mod greedy;

use crate::candidate::Candidate;
use crate::net::Net;
use crate::price::Taste;
use crate::single::{Aim, Single};
use crate::split::{Pieces, Split};
use crate::way::{Load, Way};
use domain::NoPlan;

/// What is wanted, in msat and blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub amount: u64,
    pub fee_max: u64,
    pub parts_max: u16,
    /// Blocks between what leaves us and what the payee gets.
    pub delay_max: u32,
}

/// At first, a nat of risk is worth one part in so many of the cap, or all of a small cap, up to so many
/// msat.
const NAT: u64 = 2;
const NAT_SMALL: u64 = 300_000;

/// And ever less of it the nearer that comes to this many msat, which it never is: a part that fails takes
/// seconds, however large it is, so ten times the amount is not worth ten times as much.
const NAT_END: u64 = 6_000_000;

/// Into how many pieces an amount is split, one after the other, until that does not pay any more.
const PIECES: [u16; 6] = [1, 2, 4, 8, 16, 32];

/// How often another taste is tried before the last resorts.
const TASTES_MAX: usize = 12;

/// What was found with one taste.
enum Found {
    Good(Candidate),
    /// All that was found costs too much.
    TooDear,
    /// All that was found takes too long.
    TooSlow,
    Nothing,
}

/// The searches of one request.
struct Searches<'n> {
    net: &'n Net<'n>,
    single: Single<'n>,
    split: Split<'n>,
}

impl<'n> Searches<'n> {
    fn new(net: &'n Net<'n>) -> Searches<'n> {
        Searches {
            net,
            single: Single::new(net),
            split: Split::new(net),
        }
    }
}

/// Finds ways that deliver the amount, or says why there are none.
pub(crate) fn search(net: &Net, want: &Want) -> Result<Candidate, NoPlan> {
    diagnosis::at_once(net, want)?;
    let searches = &mut Searches::new(net);
    let mut taste = Taste::new(nat(want.fee_max));
    for _ in 0..TASTES_MAX {
        match with_taste(searches, want, &taste) {
            Found::Good(candidate) => return Ok(candidate),
            // A risk is worth less, so that the fee counts for more.
            Found::TooDear if taste.nat > 1 => taste.nat = (taste.nat * 2 / 5).max(1),
            Found::TooSlow => taste.block = (taste.block * 8).max(taste.nat / 100).max(1),
            Found::TooDear | Found::Nothing => break,
        }
    }
    greedy::last_resorts(searches, want).ok_or_else(|| diagnosis::afterwards(searches, want))
}

/// The best of one way, two, four and so on.
fn with_taste(searches: &mut Searches, want: &Want, taste: &Taste) -> Found {
    let net = searches.net;
    let mut best: Option<(u128, Candidate)> = None;
    let mut verdict = Found::Nothing;
    let mut worse = 0;
    for count in PIECES {
        if count > want.parts_max || u64::from(count) * u64::from(count) > want.amount {
            break;
        }
        let Some(candidate) = pieces(searches, want, taste, count) else {
            continue;
        };
        if let Some(fault) = fault(&candidate, want) {
            verdict = fault;
            continue;
        }
        let score = candidate.score(net, taste);
        if best.as_ref().is_some_and(|(best, _)| score >= *best) {
            worse += 1;
            if worse == 2 {
                break;
            }
            continue;
        }
        worse = 0;
        let is_safe = candidate.risk(net, taste) <= Candidate::parts_price(1, taste);
        best = Some((score, candidate));
        if is_safe {
            break;
        }
    }
    best.map_or(verdict, |(_, candidate)| Found::Good(candidate))
}

fn fault(candidate: &Candidate, want: &Want) -> Option<Found> {
    if candidate.delay() > want.delay_max {
        Some(Found::TooSlow)
    } else if candidate.fee > want.fee_max {
        Some(Found::TooDear)
    } else if candidate.ways.len() > usize::from(want.parts_max) {
        Some(Found::Nothing)
    } else {
        None
    }
}

fn pieces(searches: &mut Searches, want: &Want, taste: &Taste, count: u16) -> Option<Candidate> {
    let net = searches.net;
    if count == 1 {
        let aim = Aim {
            amount: want.amount,
            taste: *taste,
            hundredths: 100,
            fee_max: u64::MAX,
            delay_max: u32::MAX,
        };
        let edges = searches.single.cheapest(&Load::default(), &aim)?;
        return Candidate::new(net, vec![Way::new(net, edges, want.amount)?]);
    }
    // Amounts grow towards us by the fees: rarely by more than a hundredth.
    let fees = want.fee_max.min(want.amount / 100);
    let pieces = Pieces {
        size: want.amount.div_ceil(u64::from(count)),
        count,
        taste: *taste,
        room: (want.amount, want.amount.saturating_add(fees)),
    };
    let ways = searches.split.cheapest(pieces)?;
    Candidate::of_pieces(net, ways, &pieces, want.amount)
}

/// What a nat of risk is worth at first, in msat.
fn nat(fee_max: u64) -> u64 {
    let share = (fee_max / NAT).max(fee_max.min(NAT_SMALL));
    let nat = u128::from(share) * u128::from(NAT_END) / (u128::from(share) + u128::from(NAT_END));
    u64::try_from(nat).unwrap_or(NAT_END).max(1)
}
