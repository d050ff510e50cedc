//! Waiting for a condition.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until `look` finds something, and returns it.
///
/// # Panics
/// With `what`, if it is not found within `bound`.
pub async fn until<T, L, F>(what: &str, bound: Duration, mut look: L) -> T
where
    L: FnMut() -> F,
    F: Future<Output = Option<T>>,
{
    let found = timeout(bound, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(PAUSE).await;
        }
    });
    let Ok(found) = found.await else {
        panic!("waited {} s in vain until {what}", bound.as_secs());
    };
    found
}
