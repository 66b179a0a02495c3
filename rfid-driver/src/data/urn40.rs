//! URN Code 40 of ISO/IEC 15962: three characters in two bytes.
//!
//! ```text
//! lead 00..FA  word = 1600 c1 + 40 c2 + c3 + 1   A..Z = 1..26, - 27, . 28, : 29, 0..9 = 30..39, 0 = none
//! 0000         filler
//! FB nb ...    n+9 digits as a number of b+4 bytes
//! FC xx        one character of ISO 646
//! FD xx xx     one character of two bytes in UTF-8
//! FE xx xx xx  one character of three bytes in UTF-8
//! ```
//! {#urn40}

/// Why bytes stand for no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// They end within a triple or an escape: more bytes might make a text of them.
    Short,
    /// No bytes behind them would.
    Wrong,
}

/// Decodes; `None` for bytes that stand for no text.
pub fn decode(bytes: &[u8]) -> Option<String> {
    read(bytes).ok()
}

/// Decodes strictly: a triple that is not full ends the text, unless an escape follows it. So what lies behind a text is
/// not taken for a part of it.
pub(super) fn read(bytes: &[u8]) -> Result<String, Stop> {
    let mut text = String::with_capacity(bytes.len() * 3 / 2);
    let mut rest = bytes;
    let mut is_ended = false;
    while let Some((lead, after)) = rest.split_first() {
        let was_ended = std::mem::take(&mut is_ended);
        rest = match lead {
            0xFB => long_number(after, &mut text)?,
            0xFC => one_character::<1>(after, &mut text)?,
            0xFD => one_character::<2>(after, &mut text)?,
            0xFE => one_character::<3>(after, &mut text)?,
            0xFF => return Err(Stop::Wrong),
            0 if after.iter().all(|byte| *byte == 0) => return Ok(text),
            _ => {
                let (word, after) = rest.split_first_chunk().ok_or(Stop::Short)?;
                let word = u16::from_be_bytes(*word);
                is_ended = was_ended;
                if word > 0 {
                    is_ended = !triple(word, &mut text).filter(|_| !was_ended).ok_or(Stop::Wrong)?;
                }
                after
            }
        };
    }
    Ok(text)
}

/// Encodes to whole words; `None` for a character beyond three bytes of UTF-8 or a control character.
///
/// Nine digits or more from a triple's border on become a number.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut group: Vec<u16> = Vec::with_capacity(3);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if group.is_empty() && digits >= 9 {
            let (number, after) = rest.split_at_checked(digits.min(24))?;
            put_long_number(&mut bytes, number)?;
            rest = after;
            continue;
        }
        rest = rest.get(character.len_utf8()..)?;
        if let Some(code) = code_of(character) {
            group.push(code);
            if group.len() == 3 {
                put_triple(&mut bytes, &mut group);
            }
            continue;
        }
        put_triple(&mut bytes, &mut group);
        bytes.push(match character.len_utf8() {
            1 if !character.is_control() => 0xFC,
            2 => 0xFD,
            3 => 0xFE,
            _ => return None,
        });
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    put_triple(&mut bytes, &mut group);
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    Some(bytes)
}

/// Whether the triple is full; `None` if it has a gap.
fn triple(word: u16, text: &mut String) -> Option<bool> {
    let value = word.checked_sub(1)?;
    let codes = [value / 1600, value / 40 % 40, value % 40];
    text.extend(codes.into_iter().filter_map(character_of));
    match codes {
        [0, ..] => None,
        [_, 0, last] if last > 0 => None,
        [_, _, last] => Some(last > 0),
    }
}

fn put_triple(bytes: &mut Vec<u8>, group: &mut Vec<u16>) {
    if !group.is_empty() {
        group.resize(3, 0);
        let word = group.drain(..).fold(0, |word, code| word * 40 + code) + 1;
        bytes.extend(word.to_be_bytes());
    }
}

fn long_number<'a>(after: &'a [u8], text: &mut String) -> Result<&'a [u8], Stop> {
    let (head, after) = after.split_first().ok_or(Stop::Short)?;
    let digits = usize::from(head >> 4) + 9;
    let (number, after) = after.split_at_checked(usize::from(head & 0xF) + 4).ok_or(Stop::Short)?;
    let (zeros, number) = number.split_at_checked(number.len().saturating_sub(16)).ok_or(Stop::Wrong)?;
    let value = number.iter().fold(0_u128, |value, byte| value << 8 | u128::from(*byte));
    let printed = format!("{value:0digits$}");
    if printed.len() != digits || zeros.iter().any(|byte| *byte != 0) {
        return Err(Stop::Wrong);
    }
    text.push_str(&printed);
    Ok(after)
}

fn put_long_number(bytes: &mut Vec<u8>, digits: &str) -> Option<()> {
    let value = digits.parse::<u128>().ok()?.to_be_bytes();
    let zeros = value.iter().take_while(|byte| **byte == 0).count().min(value.len() - 4);
    let number = value.get(zeros..)?;
    bytes.push(0xFB);
    bytes.push(u8::try_from((digits.len() - 9) << 4 | (number.len() - 4)).ok()?);
    bytes.extend_from_slice(number);
    Some(())
}

fn one_character<'a, const N: usize>(after: &'a [u8], text: &mut String) -> Result<&'a [u8], Stop> {
    let (bytes, after) = after.split_first_chunk::<N>().ok_or(Stop::Short)?;
    let character = std::str::from_utf8(bytes).map_err(|_| Stop::Wrong)?;
    if character.chars().count() != 1 {
        return Err(Stop::Wrong);
    }
    text.push_str(character);
    Ok(after)
}

fn code_of(character: char) -> Option<u16> {
    let code = match character {
        'A'..='Z' => u32::from(character) - u32::from('A') + 1,
        '-' => 27,
        '.' => 28,
        ':' => 29,
        '0'..='9' => u32::from(character) - u32::from('0') + 30,
        _ => return None,
    };
    u16::try_from(code).ok()
}

fn character_of(code: u16) -> Option<char> {
    ALPHABET.get(usize::from(code).checked_sub(1)?).map(|byte| char::from(*byte))
}

const ALPHABET: &[u8; 39] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::parse_hex;
    use proptest::prelude::*;

    /// covers: urn40 (U1, and the example of the postal operators' standard)
    #[test]
    fn vectors() {
        for (text, hex) in [
            ("CH-", "141C"),
            ("000", "C04F"),
            ("134", "C70B"),
            ("-1.", "ADB5"),
            ("123", "C6E2"),
            ("456", "DA1D"),
            ("78.", "ED4D"),
            ("31", "D319"),
            ("CH-000134-1.12345678.31", "141C C04F C70B ADB5 C6E2 DA1D ED4D D319"),
            ("B.A12312345678", "10E2 FB21 02DD DF7C 4E00"),
        ] {
            let bytes = parse_hex(hex).unwrap();
            assert_eq!(decode(&bytes).as_deref(), Some(text));
            assert_eq!(encode(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn fillers_and_leading_zeros() {
        assert_eq!(decode(&parse_hex("141C 0000 C04F 0000").unwrap()).as_deref(), Some("CH-000"));
        assert_eq!(decode(&parse_hex("0666 C04F").unwrap()), None, "a triple behind the end of the text");
        assert_eq!(read(&parse_hex("FB21 02DD").unwrap()), Err(Stop::Short));
        assert_eq!(encode("000000000").and_then(|bytes| decode(&bytes)).as_deref(), Some("000000000"));
        assert_eq!(encode("😀"), None);
        assert_eq!(decode(&[0xFF, 0]), None);
        assert_eq!(decode(&[0xFB, 0x00, 0xFF, 0xFF, 0xFF, 0xFF]), None, "ten digits where nine are told");
    }

    proptest! {
        #![proptest_config(crate::testing::config())]

        #[test]
        fn round_trip(text in prop_oneof!["[A-Z0-9.:-]{1,30}", "[0-9]{1,40}", "[A-Za-z0-9/é册.-]{1,20}"]) {
            let bytes = encode(&text).unwrap();
            prop_assert_eq!(bytes.len() % 2, 0);
            prop_assert_eq!(decode(&bytes), Some(text));
        }

        #[test]
        fn total(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
        }
    }
}
