//! The layouts as data: which keys are where, and how wide. The screen only draws them.

use super::Key;

/// A keyboard that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// digits and what stands in call numbers and ISBNs
    Digits,
    /// letters as they are, and digits
    Letters,
    /// letters that become characters
    Pinyin,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// what it does
    pub key: Key,
    /// # Units
    /// halves of the width of a letter key
    pub width: u8,
}

impl Layout {
    /// Every layout, in the order in which a key that changes it goes round.
    pub const ALL: [Self; 3] = [Self::Pinyin, Self::Letters, Self::Digits];

    /// The rows of keys from top to bottom; rows narrower than the widest are centred.
    #[must_use]
    pub const fn rows(self) -> &'static [&'static [Cap]] {
        match self {
            Self::Digits => &[DIGITS_TOP, DIGITS_MIDDLE, DIGITS_BOTTOM, DIGITS_LAST],
            Self::Letters => &[DIGITS, TOP, MIDDLE, LETTERS_BOTTOM, LETTERS_LAST],
            Self::Pinyin => &[TOP, MIDDLE, PINYIN_BOTTOM, PINYIN_LAST],
        }
    }
}

const fn cap(letter: char) -> Cap {
    Cap { key: Key::Character(letter), width: 2 }
}

const fn wide(key: Key) -> Cap {
    Cap { key, width: 3 }
}

const DIGITS_TOP: &[Cap] = &[cap('1'), cap('2'), cap('3'), cap('-')];
const DIGITS_MIDDLE: &[Cap] = &[cap('4'), cap('5'), cap('6'), cap('.')];
const DIGITS_BOTTOM: &[Cap] = &[cap('7'), cap('8'), cap('9'), cap('/')];
const DIGITS_LAST: &[Cap] = &[wide(Key::Switch(Layout::Pinyin)), cap('0'), cap('x'), wide(Key::Delete)];
const DIGITS: &[Cap] =
    &[cap('1'), cap('2'), cap('3'), cap('4'), cap('5'), cap('6'), cap('7'), cap('8'), cap('9'), cap('0')];
const TOP: &[Cap] =
    &[cap('q'), cap('w'), cap('e'), cap('r'), cap('t'), cap('y'), cap('u'), cap('i'), cap('o'), cap('p')];
const MIDDLE: &[Cap] =
    &[cap('a'), cap('s'), cap('d'), cap('f'), cap('g'), cap('h'), cap('j'), cap('k'), cap('l')];
const LETTERS_BOTTOM: &[Cap] = &[
    wide(Key::Switch(Layout::Digits)),
    cap('z'),
    cap('x'),
    cap('c'),
    cap('v'),
    cap('b'),
    cap('n'),
    cap('m'),
    wide(Key::Delete),
];
const LETTERS_LAST: &[Cap] = &[
    wide(Key::Switch(Layout::Pinyin)),
    cap('-'),
    Cap { key: Key::Confirm, width: 8 },
    cap('.'),
    cap('/'),
    wide(Key::Clear),
];
const PINYIN_BOTTOM: &[Cap] = &[
    cap('\''),
    cap('z'),
    cap('x'),
    cap('c'),
    cap('v'),
    cap('b'),
    cap('n'),
    cap('m'),
    Cap { key: Key::Delete, width: 4 },
];
const PINYIN_LAST: &[Cap] = &[
    wide(Key::Switch(Layout::Letters)),
    wide(Key::Switch(Layout::Digits)),
    Cap { key: Key::Confirm, width: 8 },
    wide(Key::Letters),
    wide(Key::Clear),
];
