//! Letters as pinyin: which syllables a run of letters may stand for, and which syllables a character may be read as.
//!
//! ```text
//!   x i a n          whole:   xi · xia · xian        stands for that syllable
//!   ^ segments here  initial: x                      stands for every syllable with it (zh, ch, sh too)
//!                    unended: xian at the end        stands for xian, xiang: more letters may come
//! ```
//! **Invariant**: the syllables are in the order of the alphabet, so that what begins with the same letters is one range
//! of them; and every segment begins with the first letter of its syllables. ü is typed as v, and `lue`, `nue` are
//! understood. An apostrophe ends a segment.

use core::ops::Range;

use super::syllables;

/// Every syllable without its tone, in the order of the alphabet.
pub static SYLLABLES: &[&str] = &syllables::SYLLABLES;

/// What a run of letters at one place may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// how many letters it takes
    pub len: usize,
    /// the syllables it may be, by their places in [`SYLLABLES`]
    pub syllables: Range<u16>,
    /// how it stands for them
    pub kind: Kind,
}

/// How letters stand for a syllable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// all its letters
    Whole,
    /// the start of a syllable at the end of what was typed
    Unended,
    /// its initial alone
    Initial,
}

/// The segments that may begin at `rest`, which ends at the next apostrophe or where the typing ends; the latter is
/// `is_open`. Each length at most once as a whole and once as a part.
#[must_use]
pub fn segments(rest: &[u8], is_open: bool) -> Vec<Segment> {
    let mut found = Vec::new();
    for len in 1..=LONGEST.min(rest.len()) {
        let Some(typed) = rest.get(..len) else { break };
        let prefix = match typed {
            b"lue" => b"lve",
            b"nue" => b"nve",
            other => other,
        };
        let range = starting_with(prefix);
        if range.is_empty() {
            // "lu" goes on to "lue" although no syllable is spelt so.
            continue;
        }
        let first = SYLLABLES.get(usize::from(range.start)).copied().unwrap_or_default();
        if first.as_bytes() == prefix {
            found.push(Segment { len, syllables: range.start..range.start + 1, kind: Kind::Whole });
        }
        let is_last = is_open && len == rest.len();
        let is_initial = len == 1 || matches!(prefix, b"zh" | b"ch" | b"sh");
        if (is_last || is_initial) && (range.len() > 1 || first.as_bytes() != prefix) {
            let kind = if is_last { Kind::Unended } else { Kind::Initial };
            found.push(Segment { len, syllables: range, kind });
        }
    }
    found
}

/// The syllables that begin with these letters.
fn starting_with(prefix: &[u8]) -> Range<u16> {
    let start = SYLLABLES.partition_point(|syllable| syllable.as_bytes() < prefix);
    let rest = SYLLABLES.get(start..).unwrap_or_default();
    let n = rest.partition_point(|syllable| syllable.as_bytes().starts_with(prefix));
    // Some hundreds: they fit.
    let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    place(start)..place(start + n)
}

/// The syllables a character may be read as, by their places in [`SYLLABLES`]; none for what is no Chinese character.
pub fn readings(character: u16) -> impl Iterator<Item = u16> {
    let (pairs, _) = READINGS.as_chunks::<4>();
    let start = pairs.partition_point(|pair| character_of(pair) < character);
    let rest = pairs.get(start..).unwrap_or_default();
    rest.iter().take_while(move |pair| character_of(pair) == character).map(syllable_of)
}

/// All pairs of a character and one of its syllables, in the order of characters.
pub fn all_readings() -> impl Iterator<Item = (u16, u16)> {
    let (pairs, _) = READINGS.as_chunks::<4>();
    pairs.iter().map(|pair| (character_of(pair), syllable_of(pair)))
}

const fn character_of(pair: &[u8; 4]) -> u16 {
    let [low, high, _, _] = *pair;
    u16::from_le_bytes([low, high])
}

const fn syllable_of(pair: &[u8; 4]) -> u16 {
    let [_, _, low, high] = *pair;
    u16::from_le_bytes([low, high])
}

/// zhuang, chuang, shuang.
const LONGEST: usize = 6;
/// Pairs of little-endian `u16`: character, syllable; sorted.
static READINGS: &[u8] = include_bytes!("dictionary/readings.bin");

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(rest: &str) -> Vec<(usize, Kind, usize)> {
        segments(rest.as_bytes(), true).into_iter().map(|s| (s.len, s.kind, s.syllables.len())).collect()
    }

    #[test]
    fn letters_stand_for_whole_begun_and_abbreviated_syllables() {
        use Kind::{Initial, Unended, Whole};
        let n_x = SYLLABLES.iter().filter(|s| s.starts_with('x')).count();
        assert_eq!(
            spelt("xian"),
            [(1, Initial, n_x), (2, Whole, 1), (3, Whole, 1), (4, Whole, 1), (4, Unended, 2)]
        );
        assert_eq!(spelt("lue")[2..], [(3, Whole, 1)]);
        assert!(spelt("i").is_empty() && spelt("v").is_empty() && spelt("").is_empty());
        assert!(spelt("zhx").contains(&(2, Initial, SYLLABLES.iter().filter(|s| s.starts_with("zh")).count())));
    }

    #[test]
    fn syllables_are_sorted_and_readings_are_theirs() {
        assert!(SYLLABLES.is_sorted());
        assert!(all_readings().is_sorted());
        assert!(all_readings().all(|(_, syllable)| usize::from(syllable) < SYLLABLES.len()));
        let read = |character: char| -> Vec<&str> {
            readings(u16::try_from(u32::from(character)).unwrap()).map(|s| SYLLABLES[usize::from(s)]).collect()
        };
        assert_eq!(read('长'), ["chang", "zhang"]);
        assert_eq!(read('重'), ["chong", "zhong"]);
        assert_eq!(read('女'), ["nv"]);
        assert!(read('a').is_empty() && read('、').is_empty());
    }
}
