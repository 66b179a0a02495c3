//! From letters to characters: the likeliest sentence, and the words that may begin it.
//!
//! ```text
//!   h   o   n   g   l   m          a word is an edge from where its first syllable begins to where its last ends,
//!   0───红─────────▶4───了──▶5──▶6      at the word's cost and a price for each syllable not spelt out;
//!   0───红楼梦──────────────────▶6      the cheapest way to the end is the sentence
//! ```
//! **Bounds**: at most [`MAX_CANDIDATES`]. Where syllables are spelt out, initials alone are tried only while the input
//! is short, or a word of eight syllables could be cut in thousands of ways.

use core::cmp::Reverse;
use core::ops::Range;

use super::dictionary::{LONGEST_WORD, Word, Words};
use super::pinyin::{Kind, Segment, segments};

/// Characters that may stand for the first letters.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) text: String,
    /// how many letters it stands for
    pub(super) n_letters: usize,
}

/// What was made of some letters.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// the likeliest first; it stands for all letters
    pub(super) candidates: Vec<Candidate>,
    /// the letters with a space between syllables, as the likeliest sentence has them
    pub(super) spelling: String,
}

/// Reads lower-case letters and apostrophes.
pub(super) fn read(letters: &[u8]) -> Reading {
    if letters.is_empty() {
        return Reading::default();
    }
    let lattice = Lattice::new(letters);
    let (sentence, spelling) = lattice.sentence();
    let mut words = lattice.begins;
    words.sort_by_key(|word| (Reverse(word.end), word.cost.saturating_sub(LONGER * word.n_more)));
    let mut candidates = Vec::with_capacity(words.len().min(MAX_CANDIDATES) + 1);
    candidates.push(Candidate { text: sentence, n_letters: letters.len() });
    for word in words {
        if candidates.len() == MAX_CANDIDATES {
            break;
        }
        let text: String = word.word.characters().collect();
        if candidates.iter().all(|known| known.text != text) {
            candidates.push(Candidate { text, n_letters: word.end });
        }
    }
    Reading { candidates, spelling }
}

/// Every place between letters, with the cheapest way to it.
struct Lattice<'a> {
    letters: &'a [u8],
    /// what may begin at each place
    options: Vec<Vec<Segment>>,
    ways: Vec<Option<Way>>,
    /// the words that begin at the first letter
    begins: Vec<Begin>,
}

/// The last step of the cheapest way to a place.
#[derive(Clone)]
struct Way {
    cost: u32,
    from: usize,
    /// nothing: the letter itself
    word: Option<Word>,
    /// where its syllables end
    ends: Vec<usize>,
}

struct Begin {
    end: usize,
    cost: u32,
    /// syllables after the first
    n_more: u32,
    word: Word,
}

/// A word of `words` being put together.
struct Path {
    words: Words,
    parts: Vec<Segment>,
    ends: Vec<usize>,
}

impl<'a> Lattice<'a> {
    fn new(letters: &'a [u8]) -> Self {
        let options = (0..letters.len()).map(|at| options(letters, at)).collect();
        let ways = vec![None; letters.len() + 1];
        let mut lattice = Self { letters, options, ways, begins: Vec::new() };
        lattice.offer(lattice.skip(0), Way { cost: 0, from: 0, word: None, ends: Vec::new() });
        for from in 0..letters.len() {
            if let Some(cost) = lattice.ways.get(from).and_then(Option::as_ref).map(|way| way.cost) {
                lattice.leave(from, cost);
            }
        }
        lattice
    }

    /// Follows every edge that begins at a place.
    fn leave(&mut self, from: usize, cost: u32) {
        let to = self.skip(from + 1);
        self.offer(to, Way { cost: cost + LETTER, from, word: None, ends: vec![to] });
        for n in 1..=LONGEST_WORD {
            let words = Words::of(n);
            let mut path = Path { words, parts: Vec::with_capacity(n), ends: Vec::with_capacity(n) };
            self.extend(from, cost, words.all(), &mut path, from, n);
        }
    }

    fn extend(&mut self, from: usize, cost: u32, run: Range<usize>, path: &mut Path, at: usize, n: usize) {
        let Some(missing) = n.checked_sub(1) else { return self.arrive(from, cost, run, path) };
        let Some(letter) = self.letters.get(at) else { return };
        let run = path.words.narrow(run, path.parts.len(), *letter);
        if run.is_empty() {
            return;
        }
        for segment in self.options.get(at).cloned().unwrap_or_default() {
            let to = self.skip(at + segment.len);
            path.parts.push(segment);
            path.ends.push(to);
            self.extend(from, cost, run.clone(), path, to, missing);
            path.parts.pop();
            path.ends.pop();
        }
    }

    /// All syllables of the path are there: its words are edges.
    fn arrive(&mut self, from: usize, cost: u32, run: Range<usize>, path: &Path) {
        let Some(&end) = path.ends.last() else { return };
        let price: u32 = path.parts.iter().map(price).sum();
        let mut fitting = path.words.fitting(run, &path.parts).peekable();
        if let Some(best) = fitting.peek() {
            let cost = cost + price + best.cost;
            self.offer(end, Way { cost, from, word: Some(*best), ends: path.ends.clone() });
        }
        if from == self.skip(0) {
            let most = if path.parts.len() == 1 { MAX_CANDIDATES } else { MOST_ALIKE };
            let n_more = u32::try_from(path.parts.len().saturating_sub(1)).unwrap_or(0);
            self.begins.extend(fitting.take(most).map(|word| Begin {
                end,
                cost: price + word.cost,
                n_more,
                word,
            }));
        }
    }

    /// Takes a way if it is the cheapest to its place.
    fn offer(&mut self, to: usize, way: Way) {
        if let Some(known) = self.ways.get_mut(to)
            && known.as_ref().is_none_or(|known| way.cost < known.cost)
        {
            *known = Some(way);
        }
    }

    /// The place behind the apostrophes at `at`.
    fn skip(&self, at: usize) -> usize {
        let apostrophes = self.letters.iter().skip(at).take_while(|letter| **letter == b'\'');
        at + apostrophes.count()
    }

    /// The cheapest way to the end, and its spelling.
    fn sentence(&self) -> (String, String) {
        let mut steps = Vec::new();
        let mut at = self.letters.len();
        while let Some(way) = self.ways.get(at).and_then(Option::as_ref).filter(|way| way.from < at) {
            if way.ends.is_empty() {
                break;
            }
            steps.push(way);
            at = way.from;
        }
        let (mut text, mut spelling) = (String::new(), Vec::new());
        for step in steps.iter().rev() {
            match step.word {
                Some(word) => text.extend(word.characters()),
                None => text.extend(self.letters.get(step.from).map(|letter| char::from(*letter))),
            }
            let mut start = step.from;
            for &end in &step.ends {
                spelling.push(self.letters.get(start..end).unwrap_or_default());
                start = end;
            }
        }
        (text, String::from_utf8_lossy(&spelling.join(&b' ')).into_owned())
    }
}

/// What may begin at a place of the input.
fn options(letters: &[u8], at: usize) -> Vec<Segment> {
    let rest = letters.get(at..).unwrap_or_default();
    let end = rest.iter().position(|letter| *letter == b'\'').unwrap_or(rest.len());
    let mut found = segments(rest.get(..end).unwrap_or_default(), end == rest.len());
    let is_spelt = found.iter().any(|segment| segment.kind == Kind::Whole && segment.len > 1);
    if is_spelt && letters.len() > SHORT {
        found.retain(|segment| segment.kind != Kind::Initial);
    }
    found
}

const fn price(segment: &Segment) -> u32 {
    match segment.kind {
        Kind::Whole => 0,
        Kind::Unended => UNENDED,
        Kind::Initial => INITIAL,
    }
}

/// The most candidates of one input: as many as a reader would page through.
pub(super) const MAX_CANDIDATES: usize = 240;
/// The most words for the same syllables.
const MOST_ALIKE: usize = 40;
/// Letters up to which initials are tried everywhere.
const SHORT: usize = 8;
// In the unit of the words' costs, 12 for a factor of e.
const UNENDED: u32 = 36;
const INITIAL: u32 = 30;
/// What a longer word gains over a shorter one for the same letters: 西安 is rarer than any 先 could be.
const LONGER: u32 = 54;
/// A letter that stands for itself.
const LETTER: u32 = 500;
