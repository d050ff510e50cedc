//! A bug that is one caller's: its panic is caught, and everybody else is served.
//!
//! Whatever payments depend on runs elsewhere, in tasks and threads of its own, whose panic ends the
//! process. So whoever decides that (a panic's hook runs before the panic is caught) asks
//! [`is_contained`].

use futures::stream::Stream;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread, now, would be caught and cost one caller only.
pub fn is_contained() -> bool {
    // A thread that is ending has nothing of a caller's left to do.
    CONTAINED.try_with(Cell::get).unwrap_or(false)
}

/// Does the work, of which nothing is left if it panics: `None`.
pub fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(before);
    done.ok()
}

/// The same for a future, or a stream: `None` if it has panicked. Not to be polled after that.
pub(crate) struct Contained<F>(pub(crate) F);

impl<F: Future + Unpin> Future for Contained<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match contain(|| Pin::new(&mut self.0).poll(cx)) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(done)) => Poll::Ready(Some(done)),
            None => Poll::Ready(None),
        }
    }
}

/// Ends after the first item that is not there.
impl<S: Stream + Unpin> Stream for Contained<Option<S>> {
    type Item = Option<S::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.0 else {
            return Poll::Ready(None);
        };
        match contain(|| Pin::new(stream).poll_next(cx)) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(item)) => Poll::Ready(item.map(Some)),
            None => {
                self.0 = None;
                Poll::Ready(Some(None))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use futures::stream;

    #[test]
    fn a_panic_inside_is_caught_and_known_to_be_inside() {
        assert!(!is_contained());
        assert_eq!(contain(is_contained), Some(true));
        assert_eq!(contain(|| -> u8 { panic!("a bug") }), None);
        assert!(!is_contained(), "also after a panic");
        assert_eq!(
            contain(|| contain(|| ()).map(|()| is_contained())),
            Some(Some(true))
        );
    }

    #[tokio::test]
    async fn a_future_is_contained_only_while_it_is_polled() {
        let inside = Contained(Box::pin(async { is_contained() }));
        assert_eq!(inside.await, Some(true));
        let bug = Contained(Box::pin(async { panic!("a bug") }));
        assert_eq!(bug.await, None::<()>);
        assert!(!is_contained());
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_panic() {
        let told = stream::iter(0..3).map(|n| {
            assert!(n < 2, "a bug");
            n
        });
        let heard: Vec<_> = Contained(Some(told)).collect().await;
        assert_eq!(heard, [Some(0), Some(1), None]);
    }
}
