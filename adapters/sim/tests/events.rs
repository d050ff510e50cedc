//! Following the history: every event, once, in order, however commits and readers race.

mod support;

use domain::contract::samples::hash;
use domain::{ApiError, EventFilter, EventKind, Listed, PaymentApi, PaymentHash, Policy};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use sim::{Fault, SimClock, SimNode, SimStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use support::{World, accepted, keyed, soon};

/// One who follows the history, or one payment's: the numbers it has been told.
struct Follower {
    hash: Option<PaymentHash>,
    next: u64,
}

impl Follower {
    fn of(hash: Option<PaymentHash>) -> Follower {
        Follower { hash, next: 1 }
    }

    fn filter(&self) -> EventFilter {
        EventFilter {
            hash: self.hash,
            start: self.next,
            limit: 3,
        }
    }

    /// What is told next.
    async fn told(&mut self, world: &World) -> Vec<(u64, EventKind)> {
        let page = soon(world.engine.next_events(self.filter())).await;
        let page = page.expect("the history can be read");
        let told = page.rows.into_iter().map(|row| match row {
            Listed::Sound(event) => (event.seq, event.kind),
            Listed::Damaged(damaged) => panic!("{damaged:?}"),
        });
        let told: Vec<_> = told.collect();
        self.next = told.last().expect("a page is never empty").0 + 1;
        told
    }

    /// The numbers that are told, up to so many of them.
    async fn numbers(mut self, world: &World, many: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < many {
            let told = self.told(world).await;
            numbers.extend(told.into_iter().map(|(seq, _)| seq));
        }
        numbers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_is_told_each_transition_when_it_is_durable() {
    let world = World::new().await;
    let mut follower = Follower::of(None);
    assert_eq!(world.engine.last_event().await, Ok(0));
    let (told, part) = tokio::join!(follower.told(&world), world.part(1, 1_000, 1_000));
    assert_eq!(told, [(1, EventKind::PartAccepted)]);
    world.sent(1).await;
    let (told, ()) = tokio::join!(follower.told(&world), async { world.fail(1, part.id) });
    assert_eq!(told, [(2, EventKind::PartFailed)]);
    assert_eq!(world.engine.last_event().await, Ok(2));
    world.pay(2).await;
    assert_eq!(follower.numbers(&world, 2).await, [3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_a_known_number_is_told_too() {
    let world = World::with_slow_time().await;
    world.store.fault(Fault::ErrorButWritten);
    let follower = Follower::of(None);
    let one = Follower::of(Some(hash(1)));
    let doubtful = world.engine.send_partial_pay(keyed(1, 400, 1_000, "k"));
    let (all, own, sent) = tokio::join!(
        follower.numbers(&world, 1),
        one.numbers(&world, 1),
        // Polled last: both wait by then, and nothing else will ever happen.
        doubtful,
    );
    assert!(matches!(sent, Err(ApiError::StorageUnknown(_))), "{sent:?}");
    assert_eq!((all, own), (vec![1], vec![1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_missed_however_commits_and_followers_race() {
    const PAYMENTS: u64 = 100;
    let world = World::with_policy(
        SimStore::new(),
        SimNode::new(),
        SimClock::hasty(),
        support::patient(),
    )
    .await;
    let payments = join_all((1..=PAYMENTS).map(|n| pay_whatever_happens(&world, n)));
    let everything = || Follower::of(None).numbers(&world, 4 * 50 + 2 * 50);
    let of =
        |n| Follower::of(Some(hash(n))).numbers(&world, if n.is_multiple_of(2) { 4 } else { 2 });
    let (_, all, each) = tokio::join!(
        payments,
        join_all((0..8).map(|_| everything())),
        join_all((1..=PAYMENTS).map(of)),
    );
    let dense: Vec<u64> = (1..=300).collect();
    for told in all {
        assert_eq!(told, dense);
    }
    let mut told: Vec<u64> = each.into_iter().flatten().collect();
    told.sort_unstable();
    assert_eq!(told, dense, "each is told of its own, and of nothing else");
}

/// A payment of one part, or of two, which storage may be in doubt about.
async fn pay_whatever_happens(world: &World, n: u64) {
    let amounts: &[u64] = if n.is_multiple_of(2) {
        &[400, 600]
    } else {
        &[1_000]
    };
    let mut parts = Vec::new();
    for amount in amounts {
        if n.is_multiple_of(3) {
            world.store.fault(Fault::ErrorButWritten);
        }
        let request = keyed(n, *amount, 1_000, &format!("{n}-{amount}"));
        let part = loop {
            match world.engine.send_partial_pay(request.clone()).await {
                Err(ApiError::StorageUnknown(_)) => {}
                sent => break accepted(sent),
            }
        };
        parts.push(part.id);
    }
    // All have left before the first is fulfilled: one that has not would be dropped then.
    for part in &parts {
        soon(async {
            while !world.node.ledger().contains_key(&(*part, hash(n))) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    for part in parts {
        world.fulfil(n, part);
        world.completes(part).await;
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn is_pending<T>(bell: &Arc<Bell>, work: &mut BoxFuture<'_, T>) -> bool {
    let waker = Waker::from(Arc::clone(bell));
    work.as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_one_payment_is_not_woken_for_another() {
    let world = World::new().await;
    let bell = Arc::new(Bell::default());
    let one = Follower::of(Some(hash(2)));
    let mut next = world.engine.next_events(one.filter()).boxed();
    assert!(is_pending(&bell, &mut next));
    for n in [1, 3, 4] {
        world.pay(n).await;
    }
    assert_eq!(bell.0.load(Ordering::SeqCst), 0);
    world.pay(2).await;
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    let page = next.await.unwrap();
    assert_eq!(page.rows.len(), 2);
    assert!(
        page.rows
            .iter()
            .all(|row| row.number(|event| event.seq) > 6)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_take_nothing_from_those_who_wait() {
    let policy = Policy {
        waiters_max: 1,
        ..Policy::default()
    };
    let clock = SimClock::hasty();
    let world = World::with_policy(SimStore::new(), SimNode::new(), clock, policy).await;
    let bell = Arc::new(Bell::default());
    let follow = || {
        world
            .engine
            .next_events(Follower::of(None).filter())
            .boxed()
    };
    let mut followers: Vec<_> = (0..10).map(|_| follow()).collect();
    for follower in &mut followers {
        assert!(is_pending(&bell, follower));
    }
    assert_eq!(world.engine.get_info().await.unwrap().waiters, 0);
    world.pay(1).await;
    assert_eq!(
        bell.0.load(Ordering::SeqCst),
        10,
        "once each, for two events"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_and_can_be_asked_for_again() {
    let world = World::new().await;
    world.pay(1).await;
    world.store.set_reads_fail(true);
    let filter = Follower::of(None).filter();
    let failed = world.engine.next_events(filter).await;
    assert!(
        matches!(failed, Err(ApiError::StorageUnavailable(_))),
        "{failed:?}"
    );
    world.store.set_reads_fail(false);
    assert_eq!(Follower::of(None).numbers(&world, 2).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_sends_followers_away_and_the_next_life_tells_on() {
    let world = World::new().await;
    world.pay(1).await;
    let mut follower = Follower::of(None);
    assert_eq!(follower.told(&world).await.len(), 2);
    let next = world.engine.next_events(follower.filter());
    let (gone, ()) = tokio::join!(soon(next), world.engine.close());
    assert_eq!(gone, Err(ApiError::ShuttingDown));
    let next = world.engine.next_events(follower.filter());
    assert_eq!(soon(next).await, Err(ApiError::ShuttingDown));
    let world = world.restart().await;
    assert_eq!(world.engine.last_event().await, Ok(2));
    let (told, ()) = tokio::join!(follower.numbers(&world, 2), world.pay(2));
    assert_eq!(told, [3, 4]);
}
