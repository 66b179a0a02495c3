//! Periodicals: when their issues are expected.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// How often a periodical appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// 周刊
    Week,
    /// 双周刊
    TwoWeeks,
    /// 月刊
    Month,
    /// 双月刊
    TwoMonths,
    /// 季刊
    Quarter,
    /// 年刊
    Year,
}

impl Every {
    /// Every way.
    pub const ALL: [Self; 6] =
        [Self::Week, Self::TwoWeeks, Self::Month, Self::TwoMonths, Self::Quarter, Self::Year];

    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::TwoWeeks => "two_weeks",
            Self::Month => "month",
            Self::TwoMonths => "two_months",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    fn after(self, n: i64) -> Span {
        match self {
            Self::Week => n.weeks(),
            Self::TwoWeeks => (2 * n).weeks(),
            Self::Month => n.months(),
            Self::TwoMonths => (2 * n).months(),
            Self::Quarter => (3 * n).months(),
            Self::Year => n.years(),
        }
    }
}

/// The days on which issues are expected, the first on `from`, the last not after `to`. Each counts from the first, so
/// that a monthly of the 31st comes on the last day of shorter months and on the 31st again. At most 1040: a
/// weekly of twenty years.
pub fn issues(every: Every, from: Date, to: Date) -> impl Iterator<Item = Date> {
    (0..MAX_ISSUES)
        .map_while(move |n| from.checked_add(every.after(n)).ok())
        .take_while(move |day| *day <= to)
}

/// Issues of one subscription: a weekly of twenty years.
const MAX_ISSUES: i64 = 1040;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn issues_are_expected_as_often_as_they_appear() {
        let (from, to) = (date(2026, 1, 31), date(2026, 12, 31));
        let days = |every| issues(every, from, to).collect::<Vec<_>>();
        let counts = Every::ALL.map(|every| days(every).len());
        assert_eq!(counts, [48, 24, 12, 6, 4, 1]);
        let monthly = days(Every::Month);
        assert_eq!(monthly[..3], [from, date(2026, 2, 28), date(2026, 3, 31)]);
        assert_eq!(issues(Every::Week, to, from).count(), 0);
        assert_eq!(issues(Every::Week, from, Date::MAX).count(), 1040);
    }
}
