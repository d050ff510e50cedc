//! What every `GraphSource` must do.

use crate::{
    ChannelPolicy, DirectedChannel, GraphChange, GraphSource, Msat, NodeId, ShortChannelId,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use std::collections::BTreeMap;

/// A source under test, and what it should tell.
#[async_trait]
pub trait GraphHarness: Send {
    /// A source.
    fn source(&mut self) -> Box<dyn GraphSource>;

    /// The channels that it knows: their ends, the lesser id first, and what they hold.
    fn channels(&self) -> BTreeMap<ShortChannelId, ([NodeId; 2], Msat)>;

    /// Changes the policy of a direction, if the graph can change at all.
    async fn change(&mut self) -> Option<(DirectedChannel, ChannelPolicy)>;

    /// Closes a channel, if the graph can change at all.
    async fn close(&mut self) -> Option<ShortChannelId>;
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! graph_contract {
    ($harness:expr) => {
        $crate::graph_contract!($harness;
            all_that_is_known_comes_before_loaded, policies_are_of_channels_that_were_told,
            nothing_follows_as_long_as_nothing_changes, changed_policy_is_told,
            closed_channel_is_told);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::graph::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn GraphHarness;
type Changes = BoxStream<'static, GraphChange>;

async fn next(changes: &mut Changes) -> GraphChange {
    changes.next().await.expect("a source that goes on")
}

/// What comes before [`GraphChange::Loaded`], and then the rest.
async fn loaded(h: Harness<'_>) -> (Vec<GraphChange>, Changes) {
    let mut changes = h.source().follow().await;
    let mut known = Vec::new();
    loop {
        match next(&mut changes).await {
            GraphChange::Loaded => return (known, changes),
            change => known.push(change),
        }
    }
}

/// Waits for a change, which is not the second end of the beginning.
async fn until(changes: &mut Changes, wanted: &GraphChange) {
    loop {
        let change = next(changes).await;
        assert_ne!(change, GraphChange::Loaded, "it was loaded before");
        if change == *wanted {
            return;
        }
    }
}

/// Every channel with its ends and what it holds.
pub async fn all_that_is_known_comes_before_loaded(h: Harness<'_>) {
    let (known, _) = loaded(h).await;
    let mut told = BTreeMap::new();
    for change in known {
        match change {
            GraphChange::Channel {
                channel,
                nodes,
                capacity,
            } => _ = told.insert(channel, (nodes, capacity)),
            GraphChange::Closed(channel) => _ = told.remove(&channel),
            GraphChange::Policy(..) | GraphChange::Loaded => {}
        }
    }
    assert!(!told.is_empty(), "the harness has channels");
    assert!(told.values().all(|([one, other], _)| one < other));
    assert_eq!(told, h.channels());
}

/// In both directions, in the end.
pub async fn policies_are_of_channels_that_were_told(h: Harness<'_>) {
    let (known, _) = loaded(h).await;
    let mut directions = BTreeMap::new();
    for change in known {
        match change {
            GraphChange::Channel { channel, .. } => {
                directions.entry(channel).or_insert([false; 2]);
            }
            GraphChange::Policy(DirectedChannel { channel, direction }, policy) => {
                let told = directions
                    .get_mut(&channel)
                    .expect("a channel that was told");
                told[usize::from(direction)] = true;
                assert!(policy.htlc_min <= policy.htlc_max);
            }
            GraphChange::Closed(channel) => _ = directions.remove(&channel),
            GraphChange::Loaded => {}
        }
    }
    assert!(directions.values().all(|told| *told == [true; 2]));
}

/// The stream waits: it neither ends nor begins anew.
pub async fn nothing_follows_as_long_as_nothing_changes(h: Harness<'_>) {
    let (_, mut changes) = loaded(h).await;
    assert_eq!(changes.next().now_or_never(), None);
}

/// After the beginning, by the same stream.
pub async fn changed_policy_is_told(h: Harness<'_>) {
    let (_, mut changes) = loaded(h).await;
    if let Some((direction, policy)) = h.change().await {
        until(&mut changes, &GraphChange::Policy(direction, policy)).await;
    }
}

/// And who begins to follow after that never hears of it, or hears that it was closed.
pub async fn closed_channel_is_told(h: Harness<'_>) {
    let (_, mut changes) = loaded(h).await;
    if let Some(channel) = h.close().await {
        until(&mut changes, &GraphChange::Closed(channel)).await;
        all_that_is_known_comes_before_loaded(h).await;
    }
}
