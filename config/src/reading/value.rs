//! Single values: how they are read, and how messages show them.

use std::{fmt, ops::RangeInclusive, path::PathBuf};

use toml::de::DeValue;

use crate::shape::{Accepts, Shape};

/// The whole numbers that keys are made of.
pub(crate) trait Number: Copy + PartialOrd + fmt::Display + TryFrom<i64> + TryInto<i64> {}
impl Number for u8 {}
impl Number for u16 {}
impl Number for u32 {}
impl Number for u64 {}

pub(super) fn whole<T: Number>(value: &DeValue<'_>) -> Option<T> {
    let DeValue::Integer(integer) = value else { return None };
    T::try_from(i64::from_str_radix(integer.as_str(), integer.radix()).ok()?).ok()
}

pub(crate) fn in_range<T: Number>(value: &DeValue<'_>, range: &RangeInclusive<T>) -> Option<T> {
    whole(value).filter(|number| range.contains(number))
}

pub(crate) fn plain_text<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    let text = value.as_str()?.trim();
    let is_plain =
        !text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS && !text.chars().any(char::is_control);
    is_plain.then_some(text)
}

pub(super) fn absolute_path(value: &DeValue<'_>) -> Option<PathBuf> {
    plain_text(value).map(PathBuf::from).filter(|path| path.is_absolute())
}

pub(super) fn base_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let authority = rest.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port_is_sound = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    let only_url_characters = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b));
    let is_sound = !host.is_empty() && port_is_sound && only_url_characters;
    is_sound.then(|| text.trim_end_matches('/').to_owned())
}

/// The whole numbers of a range; `unit` is empty where the key's name says it.
pub(crate) fn numbers<T: Number>(range: &RangeInclusive<T>, unit: &'static str) -> Accepts {
    let (least, most) = (*range.start(), *range.end());
    let shown = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let words = format!("a whole number from {least} to {most}{shown}");
    let bound = |number: T| number.try_into().unwrap_or(i64::MAX);
    Accepts::new(words, Shape::Whole { least: bound(least), most: bound(most), unit })
}

/// One of a few words.
pub(crate) fn words(known: impl Iterator<Item = &'static str> + Clone) -> Accepts {
    Accepts::new(one_of(known.clone().map(quoted)), Shape::Words(known.collect()))
}

pub(crate) fn one_of(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(last) if !words.is_empty() => format!("{} or {last}", words.join(", ")),
        Some(last) => last,
        None => String::new(),
    }
}

pub(super) fn in_section(section: &str, key: &str) -> String {
    format!("[{section}] {}", shortened(key))
}

pub(super) fn in_list(list: &str, key: &str) -> String {
    format!("[[{list}]] {}", shortened(key))
}

/// Two hexadecimal digits.
pub(crate) fn hex_byte(value: &DeValue<'_>) -> Option<u8> {
    let digits = value.as_str()?;
    let is_pair = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_pair.then(|| u8::from_str_radix(digits, 16).ok())?
}

/// A value as a message shows it: short, on one line, with its type.
pub(super) fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {:?}", shortened(text)),
        DeValue::Integer(integer) => format!("the number {}", shortened(&integer.to_string())),
        DeValue::Float(float) => format!("the number {}", shortened(&float.to_string())),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

pub(super) fn shortened(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let mut short: String = text.chars().take(MAX_SHOWN_CHARS).map(plain).collect();
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        short.push('…');
    }
    short
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The longest text, in characters.
pub(super) const MAX_TEXT_CHARS: usize = 200;
/// As [`hex_byte`] takes it.
pub(crate) const HEX_BYTE: &str = "^[0-9A-Fa-f]{2}$";
const MAX_SHOWN_CHARS: usize = 60;
