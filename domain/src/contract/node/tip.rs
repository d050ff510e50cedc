//! A node that has yet to read the last blocks of the chain.

use super::{Fate, Harness, assert_proof, listen, look_up, word_of};
use crate::{LookUp, OfferAnswer, PartId};

/// Expiries that count from a lower block than the last one fail at the peers or at the payee. A node
/// that is still reading blocks is met, looked up and heard all the same.
pub async fn nothing_leaves_below_the_tip(h: Harness<'_>) {
    assert!(h.sender().identity().await.is_ok());
    let height = h.sender().height();
    h.restart_below_the_tip().await;
    let (sender, mut words) = (h.sender(), listen(h, None).await);
    let offer = h.offer(PartId(1), Fate::Fulfilled).await;
    assert!(sender.identity().await.is_ok());
    let mut answer = sender.offer(&offer).await;
    if let OfferAnswer::NotYet(reason) = answer {
        assert!(!reason.is_empty(), "people are told why");
        assert_eq!(look_up(h, &offer).await, LookUp::NeverSeen);
        h.load_blocks().await;
        sender.reach_tip().await;
        answer = sender.offer(&offer).await;
    }
    assert_eq!(answer, OfferAnswer::Accepted);
    assert_proof(&offer, word_of(&mut words, &offer).await.outcome);
    assert!(sender.height() >= height, "no height goes back");
}

/// What is shown to people, and what deadlines are counted from: the tip, or nothing.
pub async fn height_is_never_below_the_tip(h: Harness<'_>) {
    assert!(h.sender().identity().await.is_ok());
    let height = h.sender().height();
    h.restart_below_the_tip().await;
    let sender = h.sender();
    assert!(sender.identity().await.is_ok());
    let below = sender.height();
    if below.is_none() {
        h.load_blocks().await;
        sender.reach_tip().await;
    }
    assert!(
        below.is_none() || below >= height,
        "{below:?} after {height:?}"
    );
    assert!(sender.height() >= height);
}
