//! How a Chinese title is read: a syllable with its tone for each character, chosen by the words it stands in.
//!
//! ```text
//!   重 庆 | 银 行 | 行 长        the cheapest way to cut the text into words, each at its cost;
//!   chóng   yín háng háng zhǎng    a word says which of its characters' readings it has
//! ```
//! Formats, all little-endian; made by `reading/make.py`, origins and licences in `keyboard/dictionary/NOTICE.md`:
//!
//! ```text
//!   words.bin   length of the syllables (u32) · number of pairs (u32) · 8 counts of words (u32)
//!               the syllables, a line each · pairs of character and syllable (2 × u16), the usual reading first
//!               the words of one character, of two, .. of eight: characters (n × u16) · readings (n × u8) · cost (u8)
//! ```
//! The words of one length are in the order of their characters. The cost is `-12 ln p` of a word's share in a corpus.
//! Tones are those a character has alone (GB/T 16159, 4.8): 一 is yī and 不 is bù whatever follows.
//!
//! **Bounds**: a text of n characters takes 8n lookups of 17 steps. Total: what is not known has no reading. Traditional
//! characters have their usual reading, since the words are simplified ones.

use std::sync::LazyLock;

/// The reading of each character of a text, in order; none for what is no Chinese character or not known.
#[must_use]
pub fn readings(text: &str) -> Vec<Option<&'static str>> {
    let characters: Vec<u16> =
        text.chars().map(|c| u16::try_from(u32::from(c)).ok().filter(|_| is_hanzi(c)).unwrap_or(0)).collect();
    let mut all = Vec::with_capacity(characters.len());
    for run in characters.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        if run.first() == Some(&0) {
            all.extend(run.iter().map(|_| None));
        } else {
            all.extend(read(run));
        }
    }
    all
}

/// The syllables of a text's characters, a space between; what has no reading is left out.
#[must_use]
pub fn spelt(text: &str) -> String {
    readings(text).into_iter().flatten().collect::<Vec<_>>().join(" ")
}

const fn is_hanzi(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fa5}')
}

/// The cheapest way to a place: its cost, and the word that ends there.
#[derive(Clone, Copy)]
struct Way {
    cost: u32,
    len: usize,
    word: Option<&'static [u8]>,
}

/// Reads a run of Chinese characters.
fn read(run: &[u16]) -> Vec<Option<&'static str>> {
    let words = cut(run);
    let mut all = Vec::with_capacity(run.len());
    let mut rest = run;
    for (at, (len, word)) in words.iter().enumerate() {
        let Some((characters, after)) = rest.split_at_checked(*len) else { break };
        rest = after;
        // A life, a legend: at the end of a title the word is a noun.
        let ends_alone = at > 0 && at + 1 == words.len() && *characters == [LIFE];
        for (i, character) in characters.iter().enumerate() {
            let choice = word.and_then(|word| word.get(2 * len + i)).copied().unwrap_or_default();
            all.push(if ends_alone { Some(ZHUAN) } else { TABLE.syllable(*character, choice.into()) });
        }
    }
    all
}

/// The words of the cheapest way through a run: their lengths, and what is known of them.
fn cut(run: &[u16]) -> Vec<(usize, Option<&'static [u8]>)> {
    let mut ways: Vec<Option<Way>> = vec![None; run.len() + 1];
    if let Some(start) = ways.first_mut() {
        *start = Some(Way { cost: 0, len: 0, word: None });
    }
    for from in 0..run.len() {
        let Some(cost) = ways.get(from).copied().flatten().map(|way| way.cost) else { continue };
        for len in 1..=LONGEST.min(run.len() - from) {
            let word = run.get(from..from + len).and_then(|characters| TABLE.word(characters));
            let price = match word {
                Some(word) => word.last().copied().map_or(UNKNOWN, u32::from),
                None if len == 1 => UNKNOWN,
                None => continue,
            };
            let way = Way { cost: cost + price, len, word };
            if let Some(known) = ways.get_mut(from + len)
                && known.is_none_or(|known| way.cost < known.cost)
            {
                *known = Some(way);
            }
        }
    }
    let mut words = Vec::new();
    let mut at = run.len();
    while let Some(Way { len, word, .. }) = ways.get(at).copied().flatten().filter(|way| way.len > 0) {
        words.push((len, word));
        at -= len;
    }
    words.reverse();
    words
}

/// The file, cut into its parts.
struct Table {
    syllables: Vec<&'static str>,
    /// character and number of a syllable, in order of characters
    pairs: &'static [[u8; 4]],
    /// the words of each length
    words: [&'static [u8]; LONGEST],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(WORDS));

impl Table {
    fn of(file: &'static [u8]) -> Self {
        let (head, body) = file.split_at_checked(HEAD).unwrap_or_default();
        let (numbers, _) = head.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|number| u32::from_le_bytes(*number) as usize);
        let mut number = || numbers.next().unwrap_or_default();
        let (n_bytes, n_pairs) = (number(), number());
        let (spelt, rest) = body.split_at_checked(n_bytes).unwrap_or_default();
        let (pairs, mut rest) = rest.split_at_checked(4 * n_pairs).unwrap_or_default();
        let mut words: [&'static [u8]; LONGEST] = [&[]; LONGEST];
        for (of_length, n) in words.iter_mut().zip(1..) {
            let (these, after) = rest.split_at_checked(number().saturating_mul(size(n))).unwrap_or_default();
            (*of_length, rest) = (these, after);
        }
        let syllables = core::str::from_utf8(spelt).unwrap_or_default().lines().collect();
        Self { syllables, pairs: pairs.as_chunks::<4>().0, words }
    }

    /// One reading of a character: the usual one is 0.
    fn syllable(&self, character: u16, choice: usize) -> Option<&'static str> {
        let start = self.pairs.partition_point(|pair| first_of(pair) < character);
        let pair = self.pairs.get(start + choice).filter(|pair| first_of(pair) == character)?;
        let [_, _, low, high] = *pair;
        self.syllables.get(usize::from(u16::from_le_bytes([low, high]))).copied()
    }

    /// What is known of a word.
    fn word(&self, characters: &[u16]) -> Option<&'static [u8]> {
        let n = characters.len();
        let bytes = *self.words.get(n.checked_sub(1)?)?;
        let (mut low, mut high) = (0, bytes.len() / size(n));
        while low < high {
            let middle = usize::midpoint(low, high);
            let record = bytes.get(middle * size(n)..(middle + 1) * size(n))?;
            let (pairs, _) = record.as_chunks::<2>();
            match pairs.iter().take(n).map(|pair| u16::from_le_bytes(*pair)).cmp(characters.iter().copied()) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal => return Some(record),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

const fn first_of(pair: &[u8; 4]) -> u16 {
    let [low, high, _, _] = *pair;
    u16::from_le_bytes([low, high])
}

const fn size(n: usize) -> usize {
    3 * n + 1
}

/// The most characters in a word.
const LONGEST: usize = 8;
const HEAD: usize = 4 * (2 + LONGEST);
/// Of a character that is not in the file.
const UNKNOWN: u32 = 300;
/// 传: as a word by itself at the end of a title it is a biography.
const LIFE: u16 = 0x4f20;
const ZHUAN: &str = "zhuàn";
static WORDS: &[u8] = include_bytes!("reading/words.bin");

#[cfg(test)]
mod tests;
