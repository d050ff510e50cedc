//! What was told of the graph, so that only news is told, and what disappears without a word is noticed.

use domain::{ChannelPolicy, DirectedChannel, GraphChange, ShortChannelId};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The channels that were told, each in a few bytes: the public network has 50,000.
#[derive(Default)]
pub(super) struct Told {
    channels: HashMap<ShortChannelId, Seen>,
    round: u32,
}

struct Seen {
    /// A digest of the last policy of each direction.
    policies: [Option<u64>; 2],
    /// When it was last read of.
    round: u32,
}

impl Told {
    /// All that there is will be read from its beginning.
    pub(super) fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// All was read: the channels that were not among it are closed.
    pub(super) fn end(&mut self) -> Vec<GraphChange> {
        let round = self.round;
        let gone = self.channels.extract_if(|_, seen| seen.round != round);
        gone.map(|(channel, _)| GraphChange::Closed(channel))
            .collect()
    }

    /// Notes what was read, and says whether it is to be told.
    pub(super) fn is_news(&mut self, change: &GraphChange) -> bool {
        match change {
            GraphChange::Channel { channel, .. } => self.is_new(*channel),
            GraphChange::Policy(direction, policy) => self.is_changed(*direction, policy),
            GraphChange::Closed(channel) => self.channels.remove(channel).is_some(),
            GraphChange::Loaded => true,
        }
    }

    fn is_new(&mut self, channel: ShortChannelId) -> bool {
        let seen = Seen {
            policies: [None; 2],
            round: self.round,
        };
        match self.channels.get_mut(&channel) {
            Some(known) => {
                known.round = self.round;
                false
            }
            None => self.channels.insert(channel, seen).is_none(),
        }
    }

    /// A policy of a channel that was not announced is nobody's.
    fn is_changed(&mut self, direction: DirectedChannel, policy: &ChannelPolicy) -> bool {
        let Some(seen) = self.channels.get_mut(&direction.channel) else {
            return false;
        };
        let mut digest = DefaultHasher::new();
        policy.hash(&mut digest);
        let place = seen.policies.get_mut(usize::from(direction.direction));
        let digest = Some(digest.finish());
        place.is_some_and(|known| std::mem::replace(known, digest) != digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Msat, NodeId};

    fn channel(number: u64) -> GraphChange {
        let node = |first| NodeId::new([first; 33]).unwrap();
        GraphChange::Channel {
            channel: ShortChannelId(number),
            nodes: [node(2), node(3)],
            capacity: Msat::MAX,
        }
    }

    fn policy(number: u64, delay: u32) -> GraphChange {
        let channel = ShortChannelId(number);
        let policy = ChannelPolicy {
            enabled: true,
            htlc_min: Msat::ZERO,
            htlc_max: Msat::MAX,
            fee_base: Msat::ZERO,
            fee_ppm: 0,
            delay,
        };
        GraphChange::Policy(
            DirectedChannel {
                channel,
                direction: 1,
            },
            policy,
        )
    }

    #[test]
    fn what_was_told_is_no_news_when_it_is_read_again() {
        let mut told = Told::default();
        for expected in [true, false] {
            told.begin();
            assert_eq!(told.is_news(&channel(1)), expected);
            assert_eq!(told.is_news(&policy(1, 6)), expected);
            assert_eq!(told.end(), []);
        }
        assert!(told.is_news(&policy(1, 7)));
        assert!(told.is_news(&policy(1, 6)));
    }

    #[test]
    fn channel_that_is_not_read_again_is_closed_once() {
        let mut told = Told::default();
        told.begin();
        assert!(told.is_news(&channel(1)) && told.is_news(&channel(2)));
        told.begin();
        assert!(!told.is_news(&channel(2)));
        assert_eq!(told.end(), [GraphChange::Closed(ShortChannelId(1))]);
        assert_eq!(told.end(), []);
        assert!(!told.is_news(&GraphChange::Closed(ShortChannelId(1))));
        assert!(!told.is_news(&policy(1, 6)), "it has no channel");
    }

    #[test]
    fn channel_that_comes_again_is_told_with_its_policies() {
        let mut told = Told::default();
        assert!(told.is_news(&channel(1)) && told.is_news(&policy(1, 6)));
        assert!(told.is_news(&GraphChange::Closed(ShortChannelId(1))));
        assert!(told.is_news(&channel(1)) && told.is_news(&policy(1, 6)));
    }
}
