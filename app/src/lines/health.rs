//! Whether lines get through, and what was lost.

use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// Trouble that comes back within this time is the same trouble: one alarm.
const SAME: Duration = Duration::from_secs(60);

/// What is known of the lines.
#[derive(Default)]
pub(super) struct Health {
    trouble: Option<Trouble>,
    lost: u64,
    /// Lines that were lost since the last time that it worked.
    lost_now: u64,
    alarms: u64,
}

struct Trouble {
    since: SystemTime,
    last: SystemTime,
    why: String,
    /// It has not worked since.
    is_now: bool,
    /// A line was tried, and could not be written.
    was_tried: bool,
}

/// What an operator should know of the lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// How often lines began to be lost.
    pub alarms: u64,
    /// Since when, why and how many; nothing as long as none was lost.
    pub trouble: Option<String>,
}

impl Health {
    /// A line was dropped.
    pub(super) fn lost(&mut self, why: &str, now: SystemTime) {
        self.lost += 1;
        self.lost_now += 1;
        match &mut self.trouble {
            Some(trouble) if trouble.goes_on(now) => {
                trouble.last = now;
                trouble.is_now = true;
                if trouble.why != why {
                    why.clone_into(&mut trouble.why);
                }
            }
            _ => {
                self.alarms += 1;
                self.trouble = Some(Trouble {
                    since: now,
                    last: now,
                    why: why.to_owned(),
                    is_now: true,
                    was_tried: false,
                });
            }
        }
    }

    /// A line was dropped because it could not be written.
    pub(super) fn could_not_write(&mut self, why: &str, now: SystemTime) {
        self.lost(why, now);
        if let Some(trouble) = &mut self.trouble {
            trouble.was_tried = true;
        }
    }

    /// Why nothing can be written, as far as is known.
    pub(super) fn failing_write(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        (trouble.is_now && trouble.was_tried).then(|| trouble.why.clone())
    }

    /// All that waited has been written. How many were lost, if it did not work before.
    pub(super) fn works(&mut self) -> Option<u64> {
        let trouble = self.trouble.as_mut().filter(|trouble| trouble.is_now)?;
        trouble.is_now = false;
        trouble.was_tried = false;
        Some(std::mem::take(&mut self.lost_now))
    }

    pub(super) fn report(&self) -> Report {
        let lost = self.lost;
        let trouble = self.trouble.as_ref().map(|trouble| {
            let (since, why) = (at(trouble.since), &trouble.why);
            if trouble.is_now {
                format!("failing since {since}: {why} ({lost} lines lost)")
            } else {
                let until = at(trouble.last);
                format!("works, but {lost} lines were lost, the last at {until}: {why}")
            }
        });
        Report {
            alarms: self.alarms,
            trouble,
        }
    }
}

impl Trouble {
    fn goes_on(&self, now: SystemTime) -> bool {
        // A clock that was set back says nothing.
        self.is_now || now.duration_since(self.last).is_ok_and(|past| past < SAME)
    }
}

/// A time for people, to the second.
fn at(time: SystemTime) -> String {
    let seconds = Timestamp::try_from(time).map(Timestamp::as_second);
    let whole = seconds.and_then(Timestamp::from_second);
    whole.map_or_else(|_| "an unknown time".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(n)
    }

    #[test]
    fn trouble_is_told_with_its_reason_and_what_was_lost() {
        let mut health = Health::default();
        assert_eq!(health.report(), Report::default());
        health.could_not_write("No space left on device", second(0));
        health.could_not_write("No space left on device", second(5));
        let failing = "failing since 1970-01-01T00:00:00Z: No space left on device (2 lines lost)";
        assert_eq!(health.report().trouble.as_deref(), Some(failing));
        assert_eq!(health.works(), Some(2));
        assert_eq!(health.works(), None, "told once");
        let works = "works, but 2 lines were lost, the last at 1970-01-01T00:00:05Z: No space left on device";
        assert_eq!(health.report().trouble.as_deref(), Some(works));
    }

    #[test]
    fn trouble_that_comes_and_goes_is_one_alarm() {
        let mut health = Health::default();
        for n in 0..10 {
            health.lost("it flickers", second(n));
            health.works();
        }
        assert_eq!(health.report().alarms, 1);
        health.lost("again, much later", second(100));
        assert_eq!(health.report().alarms, 2);
    }

    #[test]
    fn only_a_line_that_was_tried_says_that_nothing_can_be_written() {
        let mut health = Health::default();
        health.lost("the queue is full", second(0));
        assert_eq!(health.failing_write(), None);
        health.could_not_write("Broken pipe", second(1));
        assert_eq!(health.failing_write().as_deref(), Some("Broken pipe"));
        health.works();
        assert_eq!(health.failing_write(), None);
    }
}
