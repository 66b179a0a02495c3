//! Fixed-width fields: what stands between a message's number and its first variable field.
//!
//! Peers are lax here: three blanks in a date instead of four, digits where flags belong, no fixed part at all.
//! Reading is therefore item by item; writing is always to the letter of the standard.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz::Offset};

/// A value of fixed width.
pub(super) trait Fixed: Sized {
    /// Takes the value off the front of `text`; nothing if it is not one.
    fn take(text: &mut &str) -> Option<Self>;
    /// Appends the value.
    fn put(&self, out: &mut String);
    /// The value of an answer that leaves it out; nothing if an answer without it decides nothing.
    fn absent() -> Option<Self> {
        None
    }
    /// The value of a request that leaves it out.
    fn unsaid() -> Self;
}

/// `Y` or `N`.
impl Fixed for bool {
    fn take(text: &mut &str) -> Option<Self> {
        take_if(text, |c| match c {
            'Y' | 'y' | '1' => Some(true),
            'N' | 'n' | 'U' | 'u' | '0' | ' ' => Some(false),
            _ => None,
        })
    }

    fn put(&self, out: &mut String) {
        out.push(if *self { 'Y' } else { 'N' });
    }

    fn unsaid() -> Self {
        false
    }
}

/// `1` or `0`: whether something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done(pub bool);

impl Fixed for Done {
    fn take(text: &mut &str) -> Option<Self> {
        bool::take(text).map(Self)
    }

    fn put(&self, out: &mut String) {
        out.push(if self.0 { '1' } else { '0' });
    }

    fn unsaid() -> Self {
        Self(false)
    }
}

/// `Y`, `N` or `U`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known {
    /// yes
    Yes,
    /// no
    No,
    /// the peer does not know
    #[default]
    Unknown,
}

impl Fixed for Known {
    fn take(text: &mut &str) -> Option<Self> {
        take_if(text, |c| match c {
            'Y' | 'y' => Some(Self::Yes),
            'N' | 'n' => Some(Self::No),
            'U' | 'u' | ' ' => Some(Self::Unknown),
            _ => None,
        })
    }

    fn put(&self, out: &mut String) {
        out.push(match self {
            Self::Yes => 'Y',
            Self::No => 'N',
            Self::Unknown => 'U',
        });
    }

    fn unsaid() -> Self {
        Self::Unknown
    }
}

/// A number of `W` digits with leading zeros, or blanks for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Number<const W: usize>(pub Option<u16>);

impl<const W: usize> Number<W> {
    /// The number, or the largest that `W` digits can say.
    #[must_use]
    pub fn of(value: usize) -> Self {
        let limit = 10_usize.saturating_pow(u32::try_from(W).unwrap_or(4)).saturating_sub(1);
        Self(u16::try_from(value.min(limit)).ok())
    }
}

impl<const W: usize> Fixed for Number<W> {
    fn take(text: &mut &str) -> Option<Self> {
        let (digits, rest) = text.split_at_checked(W)?;
        if !digits.bytes().all(|b| b.is_ascii_digit() || b == b' ') {
            return None;
        }
        *text = rest;
        // Blanks before, behind or instead of the digits; blanks between them are none.
        Some(Self(digits.trim().parse().ok()))
    }

    fn put(&self, out: &mut String) {
        match self.0 {
            Some(value) => out.push_str(&format!("{:0W$}", Self::of(value.into()).0.unwrap_or_default())),
            None => out.extend(core::iter::repeat_n(' ', W)),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self(None))
    }

    fn unsaid() -> Self {
        Self(None)
    }
}

/// `W` characters that mean something by agreement: a mode, a currency, a version. Shorter ones are filled with blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word<const W: usize>(String);

impl<const W: usize> Word<W> {
    /// The first `W` characters of `text`; what is not printable ASCII becomes a blank.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let plain = text.chars().map(|c| if c.is_ascii_graphic() && c != '|' { c } else { ' ' });
        Self(plain.take(W).collect::<String>().trim_end().to_owned())
    }

    /// The word without the blanks behind it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const W: usize> Fixed for Word<W> {
    fn take(text: &mut &str) -> Option<Self> {
        let (word, rest) = text.split_at_checked(W)?;
        if !word.bytes().all(|b| b.is_ascii_graphic() && b != b'|' || b == b' ') {
            return None;
        }
        *text = rest;
        Some(Self::of(word))
    }

    fn put(&self, out: &mut String) {
        out.push_str(&format!("{:W$}", self.0));
    }

    fn absent() -> Option<Self> {
        Some(Self(String::new()))
    }

    fn unsaid() -> Self {
        Self(String::new())
    }
}

/// `W` positions, each `Y` or blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags<const W: usize>(u16);

impl<const W: usize> Flags<W> {
    /// With `Y` at these positions, counted from 0; those beyond `W` are dropped.
    #[must_use]
    pub fn at(positions: &[usize]) -> Self {
        let bit = |position: &usize| if *position < W { 1_u16 << position } else { 0 };
        Self(positions.iter().map(bit).fold(0, |all, one| all | one))
    }

    /// Whether there is `Y` at a position.
    #[must_use]
    pub const fn is_set(self, position: usize) -> bool {
        position < W && self.0 & (1 << position) != 0
    }
}

impl<const W: usize> Fixed for Flags<W> {
    fn take(text: &mut &str) -> Option<Self> {
        let (flags, rest) = text.split_at_checked(W)?;
        // A client in the field sends 1234567890 here: no Y, no flag.
        if !flags.bytes().all(|b| matches!(b, b'Y' | b'y' | b'N' | b'n' | b'U' | b' ' | b'0'..=b'9')) {
            return None;
        }
        *text = rest;
        let set: Vec<usize> =
            flags.bytes().enumerate().filter(|(_, b)| matches!(b, b'Y' | b'y')).map(|(i, _)| i).collect();
        Some(Self::at(&set))
    }

    fn put(&self, out: &mut String) {
        out.extend((0..W).map(|position| if self.is_set(position) { 'Y' } else { ' ' }));
    }

    fn unsaid() -> Self {
        Self(0)
    }
}

/// The 14 flags of a patron: see the constants of this module.
pub type PatronStatus = Flags<14>;
/// Which one list a patron information asks for.
pub type Summary = Flags<10>;

/// Position of "charge privileges denied". The three after it (renewal, recall, hold) say nothing of a loan.
pub const CHARGE_DENIED: usize = 0;
/// Position of "card reported lost".
pub const CARD_LOST: usize = 4;
/// Position of the list of items that wait for the patron in a [`Summary`].
pub const SUMMARY_HOLDS: usize = 0;
/// Position of the list of items that the patron waits for in a [`Summary`].
pub const SUMMARY_UNAVAILABLE: usize = 5;
/// Position of the list of charged items in a [`Summary`].
pub const SUMMARY_CHARGED: usize = 2;

/// `YYYYMMDDZZZZHHMMSS`: a moment, local (four blanks) or in UTC (`   Z`); or 18 blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// the moment; nothing if there is none, or one that no calendar has
    pub at: Option<DateTime>,
    /// whether it is in UTC
    pub is_utc: bool,
}

impl Stamp {
    /// No moment: blanks.
    pub const BLANK: Self = Self { at: None, is_utc: false };

    /// A local moment, to the second.
    #[must_use]
    pub fn local(at: DateTime) -> Self {
        let whole = at.with().subsec_nanosecond(0).build().unwrap_or(at);
        Self { at: Some(whole), is_utc: false }
    }

    /// The moment, if local times are `offset` from UTC.
    #[must_use]
    pub fn timestamp(self, offset: Offset) -> Option<Timestamp> {
        let offset = if self.is_utc { Offset::UTC } else { offset };
        offset.to_timestamp(self.at?).ok()
    }
}

impl Fixed for Stamp {
    fn take(text: &mut &str) -> Option<Self> {
        let is_zone = |c: char| c == ' ' || c.is_ascii_uppercase();
        if let Some(rest) = text.strip_prefix(BLANK_STAMP) {
            *text = rest;
            return Some(Self::BLANK);
        }
        let (day, rest) = text.split_at_checked(8)?;
        let (zone, rest) = rest.split_at_checked(rest.find(|c| !is_zone(c)).unwrap_or(rest.len()))?;
        let (time, rest) = rest.split_at_checked(6)?;
        let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(day) || !is_digits(time) || zone.len() > MAX_ZONE {
            return None;
        }
        *text = rest;
        let at = Date::strptime("%Y%m%d", day).ok().zip(Time::strptime("%H%M%S", time).ok());
        let is_utc = at.is_some() && zone.trim_end().ends_with('Z');
        Some(Self { at: at.map(|(day, time)| day.to_datetime(time)), is_utc })
    }

    fn put(&self, out: &mut String) {
        let zone = if self.is_utc { "   Z" } else { "    " };
        let (Some(at), true) = (self.at, self.at.is_some_and(|at| at.year() >= 0)) else {
            return out.push_str(BLANK_STAMP);
        };
        out.push_str(&format!("{:04}{:02}{:02}{zone}", at.year(), at.month(), at.day()));
        out.push_str(&format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second()));
    }

    fn absent() -> Option<Self> {
        Some(Self::BLANK)
    }

    fn unsaid() -> Self {
        Self::BLANK
    }
}

fn take_if<T>(text: &mut &str, value: impl Fn(char) -> Option<T>) -> Option<T> {
    let mut rest = text.chars();
    let found = value(rest.next()?)?;
    *text = rest.as_str();
    Some(found)
}

const BLANK_STAMP: &str = "                  ";
/// Blanks and letters between day and time: four by the standard, three to six seen or plausible.
const MAX_ZONE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn stamp(text: &str) -> (Option<Stamp>, &str) {
        let mut rest = text;
        (Stamp::take(&mut rest), rest)
    }

    #[test]
    fn dates_are_read_as_they_come_and_written_as_they_should() {
        let nine = Some(date(2026, 11, 22).at(9, 5, 7, 0));
        for (text, is_utc) in [
            ("20261122    090507AO", false),
            ("20261122   090507AO", false),
            ("20261122   Z090507AO", true),
            ("20261122090507AO", false),
        ] {
            assert_eq!(stamp(text), (Some(Stamp { at: nine, is_utc }), "AO"), "{text}");
        }
        assert_eq!(stamp("20261332    090507AO"), (Some(Stamp::BLANK), "AO"), "no calendar has it");
        for text in ["AO|", "2026112", "2026112X    090507", "20261122    0905"] {
            assert_eq!(stamp(text).0, None, "{text}");
        }
        let mut out = String::new();
        Stamp { at: nine, is_utc: true }.put(&mut out);
        Stamp::BLANK.put(&mut out);
        assert_eq!(out, "20261122   Z090507                  ");
    }

    #[test]
    fn a_local_moment_is_as_far_from_utc_as_the_library() {
        let at = Stamp::local(date(2026, 11, 22).at(9, 0, 0, 999));
        assert_eq!(at.timestamp(jiff::tz::offset(8)).unwrap().to_string(), "2026-11-22T01:00:00Z");
        let utc = Stamp { is_utc: true, ..at };
        assert_eq!(utc.timestamp(jiff::tz::offset(8)).unwrap().to_string(), "2026-11-22T09:00:00Z");
    }

    #[test]
    fn numbers_and_flags_fit_their_width() {
        let mut out = String::new();
        Number::<4>::of(70_000).put(&mut out);
        Number::<3>(None).put(&mut out);
        Flags::<14>::at(&[0, 13, 99]).put(&mut out);
        assert_eq!(out, "9999   Y            Y");
        // invenio-sip2 writes a time-out of ` 10`.
        assert_eq!(Number::<3>::take(&mut " 10x"), Some(Number(Some(10))));
        assert_eq!(Summary::take(&mut "1234567890AO"), Some(Summary::default()));
        assert_eq!(Summary::take(&mut "AO|AA1|AY0AZ"), None);
    }
}
