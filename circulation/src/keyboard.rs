//! The keyboard of the screen: keys in, text out, with Chinese characters from pinyin.
//!
//! ```text
//!   touches ──Key──▶ Keyboard ──Edit──▶ the field that is being filled
//!                       └──View──▶ layout, what is being composed, candidates of one page
//! ```
//! | typed | candidates | why |
//! |---|---|---|
//! | `honglou` | 红楼 · 红 · .. | spelt out |
//! | `hlm`, `honglm` | 红楼梦 · .. | initials stand for syllables |
//! | `xian`, `xi'an` | 先 · 西安 · .., 西安 · .. | an apostrophe ends a syllable |
//! | `lv` | 绿 · 律 · .. | v is ü |
//!
//! The first candidate is the likeliest sentence and stands for all letters; a candidate that stands for fewer leaves
//! the others to be composed. **Bounds**: at most [`MAX_LETTERS`] letters; more are refused.
//!
//! It neither knows nor keeps the field's text, and `Debug` prints nothing of what was typed.

use core::fmt;

mod dictionary;
mod layout;
pub mod pinyin;
mod sentence;
mod syllables;

pub use layout::{Cap, Layout};
use sentence::Reading;

/// The most letters that can be composed at once.
pub const MAX_LETTERS: usize = 48;

/// What can be pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// a letter, a digit or a sign; while composing, 1 to 9 choose a candidate of the page
    Character(char),
    /// takes away the last letter that is composed, else the last character of the field
    Delete,
    /// takes the first candidate of the page; a space where nothing is composed
    Confirm,
    /// takes the letters as they are
    Letters,
    /// takes a candidate of the page, from 0
    Choose(usize),
    /// shows the next page of candidates
    NextPage,
    /// shows the page before
    PreviousPage,
    /// shows another layout; letters being composed are taken as they are
    Switch(Layout),
    /// empties the field and forgets what is composed
    Clear,
}

/// What is to be done to the field.
#[derive(Clone, PartialEq, Eq)]
pub enum Edit {
    /// put this behind its text
    Insert(String),
    /// take its last character away
    DeleteLast,
    /// take everything away
    Clear,
}

/// What is to be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    /// which keys
    pub layout: Layout,
    /// the letters being composed, with spaces between syllables
    pub composition: String,
    /// the candidates of the page
    pub candidates: Vec<String>,
    /// whether there is a page before this one
    pub has_previous: bool,
    /// whether there is a page after this one
    pub has_next: bool,
}

/// The machine. Needs no time: each key is answered at once, in a few milliseconds at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyboard {
    layout: Layout,
    /// candidates on one page
    page_len: usize,
    letters: Vec<u8>,
    reading: Reading,
    page: usize,
}

impl Keyboard {
    /// A keyboard that shows `page_len` candidates at once, at least one.
    #[must_use]
    pub fn new(layout: Layout, page_len: usize) -> Self {
        Self { layout, page_len: page_len.max(1), letters: Vec::new(), reading: Reading::default(), page: 0 }
    }

    /// Presses a key. Keys that mean nothing now do nothing.
    pub fn press(&mut self, key: Key) -> Option<Edit> {
        match key {
            Key::Character(character) => self.character(character),
            Key::Delete => self.delete(),
            Key::Confirm if self.letters.is_empty() => Some(Edit::Insert(" ".to_owned())),
            Key::Confirm => self.choose(0),
            Key::Letters => self.take_letters(),
            Key::Choose(n) => self.choose(n),
            Key::NextPage => {
                if self.has_next() {
                    self.page += 1;
                }
                None
            }
            Key::PreviousPage => {
                self.page = self.page.saturating_sub(1);
                None
            }
            Key::Switch(layout) => {
                self.layout = layout;
                self.take_letters()
            }
            Key::Clear => {
                self.letters.clear();
                self.compose();
                Some(Edit::Clear)
            }
        }
    }

    /// What is to be drawn.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            layout: self.layout,
            composition: self.reading.spelling.clone(),
            candidates: self.on_page().map(|candidate| candidate.text.clone()).collect(),
            has_previous: self.page > 0,
            has_next: self.has_next(),
        }
    }

    /// Whether letters are being composed.
    #[must_use]
    pub const fn is_composing(&self) -> bool {
        !self.letters.is_empty()
    }

    fn character(&mut self, character: char) -> Option<Edit> {
        let letter = u8::try_from(character.to_ascii_lowercase()).ok();
        let is_composing = self.is_composing();
        let composed = letter.filter(|letter| {
            self.layout == Layout::Pinyin
                && (letter.is_ascii_lowercase() || (is_composing && *letter == b'\''))
        });
        match (composed, character.to_digit(10)) {
            (Some(letter), _) => {
                if self.letters.len() < MAX_LETTERS {
                    self.letters.push(letter);
                    self.compose();
                }
                None
            }
            (None, Some(digit)) if is_composing => self.choose((digit as usize).checked_sub(1)?),
            (None, _) => {
                let before = self.take_letters();
                let mut text = match before {
                    Some(Edit::Insert(text)) => text,
                    Some(Edit::DeleteLast | Edit::Clear) | None => String::new(),
                };
                text.push(character);
                Some(Edit::Insert(text))
            }
        }
    }

    fn delete(&mut self) -> Option<Edit> {
        match self.letters.pop() {
            Some(_) => {
                self.compose();
                None
            }
            None => Some(Edit::DeleteLast),
        }
    }

    fn choose(&mut self, n: usize) -> Option<Edit> {
        let chosen = self.on_page().nth(n)?.clone();
        self.letters.drain(..chosen.n_letters.min(self.letters.len()));
        self.compose();
        Some(Edit::Insert(chosen.text))
    }

    fn take_letters(&mut self) -> Option<Edit> {
        let letters = core::mem::take(&mut self.letters);
        self.compose();
        (!letters.is_empty()).then(|| Edit::Insert(letters.into_iter().map(char::from).collect()))
    }

    /// Reads the letters anew and shows the first page.
    fn compose(&mut self) {
        self.reading = sentence::read(&self.letters);
        self.page = 0;
    }

    fn on_page(&self) -> impl Iterator<Item = &sentence::Candidate> {
        self.reading.candidates.iter().skip(self.page * self.page_len).take(self.page_len)
    }

    fn has_next(&self) -> bool {
        (self.page + 1) * self.page_len < self.reading.candidates.len()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Character(_) => "Character(…)",
            Self::Delete => "Delete",
            Self::Confirm => "Confirm",
            Self::Letters => "Letters",
            Self::Choose(_) => "Choose(…)",
            Self::NextPage => "NextPage",
            Self::PreviousPage => "PreviousPage",
            Self::Switch(_) => "Switch(…)",
            Self::Clear => "Clear",
        })
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Insert(_) => "Insert(…)",
            Self::DeleteLast => "DeleteLast",
            Self::Clear => "Clear",
        })
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("layout", &self.layout)
            .field("n_candidates", &self.candidates.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyboard")
            .field("layout", &self.layout)
            .field("n_letters", &self.letters.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
