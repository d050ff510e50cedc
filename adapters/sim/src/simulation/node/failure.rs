//! Why a part comes back. In worlds without orders it does not matter; an order learns from it (BOLT 4).

use crate::simulation::chance::Fault;
use crate::simulation::world::World;
use domain::contract::samples;
use domain::{Failure, FailureCode, Outcome, PERM, Route};

const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
const FEE_INSUFFICIENT: u16 = 0x100c;
const TEMPORARY_NODE_FAILURE: u16 = 0x2002;
const UNKNOWN_NEXT_PEER: u16 = PERM | 10;
const INCORRECT_DETAILS: u16 = PERM | 15;
const MPP_TIMEOUT: u16 = 23;
/// A block that some of our nodes have not seen, whatever they say of their height.
const AHEAD: u32 = 700_001;

/// Why it comes back.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    /// Somebody on the way does not want it.
    Somebody,
    /// That hop cannot carry as much.
    Short(usize),
    /// The payee waited in vain for the rest.
    TimedOut,
    /// The payee refuses for good.
    Refused,
    /// The payee refuses what counts from a block that is older than its own.
    Ahead,
}

impl World {
    /// What stops a part on its way in a world with orders, if something does.
    pub(super) fn stops(&self, route: &Route) -> Option<Cause> {
        let short = self.graph.as_ref()?.short(route, &self.chance);
        if short.is_some() {
            return short.map(Cause::Short);
        }
        if self.chance.strikes(Fault::PayeeRefuses) {
            return Some(Cause::Refused);
        }
        let is_ahead = self.chance.strikes(Fault::PayeeAhead);
        is_ahead.then_some(Cause::Ahead)
    }

    /// What a node tells of a part that comes back.
    pub(super) fn failed(&self, route: Option<&Route>, cause: Cause) -> Outcome {
        let failure = match route {
            Some(route) if self.orders => self.failure(route, cause),
            Some(_) | None => samples::failure(),
        };
        Outcome::Failed(Box::new(failure))
    }

    fn failure(&self, route: &Route, cause: Cause) -> Failure {
        let hops = route.hops().len();
        let by_payee = |failcode| told(hops, failcode, FailureCode::DestinationPermanent);
        match cause {
            Cause::Short(index) => {
                told(index, TEMPORARY_CHANNEL_FAILURE, FailureCode::TryOtherRoute)
            }
            Cause::TimedOut => by_payee(MPP_TIMEOUT),
            Cause::Refused => by_payee(INCORRECT_DETAILS),
            Cause::Ahead => {
                let mut raw = INCORRECT_DETAILS.to_be_bytes().to_vec();
                raw.extend(route.amount().get().to_be_bytes());
                raw.extend(AHEAD.to_be_bytes());
                Failure {
                    raw_message: Some(raw),
                    ..by_payee(INCORRECT_DETAILS)
                }
            }
            Cause::Somebody => {
                let beyond = u64::try_from(hops - 1).unwrap_or(0);
                let index = 1 + usize::try_from(self.chance.below(beyond)).unwrap_or(0);
                let failcode = self.chance.pick(&[
                    TEMPORARY_CHANNEL_FAILURE,
                    FEE_INSUFFICIENT,
                    TEMPORARY_NODE_FAILURE,
                    UNKNOWN_NEXT_PEER,
                    0,
                ]);
                if failcode == 0 || beyond == 0 {
                    let text = "failed: the reply cannot be read";
                    return Failure::plain(FailureCode::UnparseableOnion, text);
                }
                told(index, failcode, FailureCode::TryOtherRoute)
            }
        }
    }
}

fn told(index: usize, failcode: u16, code: FailureCode) -> Failure {
    Failure {
        erring_index: u32::try_from(index).ok(),
        failcode: Some(failcode),
        ..Failure::plain(code, format!("failed: {failcode:#06x} (reply from remote)"))
    }
}
