//! The compaction schemes of ISO/IEC 15962: text in fewer bits.
//!
//! | code | scheme | text | packing | fill |
//! |---|---|---|---|---|
//! | 1 | integer | 2..19 digits, no leading zero, up to 9 999 999 999 999 999 999 | big-endian number | none |
//! | 2 | numeric | 2 or more digits | two digits a byte | nibble F |
//! | 3 | 5 bit | `41`..`5F`, 3 or more | low 5 bits | zeros |
//! | 4 | 6 bit | `20`..`5F`, 4 or more, no trailing space | low 6 bits | `100000`, cut |
//! | 5 | 7 bit | `00`..`7E`, 8 or more | low 7 bits | ones |
//! | 6 | octets | ISO 8859-1 | as it is | none |
//! | 7 | UTF-8 | any | as it is | none |
//!
//! Code 0 is application defined: what it means depends on the object ([`super::iso28560_2`]). {#iso15962.compaction}

use super::bits::{BitReader, BitWriter};

/// A compaction scheme by its code in the precursor, 0..=7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compaction {
    /// Code 0: the object's own coding (ISIL, bit map).
    Application,
    /// Code 1.
    Integer,
    /// Code 2.
    Numeric,
    /// Code 3.
    FiveBit,
    /// Code 4.
    SixBit,
    /// Code 5.
    SevenBit,
    /// Code 6.
    Octets,
    /// Code 7.
    Utf8,
}

impl Compaction {
    /// The scheme of the low three bits.
    pub fn from_code(code: u8) -> Self {
        match code & 7 {
            0 => Self::Application,
            1 => Self::Integer,
            2 => Self::Numeric,
            3 => Self::FiveBit,
            4 => Self::SixBit,
            5 => Self::SevenBit,
            6 => Self::Octets,
            _ => Self::Utf8,
        }
    }

    /// The code in the precursor.
    pub fn code(self) -> u8 {
        match self {
            Self::Application => 0,
            Self::Integer => 1,
            Self::Numeric => 2,
            Self::FiveBit => 3,
            Self::SixBit => 4,
            Self::SevenBit => 5,
            Self::Octets => 6,
            Self::Utf8 => 7,
        }
    }
}

/// Expands compacted bytes to text; `None` if no writer of the scheme produces such bytes (or the scheme is not text).
pub fn expand(scheme: Compaction, bytes: &[u8]) -> Option<String> {
    match scheme {
        Compaction::Application => None,
        Compaction::Integer => expand_integer(bytes),
        Compaction::Numeric => expand_numeric(bytes),
        Compaction::FiveBit => Some(expand_five(bytes)),
        Compaction::SixBit => Some(expand_six(bytes)),
        Compaction::SevenBit => Some(expand_seven(bytes)),
        Compaction::Octets => Some(bytes.iter().copied().map(char::from).collect()),
        Compaction::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}

/// Compacts text with the shortest scheme that fits: the first of 1 to 5, else UTF-8.
pub fn compact(text: &str) -> (Compaction, Vec<u8>) {
    compact_integer(text)
        .map(|bytes| (Compaction::Integer, bytes))
        .or_else(|| compact_numeric(text).map(|bytes| (Compaction::Numeric, bytes)))
        .or_else(|| compact_five(text).map(|bytes| (Compaction::FiveBit, bytes)))
        .or_else(|| compact_six(text).map(|bytes| (Compaction::SixBit, bytes)))
        .or_else(|| compact_seven(text).map(|bytes| (Compaction::SevenBit, bytes)))
        .unwrap_or_else(|| (Compaction::Utf8, text.as_bytes().to_vec()))
}

fn expand_integer(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    (10..=MAX_INTEGER).contains(&value).then(|| value.to_string())
}

fn compact_integer(text: &str) -> Option<Vec<u8>> {
    let plain = text.len() >= 2 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = plain.then(|| text.parse::<u64>().ok()).flatten().filter(|value| *value <= MAX_INTEGER)?;
    Some(value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect())
}

fn expand_numeric(bytes: &[u8]) -> Option<String> {
    let padded = bytes.last().is_some_and(|last| last & 0xF == 0xF);
    let n_digits = bytes.len() * 2 - usize::from(padded);
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).take(n_digits);
    let mut digits = String::with_capacity(n_digits);
    for nibble in nibbles {
        digits.push(char::from_digit(u32::from(nibble), 10)?);
    }
    (digits.len() >= 2).then_some(digits)
}

pub(super) fn compact_numeric(text: &str) -> Option<Vec<u8>> {
    let fits = text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| {
        let mut writer = BitWriter::default();
        text.bytes().for_each(|byte| writer.put(byte & 0xF, 4));
        writer.finish(|_| true)
    })
}

fn expand_five(bytes: &[u8]) -> String {
    let mut reader = BitReader::new(bytes);
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    while let Some(group) = reader.take(5).filter(|group| *group != 0) {
        text.push(char::from(0x40 | group));
    }
    text
}

fn compact_five(text: &str) -> Option<Vec<u8>> {
    let fits = text.len() >= 3 && text.bytes().all(|byte| (0x41..=0x5F).contains(&byte));
    fits.then(|| pack(text, 5).finish(|_| false))
}

/// Text of 6-bit groups; one space at the end is fill.
pub(super) fn expand_six(bytes: &[u8]) -> String {
    let mut reader = BitReader::new(bytes);
    let mut text = String::with_capacity(bytes.len() * 8 / 6);
    while let Some(group) = reader.take(6) {
        text.push(char::from(if group < 0x20 { group | 0x40 } else { group }));
    }
    if text.ends_with(' ') {
        text.pop();
    }
    text
}

pub(super) fn compact_six(text: &str) -> Option<Vec<u8>> {
    let fits =
        text.len() >= 4 && !text.ends_with(' ') && text.bytes().all(|byte| (0x20..=0x5F).contains(&byte));
    fits.then(|| pack(text, 6).finish(|at| at == 0))
}

fn expand_seven(bytes: &[u8]) -> String {
    let mut reader = BitReader::new(bytes);
    let mut text = String::with_capacity(bytes.len() * 8 / 7);
    while let Some(group) = reader.take(7) {
        text.push(char::from(group));
    }
    if text.ends_with('\x7F') {
        text.pop();
    }
    text
}

fn compact_seven(text: &str) -> Option<Vec<u8>> {
    let fits = text.len() >= 8 && text.bytes().all(|byte| byte <= 0x7E);
    fits.then(|| pack(text, 7).finish(|_| true))
}

fn pack(text: &str, width: u32) -> BitWriter {
    let mut writer = BitWriter::default();
    text.bytes().for_each(|byte| writer.put(byte, width));
    writer
}

const MAX_INTEGER: u64 = 9_999_999_999_999_999_999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    /// covers: iso15962.compaction (vectors H5 to H8)
    #[test]
    fn vectors() {
        use Compaction::{FiveBit, Integer, Numeric, SevenBit, SixBit};
        for (scheme, hex, text) in [
            (SixBit, "0420F1CB3D35", "ABC12345"),
            (SixBit, "2F8CB5BB6F77DAF6B7E308", "K825.6=76/Z780"),
            (SixBit, "510CF9CEF236CF78", "TP393/H637"),
            (SixBit, "275DB3BB8D6F230CB2", "I563.85/H022"),
            (FiveBit, "0A23A0", "AHQZ"),
            (FiveBit, "D6717B00", "ZYXWV"),
            (SevenBit, "C38B1E4CB9B3E8", "abcdefgh"),
            (Integer, "0100", "256"),
            (Integer, "010000", "65536"),
            (Integer, "7FFFFFFFFFFFFFFF", "9223372036854775807"),
            (Numeric, "99", "99"),
            (Numeric, "091F", "091"),
            (Numeric, "1203", "1203"),
            (Numeric, "1234567F", "1234567"),
        ] {
            let bytes = parse_hex(hex).unwrap();
            assert_eq!(expand(scheme, &bytes).as_deref(), Some(text), "{scheme:?} {hex}");
            let packed = match scheme {
                Integer => compact_integer(text),
                Numeric => compact_numeric(text),
                FiveBit => compact_five(text),
                SixBit => compact_six(text),
                SevenBit => compact_seven(text),
                Compaction::Application | Compaction::Octets | Compaction::Utf8 => None,
            };
            assert_eq!(packed, Some(bytes), "{text}");
        }
    }

    #[test]
    fn bytes_that_no_writer_produces_are_refused() {
        assert_eq!(expand(Compaction::Integer, &[1]), None, "one digit");
        assert_eq!(expand(Compaction::Integer, &[0xFF; 8]), None, "above the largest");
        assert_eq!(expand(Compaction::Integer, &[1; 9]), None);
        assert_eq!(expand(Compaction::Numeric, &[0x1A]), None);
        assert_eq!(expand(Compaction::Utf8, &[0xC3]), None);
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn round_trip(text in prop_oneof!["[0-9]{1,24}", "[A-Z_]{1,20}", "[ -_]{1,20}", "[ -~]{1,30}", "\\PC{1,20}"]) {
            let (scheme, bytes) = compact(&text);
            prop_assert_eq!(expand(scheme, &bytes), Some(text));
        }

        #[test]
        fn total(code in 0_u8..8, bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            if let Some(text) = expand(Compaction::from_code(code), &bytes) {
                prop_assert!(text.chars().count() <= bytes.len() * 3);
            }
        }
    }
}
