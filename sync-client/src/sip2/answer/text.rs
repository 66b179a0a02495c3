//! Texts inside answers: days as each ACS likes to write them, amounts, and words with escapes of the web in them.

use circulation::money::Amount;
use jiff::civil::{Date, DateTime, Time};

use crate::sip2::dialect::DayOrder;

/// A day in any of the forms seen: `yyyy-MM-dd`, `yyyyMMdd`, `yyyy/M/d`, `yyyy.MM.dd`, `dd/MM/yyyy`, `yyyy年M月d日`.
/// A time may follow.
#[must_use]
pub fn day(text: &str, order: DayOrder) -> Option<Date> {
    let text = text.trim();
    let head = text.split([' ', 'T']).next().unwrap_or_default();
    let mut numbers = head.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = numbers.next()?;
    let number = |text: &str| text.parse::<i16>().ok();
    let (Some(second), Some(third)) = (numbers.next(), numbers.next()) else {
        return first.get(..8).and_then(|first| Date::strptime("%Y%m%d", first).ok());
    };
    let (year, month, day) = match (first.len(), third.len()) {
        (4, _) => (first, second, third),
        (1 | 2, 4) => match (order, number(first)?, number(second)?) {
            // What can be only one of the two is that one, whatever is usual here.
            (DayOrder::DayFirst, _, 13..) | (DayOrder::MonthFirst, ..=12, _) => (third, first, second),
            (DayOrder::DayFirst, _, _) | (DayOrder::MonthFirst, _, _) => (third, second, first),
        },
        (_, _) => return None,
    };
    let small = |text: &str| number(text).and_then(|n| i8::try_from(n).ok());
    Date::new(number(year)?, small(month)?, small(day)?).ok()
}

/// A day, and the time behind it if there is one (`HH:mm:ss` or `HHmmss`); midnight otherwise.
#[must_use]
pub fn moment(text: &str, order: DayOrder) -> Option<DateTime> {
    let day = day(text, order)?;
    let tail = text.trim().split([' ', 'T']).rfind(|part| !part.is_empty()).unwrap_or_default();
    let time = Time::strptime("%H:%M:%S", tail).or_else(|_| Time::strptime("%H%M%S", tail));
    // `20261122` alone ends in six digits too, but is no time of eight.
    Some(day.to_datetime(time.unwrap_or(Time::midnight())))
}

/// An amount, with the currency sign that some put before it.
pub(super) fn amount(text: &str) -> Option<Amount> {
    let digits = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit() && c != '-' && c != '.');
    if digits.is_empty() {
        return None;
    }
    // Three decimals and more are rounded down: the kiosk only shows it.
    let (yuan, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let yuan = if yuan.is_empty() { "0" } else { yuan };
    let fraction = fraction.get(..2).unwrap_or(fraction);
    Amount::parse_yuan(&format!("{yuan}.{fraction}"))
}

/// Words for people: some ACS write them for the web.
#[must_use]
pub fn words(text: &str) -> String {
    let mut plain = text.trim().to_owned();
    for (escaped, character) in ESCAPES {
        if plain.contains('&') {
            plain = plain.replace(escaped, character);
        }
    }
    plain
}

/// `&amp;` last, or `&amp;lt;` would become `<`.
const ESCAPES: &[(&str, &str)] = &[
    ("&#124;", "|"),
    ("&#39;", "'"),
    ("&quot;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_come_in_many_forms() {
        for text in [
            "2026-12-03",
            "2026-12-03 23:59:59",
            "20261203    235900",
            "20261203",
            "2026/12/3",
            "2026.12.03",
            "2026年12月3日",
            "03/12/2026",
            " 3/12/2026 ",
        ] {
            assert_eq!(day(text, DayOrder::DayFirst), Some(date(2026, 12, 3)), "{text}");
        }
        assert_eq!(day("12/03/2026", DayOrder::MonthFirst), Some(date(2026, 12, 3)));
        assert_eq!(day("12/13/2026", DayOrder::DayFirst), Some(date(2026, 12, 13)));
        assert_eq!(day("13/12/2026", DayOrder::MonthFirst), Some(date(2026, 12, 13)));
        for text in ["", "soon", "2026", "2026-13-03", "99/99/2026", "3/12/26", "12345", "东"] {
            assert_eq!(day(text, DayOrder::DayFirst), None, "{text}");
        }
    }

    #[test]
    fn a_moment_has_the_time_it_says() {
        let of = |text| moment(text, DayOrder::DayFirst).unwrap();
        assert_eq!(of("20261122    093015"), date(2026, 11, 22).at(9, 30, 15, 0));
        assert_eq!(of("2026-11-22 09:30:15"), date(2026, 11, 22).at(9, 30, 15, 0));
        assert_eq!(of("20261122"), date(2026, 11, 22).at(0, 0, 0, 0));
        assert_eq!(of("2026-11-22"), date(2026, 11, 22).at(0, 0, 0, 0));
    }

    #[test]
    fn amounts_and_words_lose_their_decoration() {
        for (text, fen) in [("12.50", 1250), ("¥3", 300), ("$0.5", 50), ("1.999", 199), (".5", 50)] {
            assert_eq!(amount(text), Some(Amount::from_fen(fen)), "{text}");
        }
        assert_eq!(amount("free"), None);
        assert_eq!(words(" a &amp;lt; &lt;b&gt; &#124; "), "a &lt; <b> |");
    }
}
