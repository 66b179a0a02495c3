//! One word against one text.
//!
//! ```text
//!   word   h o n g l m          text   红   楼   梦
//!   states {0} ─红─▶ {1 4} ─楼─▶ {5} ─梦─▶ {6} = all of it
//! ```
//! Texts are UTF-16, folded: one unit for nearly every character. A state is how many letters of the word were used up; a
//! character uses up itself, or the letters of one of its readings: whole, its initial, or its beginning where the
//! word ends. All ways are followed at once as bits of one number, so that a word costs one pass whatever it may mean.

use crate::keyboard::pinyin::{SYLLABLES, all_readings, segments};

/// Puts a text into the form in which texts are compared: lower case, narrow, every sign a space, no two of them.
pub fn fold(text: &str, out: &mut Vec<u16>) {
    let start = out.len();
    for character in text.chars() {
        let narrow = narrow(character);
        if narrow.is_alphanumeric() {
            let mut buffer = [0; 2];
            for lower in narrow.to_lowercase() {
                out.extend_from_slice(lower.encode_utf16(&mut buffer));
            }
        } else if out.len() > start && out.last() != Some(&SPACE) {
            out.push(SPACE);
        }
    }
    if out.len() > start && out.last() == Some(&SPACE) {
        out.pop();
    }
}

/// The narrow form of a character that has a wide one: Ａ is A, （ is (.
pub(crate) fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xff01 + 0x21).unwrap_or(character),
        other => other,
    }
}

/// A word, ready to be compared with many texts.
#[derive(Clone)]
pub(super) struct Pattern {
    units: Vec<u16>,
    /// for each unit that is a letter: the letters that each character may use up from there, bit 0 for one letter
    letters: Vec<Option<Box<[u8]>>>,
    /// the same for the first unit and every unit of a text: looked at for each of them. Nothing if no letter is a letter
    /// of pinyin: then the word is found as it stands or not at all
    begins: Option<Box<[u8; N_UNITS]>>,
}

/// Where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// as it stands, not by pinyin
    pub(super) literal: bool,
}

impl Pattern {
    /// A folded word of at most 63 units; longer ones are cut.
    pub(super) fn new(word: &[u16]) -> Self {
        let units = word.get(..MAX_UNITS).unwrap_or(word).to_vec();
        let ascii: Vec<u8> = units.iter().map(|unit| u8::try_from(*unit).unwrap_or(0)).collect();
        let letters: Vec<_> = (0..units.len()).map(|at| table(ascii.get(at..)?)).collect();
        let begins = letters.iter().any(Option::is_some).then(|| begins(&units, letters.first())).flatten();
        Self { units, letters, begins }
    }

    /// The best place in a text: its start, else the start of a word, else the first.
    pub(super) fn find(&self, text: &[u16]) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut from = 0;
        while let Some(start) = self.next_start(text, from) {
            let is_word_start =
                start.checked_sub(1).and_then(|at| text.get(at)).is_none_or(|unit| *unit == SPACE);
            if (is_word_start || best.is_none())
                && let Some((len, literal)) = text.get(start..).and_then(|rest| self.run(rest))
            {
                let found = Found { start, end: start + len, literal };
                if is_word_start {
                    return Some(found);
                }
                best = Some(found);
            }
            from = start + 1;
        }
        best
    }

    /// The next place at which the word may begin. Nearly all of the time is spent in here.
    fn next_start(&self, text: &[u16], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        let found = match &self.begins {
            Some(begins) => {
                rest.iter().position(|unit| begins.get(usize::from(*unit)).is_some_and(|lens| *lens != 0))
            }
            None => {
                let first = self.units.first()?;
                // Many at once, which `position` does not.
                if !rest.contains(first) {
                    return None;
                }
                rest.iter().position(|unit| unit == first)
            }
        };
        found.map(|at| from + at)
    }

    /// Whether the text begins with the word: with how many units, and whether as it stands.
    fn run(&self, text: &[u16]) -> Option<(usize, bool)> {
        let is_literal = || text.starts_with(&self.units);
        let Some(begins) = &self.begins else { return is_literal().then_some((self.units.len(), true)) };
        let all = 1_u64 << self.units.len();
        let (first, rest) = text.split_first()?;
        let mut states = u64::from(begins.get(usize::from(*first)).copied()?) << 1;
        let mut len = 1;
        for unit in rest {
            if states & all != 0 || states == 0 {
                break;
            }
            // 《红楼梦》, 三国: signs between characters are not typed.
            if *unit != SPACE {
                states = self.step(states, *unit);
            }
            len += 1;
        }
        (states & all != 0).then(|| if is_literal() { (self.units.len(), true) } else { (len, false) })
    }

    /// What a character may use up by its readings from state `at`.
    fn masks(&self, at: usize, unit: u16) -> u8 {
        let place = unit.checked_sub(FIRST_CHARACTER).map(usize::from);
        let table = self.letters.get(at).and_then(Option::as_ref);
        table.zip(place).and_then(|(table, place)| table.get(place)).copied().unwrap_or(0)
    }

    fn step(&self, mut states: u64, unit: u16) -> u64 {
        let mut next = 0;
        while states != 0 {
            let at = states.trailing_zeros() as usize;
            states &= states - 1;
            if self.units.get(at) == Some(&unit) {
                next |= 1 << (at + 1);
            }
            next |= u64::from(self.masks(at, unit)) << (at + 1);
        }
        next
    }
}

/// What every unit of a text may use up of a word's start.
fn begins(units: &[u16], letters: Option<&Option<Box<[u8]>>>) -> Option<Box<[u8; N_UNITS]>> {
    let mut begins = vec![0_u8; N_UNITS];
    if let Some(table) = letters.and_then(Option::as_ref) {
        begins.get_mut(usize::from(FIRST_CHARACTER)..)?.get_mut(..table.len())?.copy_from_slice(table);
    }
    *begins.get_mut(usize::from(*units.first()?))? |= 1;
    begins.into_boxed_slice().try_into().ok()
}

/// What each character may use up of these letters; nothing where they begin no syllable.
fn table(rest: &[u8]) -> Option<Box<[u8]>> {
    let end = rest.iter().position(|letter| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
    let mut by_syllable = vec![0_u8; SYLLABLES.len()];
    let mut any = false;
    for segment in segments(rest.get(..end)?, end == rest.len()) {
        let range = usize::from(segment.syllables.start)..usize::from(segment.syllables.end);
        let bit = 1_u8 << (segment.len - 1);
        by_syllable.get_mut(range)?.iter_mut().for_each(|mask| *mask |= bit);
        any = true;
    }
    if !any {
        return None;
    }
    let mut table = vec![0_u8; N_CHARACTERS].into_boxed_slice();
    for (character, syllable) in all_readings() {
        let place = usize::from(character.saturating_sub(FIRST_CHARACTER));
        if let Some((mask, lens)) = table.get_mut(place).zip(by_syllable.get(usize::from(syllable))) {
            *mask |= lens;
        }
    }
    Some(table)
}

/// What stands for every sign.
pub(super) const SPACE: u16 = 0x20;
/// One bit for each, and one for none.
const MAX_UNITS: usize = 63;
/// Values of a unit.
const N_UNITS: usize = 1 << 16;
const FIRST_CHARACTER: u16 = 0x4e00;
const N_CHARACTERS: usize = 0x9fa6 - 0x4e00;
