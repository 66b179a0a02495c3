//! The days on which something can be brought back.

use circulation::policy::Calendar;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// Weekdays on which the library is closed: never all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(u8);

/// The library's calendar: closing days, and weekdays that are always closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenDays {
    calendar: Calendar,
    closed: Weekdays,
}

impl Weekdays {
    /// The sum of 1 (Monday), 2, 4 .. 64 (Sunday); nothing if it would close the library for ever.
    #[must_use]
    pub const fn of_bits(bits: u8) -> Option<Self> {
        if bits < 127 { Some(Self(bits)) } else { None }
    }

    /// The sum that [`Self::of_bits`] takes.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether a weekday is among them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

impl OpenDays {
    /// A calendar with these closing days and weekdays.
    pub fn new(days: impl IntoIterator<Item = Date>, closed: Weekdays) -> Self {
        Self { calendar: Calendar::new(days), closed }
    }

    /// The due date of a loan made on `from`: `from + period_days`, or the first open day after it; nothing if that is
    /// beyond the calendar.
    #[must_use]
    pub fn due(&self, from: Date, period_days: u16) -> Option<Date> {
        let mut due = self.calendar.due(from, period_days)?;
        while self.closed.has(due.weekday()) {
            due = self.calendar.due(due.tomorrow().ok()?, 0)?;
        }
        Some(due)
    }

    /// The closed weekdays from a day on as days, so many days ahead: for kiosks, whose calendars know days only.
    pub fn weekdays_as_days(closed: Weekdays, from: Date, ahead: i64) -> impl Iterator<Item = Date> {
        let days = if closed == Weekdays::default() { 0 } else { ahead };
        (0..days)
            .map_while(move |n| from.checked_add(n.days()).ok())
            .filter(move |day| closed.has(day.weekday()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_due_date_moves_to_an_open_day() {
        let monday = Weekdays::of_bits(1).unwrap();
        let weekend = Weekdays::of_bits(32 + 64).unwrap();
        let new_year = [date(2027, 1, 1)];
        // 2026-12-31 is a Thursday.
        #[rustfmt::skip]
        let rows: &[(&str, &[Date], Weekdays, Date)] = &[
            ("open",                           &[],       Weekdays::default(), date(2027, 1, 1)),
            ("a closing day",                  &new_year, Weekdays::default(), date(2027, 1, 2)),
            ("a weekday that does not matter", &[],       monday,              date(2027, 1, 1)),
            ("closing day, then a weekend",    &new_year, weekend,             date(2027, 1, 4)),
            ("then a closing day again", &[date(2027, 1, 1), date(2027, 1, 4)], weekend, date(2027, 1, 5)),
        ];
        for (name, days, closed, due) in rows {
            let open = OpenDays::new(days.iter().copied(), *closed);
            assert_eq!(open.due(date(2026, 12, 31), 1), Some(*due), "{name}");
        }
        assert_eq!(OpenDays::new([], weekend).due(Date::MAX, 1), None);
    }

    #[test]
    fn a_library_is_not_closed_for_ever() {
        assert_eq!(Weekdays::of_bits(127), None);
        assert!(
            Weekdays::of_bits(126)
                .is_some_and(|days| !days.has(Weekday::Monday) && days.has(Weekday::Sunday))
        );
    }

    #[test]
    fn weekdays_are_told_as_days() {
        let sunday = Weekdays::of_bits(64).unwrap();
        let days: Vec<Date> = OpenDays::weekdays_as_days(sunday, date(2026, 11, 23), 14).collect();
        assert_eq!(days, [date(2026, 11, 29), date(2026, 12, 6)]);
        assert_eq!(OpenDays::weekdays_as_days(Weekdays::default(), date(2026, 11, 23), 14).count(), 0);
    }
}
