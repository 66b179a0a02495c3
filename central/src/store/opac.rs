//! What readers ask at their phones: titles by a word, their own holds.

use circulation::id::{Isil, ItemId, PatronId};
use jiff::civil::Date;

use super::engine::Row;
use super::statement::opac;
use super::{Store, StoreError};

/// A title that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTitle {
    /// number of the bibliographic record
    pub record: i64,
    /// title
    pub title: String,
    /// author
    pub author: String,
    /// shelf mark of one copy
    pub call_number: String,
    /// copies
    pub n_copies: u32,
    /// copies on the shelf
    pub n_free: u32,
}

/// A hold as its patron sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnHold {
    /// the item
    pub item: ItemId,
    /// its title
    pub title: String,
    /// its shelf mark
    pub call_number: String,
    /// where it is picked up
    pub pickup: String,
    /// whether it waits there
    pub is_ready: bool,
    /// the last day on which it waits
    pub until: Option<Date>,
}

impl Store {
    /// Titles with a word in title or author, or with this ISBN, by title: `n` after the first `skip`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn find_titles(
        &self,
        of: &Isil,
        word: &str,
        n: u32,
        skip: u32,
    ) -> Result<Vec<FoundTitle>, StoreError> {
        let text = pattern(&word.to_lowercase());
        let digits: String = word.chars().filter(|c| *c != '-' && *c != ' ').collect();
        let is_isbn = digits.len() >= 9 && digits.chars().all(|c| c.is_ascii_digit() || c == 'X' || c == 'x');
        // An empty ISBN is that of nothing that is looked for.
        let isbn = if is_isbn { pattern(&digits) } else { "!".repeat(2) };
        self.look(|db| {
            let values = [of.into(), (&text).into(), (&isbn).into(), n.into(), skip.into()];
            let read = |mut row: Row| {
                Ok(FoundTitle {
                    record: row.int("item.record")?,
                    title: row.text("item.title")?,
                    author: row.text("item.author")?,
                    call_number: row.text("item.call_number")?,
                    n_copies: row.number("item")?,
                    n_free: row.number("item")?,
                })
            };
            db.rows(&opac::SEARCH, &values)?.into_iter().map(read).collect()
        })
    }

    /// A patron's holds, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn own_holds(&self, of: &Isil, patron: &PatronId) -> Result<Vec<OwnHold>, StoreError> {
        self.look(|db| {
            let read = |mut row: Row| {
                Ok(OwnHold {
                    item: row.item("hold.item")?,
                    title: row.text("item.title")?,
                    call_number: row.text("item.call_number")?,
                    pickup: row.text("branch.name")?,
                    is_ready: row.text_or_null("hold.ready_at")?.is_some(),
                    until: row
                        .text_or_null("hold.expires_on")?
                        .map(|day| super::engine::day("hold.expires_on", &day))
                        .transpose()?,
                })
            };
            db.rows(&opac::HOLDS_OF, &[of.into(), patron.into()])?.into_iter().map(read).collect()
        })
    }
}

/// What contains a text, as LIKE with the escape `!` reads it.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
