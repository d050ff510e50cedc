//! What every `Spawner` must do.

use crate::Spawner;
use futures::future::FutureExt;
use tokio::sync::oneshot;

/// Every case as a test of its own.
#[macro_export]
macro_rules! spawner_contract {
    ($spawner:expr) => {
        $crate::spawner_contract!($spawner; work_runs_to_its_end, work_waits_for_other_work);
    };
    ($spawner:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::spawner::$case(&$spawner).await;
            }
        )*
    };
}

/// Although nobody holds on to it.
pub async fn work_runs_to_its_end(spawner: &dyn Spawner) {
    let (done, ended) = oneshot::channel();
    let work = async move {
        let _ = done.send(7);
    };
    spawner.spawn(work.boxed());
    assert_eq!(ended.await, Ok(7));
}

/// Pieces of work run side by side.
pub async fn work_waits_for_other_work(spawner: &dyn Spawner) {
    let (first, second) = oneshot::channel();
    let (done, ended) = oneshot::channel();
    let waits = async move {
        let _ = done.send(second.await);
    };
    spawner.spawn(waits.boxed());
    let sends = async move {
        let _ = first.send(());
    };
    spawner.spawn(sends.boxed());
    assert_eq!(ended.await, Ok(Ok(())));
}
