//! Longer and longer pauses, for whatever is tried again and again.

use std::time::Duration;

/// Pauses from the first to the longest, each twice the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Before the first try. The first pause counts even if it is longer than the longest.
    pub const fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff {
            first,
            longest,
            next: first,
        }
    }

    /// How long to pause before the next try.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }

    /// It has succeeded: the next failure is a first one again.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new(seconds(1), seconds(5));
        let pauses = [1, 2, 4, 5, 5].map(seconds);
        for pause in pauses.into_iter().chain([seconds(5)]) {
            assert_eq!(backoff.next_pause(), pause);
        }
        backoff.reset();
        assert_eq!(backoff.next_pause(), seconds(1));
    }
}
