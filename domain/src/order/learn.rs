//! What the failed parts of an order teach about the graph (BOLT 4). It is read from the stored parts,
//! so a restart forgets nothing of it.

use super::{Lesson, update};
use crate::planted::planted;
use crate::{
    Avoid, Bound, ChannelPolicy, DirectedChannel, Failure, FailureCode, Msat, PERM, PartialPayment,
    Payment, Route, ShortChannelId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

const BADONION: u16 = 0x8000;
const NODE: u16 = 0x2000;
pub(super) const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
const AMOUNT_BELOW_MINIMUM: u16 = 0x100b;
const FEE_INSUFFICIENT: u16 = 0x100c;
const INCORRECT_CLTV_EXPIRY: u16 = 0x100d;
const EXPIRY_TOO_SOON: u16 = 0x100e;
const CHANNEL_DISABLED: u16 = 0x1014;
const INCORRECT_DETAILS: u16 = PERM | 15;
const MPP_TIMEOUT: u16 = 23;

/// What the failed parts of an order teach.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Learnt {
    /// What its caller excluded, and what is not tried again in this order (rule B-10).
    pub avoid: Avoid,
    /// What channels could carry, and could not, oldest first.
    pub bounds: Vec<Bound>,
    /// Policies that the failures told of, the newest of each direction.
    pub policies: BTreeMap<DirectedChannel, ChannelPolicy>,
    /// A height that the payee knows, above the one that the part was sent at.
    pub height: Option<u32>,
    /// Channels of ours over which a part could not leave.
    failed_at_home: BTreeSet<ShortChannelId>,
    /// When a policy of that direction was first told of.
    told_at: BTreeMap<DirectedChannel, Timestamp>,
}

/// What one failed part says about its order as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Says {
    /// Another way may do.
    TryAgain,
    /// The payee, or our own node, refuses for good.
    Refused,
}

impl Learnt {
    /// What the parts of a payment's order teach.
    pub fn of(payment: &Payment) -> Learnt {
        let mut learnt = Learnt::default();
        if let Some(order) = payment.order() {
            learnt.avoid.clone_from(&order.terms.avoid);
            planted!(LosesExclusions, learnt.avoid = Avoid::default());
        }
        planted!(ForgetsWhatFailed, return learnt);
        for part in payment.ordered_parts() {
            learnt.hear(part);
        }
        learnt
    }

    /// Rule B-10: whether a way goes over something that failed in this order, with as much.
    pub fn forbids(&self, route: &Route) -> bool {
        let first = route.first();
        let excluded = self.avoid.nodes.contains(&first.node)
            || (0..2).all(|to| self.avoid.channels.contains(&one_way(first.channel, to)));
        let mut beyond = route.beyond_first();
        excluded
            || beyond.any(|(channel, hop)| {
                self.avoid.channels.contains(&channel)
                    || self.avoid.nodes.contains(&hop.node)
                    || self.could_not(channel, hop.amount)
            })
    }

    fn could_not(&self, channel: DirectedChannel, amount: Msat) -> bool {
        let mut of_it = self.bounds.iter().filter(|bound| bound.channel == channel);
        of_it.any(|bound| bound.below.is_some_and(|below| amount >= below))
    }

    fn hear(&mut self, part: &PartialPayment) {
        let Some(failure) = part.failure() else {
            return;
        };
        if failure.is_never_sent() || failure.erring_index == Some(0) {
            return self.hear_own(part.route.first().channel);
        }
        let index = failure.erring_index.and_then(|i| usize::try_from(i).ok());
        let hops = part.route.hops();
        match (index, failure.failcode) {
            (Some(index), Some(code)) if index <= hops.len() => {
                self.hear_from(part, failure, index, code);
            }
            // Who failed it is not known: one of the channels beyond ours, another one each time.
            _ => self.avoid_one(part),
        }
    }

    /// What its own channels can carry, a node tells itself before each plan. So one failure there
    /// teaches nothing yet.
    fn hear_own(&mut self, channel: ShortChannelId) {
        if !self.failed_at_home.insert(channel) {
            self.avoid_both_ways(channel);
        }
    }

    fn hear_from(&mut self, part: &PartialPayment, failure: &Failure, index: usize, code: u16) {
        let route = &part.route;
        self.bounds.extend(Lesson::of(part).bounds);
        let raw = failure.raw_message.as_deref().unwrap_or_default();
        let Some((channel, _)) = route.beyond_first().nth(index.saturating_sub(1)) else {
            return self.hear_payee(part, code, raw);
        };
        match code {
            // The bound says it all: less may go over it.
            TEMPORARY_CHANNEL_FAILURE => {}
            AMOUNT_BELOW_MINIMUM | FEE_INSUFFICIENT => self.hear_policy(part, channel, raw, 8),
            INCORRECT_CLTV_EXPIRY => self.hear_policy(part, channel, raw, 4),
            EXPIRY_TOO_SOON => self.hear_policy(part, channel, raw, 0),
            CHANNEL_DISABLED => self.hear_policy(part, channel, raw, 2),
            code if code & NODE != 0 && code & BADONION == 0 => {
                let node = index.checked_sub(1).and_then(|at| route.hops().get(at));
                self.avoid.nodes.extend(node.map(|hop| hop.node));
            }
            _ => drop(self.avoid.channels.insert(channel)),
        }
    }

    /// A channel is tried once more with the policy that the failure told of, and not a third time. Parts
    /// that were out already when it was told of have not tried it.
    fn hear_policy(
        &mut self,
        part: &PartialPayment,
        channel: DirectedChannel,
        raw: &[u8],
        before: usize,
    ) {
        match update::policy(raw, before) {
            Some((told_of, policy)) if told_of == channel => {
                self.policies.insert(channel, policy);
                let told_at = self.told_at.get(&channel);
                let is_tried = told_at.is_some_and(|told_at| part.created_at >= *told_at);
                let ended_at = part.completed_at.unwrap_or(part.created_at);
                self.told_at.entry(channel).or_insert(ended_at);
                if is_tried || !policy.enabled {
                    self.avoid.channels.insert(channel);
                }
            }
            _ => drop(self.avoid.channels.insert(channel)),
        }
    }

    fn hear_payee(&mut self, part: &PartialPayment, code: u16, raw: &[u8]) {
        match code {
            // A set of parts that was not whole in time says nothing about its channels.
            MPP_TIMEOUT => {}
            INCORRECT_DETAILS => self.height = self.height.max(height_ahead(part, raw)),
            _ => self.avoid_one(part),
        }
    }

    fn avoid_one(&mut self, part: &PartialPayment) {
        let beyond: Vec<DirectedChannel> = part.route.beyond_first().map(|(c, _)| c).collect();
        let count = u64::try_from(beyond.len()).unwrap_or(u64::MAX);
        let turn = part.id.0.checked_rem(count);
        match turn.and_then(|turn| beyond.get(usize::try_from(turn).ok()?)) {
            Some(channel) => drop(self.avoid.channels.insert(*channel)),
            None => self.avoid_both_ways(part.route.first().channel),
        }
    }

    fn avoid_both_ways(&mut self, channel: ShortChannelId) {
        let both = [one_way(channel, 0), one_way(channel, 1)];
        self.avoid.channels.extend(both);
    }
}

impl Says {
    /// What a failed part says about its order.
    pub(crate) fn of(part: &PartialPayment, failure: &Failure) -> Says {
        let hops = part.route.hops().len();
        let from_payee = failure.erring_index.and_then(|i| usize::try_from(i).ok()) == Some(hops);
        let raw = failure.raw_message.as_deref().unwrap_or_default();
        let for_good = match failure.code {
            FailureCode::InProgressElsewhere | FailureCode::PaidElsewhere => return Says::Refused,
            FailureCode::DestinationPermanent => failure.failcode != Some(MPP_TIMEOUT),
            FailureCode::TryOtherRoute => {
                from_payee && failure.failcode.is_some_and(|code| code & PERM != 0)
            }
            FailureCode::UnparseableOnion | FailureCode::Unspecified => false,
        };
        let is_ahead =
            failure.failcode == Some(INCORRECT_DETAILS) && height_ahead(part, raw).is_some();
        if for_good && !is_ahead {
            Says::Refused
        } else {
            Says::TryAgain
        }
    }
}

/// The payee's height, if it is above the one from which the part's delays were counted.
fn height_ahead(part: &PartialPayment, raw_message: &[u8]) -> Option<u32> {
    let theirs = update::height(raw_message)?;
    let ours = part.cltv_expiry?.checked_sub(part.route.first().delay)?;
    (theirs > ours).then_some(theirs)
}

fn one_way(channel: ShortChannelId, direction: u8) -> DirectedChannel {
    DirectedChannel { channel, direction }
}
