//! The key of a call number: bytes whose plain order is the order on the shelf.
//!
//! ```text
//!   01        between two parts                       0F n d..  a number of n digits, without leading zeros
//!   02 .. 0A  the signs, by the rank of the part      10 .. 19  a digit of a class or of an author number
//!   0E n l..  n letters behind an author number       20 .. 39  a letter
//!                                                     40 ..     any other character, as UTF-8
//! ```
//! A count is of 255 at most; runs that are longer compare as if they were as long.

/// The key of a text that is narrow and in capital letters.
pub(super) fn of(text: &[char]) -> Box<[u8]> {
    let mut parts = parts(text).into_iter();
    let mut key = Vec::with_capacity(text.len().saturating_add(8));
    if let Some(class) = parts.next() {
        push_class(class, &mut key);
    }
    for part in parts {
        key.push(BETWEEN);
        push_book_number(part, &mut key);
    }
    key.into()
}

/// Cuts at `/`, at spaces, and at a dot before a letter, but not between letters and what they belong to: `E 3`, `V.A`.
fn parts(text: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, character) in text.iter().enumerate() {
        let part = text.get(start..at).unwrap_or_default();
        let next = text.get(at.saturating_add(1)).copied().unwrap_or(' ');
        let is_word = !part.is_empty() && part.iter().all(char::is_ascii_uppercase);
        let cuts = match character {
            '/' => true,
            ' ' => !(is_word && next.is_ascii_digit()),
            '.' => next.is_ascii_uppercase() && !is_word,
            _ => false,
        };
        if cuts {
            parts.push(part);
            start = at.saturating_add(1);
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.retain(|part| !part.is_empty());
    parts
}

fn push_class(class: &[char], key: &mut Vec<u8>) {
    let mut is_quoted = false;
    for &character in class {
        match character {
            // They close what another sign has opened, or only help the eye.
            '.' | ' ' | ')' | '>' => {}
            '"' => {
                is_quoted = !is_quoted;
                if is_quoted {
                    key.extend(rank(character, CLASS_SIGNS));
                }
            }
            _ => push_character(character, CLASS_SIGNS, key),
        }
    }
}

fn push_book_number(part: &[char], key: &mut Vec<u8>) {
    let mut rest = part;
    // Whether digits that follow belong to a letter, and a letter to digits.
    let (mut after_letter, mut after_decimal) = (false, false);
    while let Some((&first, tail)) = rest.split_first() {
        let n = run(rest);
        let (taken, others) = rest.split_at_checked(n).unwrap_or((rest, &[]));
        rest = others;
        if first.is_ascii_digit() && after_letter {
            taken.iter().for_each(|digit| push_character(*digit, BOOK_SIGNS, key));
            (after_letter, after_decimal) = (false, true);
        } else if first.is_ascii_digit() {
            push_number(taken, key);
            (after_letter, after_decimal) = (false, false);
        } else if first.is_ascii_uppercase() {
            if after_decimal {
                key.extend([BEHIND, count(taken)]);
            }
            taken.iter().for_each(|letter| push_character(*letter, BOOK_SIGNS, key));
            (after_letter, after_decimal) = (!after_decimal, false);
        } else if first == '.' && after_decimal && tail.first().is_some_and(char::is_ascii_digit) {
            // H964.3: the decimal goes on.
            after_letter = true;
        } else {
            if !matches!(first, ')' | '>' | ' ') {
                push_character(first, BOOK_SIGNS, key);
            }
            (after_letter, after_decimal) = (false, false);
        }
    }
}

/// How many characters at the start are of one kind; of signs, one.
fn run(text: &[char]) -> usize {
    let is_one = |is: fn(&char) -> bool| text.iter().take_while(|character| is(character)).count();
    is_one(char::is_ascii_digit).max(is_one(char::is_ascii_uppercase)).max(1)
}

fn push_number(digits: &[char], key: &mut Vec<u8>) {
    let zeros = digits.iter().take_while(|digit| **digit == '0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    key.extend([NUMBER, count(digits)]);
    digits.iter().for_each(|digit| push_character(*digit, BOOK_SIGNS, key));
}

fn push_character(character: char, signs: &[&str], key: &mut Vec<u8>) {
    match (rank(character, signs), u8::try_from(character)) {
        (Some(rank), _) => key.push(rank),
        (None, Ok(digit @ b'0'..=b'9')) => key.push(digit - b'0' + DIGITS),
        (None, Ok(letter @ b'A'..=b'Z')) => key.push(letter - b'A' + LETTERS),
        (None, _) => {
            let mut buffer = [0; 4];
            key.push(OTHERS);
            key.extend(character.encode_utf8(&mut buffer).bytes());
        }
    }
}

/// The byte of a sign: its place among the signs of the part.
fn rank(sign: char, signs: &[&str]) -> Option<u8> {
    let at = signs.iter().position(|same| same.contains(sign))?;
    u8::try_from(at).ok().map(|at| at + SIGNS)
}

fn count(of: &[char]) -> u8 {
    u8::try_from(of.len()).unwrap_or(u8::MAX)
}

const BETWEEN: u8 = 0x01;
const SIGNS: u8 = 0x02;
const BEHIND: u8 = 0x0E;
const NUMBER: u8 = 0x0F;
const DIGITS: u8 = 0x10;
const LETTERS: u8 = 0x20;
const OTHERS: u8 = 0x40;

/// 使用手册 pp. 82-83, in this order.
const CLASS_SIGNS: &[&str] = &["-", "(", "\"", "=", "<", ":", "+"];
/// The volumes of a work, its editions, then the author's next work. Signs of one rank mean the same.
const BOOK_SIGNS: &[&str] = &["(:.,", "=", "-", "+"];
