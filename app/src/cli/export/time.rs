//! Times, as people and books write them. All of them are UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Times from one (itself included) to another (itself not).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Range {
    pub(super) fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    /// Whether no time at all lies in it.
    pub(super) fn is_empty(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if to <= from)
    }
}

/// A time of the command line: a day, which is its first moment; RFC 3339; or Unix seconds.
pub(super) fn read(text: &str) -> Result<Timestamp, String> {
    let unknown = |error| format!("a time that is in no calendar: {error}");
    let day = |pattern: &str, length| {
        let day = Date::strptime(pattern, text).ok();
        day.filter(|_| text.len() == length)
    };
    if let Some(day) = day("%Y%m%d", 8) {
        return Err(format!("say {day} for that day"));
    }
    if let Some(day) = day("%Y-%m-%d", 10) {
        let first = day.to_zoned_datetime(TimeZone::UTC);
        return first.map(|first| first.timestamp()).map_err(unknown);
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(seconds) = text.parse()
    {
        return Timestamp::from_second(seconds).map_err(unknown);
    }
    let why = |error| format!("neither YYYY-MM-DD nor RFC 3339 nor Unix seconds: {error}");
    text.parse().map_err(why)
}

/// A time of a row, in Unix seconds; `None` if it is in no calendar.
pub(in crate::cli) fn of_row(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// The day in UTC: `2026-11-28`.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Range, day, read};

    #[track_caller]
    fn reads(text: &str, expect: &str) {
        assert_eq!(read(text).unwrap().to_string(), expect, "{text}");
    }

    #[test]
    fn days_instants_and_unix_seconds_are_times() {
        reads("2026-11-28", "2026-11-28T00:00:00Z");
        reads("2026-11-28T10:00:00Z", "2026-11-28T10:00:00Z");
        reads("2026-11-28T01:30:00+02:00", "2026-11-27T23:30:00Z");
        reads("1795860000", "2026-11-28T10:00:00Z");
        reads("0", "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_could_be_meant_otherwise_is_no_time() {
        for text in [
            "",
            "yesterday",
            "20261128",
            "2026-11-28T10:00:00",
            "2026-11-31",
            "2026-11",
            "-1",
            "1795860000000",
            "99999999999999999999",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
        assert_eq!(read("20261128").unwrap_err(), "say 2026-11-28 for that day");
    }

    #[test]
    fn a_range_has_its_first_moment_and_not_its_last() {
        let time = |text| read(text).unwrap();
        let range = Range {
            from: Some(time("2026-01-01")),
            to: Some(time("2027-01-01")),
        };
        assert!(range.contains(time("2026-01-01")));
        assert!(range.contains(time("2026-12-31T23:59:59Z")));
        assert!(!range.contains(time("2025-12-31T23:59:59Z")));
        assert!(!range.contains(time("2027-01-01")));
        assert!(Range::default().contains(time("0")));
        assert!(!range.is_empty() && !Range::default().is_empty());
        let backwards = Range {
            from: range.to,
            to: range.from,
        };
        assert!(backwards.is_empty());
        let nothing = Range {
            from: range.to,
            to: range.to,
        };
        assert!(nothing.is_empty());
    }

    #[test]
    fn a_day_is_a_day_in_utc() {
        assert_eq!(
            day(read("2026-11-28T01:30:00+02:00").unwrap()),
            "2026-11-27"
        );
    }
}
