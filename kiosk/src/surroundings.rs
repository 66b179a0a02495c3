//! What is around the machine, by the calendar: whether the library is open, and whether dark colours are better.
//!
//! [`Calendar::at`] is pure: the local time goes in, the surroundings come out, and when they are to be asked for again.

use std::collections::BTreeSet;

use circulation::screen::{Opening, Printer};
use circulation::session::Surroundings;
use config::{Config, Span, Week};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};

/// When the library is open, and when it is night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    week: Week,
    closed_days: BTreeSet<Date>,
    night_from: Time,
    night_to: Time,
}

/// The surroundings at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// what they are
    pub surroundings: Surroundings,
    /// when they may be others: never later than the next midnight
    pub until: DateTime,
}

impl Calendar {
    /// The calendar of a configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            week: config.place.open.clone(),
            closed_days: config.place.closed_days.iter().copied().collect(),
            night_from: config.screen.night_from,
            night_to: config.screen.night_to,
        }
    }

    /// What the surroundings are at this local time.
    #[must_use]
    pub fn at(&self, now: DateTime) -> Moment {
        let (opening, change) = self.opening(now);
        let midnight = at_minute(now.date(), DAY);
        let edges = [self.night_from, self.night_to].map(|time| now.date().to_datetime(time));
        let until = edges.into_iter().chain(change).filter(|edge| *edge > now).fold(midnight, DateTime::min);
        let surroundings =
            Surroundings { opening, night: self.is_night(now.time()), printer: Printer::Absent };
        Moment { surroundings, until }
    }

    fn is_night(&self, now: Time) -> bool {
        let (from, to) = (self.night_from, self.night_to);
        if from <= to { from <= now && now < to } else { from <= now || now < to }
    }

    fn opening(&self, now: DateTime) -> (Opening, Option<DateTime>) {
        if self.week.is_empty() && self.closed_days.is_empty() {
            return (Opening::Always, None);
        }
        let today = now.date();
        let minute = minute_of(now.time());
        let spans = self.spans(today);
        if let Some(span) = spans.iter().find(|span| span.from <= minute && minute < span.until) {
            let closes = at_minute(today, span.until);
            // Around the clock: no time of today is the end of it.
            let goes_on = span.until == DAY && self.opens_at_midnight(closes.date());
            let opening = if goes_on { Opening::Always } else { Opening::Open { until: closes.time() } };
            return (opening, Some(closes));
        }
        let opens = self.next_opening(now);
        (Opening::Closed { opens: opens.map(|at| (at.date(), at.time())) }, opens)
    }

    fn next_opening(&self, now: DateTime) -> Option<DateTime> {
        let days = now.date().series(1.day()).take(AHEAD);
        days.flat_map(|day| self.spans(day).iter().map(move |span| at_minute(day, span.from)))
            .find(|opens| *opens > now)
    }

    fn opens_at_midnight(&self, day: Date) -> bool {
        self.spans(day).first().is_some_and(|span| span.from == 0)
    }

    fn spans(&self, day: Date) -> &[Span] {
        if self.closed_days.contains(&day) {
            &[]
        } else if self.week.is_empty() {
            &[ALL_DAY]
        } else {
            self.week.on(day.weekday())
        }
    }
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or_default()
}

/// A minute of a day; the one after the last is the next day's first.
fn at_minute(day: Date, minute: u16) -> DateTime {
    let start = day.to_datetime(Time::midnight());
    // Only the end of the calendar itself has no next minute.
    start.checked_add(i64::from(minute).minutes()).unwrap_or(start)
}

const DAY: u16 = 1440;
const ALL_DAY: Span = Span { from: 0, until: DAY };
/// Today and fourteen days more.
const AHEAD: usize = 15;

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime, time};

    use super::*;

    fn calendar(text: &str) -> Calendar {
        Calendar::new(&Config::parse(text, "test").unwrap())
    }

    /// A school library: weekdays with a lunch break, Saturday until midnight, two days of holidays.
    fn school() -> Calendar {
        calendar(
            r#"
            [place]
            open = ["mon-fri 08:30-12:00,13:30-17:30", "sat 09:00-24:00"]
            closed_days = ["2026-10-01", "2026-10-02"]
            "#,
        )
    }

    #[test]
    fn open_and_closed() {
        let open = |hour, minute| Opening::Open { until: time(hour, minute, 0, 0) };
        let closed = |opens: DateTime| Opening::Closed { opens: Some((opens.date(), opens.time())) };
        let d = |day, hour, minute| datetime(2026, 9, day, hour, minute, 0, 0);
        let october = |day, hour, minute| datetime(2026, 10, day, hour, minute, 0, 0);
        // 2026-09-28 is a Monday.
        for (now, expected, until) in [
            (d(28, 8, 29), closed(d(28, 8, 30)), d(28, 8, 30)),
            (d(28, 8, 30), open(12, 0), d(28, 12, 0)),
            (d(28, 11, 59), open(12, 0), d(28, 12, 0)),
            (d(28, 12, 0), closed(d(28, 13, 30)), d(28, 13, 30)),
            (d(28, 17, 30), closed(d(29, 8, 30)), d(28, 18, 30)),
            (d(28, 23, 59), closed(d(29, 8, 30)), d(29, 0, 0)),
            // The day before the holidays; Saturday comes after them.
            (d(30, 18, 30), closed(october(3, 9, 0)), october(1, 0, 0)),
            (october(1, 9, 0), closed(october(3, 9, 0)), october(1, 18, 30)),
            (october(3, 23, 0), open(0, 0), october(4, 0, 0)),
            (october(4, 0, 0), closed(october(5, 8, 30)), october(4, 6, 30)),
        ] {
            let moment = school().at(now);
            assert_eq!((moment.surroundings.opening, moment.until), (expected, until), "{now}");
        }
    }

    #[test]
    fn always_open_and_never() {
        let now = datetime(2026, 9, 28, 12, 0, 0, 0);
        let at = |text: &str, now| calendar(text).at(now).surroundings.opening;
        assert_eq!(at("", now), Opening::Always);
        assert_eq!(at("[place]\nopen = [\"mon-sun 00:00-24:00\"]", now), Opening::Always);
        // Around the clock, but for one day.
        let but_one = "[place]\nclosed_days = [\"2026-09-29\"]";
        assert_eq!(at(but_one, now), Opening::Open { until: time(0, 0, 0, 0) });
        let after = Some((date(2026, 9, 30), time(0, 0, 0, 0)));
        assert_eq!(at(but_one, datetime(2026, 9, 29, 5, 0, 0, 0)), Opening::Closed { opens: after });
        // Two weeks of holidays and a day: what comes after them is too far away to be told.
        let mut days: Vec<String> = (14..=30).map(|day| format!("\"2026-09-{day}\"")).collect();
        let text = |days: &[String]| {
            format!("[place]\nopen = [\"mon 08:00-09:00\"]\nclosed_days = [{}]", days.join(","))
        };
        let monday = datetime(2026, 9, 14, 8, 30, 0, 0);
        assert_eq!(at(&text(&days), monday), Opening::Closed { opens: None });
        days.retain(|day| !day.contains("28"));
        let fourteen = Some((date(2026, 9, 28), time(8, 0, 0, 0)));
        assert_eq!(at(&text(&days), monday), Opening::Closed { opens: fourteen });
    }

    #[test]
    fn night_goes_over_midnight() {
        let dark = |from: &str, to: &str, hour, minute| {
            let text = format!("[screen]\nnight_from = \"{from}\"\nnight_to = \"{to}\"");
            calendar(&text).at(datetime(2026, 9, 28, hour, minute, 0, 0)).surroundings.night
        };
        for (from, to, hour, minute, is_dark) in [
            ("18:30", "06:30", 18, 29, false),
            ("18:30", "06:30", 18, 30, true),
            ("18:30", "06:30", 0, 0, true),
            ("18:30", "06:30", 6, 29, true),
            ("18:30", "06:30", 6, 30, false),
            ("01:00", "05:00", 0, 59, false),
            ("01:00", "05:00", 4, 59, true),
            ("01:00", "05:00", 5, 0, false),
            ("08:00", "08:00", 8, 0, false),
        ] {
            assert_eq!(dark(from, to, hour, minute), is_dark, "{from}-{to} at {hour}:{minute}");
        }
    }

    #[test]
    fn the_next_change_is_always_ahead() {
        let calendar = school();
        let mut now = datetime(2026, 9, 25, 0, 0, 0, 0);
        for _ in 0..100 {
            let moment = calendar.at(now);
            assert!(moment.until > now, "{now}");
            // One second before it nothing is different.
            let before = moment.until.checked_sub(1.second()).unwrap();
            assert_eq!(calendar.at(before).surroundings, moment.surroundings, "{now} to {before}");
            now = moment.until;
        }
    }
}
