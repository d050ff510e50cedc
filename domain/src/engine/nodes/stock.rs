//! At the start: which parts do the nodes know, and storage does not?

use super::Nodes;
use crate::engine::node::Untold;
use crate::engine::unrecorded::Told;
use crate::{NodeName, Settlement, Unasked, Unavailable};
use futures::future::join_all;

impl Nodes {
    /// Asks every node that can be asked for the parts that it knows and storage does not. To be done before
    /// any number is given out.
    pub(in crate::engine) async fn take_stock(&self) -> Result<(), Unavailable> {
        let before = self.unrecorded.asked_before().await?;
        let after = |name: &NodeName| {
            let unasked = before.unasked.get(name);
            unasked.map_or(before.last, |unasked| unasked.after.min(before.last))
        };
        let asking = self.iter().map(|node| node.ask(after(&node.name)));
        let (mut told, mut settlement, mut away) = (Told::default(), Settlement::default(), vec![]);
        for (node, answer) in self.iter().zip(join_all(asking).await) {
            match answer {
                Ok(more) => {
                    told.add(more);
                    settlement.asked.push(node.name.clone());
                }
                Err(Untold::Away(_)) => away.push(node.name.clone()),
                Err(Untold::Storage(unavailable)) => return Err(unavailable),
            }
        }
        let unasked = &before.unasked;
        let was_restored = |name: &NodeName| unasked.get(name).is_some_and(|node| node.is_restored);
        let is_restored = told.missing > 0 || self.iter().any(|node| was_restored(&node.name));
        settlement.unasked = away
            .into_iter()
            .map(|node| Unasked {
                after: after(&node),
                is_restored,
                node,
            })
            .collect();
        settlement.passed = told.last;
        let knows = |node: &Unasked| unasked.get(&node.node) == Some(node);
        let is_news = told.missing > 0
            || settlement
                .asked
                .iter()
                .any(|node| unasked.contains_key(node))
            || !settlement.unasked.iter().all(knows);
        self.unrecorded.settle(settlement, is_news).await?;
        self.unrecorded.say_how_it_stands(told);
        Ok(())
    }
}
