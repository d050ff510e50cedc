//! What every `HtlcSender` and `HtlcListener` must do.

mod tip;

pub use tip::{height_is_never_below_the_tip, nothing_leaves_below_the_tip};

use crate::{
    Cursor, Heard, HtlcListener, HtlcSender, KnownFate, KnownPart, LookUp, Offer, OfferAnswer,
    Outcome, PartId, Preimage,
};
use async_trait::async_trait;
use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node under test.
#[async_trait]
pub trait NodeHarness: Send {
    /// Parts out.
    fn sender(&self) -> Arc<dyn HtlcSender>;

    /// Outcomes in; a new one only after a restart.
    fn listener(&mut self) -> Box<dyn HtlcListener>;

    /// A part that can be offered, of a payment of its own, and what becomes of it.
    async fn offer(&mut self, part: PartId, fate: Fate) -> Offer;

    /// The same node after a crash: what it had not made durable is gone.
    async fn restart(&mut self);

    /// The same, but the chain has blocks that it has yet to read when it can be asked again. By
    /// default for nodes that have read all of them by then.
    async fn restart_below_the_tip(&mut self) {
        self.restart().await;
    }

    /// Returns once it has read them, and can send over its channels.
    async fn load_blocks(&mut self) {}
}

/// What becomes of a part when it is offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The payee takes it.
    Fulfilled,
    /// A node on the way fails it, and the other parts of its payment may go on.
    FailedOnTheWay,
    /// It cannot leave: our node has no such channel.
    Refused,
    /// The payee keeps it.
    Held,
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! node_contract {
    ($harness:expr) => {
        $crate::node_contract!($harness;
            fulfilled_part_brings_its_proof, failed_part_says_where, refused_part_never_left,
            offered_twice_goes_once, never_offered_is_never_seen, held_part_is_pending,
            look_up_agrees_with_the_outcome, outcomes_are_heard_again_from_a_cursor,
            offers_side_by_side_all_end, restart_loses_no_part, told_outcome_is_never_offered_again,
            identity_outlives_a_restart, life_is_told_once, height_is_known,
            nothing_leaves_below_the_tip, height_is_never_below_the_tip,
            every_key_that_was_offered_is_told, told_outcome_is_still_a_known_key);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::node::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn NodeHarness;
type Words = BoxStream<'static, Heard>;

async fn listen(h: &mut dyn NodeHarness, from: Option<Cursor>) -> Words {
    h.listener().listen(from).await
}

/// The next outcome of that part; repeated ones of others are passed over.
async fn word_of(words: &mut Words, offer: &Offer) -> Heard {
    loop {
        let heard = words.next().await.expect("a node that goes on");
        if heard.part == offer.part && heard.payment_hash == offer.payment_hash {
            return heard;
        }
    }
}

async fn offered(h: &mut dyn NodeHarness, part: u64, fate: Fate) -> Offer {
    let offer = h.offer(PartId(part), fate).await;
    assert_eq!(h.sender().offer(&offer).await, OfferAnswer::Accepted);
    offer
}

async fn look_up(h: &dyn NodeHarness, offer: &Offer) -> LookUp {
    h.sender()
        .look_up(offer.part, offer.payment_hash, &offer.route)
        .await
}

fn assert_proof(offer: &Offer, word: Outcome) {
    match word {
        Outcome::Fulfilled(bytes) => {
            let proof = Preimage::proving(offer.payment_hash, bytes);
            assert!(proof.is_ok(), "the preimage does not open the hash");
        }
        Outcome::Failed(failure) => panic!("failed: {failure:?}"),
    }
}

/// Rule A-6: success comes with what proves it.
pub async fn fulfilled_part_brings_its_proof(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let offer = offered(h, 1, Fate::Fulfilled).await;
    let heard = word_of(&mut words, &offer).await;
    assert_proof(&offer, heard.outcome);
}

/// A failure names the node that failed the part, the channel, and the code.
pub async fn failed_part_says_where(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let offer = offered(h, 1, Fate::FailedOnTheWay).await;
    let Outcome::Failed(failure) = word_of(&mut words, &offer).await.outcome else {
        panic!("fulfilled");
    };
    let first = offer.route.first();
    assert_eq!(failure.erring_index, Some(1));
    assert_eq!(failure.erring_node, Some(first.node));
    assert_eq!(failure.erring_channel, Some(offer.route.hops()[1].channel));
    assert!(failure.failcodename().is_some(), "{failure:?}");
}

/// A refusal is definite: the node has never seen the part, and tells no outcome.
pub async fn refused_part_never_left(h: Harness<'_>) {
    let offer = h.offer(PartId(1), Fate::Refused).await;
    let answer = h.sender().offer(&offer).await;
    let OfferAnswer::Refused(failure) = answer else {
        panic!("not refused: {answer:?}");
    };
    assert_eq!(failure.erring_index, Some(0));
    assert_eq!(look_up(h, &offer).await, LookUp::NeverSeen);
}

/// Rule A-4: one key, one HTLC: before the outcome, and after it.
pub async fn offered_twice_goes_once(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let held = offered(h, 1, Fate::Held).await;
    assert_eq!(h.sender().offer(&held).await, OfferAnswer::AlreadyOffered);
    for (part, fate) in [(2, Fate::FailedOnTheWay), (3, Fate::Fulfilled)] {
        let offer = offered(h, part, fate).await;
        word_of(&mut words, &offer).await;
        assert_eq!(h.sender().offer(&offer).await, OfferAnswer::AlreadyOffered);
    }
}

/// What recovery relies upon.
pub async fn never_offered_is_never_seen(h: Harness<'_>) {
    let offer = h.offer(PartId(1), Fate::Fulfilled).await;
    assert_eq!(look_up(h, &offer).await, LookUp::NeverSeen);
}

/// Rule A-5: no outcome, no end.
pub async fn held_part_is_pending(h: Harness<'_>) {
    let offer = offered(h, 1, Fate::Held).await;
    assert_eq!(look_up(h, &offer).await, LookUp::Pending);
}

/// Asked or told, it is the same.
pub async fn look_up_agrees_with_the_outcome(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let (good, bad) = (
        offered(h, 1, Fate::Fulfilled).await,
        offered(h, 2, Fate::FailedOnTheWay).await,
    );
    let (mut fulfilled, mut failed) = (None, None);
    while fulfilled.is_none() || failed.is_none() {
        let heard = words.next().await.expect("a node that goes on");
        if heard.part == good.part {
            fulfilled = Some(heard.outcome);
        } else {
            failed = Some(heard.outcome);
        }
    }
    match look_up(h, &good).await {
        LookUp::Fulfilled(preimage) => {
            assert_eq!(fulfilled, Some(Outcome::Fulfilled(*preimage.expose())));
        }
        other => panic!("{other:?}"),
    }
    match look_up(h, &bad).await {
        LookUp::Failed(failure) => assert_eq!(failed, Some(Outcome::Failed(failure))),
        other => panic!("{other:?}"),
    }
}

/// At least once: whatever is after the cursor is told after a restart, and nothing before it.
pub async fn outcomes_are_heard_again_from_a_cursor(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let mut heard = Vec::new();
    for part in 1..=3 {
        let offer = offered(h, part, Fate::Fulfilled).await;
        heard.push(word_of(&mut words, &offer).await);
    }
    assert!(heard.windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
    drop(words);
    h.restart().await;
    let mut again = listen(h, Some(heard[0].cursor)).await;
    for expected in &heard[1..] {
        assert_eq!(again.next().await.as_ref(), Some(expected));
    }
}

/// Many at once: each has its end, and each key one HTLC.
pub async fn offers_side_by_side_all_end(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let mut offers = Vec::new();
    for part in 1..=12 {
        let fate = if part % 3 == 0 {
            Fate::FailedOnTheWay
        } else {
            Fate::Fulfilled
        };
        offers.push(h.offer(PartId(part), fate).await);
    }
    let sender = h.sender();
    let answers = offers.iter().map(|offer| sender.offer(offer));
    for answer in futures::future::join_all(answers).await {
        assert_eq!(answer, OfferAnswer::Accepted);
    }
    let mut open: std::collections::BTreeSet<_> = offers.iter().map(|o| o.part).collect();
    while !open.is_empty() {
        let heard = words.next().await.expect("a node that goes on");
        let fulfilled = matches!(heard.outcome, Outcome::Fulfilled(_));
        assert_eq!(fulfilled, heard.part.0 % 3 != 0, "{heard:?}");
        open.remove(&heard.part);
    }
}

/// After a crash a part is where it was, or it never left, and that is known; a key that was not used
/// still works once.
pub async fn restart_loses_no_part(h: Harness<'_>) {
    let held = offered(h, 1, Fate::Held).await;
    let never = h.offer(PartId(2), Fate::Fulfilled).await;
    h.restart().await;
    match look_up(h, &held).await {
        LookUp::Pending | LookUp::NeverSeen | LookUp::Fulfilled(_) => {}
        LookUp::Failed(failure) if failure.is_never_sent() => {}
        other @ (LookUp::Failed(_) | LookUp::Unknown(_) | LookUp::Lost(_)) => panic!("{other:?}"),
    }
    assert_eq!(look_up(h, &never).await, LookUp::NeverSeen);
    assert_eq!(h.sender().offer(&never).await, OfferAnswer::Accepted);
    let mut words = listen(h, None).await;
    let heard = word_of(&mut words, &never).await;
    assert_proof(&never, heard.outcome);
}

/// Without asking anyone, once it has been met.
pub async fn height_is_known(h: Harness<'_>) {
    assert!(h.sender().identity().await.is_ok());
    assert!(h.sender().height().is_some());
}

/// Rule A-4, for ever: what was told and acknowledged, and is forgotten otherwise, is still known.
pub async fn told_outcome_is_never_offered_again(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let (good, bad) = (
        offered(h, 1, Fate::Fulfilled).await,
        offered(h, 2, Fate::FailedOnTheWay).await,
    );
    let (mut open, mut last) = (vec![good.part, bad.part], Cursor(0));
    while !open.is_empty() {
        let heard = words.next().await.expect("a node that goes on");
        open.retain(|part| *part != heard.part);
        last = last.max(heard.cursor);
    }
    drop(words);
    h.restart().await;
    drop(listen(h, Some(last)).await);
    for told in [&good, &bad] {
        assert_ne!(look_up(h, told).await, LookUp::NeverSeen);
        assert_eq!(h.sender().offer(told).await, OfferAnswer::AlreadyOffered);
    }
}

/// What the node knows after that number, by key.
async fn known(h: &dyn NodeHarness, after: u64) -> BTreeMap<PartId, KnownPart> {
    let known = h.sender().known_parts(PartId(after)).await;
    let known: Vec<_> = known.collect().await;
    let known = known
        .into_iter()
        .map(|part| part.expect("the node is there"));
    let known: Vec<KnownPart> = known.collect();
    let by_key: BTreeMap<_, _> = known.iter().map(|it| (it.part, it.clone())).collect();
    assert_eq!(by_key.len(), known.len(), "each is told once");
    by_key
}

/// What an old copy of the database has to ask for: every part that was ever offered, whatever became of it,
/// also after a restart; and none that was not.
pub async fn every_key_that_was_offered_is_told(h: Harness<'_>) {
    assert!(h.sender().identity().await.is_ok());
    assert!(known(h, 0).await.is_empty());
    let mut words = listen(h, None).await;
    // One after the other: they may end in either order, and what is passed over is not told again.
    let good = offered(h, 1, Fate::Fulfilled).await;
    word_of(&mut words, &good).await;
    let bad = offered(h, 2, Fate::FailedOnTheWay).await;
    word_of(&mut words, &bad).await;
    let held = offered(h, 3, Fate::Held).await;
    let never = h.offer(PartId(4), Fate::Refused).await;
    let refused = h.sender().offer(&never).await;
    assert!(matches!(refused, OfferAnswer::Refused(_)), "{refused:?}");
    h.offer(PartId(5), Fate::Fulfilled).await;
    let all = known(h, 0).await;
    assert_eq!(all.keys().map(|part| part.0).collect::<Vec<_>>(), [1, 2, 3]);
    for offer in [&good, &bad, &held] {
        let known = &all[&offer.part];
        assert_eq!(known.payment_hash, offer.payment_hash);
        let sent = offer.route.amount_sent();
        assert!(known.amount_sent.is_none_or(|amount| amount == sent));
    }
    let KnownFate::Fulfilled(bytes) = all[&good.part].fate else {
        panic!("{all:?}");
    };
    assert_proof(&good, Outcome::Fulfilled(bytes));
    assert_eq!(all[&bad.part].fate, KnownFate::Failed);
    assert_eq!(all[&held.part].fate, KnownFate::Pending);
    assert_eq!(known(h, 2).await.keys().collect::<Vec<_>>(), [&held.part]);
    assert!(known(h, 3).await.is_empty());
    drop(words);
    h.restart().await;
    assert!(h.sender().identity().await.is_ok());
    let again = known(h, 0).await;
    for offer in [&good, &bad] {
        assert_eq!(again.get(&offer.part), all.get(&offer.part));
    }
}

/// Rule A-4: what was told and acknowledged is a key all the same; how it ended may be forgotten.
pub async fn told_outcome_is_still_a_known_key(h: Harness<'_>) {
    let mut words = listen(h, None).await;
    let offer = offered(h, 1, Fate::Fulfilled).await;
    let heard = word_of(&mut words, &offer).await;
    drop(words);
    h.restart().await;
    drop(listen(h, Some(heard.cursor)).await);
    let known = known(h, 0).await;
    match known.get(&offer.part).map(|known| &known.fate) {
        Some(KnownFate::Lost) => {}
        Some(KnownFate::Fulfilled(bytes)) => assert_proof(&offer, Outcome::Fulfilled(*bytes)),
        other => panic!("{other:?}"),
    }
}

/// Who knows of no life is told of one, and it goes on until the node starts anew.
pub async fn life_is_told_once(h: Harness<'_>) {
    let sender = h.sender();
    assert!(sender.identity().await.is_ok());
    let life = sender.life(None).await;
    let another = sender.life(Some(life)).now_or_never();
    assert_eq!(another, None);
}

/// The same node is the same node.
pub async fn identity_outlives_a_restart(h: Harness<'_>) {
    let before = h.sender().identity().await;
    assert!(before.is_ok(), "{before:?}");
    h.restart().await;
    assert_eq!(h.sender().identity().await, before);
}
