//! What every `Clock` must do.

use crate::{Clock, Timestamp};
use std::time::Duration;

/// Every case as a test of its own.
#[macro_export]
macro_rules! clock_contract {
    ($clock:expr) => {
        $crate::clock_contract!($clock; it_is_after_2020, past_is_over, sleep_ends_no_sooner);
    };
    ($clock:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::clock::$case(&$clock).await;
            }
        )*
    };
}

/// Times are microseconds since 1970.
#[expect(clippy::unused_async, reason = "the macro awaits every case")]
pub async fn it_is_after_2020(clock: &dyn Clock) {
    assert!(clock.now() > Timestamp(1_577_836_800_000_000));
}

/// A deadline in the past is no reason to wait.
pub async fn past_is_over(clock: &dyn Clock) {
    clock.sleep_until(Timestamp(0)).await;
    clock.sleep_until(clock.now()).await;
}

/// A sleep may end late, never early.
pub async fn sleep_ends_no_sooner(clock: &dyn Clock) {
    let deadline = clock.now().after(Duration::from_millis(20));
    clock.sleep_until(deadline).await;
    assert!(clock.now() >= deadline);
}
