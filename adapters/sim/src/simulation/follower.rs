//! Those who follow the history, over every life of the daemon: they must be told each event once.

use super::daemon::Daemon;
use super::executor::Owner;
use domain::contract::samples::hash;
use domain::{EventFilter, PaymentApi, PaymentHash};
use futures::future::FutureExt;
use std::sync::Arc;
use std::time::Duration;

/// One follows all of it, one a single payment's.
pub(super) fn follow(daemon: &Arc<Daemon>) {
    for followed in [None, Some(hash(1))] {
        daemon.world.judge().follows(followed);
        let following = read_on(daemon.clone(), followed);
        daemon.world.spawn(Owner::World, following.boxed());
    }
}

/// Asks again from the last that was told, however it was cut off.
async fn read_on(daemon: Arc<Daemon>, followed: Option<PaymentHash>) {
    let world = &daemon.world;
    let mut filter = EventFilter {
        hash: followed,
        start: 1,
        limit: 2,
    };
    loop {
        let asked = filter.clone();
        let answer = daemon.call(|engine| async move { engine.next_events(asked).await });
        let Ok(Ok(page)) = answer.await else {
            let rest = world.chance.up_to(Duration::from_secs(2));
            world.time.sleep(rest).await;
            continue;
        };
        for row in page.rows {
            let number = row.number(|event| event.seq);
            filter.start = number + 1;
            world.note(None, || format!("follower: told event {number}"));
            world.judge().told_event(followed, number);
        }
    }
}
