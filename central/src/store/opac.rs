//! What readers ask at their phones: titles by words, their own holds.

use circulation::id::{Isil, ItemId, PatronId};
use circulation::search::words::Part;
use jiff::civil::Date;

use super::engine::{Row, Value};
use super::statement::{Statement, opac, title};
use super::title::{Found, rank};
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
    /// Titles with these words in title, author, subject or class, by pinyin, or with this ISBN: the best first, `n` after
    /// the first `skip`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn find_titles(
        &self,
        of: &Isil,
        text: &str,
        n: u32,
        skip: u32,
    ) -> Result<Vec<FoundTitle>, StoreError> {
        let mut found = self.titles(of, (Part::Any, text), None)?;
        rank(&mut found, text);
        let (n, skip) =
            (usize::try_from(n).unwrap_or(usize::MAX), usize::try_from(skip).unwrap_or(usize::MAX));
        let page: Vec<Found> = found.into_iter().skip(skip).take(n).collect();
        self.look(|db| {
            let questions: Vec<(&'static Statement, Vec<Value<'_>>)> =
                page.iter().map(|found| (&title::ON_SHELF, vec![of.into(), found.record.into()])).collect();
            let mut titles = Vec::with_capacity(page.len());
            for (found, rows) in page.iter().zip(db.all(&questions)?) {
                // The last copy may have gone since.
                let Some(mut row) = rows.into_iter().next() else { continue };
                titles.push(FoundTitle {
                    record: found.record,
                    title: found.title.clone(),
                    author: found.author.clone(),
                    call_number: row.text("item.call_number")?,
                    n_copies: row.number("item")?,
                    n_free: row.number("item")?,
                });
            }
            Ok(titles)
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
