//! Luck, from the seed alone.

use domain::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What can go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// The daemon dies.
    Crash,
    /// The daemon is stopped, and finishes what it has begun.
    Stop,
    /// Storage takes its time.
    SlowStore,
    /// Storage is full, or locked.
    FullStore,
    /// Storage says that something else changed.
    ConflictingStore,
    /// Everything is written, yet an error is reported.
    WrittenInError,
    /// Nothing is written, and storage cannot tell.
    LostInError,
    /// A read fails.
    UnreadableStore,
    /// A node takes its time.
    SlowNode,
    /// An offer, or a question, never arrives.
    LostCall,
    /// The answer never arrives.
    LostAnswer,
    /// The call is given up, and takes effect later.
    LateCall,
    /// A node starts anew, and loses what had not left.
    NodeRestarts,
    /// A node cannot be reached for a while.
    NodeAway,
    /// A node has no such channel.
    Refusal,
    /// A node on the way fails the part.
    HopFails,
    /// An outcome is told long after it came about.
    LateWord,
    /// An outcome is told twice.
    WordTwice,
    /// A part is called failed, and fulfilled later.
    FalseFailure,
    /// A part is called fulfilled, and failed later.
    Contradiction,
    /// A part is called fulfilled without its preimage, and with it later.
    FalseProof,
    /// The time of day jumps.
    ClockJumps,
    /// A caller hangs up.
    HangUp,
    /// The finder does not answer for long.
    FinderDead,
    /// The finder takes its time.
    FinderLate,
    /// The finder is not there.
    FinderAway,
    /// The finder finds no way where there is one.
    FinderFindsNone,
    /// The finder's plan is not what was asked for.
    FinderLies,
    /// The finder goes over what has failed.
    FinderRepeats,
    /// The payee refuses for good.
    PayeeRefuses,
    /// The payee is a block ahead.
    PayeeAhead,
}

/// How many kinds there are.
const KINDS: usize = 31;
/// How many of them are in worlds without orders too.
const WITHOUT_ORDERS: usize = 23;
/// Begins the stream of chance of what only worlds with orders have, so that worlds without are as they would
/// be if there were no orders. With this one, those that were kept are without.
const OF_ORDERS: u64 = 0x537b_a9e4_01ab_5275;

/// How often each strikes when it is on, in a thousand chances.
const USUAL: [(Fault, u32); KINDS] = [
    (Fault::Crash, 4),
    (Fault::Stop, 1),
    (Fault::SlowStore, 300),
    (Fault::FullStore, 80),
    (Fault::ConflictingStore, 60),
    (Fault::WrittenInError, 60),
    (Fault::LostInError, 60),
    (Fault::UnreadableStore, 40),
    (Fault::SlowNode, 200),
    (Fault::LostCall, 80),
    (Fault::LostAnswer, 120),
    (Fault::LateCall, 80),
    (Fault::NodeRestarts, 4),
    (Fault::NodeAway, 2),
    (Fault::Refusal, 80),
    (Fault::HopFails, 150),
    (Fault::LateWord, 200),
    (Fault::WordTwice, 150),
    (Fault::FalseFailure, 40),
    (Fault::Contradiction, 40),
    (Fault::FalseProof, 40),
    (Fault::ClockJumps, 4),
    (Fault::HangUp, 150),
    (Fault::FinderDead, 20),
    (Fault::FinderLate, 150),
    (Fault::FinderAway, 120),
    (Fault::FinderFindsNone, 60),
    (Fault::FinderLies, 150),
    (Fault::FinderRepeats, 150),
    (Fault::PayeeRefuses, 60),
    (Fault::PayeeAhead, 60),
];

/// The seed's luck. In every seed about half of the faults are on, each more or less often.
pub(super) struct Chance {
    dice: Mutex<fastrand::Rng>,
    rates: [u32; KINDS],
    /// Whether some callers use `pay`: in one of three seeds.
    has_orders: bool,
    healed: AtomicBool,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        let mut dice = fastrand::Rng::with_seed(seed);
        let of_orders = seed.wrapping_add(1).wrapping_mul(OF_ORDERS);
        let mut of_orders = fastrand::Rng::with_seed(of_orders);
        let has_orders = of_orders.u8(0..3) == 0;
        let rates = std::array::from_fn(|kind| {
            let dice = if kind < WITHOUT_ORDERS {
                &mut dice
            } else {
                &mut of_orders
            };
            let share = [0, 0, 1, 2, 4][dice.usize(0..5)];
            (USUAL[kind].1 * share / 2).max(share.min(1))
        });
        Chance {
            dice: Mutex::new(dice),
            rates,
            has_orders,
            healed: AtomicBool::new(false),
        }
    }

    /// Whether some callers use `pay`.
    pub(super) fn has_orders(&self) -> bool {
        self.has_orders
    }

    /// Whether it goes wrong now.
    pub(super) fn strikes(&self, fault: Fault) -> bool {
        let kind = USUAL.iter().position(|(kind, _)| *kind == fault);
        let rate = kind.and_then(|kind| self.rates.get(kind)).copied();
        !self.is_healed() && self.below(1_000) < u64::from(rate.unwrap_or(0))
    }

    /// Whether a node says something wrong now where it often does.
    pub(super) fn lies(&self) -> bool {
        !self.is_healed() && self.one_in(2)
    }

    /// Nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_healed(&self) -> bool {
        self.healed.load(Ordering::Relaxed)
    }

    /// 0 to `end`, without `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.with(|dice| dice.u64(0..end.max(1)))
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&self, of: &[T]) -> T {
        let index = self.with(|dice| dice.usize(0..of.len()));
        of[index]
    }

    /// Once in so many times.
    pub(super) fn one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Up to that long.
    pub(super) fn up_to(&self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.below(micros.saturating_add(1)))
    }

    fn with<T>(&self, roll: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        roll(&mut self.dice.lock())
    }
}
