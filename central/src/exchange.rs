//! Lists of patrons and items from other systems, and into them: CSV, and MARC in its exchange format (ISO 2709).
//!
//! ```text
//!   bytes ─▶ marc (records, fields)  ─▶ catalogue (CNMARC, MARC 21) ─┐
//!   bytes ─▶ charset ─▶ sheet (CSV, headings in Chinese or English) ─┴─▶ Item, Patron ─▶ Store::import
//! ```
//! **Rule**: whatever the bytes are, each record or line becomes rows or a [`Refusal`] that says where it stands, what is
//! wrong and what to do. Nothing is guessed; what is refused is never half taken.

use circulation::id::{ItemId, PatronId};
use jiff::civil::Date;

pub mod catalogue;
pub mod charset;
pub mod marc;
pub mod sheet;

pub use catalogue::Flavour;
pub use charset::Charset;

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// which record or row it is, from 1; a CSV's heading is none
    pub record: u64,
    /// the line, from 1; nothing in MARC, which has no lines
    pub line: Option<u64>,
    /// bytes before it
    pub byte: u64,
}

/// What was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// where
    pub place: Place,
    /// the column, or the field and subfield
    pub field: String,
    /// what is wrong; it quotes no name and no number of a person
    pub what: String,
    /// what to do about it
    pub advice: &'static str,
}

/// What a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<T> {
    /// rows, each with its place
    pub rows: Vec<(Place, T)>,
    /// what was refused
    pub refused: Vec<Refusal>,
    /// columns that nobody asked for; nothing of them is kept
    pub ignored: Vec<String>,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// barcode
    pub id: ItemId,
    /// number of the bibliographic record; nothing: the next free one, the same for rows that agree in title, author and
    /// ISBN
    pub record: Option<i64>,
    /// title
    pub title: String,
    /// author
    pub author: String,
    /// ISBN, digits and X only
    pub isbn: String,
    /// shelf mark
    pub call_number: String,
    /// type of the item; nothing: the one that goes for all
    pub item_type: Option<String>,
    /// code of the branch; nothing: the one that goes for all
    pub branch: Option<String>,
    /// holding state
    pub state: String,
    /// MARC code of the language
    pub language: String,
    /// shelf or room in the branch
    pub shelf: String,
    /// line of the accession statistics
    pub material: String,
    /// day of accession
    pub added_on: Option<Date>,
}

/// A patron of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Patron {
    /// card number
    pub id: PatronId,
    /// name
    pub name: String,
    /// type of the card; nothing: the one that goes for all
    pub patron_type: Option<String>,
    /// `rdcfstate`
    pub state: &'static str,
    /// first day of the term
    pub starts_on: Date,
    /// last day of the term
    pub ends_on: Date,
    /// deposit paid, in fen
    pub deposit_fen: i64,
    /// fees owed, in fen
    pub debt_fen: i64,
    /// what proves who they are
    pub secret: Secret,
    /// year of birth
    pub birth_year: Option<i16>,
    /// `F`, `M` or nothing
    pub sex: &'static str,
    /// when the card was issued
    pub issued_on: Option<Date>,
}

/// A patron's password as a list has it.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// None: the patron sets one at the desk before the card opens anything that asks for it.
    None,
    /// In clear; only its hash is stored.
    Clear(String),
    /// A hash of ours.
    Hash(String),
}

// People, and what proves who they are, print as little as possible.
impl core::fmt::Debug for Patron {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Patron").field("id", &self.id.masked()).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Clear(_) | Self::Hash(_) => "Secret",
        })
    }
}

impl core::fmt::Display for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.line {
            Some(line) => write!(f, "row {}, line {line}", self.record),
            None => write!(f, "record {}, byte {}", self.record, self.byte),
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { place, field, what, advice } = self;
        match field.is_empty() {
            true => write!(f, "{place}: {what}; {advice}"),
            false => write!(f, "{place}, {field}: {what}; {advice}"),
        }
    }
}

/// The refusals as a CSV file, for whoever mends the list.
///
/// # Errors
/// [`csv::Error`]: none is known that writing into memory can give
pub fn refusals_csv(refused: &[Refusal]) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["record", "line", "byte", "field", "problem", "what to do"])?;
    for Refusal { place, field, what, advice } in refused {
        let line = place.line.map(|line| line.to_string()).unwrap_or_default();
        let (record, byte) = (place.record.to_string(), place.byte.to_string());
        out.write_record([&record, &line, &byte, field, what, *advice])?;
    }
    let bytes = out.into_inner().map_err(|fault| csv::Error::from(fault.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text that may be stored: no control characters, and not longer than `max` characters.
pub(crate) fn plain(text: &str, max: usize) -> Result<String, &'static str> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("has a control character in it");
    }
    if text.chars().count() > max {
        return Err("is too long");
    }
    Ok(text.replace('\t', " "))
}

/// The digits of an ISBN, without hyphens and what stands behind it; empty if there is none.
pub(crate) fn isbn(text: &str) -> String {
    let word = text.trim().split([' ', '(', '（', ':']).next().unwrap_or("");
    let digits: String = word.chars().filter(|c| c.is_ascii_digit() || *c == 'X' || *c == 'x').collect();
    if [10, 13].contains(&digits.len()) { digits.to_uppercase() } else { String::new() }
}

/// The longest title, in characters.
pub(crate) const MAX_TITLE: usize = 1000;
/// The longest of other texts.
pub(crate) const MAX_TEXT: usize = 300;

#[cfg(test)]
mod tests;
