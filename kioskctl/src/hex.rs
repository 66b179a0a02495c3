//! Bytes as technicians paste them: hexadecimal digits, with spaces and colons wherever they like.

use std::fmt;
use std::str::FromStr;

/// Bytes in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HexByte(pub(crate) u8);

/// Why a text is not bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotHex {
    /// Nothing but separators.
    #[error("there are no digits: give the bytes as hexadecimal digits, such as 41 06 0B")]
    Empty,
    /// Half a byte is missing.
    #[error("{n_digits} digits, so half a byte is missing or too much: each byte has two digits")]
    Half {
        /// How many digits there are.
        n_digits: usize,
    },
    /// A character that is none of ours.
    #[error(
        "character {at} is {character:?}, which is not a hexadecimal digit: write 0-9 and A-F; spaces and colons may stand between"
    )]
    Character {
        /// Its place, counted from 1.
        at: usize,
        /// The character.
        character: char,
    },
}

/// Not a byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write one byte as two hexadecimal digits, such as 07 or C2")]
pub(crate) struct NotAByte;

impl FromStr for Hex {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        let mut digits = Vec::with_capacity(text.len());
        for (at, character) in text.chars().enumerate() {
            match character.to_digit(16).map(u8::try_from) {
                Some(Ok(digit)) => digits.push(digit),
                _ if character.is_ascii_whitespace() || character == ':' => {}
                _ => return Err(NotHex::Character { at: at + 1, character }),
            }
        }
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(NotHex::Half { n_digits: digits.len() });
        }
        if pairs.is_empty() {
            return Err(NotHex::Empty);
        }
        Ok(Self(pairs.iter().map(|[high, low]| high << 4 | low).collect()))
    }
}

impl FromStr for HexByte {
    type Err = NotAByte;

    fn from_str(text: &str) -> Result<Self, NotAByte> {
        match text.parse::<Hex>() {
            Ok(Hex(bytes)) => {
                bytes.first().filter(|_| bytes.len() == 1).map(|byte| Self(*byte)).ok_or(NotAByte)
            }
            Err(_) => Err(NotAByte),
        }
    }
}

/// Bytes as two digits each, without separators.
pub(crate) struct Digits<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Digits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    fn config() -> Config {
        Config { rng_seed: RngSeed::Fixed(28_560), ..Config::default() }
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let fault = |text: &str| text.parse::<Hex>().unwrap_err();
        assert_eq!(fault(" : "), NotHex::Empty);
        assert_eq!(fault("41 0"), NotHex::Half { n_digits: 3 });
        assert_eq!(fault("41 0g"), NotHex::Character { at: 5, character: 'g' });
        assert_eq!(fault("０7"), NotHex::Character { at: 1, character: '０' });
        assert_eq!("C2".parse(), Ok(HexByte(0xC2)));
        for text in ["", "7", "0707", "0x7", "G7"] {
            assert_eq!(text.parse::<HexByte>(), Err(NotAByte), "{text}");
        }
    }

    proptest! {
        #![proptest_config(config())]

        /// Whatever stands between the digits and however they are written, the bytes are the same.
        #[test]
        fn bytes_come_through(
            bytes in proptest::collection::vec(any::<u8>(), 1..40),
            between in proptest::collection::vec("[ :\n\t]{0,3}", 81),
            is_lower in any::<bool>(),
        ) {
            let digits = Digits(&bytes).to_string();
            let digits = if is_lower { digits.to_lowercase() } else { digits };
            let text: String = digits.chars().zip(&between).map(|(digit, gap)| format!("{gap}{digit}")).collect();
            prop_assert_eq!(text.parse(), Ok(Hex(bytes)));
        }

        /// Every text is bytes or a fault whose place is within the text.
        #[test]
        fn total(text in "\\PC{0,40}") {
            match text.parse::<Hex>() {
                Ok(Hex(bytes)) => prop_assert!(!bytes.is_empty() && bytes.len() * 2 <= text.len()),
                Err(NotHex::Character { at, character }) => {
                    prop_assert_eq!(text.chars().nth(at - 1), Some(character));
                    prop_assert!(!character.is_ascii_hexdigit());
                }
                Err(NotHex::Half { n_digits }) => prop_assert!(n_digits % 2 == 1),
                Err(NotHex::Empty) => prop_assert!(!text.contains(|c: char| c.is_ascii_hexdigit())),
            }
        }
    }
}
