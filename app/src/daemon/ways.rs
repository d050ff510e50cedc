//! What `pay` finds its ways with: one graph of all that the nodes know, and their own channels.

use crate::clock::SystemClock;
use domain::{GraphSource, NodeFunds, NodeName, Ways};
use flow::{Finder, Graph};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What one node knows of the network, and of its own part of it.
pub(super) struct View {
    pub(super) name: NodeName,
    pub(super) funds: Arc<dyn NodeFunds>,
    pub(super) graph: Box<dyn GraphSource>,
}

/// The finder, and the tasks that follow the nodes' graphs: they end when the set is dropped.
pub(super) fn start(views: Vec<View>) -> (Ways, JoinSet<()>) {
    let finder = Finder::new(Graph::default(), Arc::new(SystemClock), seed());
    let (mut nodes, mut following) = (Vec::new(), JoinSet::new());
    for View { name, funds, graph } in views {
        nodes.push((name, funds));
        let finder = finder.clone();
        following.spawn(async move { finder.follow(graph.follow().await).await });
    }
    let finder = Arc::new(finder);
    (Ways { finder, nodes }, following)
}

/// Another one at every start: nobody shall tell from the delays which payments are ours.
fn seed() -> u64 {
    RandomState::new().hash_one("the blocks on top of a delay")
}
