//! The embedded words: looked up where they lie, nothing is read at the start.
//!
//! ```text
//!   words.bin   8 counts (u32), then the words of one syllable, of two, .. of eight
//!   a word      syllables (n × u16) · characters (n × u16) · cost (u8)       all little-endian
//!   in order of the first letters of the syllables, then the cost
//! ```
//! The cost is `-12 ln p` of the word's share in a corpus: the sum over a sentence is to be small. Because what was
//! typed always gives the first letter of every syllable, the words that may fit are one run, the likeliest first.
//! Origins and licences: `dictionary/NOTICE.md`; made by `dictionary/make.py`.

use core::ops::Range;

use super::pinyin::{SYLLABLES, Segment};

/// The most syllables in a word.
pub(super) const LONGEST_WORD: usize = 8;

/// The words of one number of syllables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    n: usize,
    bytes: &'static [u8],
}

/// One word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    characters: &'static [u8],
    pub(super) cost: u32,
}

impl Word {
    pub(super) fn characters(&self) -> impl Iterator<Item = char> {
        let (pairs, _) = self.characters.as_chunks::<2>();
        pairs.iter().filter_map(|pair| char::from_u32(u16::from_le_bytes(*pair).into()))
    }
}

impl Words {
    /// All words of `n` syllables.
    pub(super) fn of(n: usize) -> Self {
        let (counts, _) = WORDS.as_chunks::<4>();
        let mut start = LONGEST_WORD * 4;
        for (before, count) in counts.iter().take(n).enumerate() {
            let len = (u32::from_le_bytes(*count) as usize).saturating_mul(size(before + 1));
            if before + 1 == n {
                let bytes = WORDS.get(start..start.saturating_add(len)).unwrap_or_default();
                return Self { n, bytes };
            }
            start = start.saturating_add(len);
        }
        Self { n, bytes: &[] }
    }

    pub(super) fn all(self) -> Range<usize> {
        0..self.bytes.len() / size(self.n)
    }

    /// Of a run whose words agree in the letters before, those whose syllable `at` begins with `letter`.
    pub(super) fn narrow(self, run: Range<usize>, at: usize, letter: u8) -> Range<usize> {
        let start = self.first(run.clone(), |word| self.letter(word, at) >= letter);
        start..self.first(start..run.end, |word| self.letter(word, at) > letter)
    }

    /// Of a run, the words that fit, the likeliest first.
    pub(super) fn fitting(self, run: Range<usize>, parts: &[Segment]) -> impl Iterator<Item = Word> {
        run.filter_map(move |word| {
            let bytes = self.record(word);
            let (syllables, rest) = bytes.split_at_checked(2 * self.n)?;
            let (pairs, _) = syllables.as_chunks::<2>();
            let fits =
                pairs.iter().zip(parts).all(|(pair, part)| part.syllables.contains(&u16::from_le_bytes(*pair)));
            let (characters, cost) = rest.split_at_checked(2 * self.n)?;
            let cost = u32::from(*cost.first()?);
            fits.then_some(Word { characters, cost })
        })
    }

    fn first(self, run: Range<usize>, is_there: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (run.start, run.end);
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_there(middle) { high = middle } else { low = middle + 1 }
        }
        low
    }

    fn letter(self, word: usize, at: usize) -> u8 {
        let syllable = self.record(word).get(2 * at..2 * at + 2).and_then(|bytes| bytes.try_into().ok());
        let place = syllable.map_or(usize::MAX, |pair| usize::from(u16::from_le_bytes(pair)));
        SYLLABLES.get(place).and_then(|syllable| syllable.as_bytes().first()).copied().unwrap_or(u8::MAX)
    }

    fn record(self, word: usize) -> &'static [u8] {
        let size = size(self.n);
        self.bytes.get(word * size..(word + 1) * size).unwrap_or_default()
    }
}

const fn size(n: usize) -> usize {
    4 * n + 1
}

static WORDS: &[u8] = include_bytes!("dictionary/words.bin");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_fill_the_file_and_are_in_order() {
        let sizes: usize = (1..=LONGEST_WORD).map(|n| Words::of(n).bytes.len()).sum();
        assert_eq!(sizes + 4 * LONGEST_WORD, WORDS.len());
        assert!(WORDS.len() < 3_000_000, "it is shipped with the program");
        for n in 1..=LONGEST_WORD {
            let words = Words::of(n);
            let key = |word| ((0..n).map(|at| words.letter(word, at)).collect::<Vec<_>>(), words.record(word)[4 * n]);
            assert!(words.all().is_sorted_by_key(key), "{n}");
            assert!(words.all().all(|word| (0..n).all(|at| words.letter(word, at).is_ascii_lowercase())), "{n}");
        }
        assert_eq!(Words::of(9).all(), 0..0);
        assert_eq!(Words::of(0).all(), 0..0);
    }
}
