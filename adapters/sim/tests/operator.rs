//! Parts that an operator ends by hand: only where no node can tell what became of them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::{failure, hash, node, preimage};
use domain::{
    ApiError, Engine, KnownFate, KnownPart, LookUp, MockHtlcSender, NodeAway, NodeIdentity,
    NodeName, NodePorts, OfferAnswer, OperatorEnd, Outcome, PartId, PartialPayment, PaymentApi,
    Ports, Refusal, Resolution, ResolvePart, Resolved, StatusKind,
};
use futures::stream::{BoxStream, StreamExt, empty, iter, pending};
use sim::{Fault, NullNode, SimClock, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use support::{World, accepted, failed_code, partial, patient, soon};

fn request(part: PartId, end: OperatorEnd) -> ResolvePart {
    ResolvePart {
        part,
        end,
        by: Resolution {
            who: "uid 0".to_owned(),
            why: "its channel was closed".to_owned(),
        },
    }
}

fn proof(n: u64) -> OperatorEnd {
    OperatorEnd::Complete(*preimage(n).1.expose())
}

async fn resolve(
    engine: &Engine,
    part: PartId,
    end: OperatorEnd,
) -> Result<PartialPayment, ApiError> {
    match soon(engine.resolve_part(request(part, end))).await? {
        Resolved::Part(part) => Ok(*part),
        Resolved::Unrecorded(part) => panic!("{part:?}"),
    }
}

/// What the node can still tell, if that is why it was refused.
fn can_tell(answer: &Result<PartialPayment, ApiError>) -> &str {
    match answer {
        Err(ApiError::Refused(Refusal::NodeCanTell { what, .. })) => what,
        other => panic!("{other:?}"),
    }
}

/// A node that says this of every part that it is asked about.
async fn engine_with(
    identity: Result<NodeIdentity, NodeAway>,
    looked_up: impl Fn() -> LookUp + Send + Sync + 'static,
) -> (Arc<Engine>, PartId) {
    let mut sender = MockHtlcSender::new();
    sender.expect_height().return_const(None);
    let mut script = mockall::Sequence::new();
    let met = sender.expect_identity().times(1).in_sequence(&mut script);
    met.return_const(Ok(NodeIdentity::new("scripted")));
    sender.expect_identity().return_const(identity);
    sender.expect_life().return_const(1u64);
    sender.expect_known_parts().returning(nothing);
    sender.expect_offer().return_const(OfferAnswer::Accepted);
    sender
        .expect_look_up()
        .returning(move |_, _, _| looked_up());
    let engine = engine_over(sender).await;
    let part = accepted(engine.send_partial_pay(partial(1, 400, 1_000)).await);
    (engine, part.id)
}

async fn engine_over(sender: MockHtlcSender) -> Arc<Engine> {
    let store = SimStore::new();
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: node(),
            sender: Arc::new(sender),
            listener: NullNode::new().listener(),
        }],
    };
    Engine::start(ports, patient()).await.unwrap()
}

fn here() -> NodeIdentity {
    NodeIdentity::new("scripted")
}

type Says = fn() -> LookUp;

fn nothing(_: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
    empty().boxed()
}

#[tokio::test(flavor = "multi_thread")]
async fn part_of_which_its_node_knows_nothing_any_more_is_ended_by_hand() {
    let doubt = || LookUp::Lost("its channel is gone".into());
    for (end, status) in [
        (OperatorEnd::Failed, StatusKind::Failed),
        (proof(1), StatusKind::Complete),
    ] {
        let (engine, part) = engine_with(Ok(here()), doubt).await;
        let waits = engine.wait_partial_pay(part, None);
        let (ended, waited) =
            soon(async { tokio::join!(resolve(&engine, part, end), waits) }).await;
        let ended = ended.unwrap();
        assert_eq!(ended.status(), status);
        let by = ended.resolution.clone().expect("who, and why");
        assert_eq!((&*by.who, &*by.why), ("uid 0", "its channel was closed"));
        // Whoever waits is told the same.
        match waited {
            Ok(part) => assert_eq!(part, ended),
            failed => {
                assert_eq!(failed_code(&failed), 209);
                let message = "resolved by an operator: its channel was closed";
                assert_eq!(failed.unwrap_err().to_string(), message);
            }
        }
        assert_eq!(engine.get_info().await.unwrap().live_parts, 0);
        let again = resolve(&engine, part, OperatorEnd::Failed).await;
        let ended = Refusal::HasEnded { part, status };
        assert_eq!(again, Err(ended.into()));
    }
}

/// Rule A-6: an operator's word that a part was paid needs its proof, as a node's.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_preimage_no_part_is_complete() {
    let doubt = || LookUp::Lost("its channel is gone".into());
    let (engine, part) = engine_with(Ok(here()), doubt).await;
    let refused = resolve(&engine, part, proof(2)).await;
    let hash = hash(1);
    assert_eq!(refused, Err(Refusal::NotItsPreimage { hash, part }.into()));
    assert_eq!(engine.get_info().await.unwrap().live_parts, 1);
    let nobody = resolve(&engine, PartId(7), proof(1)).await;
    assert_eq!(nobody, Err(ApiError::NoSuchPart(PartId(7))));
}

/// Rule A-5: as long as the node can tell, its word is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_can_still_tell_is_not_ended_by_hand() {
    let says: [(Says, &str); 3] = [
        (|| LookUp::Pending, "out, or on its way"),
        (|| LookUp::NeverSeen, "never left it"),
        (
            || LookUp::Unknown("not yet".into()),
            "no definite answer now (not yet)",
        ),
    ];
    for (says, what) in says {
        let (engine, part) = engine_with(Ok(here()), says).await;
        // A proof is one while the node does not answer, too.
        let proven = (!what.contains("not yet")).then(|| proof(1));
        for end in proven.into_iter().chain([OperatorEnd::Failed]) {
            let refused = resolve(&engine, part, end).await;
            assert!(can_tell(&refused).contains(what), "{refused:?}");
        }
        assert_eq!(engine.get_info().await.unwrap().live_parts, 1);
    }
}

/// What the node has to say goes before what the operator says.
#[tokio::test(flavor = "multi_thread")]
async fn node_that_tells_when_it_is_asked_is_believed() {
    let fulfilled = || LookUp::Fulfilled(preimage(1).1);
    let (engine, part) = engine_with(Ok(here()), fulfilled).await;
    let refused = resolve(&engine, part, OperatorEnd::Failed).await;
    assert!(
        can_tell(&refused).contains("it was fulfilled"),
        "{refused:?}"
    );
    let told = soon(engine.wait_partial_pay(part, None)).await.unwrap();
    assert_eq!(
        (told.status(), told.resolution),
        (StatusKind::Complete, None)
    );
    let failed = || LookUp::Failed(Box::new(failure()));
    let (engine, part) = engine_with(Ok(here()), failed).await;
    let refused = resolve(&engine, part, proof(1)).await;
    assert!(can_tell(&refused).contains("it has failed"), "{refused:?}");
    assert_eq!(
        failed_code(&soon(engine.wait_partial_pay(part, None)).await),
        204
    );
}

/// It may tell when it is back. A proof is one meanwhile, too.
#[tokio::test(flavor = "multi_thread")]
async fn part_of_a_node_that_is_away_ends_by_hand_with_a_proof_only() {
    let away = || Err(NodeAway("connection refused".into()));
    let unasked = || -> LookUp { panic!("it is away") };
    let (engine, part) = engine_with(away(), unasked).await;
    let refused = resolve(&engine, part, OperatorEnd::Failed).await;
    let what = can_tell(&refused);
    assert!(
        what.contains("no definite answer now (connection refused)"),
        "{what}"
    );
    assert!(what.contains("take it out of the configuration"), "{what}");
    let ended = resolve(&engine, part, proof(1)).await.unwrap();
    assert_eq!(ended.status(), StatusKind::Complete);
}

/// A part that is not stored is asked for in its payment's turn: a node that says nothing does not keep it.
#[tokio::test(flavor = "multi_thread")]
async fn silent_node_does_not_hold_the_turn_of_a_payment_whose_part_is_not_stored() {
    let known = || KnownPart {
        part: PartId(1),
        payment_hash: hash(2),
        amount_sent: None,
        fate: KnownFate::Lost,
    };
    let mut sender = MockHtlcSender::new();
    sender.expect_height().return_const(None);
    sender.expect_identity().return_const(Ok(here()));
    sender.expect_life().return_const(1u64);
    let mut script = mockall::Sequence::new();
    let told = sender.expect_known_parts().times(1);
    told.in_sequence(&mut script)
        .returning(move |_| iter([Ok(known())]).boxed());
    let silent = sender.expect_known_parts();
    silent.returning(|_| pending().boxed());
    let engine = engine_over(sender).await;
    let refused = resolve(&engine, PartId(1), OperatorEnd::Failed).await;
    let what = can_tell(&refused);
    assert!(what.contains("no answer within 30 s"), "{what}");
    let sent = soon(engine.send_partial_pay(partial(2, 400, 1_000))).await;
    let kept_out = matches!(sent, Err(ApiError::Refused(Refusal::Unrecorded(_))));
    assert!(kept_out, "{sent:?}");
    let proven = soon(engine.resolve_part(request(PartId(1), proof(2)))).await;
    assert!(matches!(proven, Ok(Resolved::Unrecorded(_))), "{proven:?}");
}

/// A node that is gone for good is taken out of the configuration: nobody else can tell.
#[tokio::test(flavor = "multi_thread")]
async fn part_of_a_node_that_is_not_configured_is_ended_by_hand() {
    let (store, gone) = (SimStore::new(), SimNode::new());
    let world = World::with(store.clone(), gone, SimClock::hasty()).await;
    let part = world.part(1, 400, 1_000).await.id;
    world.sent(1).await;
    drop(world);
    let other = SimNode::new();
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: NodeName::new("another"),
            sender: other.clone(),
            listener: other.listener(),
        }],
    };
    let engine = Engine::start(ports, patient()).await.unwrap();
    let ended = resolve(&engine, part, OperatorEnd::Failed).await.unwrap();
    assert_eq!(ended.status(), StatusKind::Failed);
    // It can be paid anew, under another number.
    let mut anew = partial(1, 1_000, 1_000);
    anew.extras.node = Some(NodeName::new("another"));
    let anew = accepted(engine.send_partial_pay(anew).await);
    assert_ne!(anew.id, part);
}

/// Rule A-7: the node speaks after all, and has the proof.
#[tokio::test(flavor = "multi_thread")]
async fn preimage_that_comes_later_beats_an_operators_word_and_alarms() {
    let doubt = || LookUp::Lost("its channel is gone".into());
    let mut sender = MockHtlcSender::new();
    sender.expect_height().return_const(None);
    sender.expect_identity().returning(|| Ok(here()));
    sender.expect_life().return_const(1u64);
    sender.expect_known_parts().returning(nothing);
    sender.expect_offer().return_const(OfferAnswer::Accepted);
    sender.expect_look_up().returning(move |_, _, _| doubt());
    let speaks = SimNode::new();
    let ports = Ports {
        store: Arc::new(SimStore::new()),
        unrecorded: Arc::new(SimStore::new()),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: node(),
            sender: Arc::new(sender),
            listener: speaks.listener(),
        }],
    };
    let engine = Engine::start(ports, patient()).await.unwrap();
    let part = accepted(engine.send_partial_pay(partial(1, 400, 1_000)).await).id;
    let ended = resolve(&engine, part, OperatorEnd::Failed).await.unwrap();
    assert_eq!(ended.status(), StatusKind::Failed);
    speaks.say(part, hash(1), Outcome::Fulfilled(*preimage(1).1.expose()));
    let paid = soon(async {
        loop {
            let told = engine.wait_partial_pay(part, None).await;
            if let Ok(part) = told {
                return part;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        (paid.status(), paid.resolution),
        (StatusKind::Complete, None)
    );
    assert_eq!(engine.get_info().await.unwrap().alarms, 1);
}

/// What is not known to be stored is not told as stored.
#[tokio::test(flavor = "multi_thread")]
async fn operators_word_in_doubt_is_told_as_such() {
    let store = SimStore::new();
    let world = World::with(store.clone(), SimNode::new(), SimClock::hasty()).await;
    let part = world.part(1, 400, 1_000).await.id;
    world.sent(1).await;
    world.node.set_identity("another, after a restart");
    drop(world.engine);
    let other = SimNode::new();
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store.clone()),
        clock: Arc::new(SimClock::hasty()),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: NodeName::new("another"),
            sender: other.clone(),
            listener: other.listener(),
        }],
    };
    let engine = Engine::start(ports, patient()).await.unwrap();
    store.fault(Fault::Unavailable);
    let refused = resolve(&engine, part, OperatorEnd::Failed).await;
    assert!(
        matches!(refused, Err(ApiError::StorageUnavailable(_))),
        "{refused:?}"
    );
    store.fault(Fault::ErrorButWritten);
    let doubt = resolve(&engine, part, OperatorEnd::Failed).await;
    assert!(
        matches!(doubt, Err(ApiError::ResolutionUnknown(_))),
        "{doubt:?}"
    );
    let again = resolve(&engine, part, OperatorEnd::Failed).await;
    let status = StatusKind::Failed;
    assert_eq!(again, Err(Refusal::HasEnded { part, status }.into()));
}
