//! Looking for items: what a patron asks, and what is found, as plain data; and how a text is compared with a word.
//!
//! ```text
//!   Query ──▶ Terms ──rank(title, author, class)──▶ how well a title fits      here, pure
//!     └─────▶ Finder of the mirror ──▶ Results ──▶ the screen                   sync-client, ui
//! ```
//! A title is one [`Hit`], however many copies there are; its copies are [`Holding`]s. Words are separated by spaces and
//! all must fit. A word fits a part of title or author as it stands (whatever its case or width), or by pinyin: whole
//! syllables, initials, or both mixed, with any reading of a character. Text that looks like an ISBN or a call number
//! is looked for there too; the name of a subject stands for its classes.
//!
//! **Rules**: what a patron looks for is nobody's business: `Debug` of a query prints none of it. Everything a patron
//! can type is bounded: [`MAX_TEXT`], [`MAX_WORDS`].

use core::fmt;

use crate::id::ItemId;
use crate::policy::ItemState;

mod class;
mod isbn;
mod pattern;
mod rank;
pub mod words;

pub use isbn::isbn13;
pub use pattern::fold;
pub(crate) use pattern::narrow;
pub use rank::{Rank, Terms};

/// The most characters of a query that are looked at.
pub const MAX_TEXT: usize = 48;

/// The most words of a query that are looked at.
pub const MAX_WORDS: usize = 6;

/// What a patron asks.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// what was typed
    pub text: String,
    /// where it is looked for
    pub field: Field,
    /// what else a title must be
    pub filter: Filter,
    /// the first hit wanted, from 0
    pub first: usize,
    /// how many hits are wanted
    pub n: usize,
}

/// Where a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Field {
    /// everywhere
    #[default]
    Any,
    /// the title
    Title,
    /// the author
    Author,
    /// the class: its code or the name of a subject
    Subject,
    /// the ISBN, of 10 or 13 digits, or its beginning
    Isbn,
    /// the beginning of the call number
    CallNumber,
}

impl Field {
    /// Every field, in the order in which a screen offers them.
    pub const ALL: [Self; 6] =
        [Self::Any, Self::Title, Self::Author, Self::Subject, Self::Isbn, Self::CallNumber];
}

/// What else a title must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// code of a branch that has a copy
    pub branch: Option<String>,
    /// the languages it may be in
    pub languages: Option<Languages>,
}

/// Some of the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Languages {
    /// this one
    Only(ItemLanguage),
    /// every other one
    AllBut(ItemLanguage),
}

impl Languages {
    /// Whether a language is one of them.
    #[must_use]
    pub fn have(self, language: ItemLanguage) -> bool {
        match self {
            Self::Only(wanted) => language == wanted,
            Self::AllBut(unwanted) => language != unwanted,
        }
    }
}

/// The language of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemLanguage {
    /// Chinese
    Chinese,
    /// English
    English,
    /// Japanese
    Japanese,
    /// Korean
    Korean,
    /// Russian
    Russian,
    /// French
    French,
    /// German
    German,
    /// any other, or several
    Other,
}

impl ItemLanguage {
    /// Every language, in the order in which a screen offers them.
    pub const ALL: [Self; 8] = [
        Self::Chinese,
        Self::English,
        Self::Japanese,
        Self::Korean,
        Self::Russian,
        Self::French,
        Self::German,
        Self::Other,
    ];

    /// The language of a MARC code.
    ///
    /// # Spec
    /// MARC code list for languages (`chi`, `eng`, ..); ISO 639-1 codes (`zh`) are understood too.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        match code.to_ascii_lowercase().as_str() {
            "chi" | "zho" | "zh" => Self::Chinese,
            "eng" | "en" => Self::English,
            "jpn" | "ja" => Self::Japanese,
            "kor" | "ko" => Self::Korean,
            "rus" | "ru" => Self::Russian,
            "fre" | "fra" | "fr" => Self::French,
            "ger" | "deu" | "de" => Self::German,
            _ => Self::Other,
        }
    }

    /// The likeliest language of a title, where nobody said it: by its script.
    #[must_use]
    pub fn guess(title: &str) -> Self {
        let has = |is: fn(char) -> bool| title.chars().any(is);
        if has(|c| matches!(c, '\u{3040}'..='\u{30ff}')) {
            Self::Japanese
        } else if has(|c| matches!(c, '\u{ac00}'..='\u{d7a3}')) {
            Self::Korean
        } else if has(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')) {
            Self::Chinese
        } else if has(|c| matches!(c, '\u{400}'..='\u{4ff}')) {
            Self::Russian
        } else if has(|c| c.is_ascii_alphabetic()) {
            Self::English
        } else {
            Self::Other
        }
    }
}

/// A title in the mirror. Stays the same when the mirror is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TitleKey(pub i64);

/// One page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// how many there are in all
    pub n_hits: usize,
    /// the place of the first one here among all
    pub first: usize,
    /// the best first
    pub hits: Vec<Hit>,
}

/// A title that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// asks for its holdings
    pub key: TitleKey,
    /// title
    pub title: String,
    /// author, if known
    pub author: Option<String>,
    /// 13 digits, if known
    pub isbn: Option<String>,
    /// call number of one of its copies, if known
    pub call_number: Option<String>,
    /// the language it is in
    pub language: ItemLanguage,
    /// copies in all; with a branch in the filter: there
    pub n_copies: u32,
    /// copies that can be lent now, as far as the mirror knows; with a branch in the filter: there
    pub n_free: u32,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// its barcode
    pub item: ItemId,
    /// code of the branch
    pub branch: String,
    /// name of the branch, if known
    pub branch_name: Option<String>,
    /// the shelf or room, if known
    pub shelf: Option<String>,
    /// call number, if known
    pub call_number: Option<String>,
    /// whether it can be lent, as far as the mirror knows
    pub state: ItemState,
}

/// A branch that can be chosen in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// its code
    pub code: String,
    /// its name, if known
    pub name: Option<String>,
    /// titles of which it has a copy
    pub n_titles: usize,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("field", &self.field)
            .field("first", &self.first)
            .field("n", &self.n)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
