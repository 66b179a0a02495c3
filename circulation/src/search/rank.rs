//! How well a title fits what was asked.

use core::ops::RangeInclusive;

use super::pattern::{Found, Pattern, SPACE, fold};
use super::{Field, MAX_TEXT, MAX_WORDS, Query, class, isbn};

/// How well a title fits; the smaller, the better. The worst of its words counts.
///
/// | | found |
/// |---|---|
/// | 0 | the title, whole, or its part before a sign |
/// | 1 | where the title begins |
/// | 2 | where a word of the title begins, or the author |
/// | 3 | within the title |
/// | 4 | within the author |
/// | 5 | as its class |
///
/// Twice that, and one more if it was found by pinyin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(u8);

impl Rank {
    /// Found as an ISBN or a call number.
    pub const BEST: Self = Self(0);

    /// The number, at most 15.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    const fn new(step: u8, literal: bool) -> Self {
        Self(2 * step + if literal { 0 } else { 1 })
    }
}

/// A query, ready to be compared with many titles.
#[derive(Clone)]
pub struct Terms {
    field: Field,
    words: Vec<Word>,
    isbns: Vec<RangeInclusive<u64>>,
    call_number: Option<String>,
}

#[derive(Clone)]
struct Word {
    pattern: Pattern,
    /// beginnings of classes
    classes: Vec<String>,
}

impl Terms {
    /// Makes a query ready; what is longer than [`MAX_TEXT`] or [`MAX_WORDS`] is not looked at.
    #[must_use]
    pub fn new(query: &Query) -> Self {
        let text: String = query.text.chars().filter(|c| !c.is_control() && *c != '\'').take(MAX_TEXT).collect();
        let field = query.field;
        let looks_for = |one: Field| field == Field::Any || field == one;
        let words = text.split_whitespace().take(MAX_WORDS).flat_map(Word::of).take(MAX_WORDS).collect();
        let isbns = if looks_for(Field::Isbn) { isbn::beginning(&text) } else { Vec::new() };
        let whole = text.trim();
        let call_number = match field {
            Field::CallNumber => Some(whole).filter(|whole| !whole.is_empty()),
            Field::Any => Some(whole).filter(|whole| class::of_code(whole).is_some()),
            Field::Title | Field::Author | Field::Subject | Field::Isbn => None,
        };
        let call_number = call_number.map(str::to_ascii_uppercase);
        Self { field, words, isbns, call_number }
    }

    /// Whether nothing is asked: then nothing is found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.isbns.is_empty() && self.call_number.is_none()
    }

    /// The ISBNs that are asked for, as numbers of 13 digits.
    #[must_use]
    pub fn isbns(&self) -> &[RangeInclusive<u64>] {
        &self.isbns
    }

    /// The beginning of the call number that is asked for, in capital letters.
    #[must_use]
    pub fn call_number(&self) -> Option<&str> {
        self.call_number.as_deref()
    }

    /// Which words a class fits, one bit for each: computed once for each class, not for each title.
    #[must_use]
    pub fn class_mask(&self, class: &str) -> u8 {
        let fits = |word: &Word| word.classes.iter().any(|code| class.starts_with(code.as_str()));
        match self.field {
            Field::Any | Field::Subject => self
                .words
                .iter()
                .zip(0..u8::BITS)
                .map(|(word, at)| u8::from(fits(word)).checked_shl(at).unwrap_or(0))
                .fold(0, |mask, bit| mask | bit),
            Field::Title | Field::Author | Field::Isbn | Field::CallNumber => 0,
        }
    }

    /// How well a title fits, if at all. Title and author are folded, the mask is that of its class.
    #[must_use]
    pub fn rank(&self, title: &[u16], author: &[u16], class_mask: u8) -> Option<Rank> {
        let (in_title, in_author) = match self.field {
            Field::Any => (true, true),
            Field::Title => (true, false),
            Field::Author => (false, true),
            Field::Subject => (false, false),
            Field::Isbn | Field::CallNumber => return None,
        };
        let mut worst = None;
        for (word, at) in self.words.iter().zip(0..u8::BITS) {
            let title = in_title.then(|| word.pattern.find(title)).flatten().map(|found| of_title(title, found));
            let author = match title {
                // Nothing of the author could be better.
                Some(rank) if rank <= Rank::new(2, true) => None,
                Some(_) | None if in_author => {
                    word.pattern.find(author).map(|found| of_author(author, found))
                }
                Some(_) | None => None,
            };
            let class = (class_mask.checked_shr(at).unwrap_or(0) & 1 == 1).then_some(Rank::new(5, true));
            worst = worst.max(Some([title, author, class].into_iter().flatten().min()?));
        }
        worst
    }
}

impl Word {
    /// The words of what stands between two spaces: signs separate too, but a class code is one word.
    fn of(text: &str) -> Vec<Self> {
        let mut folded = Vec::new();
        fold(text, &mut folded);
        let mut classes: Vec<String> = class::of_subject(text).into_iter().map(str::to_owned).collect();
        if let Some(code) = class::of_code(text) {
            classes.push(code);
            return vec![Self { pattern: Pattern::new(&folded), classes }];
        }
        let parts = folded.split(|unit| *unit == SPACE).filter(|part| !part.is_empty());
        parts.map(|part| Self { pattern: Pattern::new(part), classes: classes.clone() }).collect()
    }
}

fn of_title(title: &[u16], found: Found) -> Rank {
    let is_whole = found.start == 0 && title.get(found.end).is_none_or(|next| *next == SPACE);
    let step = if is_whole { 0 } else { begins(title, found.start, [1, 2, 3]) };
    Rank::new(step, found.literal)
}

fn of_author(author: &[u16], found: Found) -> Rank {
    Rank::new(begins(author, found.start, [2, 2, 4]), found.literal)
}

/// The step for a place at the start of a text, at the start of a word, and within one.
fn begins(text: &[u16], start: usize, [of_text, of_word, within]: [u8; 3]) -> u8 {
    match start.checked_sub(1).map(|before| text.get(before)) {
        None => of_text,
        Some(Some(&SPACE)) => of_word,
        Some(_) => within,
    }
}
