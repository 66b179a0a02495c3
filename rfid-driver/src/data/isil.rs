//! The ISIL code of ISO 28560-2: library codes such as `CN-110108-1-NLC` in 4 and 5 bit symbols.
//!
//! Text starts in the upper set; symbols are sent most significant bit first; the last byte is filled with ones.
//! ```text
//! set    width  symbols                              controls
//! upper    5    - A..Z :   = 00000 00001..11010 11011  11100 latch lower  11101 shift lower  11110 latch digit  11111 shift digit
//! lower    5    - a..z /   = 00000 00001..11010 11011  11100 latch upper  11101 shift upper  11110 latch digit  11111 shift digit
//! digit    4    0..9 - :   = 0000..1001 1010 1011      1100  latch upper  1101  shift upper  1110  latch lower  1111  shift lower
//! ```
//! A shift holds for one symbol, a latch until the next latch. The fill is a shift with nothing behind it. {#iso28560-2.isil}

use super::bits::{BitReader, BitWriter};

/// Text of an ISIL code. `None` if a control follows a shift, which no writer produces.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let mut reader = BitReader::new(bytes);
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut latched = Set::Upper;
    let mut shifted = None;
    while let Some(code) = reader.take(shifted.unwrap_or(latched).width()) {
        let set = shifted.unwrap_or(latched);
        match set.symbol(code) {
            Symbol::Char(symbol) => {
                text.push(symbol);
                shifted = None;
            }
            Symbol::Latch(_) | Symbol::Shift(_) if shifted.is_some() => {
                return only_fill(reader).then_some(text);
            }
            Symbol::Latch(next) => latched = next,
            Symbol::Shift(next) => shifted = Some(next),
        }
    }
    Some(text)
}

/// ISIL code of a text. `None` for an empty text or one with a character outside the three sets.
///
/// A character outside the current set is shifted to if the one after it is in the current set or absent, else latched to.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut writer = BitWriter::default();
    let mut latched = Set::Upper;
    let mut characters = text.chars().peekable();
    characters.peek()?;
    while let Some(character) = characters.next() {
        let set = if latched.code(character).is_some() { latched } else { Set::of(character)? };
        if set != latched {
            let back = characters.peek().is_none_or(|next| latched.code(*next).is_some());
            writer.put(latched.control(set, back), latched.width());
            if !back {
                latched = set;
            }
        }
        writer.put(set.code(character)?, set.width());
    }
    Some(writer.finish(|_| true))
}

fn only_fill(mut reader: BitReader<'_>) -> bool {
    std::iter::from_fn(|| reader.take(1)).all(|bit| bit == 1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Upper,
    Lower,
    Digit,
}

enum Symbol {
    Char(char),
    Latch(Set),
    Shift(Set),
}

impl Set {
    fn of(character: char) -> Option<Self> {
        [Self::Upper, Self::Lower, Self::Digit].into_iter().find(|set| set.code(character).is_some())
    }

    fn width(self) -> u32 {
        match self {
            Self::Upper | Self::Lower => 5,
            Self::Digit => 4,
        }
    }

    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Upper => b"-ABCDEFGHIJKLMNOPQRSTUVWXYZ:",
            Self::Lower => b"-abcdefghijklmnopqrstuvwxyz/",
            Self::Digit => b"0123456789-:",
        }
    }

    /// The other two sets in the order of their controls.
    fn others(self) -> [Self; 2] {
        match self {
            Self::Upper => [Self::Lower, Self::Digit],
            Self::Lower => [Self::Upper, Self::Digit],
            Self::Digit => [Self::Upper, Self::Lower],
        }
    }

    fn code(self, character: char) -> Option<u8> {
        self.alphabet()
            .iter()
            .position(|symbol| char::from(*symbol) == character)
            .and_then(|at| u8::try_from(at).ok())
    }

    fn symbol(self, code: u8) -> Symbol {
        if let Some(symbol) = self.alphabet().get(usize::from(code)) {
            return Symbol::Char(char::from(*symbol));
        }
        let [first, second] = self.others();
        let set = if code & 0b10 == 0 { first } else { second };
        if code & 1 == 0 { Symbol::Latch(set) } else { Symbol::Shift(set) }
    }

    fn control(self, to: Self, shift: bool) -> u8 {
        let [first, _] = self.others();
        let base = if self.width() == 5 { 0b11100 } else { 0b1100 };
        base | if to == first { 0 } else { 0b10 } | u8::from(shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    /// covers: iso28560-2.isil (vectors H1 and H4)
    #[test]
    fn vectors() {
        for (hex, text) in [
            ("1B81E110108A1AC7307F", "CN-110108-1-NLC"),
            ("1B81E120104AD1D6644C", "CN-120104-C-YBL"),
            ("AC C0 9E BA A0 6F 6B", "US-InU-Mu"),
        ] {
            let bytes = parse_hex(hex).unwrap();
            assert_eq!(decode(&bytes).as_deref(), Some(text));
            assert_eq!(encode(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn a_shift_to_digit_returns_to_the_set_before() {
        // A, shift digit, 7, B, fill
        let mut writer = BitWriter::default();
        for (code, width) in [(1, 5), (0b11111, 5), (7, 4), (2, 5)] {
            writer.put(code, width);
        }
        assert_eq!(decode(&writer.finish(|_| true)).as_deref(), Some("A7B"));
    }

    #[test]
    fn text_outside_the_sets_is_refused() {
        assert_eq!(encode(""), None);
        assert_eq!(encode("CN 1"), None);
        assert_eq!(encode("馆"), None);
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn round_trip(text in "[-A-Za-z0-9:/]{1,20}") {
            prop_assert_eq!(decode(&encode(&text).unwrap()), Some(text));
        }

        #[test]
        fn total(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(text) = decode(&bytes) {
                prop_assert!(text.chars().count() <= bytes.len() * 2);
            }
        }
    }
}
