//! Single errors, scripted with mockall: what the fakes never say.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::{hash, node, preimage};
use domain::{
    ApiError, Cursor, Engine, LookUp, MockHtlcSender, MockPaymentStore, MockSpawner,
    MockUnrecordedStore, NodeIdentity, NodePorts, Noted, OfferAnswer, Outcome, PartId, Paying,
    PaymentApi, PaymentFilter, Policy, Ports, Refusal, StartError, StatusKind, Timestamp,
    Unavailable, UnrecordedCounts, UnrecordedFate, UnrecordedPart,
};
use futures::StreamExt;
use sim::{NullNode, SimClock, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{failed_code, partial, soon};

fn ports(store: MockPaymentStore) -> Ports {
    let node = SimNode::new();
    Ports {
        store: Arc::new(store),
        unrecorded: Arc::new(SimStore::new()),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: self::node(),
            sender: node.clone(),
            listener: node.listener(),
        }],
    }
}

/// A store that takes every node for the one it knows.
fn bound() -> MockPaymentStore {
    let mut store = MockPaymentStore::new();
    store.expect_bind().returning(|_, identity| Ok(identity));
    store
}

fn broken<T>() -> Result<T, Unavailable> {
    Err(Unavailable("the disk is gone".into()))
}

#[tokio::test]
async fn engine_does_not_start_without_knowing_how_far_a_node_was_heard() {
    let mut store = bound();
    store.expect_cursor().returning(|_| broken());
    let started = Engine::start(ports(store), Policy::default()).await;
    assert!(matches!(started, Err(StartError::Storage(_))));
}

#[tokio::test]
async fn engine_does_not_start_without_knowing_what_is_live() {
    let mut store = bound();
    store.expect_cursor().returning(|_| Ok(Some(Cursor(7))));
    store.expect_live().returning(|_, _| broken());
    let started = Engine::start(ports(store), Policy::default()).await;
    assert!(matches!(started, Err(StartError::Storage(_))));
}

/// Two engines on one store would be the end of every promise: whoever starts it again starts the only one.
#[tokio::test]
async fn an_engine_that_does_not_start_leaves_nothing_running() {
    let mut store = bound();
    store.expect_cursor().returning(|_| Ok(None));
    store.expect_live().returning(|_, _| Ok(Vec::new()));
    store.expect_open_orders().returning(|_, _| broken());
    let ports = Ports {
        // It panics if anything is started.
        spawner: Arc::new(MockSpawner::new()),
        ..ports(store)
    };
    let started = Engine::start(ports, Policy::default()).await;
    assert!(matches!(started, Err(StartError::Storage(_))));
}

#[tokio::test]
async fn engine_needs_nodes_of_different_names() {
    let none = Ports {
        incoming: None,
        ways: None,
        nodes: Vec::new(),
        ..ports(MockPaymentStore::new())
    };
    let started = Engine::start(none, Policy::default()).await;
    assert!(matches!(started, Err(StartError::NoNode)));
    let (one, two) = (
        ports(MockPaymentStore::new()),
        ports(MockPaymentStore::new()),
    );
    let twice = Ports {
        incoming: None,
        ways: None,
        nodes: one.nodes.into_iter().chain(two.nodes).collect(),
        ..ports(MockPaymentStore::new())
    };
    let started = Engine::start(twice, Policy::default()).await;
    assert!(matches!(started, Err(StartError::SameName(name)) if name == node()));
}

#[tokio::test]
async fn list_that_cannot_be_read_is_an_error_and_not_an_empty_list() {
    let mut store = bound();
    store.expect_cursor().returning(|_| Ok(None));
    store.expect_live().returning(|_, _| Ok(Vec::new()));
    store.expect_open_orders().returning(|_, _| Ok(Vec::new()));
    store.expect_payments().returning(|_| broken());
    let engine = Engine::start(ports(store), Policy::default())
        .await
        .unwrap();
    let listed = engine.list_payments(PaymentFilter::default()).await;
    assert!(matches!(listed, Err(ApiError::StorageUnavailable(_))));
}

/// A node that can be asked what it is, and nothing else.
fn scripted() -> MockHtlcSender {
    let mut sender = MockHtlcSender::new();
    sender.expect_height().return_const(None);
    let identity = NodeIdentity::new("scripted");
    sender.expect_identity().return_const(Ok(identity));
    sender.expect_life().return_const(1u64);
    let none = |_| futures::stream::empty().boxed();
    sender.expect_known_parts().returning(none);
    sender
}

/// An engine with that node, which tells no outcome by itself.
async fn engine_with(sender: MockHtlcSender) -> Arc<Engine> {
    let ports = Ports {
        store: Arc::new(SimStore::new()),
        nodes: vec![NodePorts {
            name: node(),
            sender: Arc::new(sender),
            listener: NullNode::new().listener(),
        }],
        ..ports(MockPaymentStore::new())
    };
    Engine::start(ports, Policy::default()).await.unwrap()
}

/// A node that is not at the tip yet, so that it is offered the same again without a question; that then
/// answers with nothing definite, denies the part when it is asked, and refuses it.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_node_leads_somewhere() {
    let mut sender = scripted();
    let mut script = mockall::Sequence::new();
    let unknown = || OfferAnswer::Unknown("no answer".into());
    let failure = || Box::new(domain::contract::samples::failure());
    let offer = sender.expect_offer().times(1).in_sequence(&mut script);
    offer.returning(|_| OfferAnswer::NotYet("still loading blocks".into()));
    let tip = sender.expect_reach_tip().times(1).in_sequence(&mut script);
    tip.return_const(());
    let offer = sender.expect_offer().times(1).in_sequence(&mut script);
    offer.returning(move |_| unknown());
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::Unknown("no answer".into()));
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::NeverSeen);
    let offer = sender.expect_offer().times(1).in_sequence(&mut script);
    offer.returning(move |_| OfferAnswer::Refused(failure()));
    let engine = engine_with(sender).await;
    let sent = engine.send_partial_pay(partial(1, 400, 1_000)).await;
    let part = support::accepted(sent);
    assert_eq!((part.payment_hash, part.cltv_expiry), (hash(1), None));
    let waited = soon(engine.wait_partial_pay(part.id, None)).await;
    assert_eq!(failed_code(&waited), 204);
}

/// As after an old copy of the database was put back: the node knows the key, and tells its end only to
/// those who ask.
#[tokio::test(flavor = "multi_thread")]
async fn part_that_its_node_knows_already_gets_its_true_end_at_once() {
    let mut sender = scripted();
    let offer = sender.expect_offer().times(2);
    offer.returning(|_| OfferAnswer::AlreadyOffered);
    let mut script = mockall::Sequence::new();
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::Fulfilled(preimage(1).1));
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::Failed(Box::new(domain::contract::samples::failure())));
    let engine = engine_with(sender).await;
    let sent = engine.send_partial_pay(partial(1, 1_000, 1_000)).await;
    let part = support::accepted(sent);
    let waited = soon(engine.wait_partial_pay(part.id, None)).await;
    assert_eq!(waited.map(|part| part.status()), Ok(StatusKind::Complete));
    // `sendpay` is answered when the node has taken charge, whenever that was.
    let paying = engine.send_pay(support::whole(2, 1_000)).await;
    assert!(matches!(paying, Ok(Paying::InProgress(_))), "{paying:?}");
    let waited = soon(engine.wait_send_pay(hash(2), None)).await;
    assert!(
        matches!(waited, Err(ApiError::PaymentFailed(..))),
        "{waited:?}"
    );
}

/// It goes on asking, and offers again only what the node then proves never to have left.
#[tokio::test(flavor = "multi_thread")]
async fn node_that_knows_a_part_and_has_lost_it_since_is_offered_it_again() {
    let mut sender = scripted();
    let mut script = mockall::Sequence::new();
    let offer = sender.expect_offer().times(1).in_sequence(&mut script);
    offer.returning(|_| OfferAnswer::AlreadyOffered);
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::NeverSeen);
    let offer = sender.expect_offer().times(1).in_sequence(&mut script);
    offer.returning(|_| OfferAnswer::AlreadyOffered);
    let look_up = sender.expect_look_up().times(1).in_sequence(&mut script);
    look_up.returning(|_, _, _| LookUp::Fulfilled(preimage(1).1));
    let engine = engine_with(sender).await;
    let sent = engine.send_partial_pay(partial(1, 1_000, 1_000)).await;
    let part = support::accepted(sent);
    let waited = soon(engine.wait_partial_pay(part.id, None)).await;
    assert_eq!(waited.map(|part| part.status()), Ok(StatusKind::Complete));
}

/// A part that is not stored, as kept although storage said that it was not.
#[tokio::test]
async fn part_that_is_not_stored_is_told_and_kept_out_though_the_answer_to_keeping_it_was_lost() {
    let (told, kept) = (PartId(9), Arc::new(AtomicUsize::new(0)));
    let mut unrecorded = MockUnrecordedStore::new();
    unrecorded.expect_last_part().returning(move || Ok(told));
    unrecorded.expect_unasked().returning(|| Ok(vec![]));
    let none = UnrecordedCounts::default();
    unrecorded
        .expect_count_unrecorded()
        .returning(move || Ok(none));
    let times = kept.clone();
    unrecorded.expect_note().returning(move |part| {
        if times.fetch_add(1, Ordering::SeqCst) == 0 {
            return broken();
        }
        let (before, now) = (Some(part.fate), part.fate);
        Ok(Noted { before, now })
    });
    unrecorded.expect_unrecorded().returning(move |filter| {
        let part = UnrecordedPart {
            node: node(),
            part: told,
            payment_hash: hash(9),
            amount_sent: None,
            fate: UnrecordedFate::Lost,
            noticed_at: Timestamp(1),
            resolution: None,
        };
        Ok(vec![part; usize::from(filter.hash == Some(hash(9)))])
    });
    let sender = SimNode::new();
    // It is not the preimage: nobody can tell what became of the part.
    sender.say(told, hash(9), Outcome::Fulfilled([0; 32]));
    let ports = Ports {
        store: Arc::new(SimStore::new()),
        unrecorded: Arc::new(unrecorded),
        nodes: vec![NodePorts {
            name: node(),
            sender: sender.clone(),
            listener: sender.listener(),
        }],
        ..ports(MockPaymentStore::new())
    };
    let engine = Engine::start(ports, Policy::default()).await.unwrap();
    // Each time that the preimage is none, and that the part is kept.
    soon(async {
        while engine.get_info().await.unwrap().alarms < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(kept.load(Ordering::SeqCst), 2);
    let refused = engine.send_partial_pay(partial(9, 400, 1_000)).await;
    let Err(ApiError::Refused(Refusal::Unrecorded(part))) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(part.part, told);
}
