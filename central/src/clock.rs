//! The library's local time, as a function that is passed in: tests use fixed days.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Gives the local time of the library.
pub type Clock = Arc<dyn Fn() -> DateTime + Send + Sync>;

/// The machine's clock at a fixed offset from UTC, such as `+08:00` for China, which has no summer time.
#[must_use]
pub fn system(offset: Offset) -> Clock {
    let zone = TimeZone::fixed(offset);
    Arc::new(move || zone.to_datetime(Timestamp::now()))
}

/// A time as openlib and the store write it: `yyyy-MM-dd HH:mm:ss`.
#[must_use]
pub fn stamp(time: DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", time.date(), time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn a_stamp_is_what_openlib_writes() {
        assert_eq!(stamp(datetime(2026, 1, 2, 3, 4, 5, 678_000_000)), "2026-01-02 03:04:05");
    }
}
