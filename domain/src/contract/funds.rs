//! What every `NodeFunds` must do.

use crate::{Funds, Msat, NodeFunds, OwnChannel, ShortChannelId};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A node under test, with channels that money can leave over.
#[async_trait]
pub trait FundsHarness: Send {
    /// The node.
    fn node(&self) -> Arc<dyn NodeFunds>;

    /// Sends an HTLC of that size over that channel, which its other end keeps for now. Whether it left.
    async fn send(&mut self, channel: &OwnChannel, amount: Msat) -> bool;

    /// Takes the peers away: no channel can be used when this returns.
    async fn lose_peers(&mut self);

    /// Ends the node.
    async fn end(&mut self);
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! funds_contract {
    ($harness:expr) => {
        $crate::funds_contract!($harness;
            each_channel_shows_once, what_is_spendable_can_leave, what_has_left_is_not_spendable,
            channels_of_peers_that_are_away_show_as_unusable, node_that_has_ended_is_away);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::funds::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn FundsHarness;

async fn funds(h: Harness<'_>) -> Funds {
    h.node().funds().await.unwrap()
}

fn largest(funds: &Funds) -> OwnChannel {
    let usable = funds.channels.iter().filter(|channel| channel.usable);
    let largest = usable.max_by_key(|channel| channel.spendable);
    *largest.expect("a channel that can be used")
}

/// What one HTLC can carry.
fn most(channel: &OwnChannel) -> Msat {
    channel.spendable.min(channel.htlc_max)
}

/// By the number that a route names it by, with somebody else at its other end.
pub async fn each_channel_shows_once(h: Harness<'_>) {
    let Funds { id, channels } = funds(h).await;
    let numbers: BTreeSet<ShortChannelId> = channels.iter().map(|own| own.channel).collect();
    assert!(numbers.len() > 1, "the harness has several channels");
    assert_eq!(numbers.len(), channels.len());
    for channel in &channels {
        assert_ne!(channel.peer, id);
        assert!(channel.usable && channel.htlc_min <= most(channel));
    }
}

/// To the last msat, in one HTLC.
pub async fn what_is_spendable_can_leave(h: Harness<'_>) {
    for channel in funds(h).await.channels {
        assert!(h.send(&channel, most(&channel)).await, "{channel:?}");
    }
}

/// As soon as the node has taken the HTLC.
pub async fn what_has_left_is_not_spendable(h: Harness<'_>) {
    let before = largest(&funds(h).await);
    let amount = Msat::new(most(&before).get() / 2).unwrap();
    assert!(h.send(&before, amount).await);
    let after = funds(h).await;
    let mut after = after.channels.iter();
    let after = after.find(|own| own.channel == before.channel).unwrap();
    assert!(after.spendable.checked_add(amount).unwrap() <= before.spendable);
}

/// They are not left out: the money is there.
pub async fn channels_of_peers_that_are_away_show_as_unusable(h: Harness<'_>) {
    let before = funds(h).await.channels.len();
    h.lose_peers().await;
    let after = funds(h).await.channels;
    assert_eq!(after.len(), before);
    assert!(after.iter().all(|channel| !channel.usable));
}

/// No funds, or none that it knows, would be another answer.
pub async fn node_that_has_ended_is_away(h: Harness<'_>) {
    let node = h.node();
    h.end().await;
    assert!(node.funds().await.is_err());
}
