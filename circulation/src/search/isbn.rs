//! ISBNs as numbers of 13 digits, so that a beginning is a range.

use core::ops::RangeInclusive;

/// An ISBN as a number of 13 digits: hyphens and spaces are passed over, one of 10 digits is turned into its 13.
/// Nothing if it is none. The last digit is not checked: what stands in the catalogue stands on the book.
///
/// # Spec
/// ISO 2108:2017
#[must_use]
pub fn isbn13(text: &str) -> Option<u64> {
    let digits = digits(text)?;
    match digits.as_bytes() {
        [b'9', b'7', b'8' | b'9', ..] if digits.len() == 13 => digits.parse().ok(),
        [body @ .., _] if digits.len() == 10 => {
            let body = core::str::from_utf8(body).ok()?;
            let first: u64 = format!("978{body}").parse().ok()?;
            Some(first * 10 + check_digit(first))
        }
        _ => None,
    }
}

/// The ISBNs that begin so: one range if it may be the beginning of 13 digits, one if of 10. None if it is none at all.
pub(super) fn beginning(text: &str) -> Vec<RangeInclusive<u64>> {
    let Some(digits) = digits(text).filter(|digits| (LEAST..=13).contains(&digits.len())) else {
        return Vec::new();
    };
    let old = digits.get(..9).unwrap_or(&digits);
    let new = (!digits.ends_with('X')).then_some(digits.clone());
    let begins = |text: &String| text.starts_with("978") || text.starts_with("979");
    let is_old = !begins(&digits) && digits.len() <= 10 && old.bytes().all(|byte| byte.is_ascii_digit());
    let old = is_old.then(|| format!("978{old}"));
    new.into_iter().chain(old).filter(begins).filter_map(|text| range(&text)).collect()
}

fn range(beginning: &str) -> Option<RangeInclusive<u64>> {
    let missing = u32::try_from(13_usize.checked_sub(beginning.len())?).ok()?;
    let step = 10_u64.checked_pow(missing)?;
    let first = beginning.parse::<u64>().ok()?.checked_mul(step)?;
    Some(first..=first + step - 1)
}

/// Digits, and an X in the tenth place. Nothing if there is anything else.
fn digits(text: &str) -> Option<String> {
    let mut digits = String::new();
    for character in text.chars().filter(|character| !matches!(character, '-' | ' ' | '‐' | '–')) {
        match character {
            '0'..='9' => digits.push(character),
            'x' | 'X' if digits.len() == 9 => digits.push('X'),
            _ => return None,
        }
    }
    // Behind an X there is nothing.
    let is_one = digits.len() <= 13 && digits.find('X').is_none_or(|at| at + 1 == digits.len());
    is_one.then_some(digits)
}

/// The last digit for the first twelve.
fn check_digit(mut first: u64) -> u64 {
    let mut sum = 0;
    for place in 0..12 {
        sum += first % 10 * if place % 2 == 0 { 3 } else { 1 };
        first /= 10;
    }
    (10 - sum % 10) % 10
}

/// Fewer digits are a year or a number in a title.
const LEAST: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_are_thirteen() {
        assert_eq!(isbn13("978-7-02-000220-7"), Some(9_787_020_002_207));
        assert_eq!(isbn13("7-02-000220-X"), Some(9_787_020_002_207));
        assert_eq!(isbn13("7020002202"), Some(9_787_020_002_207));
        for none in ["", "12345", "97870200022", "X020002202", "978702000220X", "I242.4"] {
            assert_eq!(isbn13(none), None, "{none}");
        }
    }

    #[test]
    fn a_beginning_is_a_range() {
        assert_eq!(beginning("97870200"), [9_787_020_000_000..=9_787_020_099_999]);
        assert_eq!(beginning("70200"), [9_787_020_000_000..=9_787_020_099_999]);
        assert_eq!(beginning("702000220x"), [9_787_020_002_200..=9_787_020_002_209]);
        assert_eq!(beginning("9787020002207"), [9_787_020_002_207..=9_787_020_002_207]);
        assert!(beginning("1984").is_empty() && beginning("hlm").is_empty());
    }
}
