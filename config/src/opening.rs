//! When the library is open: a week of spans, written as `"mon-fri 08:30-17:30"`.

use jiff::civil::{Time, Weekday};

/// A week, from Monday on. Empty: always open, or nobody told the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week {
    days: [Vec<Span>; 7],
}

/// Some time of one day.
///
/// # Units
/// Minutes since midnight: `from < until <= 1440`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first minute.
    pub from: u16,
    /// The minute after the last one.
    pub until: u16,
}

/// What one line of the list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    days: Vec<Weekday>,
    spans: Vec<Span>,
}

impl Week {
    /// Puts lines together; where they overlap, it is open.
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut week = Self::default();
        for rule in rules {
            for day in &rule.days {
                if let Some(spans) = week.days.get_mut(place(*day)) {
                    spans.extend(&rule.spans);
                }
            }
        }
        week.days.iter_mut().for_each(join);
        week
    }

    /// The spans of a day, the first one first; no two touch.
    #[must_use]
    pub fn on(&self, day: Weekday) -> &[Span] {
        self.days.get(place(day)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }
}

impl Rule {
    /// `DAYS SPANS`: days are `mon`, `mon-fri` or several of these with commas, spans are `08:30-17:30` or several.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (days, spans) = text.trim().split_once(' ')?;
        let days: Vec<Vec<Weekday>> = days.split(',').map(days_of).collect::<Option<_>>()?;
        let spans = spans.trim().split(',').map(span).collect::<Option<_>>()?;
        Some(Self { days: days.concat(), spans })
    }
}

/// `18:30`: from 00:00 to 23:59.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    let minutes = minutes(text)?;
    Time::new(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0).ok()
}

fn days_of(text: &str) -> Option<Vec<Weekday>> {
    let Some((first, last)) = text.split_once('-') else { return Some(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    let length = (place(last) + 7 - place(first)) % 7 + 1;
    Some(first.cycle_forward().take(length).collect())
}

fn day(text: &str) -> Option<Weekday> {
    let at = NAMES.iter().position(|name| *name == text)?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

fn place(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

fn span(text: &str) -> Option<Span> {
    let (from, until) = text.trim().split_once('-')?;
    let span = Span { from: minutes(from)?, until: minutes(until)? };
    (span.from < span.until).then_some(span)
}

/// `HH:MM` up to 24:00.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| Some(text).filter(|text| digits(text))?.parse::<u16>().ok();
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let all = hours * 60 + minutes;
    (all <= DAY).then_some(all)
}

/// Sorts, and makes one of those that touch.
fn join(spans: &mut Vec<Span>) {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans.drain(..) {
        match joined.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            Some(_) | None => joined.push(span),
        }
    }
    *spans = joined;
}

/// What a line accepts, for messages.
pub(crate) const RULE: &str =
    "a list of at most 21 texts as \"mon-fri 08:30-12:00,13:30-17:30\" or \"sat,sun 09:00-17:00\"";
/// As [`Rule::parse`] takes it, but for spans that end before they begin and days of three names.
pub(crate) const RULE_REGEX: &str = r"^\s*(?:mon|tue|wed|thu|fri|sat|sun)(?:[-,](?:mon|tue|wed|thu|fri|sat|sun))* +[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9](?:, *[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9])*\s*$";
/// The most lines.
pub(crate) const MAX_RULES: usize = 21;
/// Minutes of a day.
const DAY: u16 = 1440;
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[cfg(test)]
mod tests {
    use super::*;

    fn week(lines: &[&str]) -> Week {
        let rules: Vec<Rule> = lines.iter().map(|line| Rule::parse(line).unwrap()).collect();
        Week::of(&rules)
    }

    #[test]
    fn lines_become_days() {
        let week = week(&["mon-wed,fri 08:30-12:00,13:30-17:30", "sun 00:00-24:00", "fri 17:00-20:00"]);
        let morning = Span { from: 510, until: 720 };
        assert_eq!(week.on(Weekday::Monday), [morning, Span { from: 810, until: 1050 }]);
        assert_eq!(week.on(Weekday::Thursday), []);
        assert_eq!(week.on(Weekday::Friday), [morning, Span { from: 810, until: 1200 }]);
        assert_eq!(week.on(Weekday::Sunday), [Span { from: 0, until: 1440 }]);
        assert!(!week.is_empty());
        assert!(Week::default().is_empty());
    }

    #[test]
    fn days_go_round_the_week() {
        let week = week(&["sat-mon 09:00-10:00"]);
        let open = [Weekday::Saturday, Weekday::Sunday, Weekday::Monday];
        for day in Weekday::Monday.cycle_forward().take(7) {
            assert_eq!(!week.on(day).is_empty(), open.contains(&day), "{day:?}");
        }
    }

    #[test]
    fn what_is_no_opening_time_is_none() {
        for text in [
            "",
            "mon",
            "mon 8:30-17:30",
            "mon 17:30-08:30",
            "mon 08:30-08:30",
            "mon 08:30-24:01",
            "mon 08:30",
            "Mon 08:30-17:30",
            "mon- 08:30-17:30",
            "mon, 08:30-17:30",
            "mon 08:60-17:30",
            "mon 08:30-17:30,",
            "周一 08:30-17:30",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
        assert_eq!(time_of_day("24:00"), None);
        assert_eq!(time_of_day("00:00"), Some(Time::midnight()));
    }
}
