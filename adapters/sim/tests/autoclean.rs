//! `autoclean`: what ended long ago goes, and nothing else; a dry run tells the truth beforehand.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use domain::contract::samples::hash;
use domain::{
    ApiError, Autoclean, AutocleanTimer, Cleaned, Ended, Listed, PartId, PaymentApi, PaymentFilter,
    Policy, StatusKind, Swept,
};
use sim::{SimClock, SimNode, SimStore};
use std::time::Duration;
use support::{World, failed_code, soon};

const HOUR: Duration = Duration::from_secs(3_600);

fn older_than(age: Duration) -> Autoclean {
    Autoclean {
        ended: Ended::Either,
        older_than: age,
        limit: 10_000,
        dry_run: false,
    }
}

async fn clean(world: &World, request: Autoclean) -> Cleaned {
    soon(world.engine.autoclean(request)).await.unwrap()
}

/// What it says beforehand is what it then does.
async fn clean_as_told(world: &World, request: Autoclean) -> Cleaned {
    let dry_run = Autoclean {
        dry_run: true,
        ..request
    };
    let before = shown(world).await;
    let told = clean(world, dry_run).await;
    assert_eq!(shown(world).await, before, "a dry run changes nothing");
    let done = clean(world, request).await;
    assert_eq!(told, done);
    done
}

async fn fail(world: &World, n: u64) {
    let part = world.part(n, 1_000, 1_000).await.id;
    world.fail(n, part);
    assert_eq!(failed_code(&world.wait(part).await), 204);
}

/// The numbers of the payments that are there.
async fn shown(world: &World) -> Vec<u64> {
    let page = world.engine.list_payments(PaymentFilter {
        limit: 10_000,
        ..PaymentFilter::default()
    });
    let rows = page.await.unwrap().rows.into_iter();
    rows.map(|row| match row {
        Listed::Sound(payment) => payment.id.0,
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    })
    .collect()
}

fn swept(payments: u64, parts: u64) -> Swept {
    Swept {
        payments,
        parts,
        events: 2 * parts,
    }
}

/// Payments 1 to 7: failed, paid, failed twice, pending, quarantined, and an hour later paid, failed.
async fn world() -> World {
    let world = World::with_slow_time().await;
    fail(&world, 1).await;
    world.pay(2).await;
    fail(&world, 3).await;
    fail(&world, 3).await;
    world.part(4, 1_000, 1_000).await;
    world.pay(5).await;
    world.fail(5, PartId(6));
    world.alarmed().await;
    world.clock.advance(HOUR);
    world.pay(6).await;
    fail(&world, 7).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_goes_and_a_dry_run_has_told_so() {
    let world = world().await;
    let done = clean_as_told(&world, older_than(HOUR)).await;
    let expected = Cleaned {
        failed: swept(2, 3),
        complete: swept(1, 1),
        kept: 1,
        ..Cleaned::default()
    };
    assert_eq!(done, expected);
    assert_eq!(shown(&world).await, [4, 5, 6, 7]);
    // A second run finds nothing more.
    let again = clean(&world, older_than(HOUR)).await;
    assert_eq!((again.payments(), again.kept), (0, 1));
    // What was paid stays refused; what had failed can be paid.
    assert!(world.send(2, 1_000, 1_000).await.is_err());
    world.part(1, 1_000, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_status_that_was_asked_for_goes() {
    let world = world().await;
    let only = |ended| Autoclean {
        ended,
        ..older_than(HOUR)
    };
    let done = clean_as_told(&world, only(Ended::Complete)).await;
    assert_eq!((done.complete, done.failed), (swept(1, 1), swept(0, 0)));
    assert_eq!(shown(&world).await, [1, 3, 4, 5, 6, 7]);
    let done = clean_as_told(&world, only(Ended::Failed)).await;
    assert_eq!((done.complete, done.failed), (swept(0, 0), swept(2, 3)));
    assert_eq!(shown(&world).await, [4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn age_counts_from_the_end_and_not_from_the_beginning() {
    let world = World::with_slow_time().await;
    let part = world.part(1, 1_000, 1_000).await.id;
    fail(&world, 2).await;
    world.clock.advance(HOUR);
    world.fail(1, part);
    assert_eq!(failed_code(&world.wait(part).await), 204);
    fail(&world, 2).await;
    let second = Duration::from_secs(1);
    assert_eq!(
        clean_as_told(&world, older_than(second)).await.payments(),
        0
    );
    world.clock.advance(second);
    assert_eq!(
        clean_as_told(&world, older_than(second)).await.payments(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_go_than_the_limit_and_that_there_are_more_is_told() {
    let world = World::with_slow_time().await;
    for n in 1..=5 {
        world.pay(n).await;
    }
    let some = |limit| Autoclean {
        limit,
        ..older_than(Duration::ZERO)
    };
    for (limit, gone, more) in [(0, 0, true), (2, 2, true), (3, 3, false)] {
        let done = clean_as_told(&world, some(limit)).await;
        assert_eq!((done.payments(), done.more), (gone, more), "{limit}");
    }
    assert_eq!(clean(&world, some(0)).await, Cleaned::default());
}

/// More than is read, and than is deleted, at once; and after them many that are young.
#[tokio::test(flavor = "multi_thread")]
async fn many_go_in_small_batches_and_the_walk_ends_among_the_young() {
    const OLD: u64 = 600;
    let world = World::with_slow_time().await;
    for n in 1..=OLD {
        world.pay(n).await;
    }
    world.clock.advance(HOUR);
    for n in OLD + 1..=OLD + 300 {
        world.pay(n).await;
    }
    let done = clean_as_told(&world, older_than(HOUR)).await;
    assert_eq!(done.complete, swept(OLD, OLD));
    assert!(!done.more && done.stopped.is_none(), "{done:?}");
    assert_eq!(shown(&world).await.len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_ends_it_and_it_tells_what_it_has_done() {
    let world = World::with_slow_time().await;
    for n in 1..=100 {
        world.pay(n).await;
    }
    world.store.refuse(hash(40), "A-10: test");
    let done = clean(&world, older_than(Duration::ZERO)).await;
    // The batch with the one in trouble is finished, and no other is begun.
    assert_eq!(done.complete, swept(63, 63));
    let why = done.stopped.unwrap();
    assert!(why.contains("A-10: test"), "{why}");
    assert_eq!(shown(&world).await.len(), 37);

    world.store.set_reads_fail(true);
    let unread = world.engine.autoclean(older_than(HOUR)).await;
    let unavailable = matches!(unread, Err(ApiError::StorageUnavailable(_)));
    assert!(unavailable, "{unread:?}");
    world.store.set_reads_fail(false);
    world.engine.close().await;
    for dry_run in [true, false] {
        let request = Autoclean {
            dry_run,
            ..older_than(Duration::ZERO)
        };
        let closed = world.engine.autoclean(request).await;
        assert_eq!(closed, Err(ApiError::ShuttingDown));
    }
}

/// What it has begun is finished and told; nothing more is begun.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_daemon_ends_it_between_two_batches() {
    const ALL: u64 = 400;
    let world = World::with_slow_time().await;
    for n in 1..=ALL {
        world.pay(n).await;
    }
    let first_is_gone = async {
        while shown(&world).await.len() == usize::try_from(ALL).unwrap() {
            tokio::task::yield_now().await;
        }
        world.engine.close().await;
    };
    let cleaning = world.engine.autoclean(older_than(Duration::ZERO));
    let (done, ()) = soon(async { tokio::join!(cleaning, first_is_gone) }).await;
    let done = done.unwrap();
    let left = u64::try_from(shown(&world).await.len()).unwrap();
    assert_eq!(done.payments() + left, ALL, "all that is gone is told");
    let is_whole = done.payments() == ALL;
    let why = done.stopped.unwrap_or_default();
    assert!(is_whole || why.contains("stopping"), "{why}");
}

/// Payments are made while others go, and nobody is disturbed.
#[tokio::test(flavor = "multi_thread")]
async fn payments_go_on_beside_it() {
    let world = World::with_slow_time().await;
    for n in 1..=200 {
        world.pay(n).await;
    }
    world.clock.advance(HOUR);
    let paying = async {
        for n in 201..=300 {
            world.pay(n).await;
        }
    };
    let (done, ()) = tokio::join!(clean(&world, older_than(HOUR)), paying);
    assert_eq!(done.complete.payments, 200);
    let left = shown(&world).await;
    assert_eq!(left.len(), 100);
    let filter = PaymentFilter {
        status: Some(StatusKind::Complete),
        limit: 1_000,
        ..PaymentFilter::default()
    };
    let complete = world.engine.list_payments(filter).await.unwrap();
    assert_eq!(complete.rows.len(), 100);
}

/// Where the configuration asks for it: at the start, and then hour by hour.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_by_itself_where_that_was_asked_for() {
    let policy = Policy {
        autoclean: AutocleanTimer {
            failed_age: Some(HOUR),
            complete_age: None,
        },
        ..Policy::default()
    };
    let (store, node) = (SimStore::new(), SimNode::new());
    let world = World::with_policy(store, node, SimClock::new(), policy).await;
    world.pay(1).await;
    fail(&world, 2).await;
    // Each time it has done its work it waits for the next hour.
    let rests = |times| {
        let world = &world;
        soon(async move {
            while world.clock.sleeps() < times {
                tokio::task::yield_now().await;
            }
        })
    };
    rests(1).await;
    assert_eq!(shown(&world).await, [1, 2]);
    for n in 3..=4 {
        world.clock.advance(HOUR);
        rests(n - 1).await;
        assert_eq!(shown(&world).await, [1], "what was paid is not asked for");
        fail(&world, n).await;
    }
    world.clock.advance(HOUR);
    let world = world.restart().await;
    soon(async {
        while shown(&world).await != [1] {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
